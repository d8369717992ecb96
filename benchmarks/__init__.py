"""Programs that measure this package, and that make maps to measure it with.

`simulation` makes molecules and maps whose occupancies are known; `accuracy` holds the package against them; `speed`
times it and tells its memory; `documents` writes what both found. Read them in this order. `environment`, which
accuracy and speed use, makes the Python of the published program. Programs are run as modules from the project's
folder, `python -m benchmarks.accuracy.refine --quick`; see README.md.
"""
