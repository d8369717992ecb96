"""The `occupy` program for map files."""

import os

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")
"""Environment variables by which the libraries beneath NumPy, which read them when they are loaded, use no threads
beside the engine's own: theirs wait where processors have other work, which took three times as long."""


def main(arguments=None):
    """Run the program; returns the exit status."""
    for name, value in ONE_THREAD.items():
        os.environ.setdefault(name, value)
    from .program import run

    return run(arguments)
