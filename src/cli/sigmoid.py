"""occupy sigmoid: maps with weak parts weakened and strong ones strengthened, about a pivot."""

from .modify import modify_maps, register_modification


def sigmoid(maps, **keywords):
    """Make maps with weak parts weakened and strong ones strengthened, about a pivot.

    The parameters are those of `modify.modify_maps`.
    """
    return modify_maps(maps, "sigmoid", **keywords)


def register(subcommands):
    register_modification(
        subcommands, "sigmoid", sigmoid, "sigmoid", "write a map with weak parts weakened and strong ones strengthened"
    )
