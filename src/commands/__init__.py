"""The `occupy` commands of ChimeraX: thin, all mathematics is in the engine."""

from importlib import import_module

_MODULE_OF = {
    "occupy estimate": "estimate",
    "occupy equalize": "equalize",
    "occupy equalise": "equalize",
    "occupy attenuate": "attenuate",
    "occupy sigmoid": "sigmoid",
    "occupy solvent": "solvent",
    "occupy refine": "refine",
    "occupy particles": "particles",
    "occupy measure": "measure",
    "occupy mask": "mask",
    "occupy color": "color",
}

NAMES = tuple(_MODULE_OF)


def register(name, logger):
    """Register the command of this name with ChimeraX."""
    import_module("." + _MODULE_OF[name], __name__).register(name, logger)
