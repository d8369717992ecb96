"""occupy attenuate: maps with their weak parts weakened further, into solvent."""

from .modify import modify_maps, register_modification


def attenuate(maps, **keywords):
    """Make maps with their weak parts weakened further, into solvent.

    The parameters are those of `modify.modify_maps`.
    """
    return modify_maps(maps, "attenuate", **keywords)


def register(subcommands):
    register_modification(
        subcommands,
        "attenuate",
        attenuate,
        "attenuate",
        "write a map with its weak parts weakened further, into solvent",
    )
