"""Atomic models to try the program with: sound ones, odd ones and broken ones."""

import gzip

import gemmi

RESIDUES = ("GLY", "ALA", "HEM", "HOH", "A", "DG", "UNK", "MG")
ATOMS = (("N", "N"), ("CA", "C"), ("C", "C"), ("O", "O"), ("P", "P"), ("FE", "Fe"), ("H", "H"), ("X", "X"))
SUFFIXES = (".pdb", ".cif", ".ent", ".mmcif", ".pdb.gz", ".cif.gz", ".txt")


def write_model(chance, path, box):
    """Write a model whose chains are, mostly, where the maps of a box have density.

    Parameters
    ----------
    chance : Chance
    path : Path
        Without an ending.
    box : Box
        What maps and models of one run share.

    Returns
    -------
    Path
        With the ending that was chosen.
    """
    structure = _structure(chance, box.positions)
    suffix = chance.choice(SUFFIXES) if chance.odd(0.8) else chance.choice((".pdb", ".cif"))
    if suffix.startswith((".cif", ".mmcif")):
        content = structure.make_mmcif_document().as_string().encode()
    else:
        content = structure.make_pdb_string().encode()
    if chance.odd(0.3):
        content = _broken(chance, content)
    path = path.with_suffix(suffix)
    path.write_bytes(gzip.compress(content) if suffix.endswith(".gz") else content)
    return path


def _structure(chance, positions):
    structure = gemmi.Structure()
    for number in range(chance.choice((0, 2)) if chance.odd(0.1) else 1):
        model = gemmi.Model(number + 1)
        for name in chance.sample("ABCD", chance.choice((1, 2, 3, 4))):
            model.add_chain(_chain(chance, name, chance.choice(positions)))
        structure.add_model(model)
    structure.setup_entities()
    return structure


def _chain(chance, name, at):
    chain = gemmi.Chain(name)
    step, strange = chance.choice((0, 1, 50)) if chance.odd(0.2) else 2, chance.odd(0.1)
    for number in range(chance.choice((0, 1, 2)) if chance.odd(0.2) else chance.choice((5, 10, 20))):
        residue = gemmi.Residue()
        residue.name, residue.seqid = chance.choice(RESIDUES), gemmi.SeqId(str(number + 1))
        for atom_name, element in chance.sample(ATOMS, chance.choice((1, 3, 4))):
            residue.add_atom(_atom(chance, atom_name, element, at, strange))
        at = [value + chance.uniform(-step, step) for value in at]
        chain.add_residue(residue)
    return chain


def _atom(chance, name, element, at, strange):
    atom = gemmi.Atom()
    atom.name, atom.element = name, gemmi.Element(element)
    atom.pos = gemmi.Position(*(value + chance.uniform(-1, 1) for value in at))
    atom.b_iso, atom.occ = chance.choice((20, 20, 50)), 1
    if strange:
        atom.b_iso = chance.choice((0, -5, 1e-3, 999, float("nan")))
        atom.occ = chance.choice((0, 0.3, -1, 2, float("nan")))
        atom.altloc = chance.choice(("\0", "A", "B"))
        if chance.random() < 0.1:
            atom.pos = gemmi.Position(chance.choice((1e6, -999, float("nan"))), 0, 0)
    return atom


def _broken(chance, content):
    """What is left of the bytes of a model after an accident."""
    place = chance.randrange(len(content) + 1)
    return chance.choice(
        (
            content[:place],
            content[:place] + chance.randbytes(3) + content[place + 3 :],
            content.replace(b" A ", chance.choice((b" \xe9 ", b" ", b" = ")), 30),
            content.replace(b"CA ", b"C\xff ", 5),
            content.replace(b"1", chance.choice((b"nan", b"x", b"9999")), place % 50),
            b"\n".join(line[: chance.choice((20, 50, 60, 80))] for line in content.splitlines()),
            chance.randbytes(place % 2000),
            b"",
        )
    )
