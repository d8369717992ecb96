"""The `occupy` program for map files."""


def main(arguments=None):
    """Run the program; returns the exit status."""
    from .program import run

    return run(arguments)
