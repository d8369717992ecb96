"""occupy attenuate: maps with their weak parts weakened further, into solvent."""

from .modify import modify_maps, register_modification


def attenuate(session, volumes, **keywords):
    """Make maps with their weak parts weakened further, into solvent.

    The parameters are those of `modify.modify_maps`.
    """
    return modify_maps(session, volumes, "attenuate", **keywords)


def register(name, logger):
    register_modification(name, attenuate, "attenuate", "Weaken the weak parts of a map further", logger)
