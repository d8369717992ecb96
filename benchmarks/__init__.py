"""Programs that measure this package, and what they need.

In the order to read them: `simulation` makes molecules and maps whose occupancies are known, `documents` writes what
was measured, `accuracy` holds the package against what is known, and `speed` times it and tells its memory.
`environment`, which the last two use, makes the Python of the published program. Programs are run as modules from the
project's folder, `python -m benchmarks.accuracy.refine --quick`; README.md lists them.
"""
