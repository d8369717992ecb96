"""occupy equalize: maps with all their parts at one level, without amplified solvent."""

from .modify import modify_maps, register_modification


def equalize(session, volumes, **keywords):
    """Make maps with all their parts at one level, without amplified solvent.

    The parameters are those of `modify.modify_maps`.
    """
    return modify_maps(session, volumes, "equalize", **keywords)


def register(name, logger):
    register_modification(
        name, equalize, "equalize", "Bring all parts of a map to one level without amplifying solvent", logger
    )
