"""Molecules and maps whose occupancies are known.

In the order to read them: `vacuum` (molecules, what they are given, maps without solvent), `complexes` (with hydrogens,
of protein and RNA), `families` (those that the programs take), `ice` (maps in ice, and what is done to maps),
`ensembles` (many maps of one complex), `assemblies` (an order in which its chains come), and `class_volumes`, a program
that makes the folder of the tutorial.
"""
