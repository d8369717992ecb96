"""occupy equalize: maps with all their parts at one level, without amplified solvent."""

from .modify import modify_maps, register_modification


def equalize(maps, **keywords):
    """Make maps with all their parts at one level, without amplified solvent.

    The parameters are those of `modify.modify_maps`.
    """
    return modify_maps(maps, "equalize", **keywords)


def register(subcommands):
    register_modification(
        subcommands,
        "equalize",
        equalize,
        "equalize",
        "write a map with all its parts at one level, solvent not amplified",
        ["equalise"],
    )
