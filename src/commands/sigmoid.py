"""occupy sigmoid: maps with weak parts weakened and strong ones strengthened, about a pivot."""

from .modify import modify_maps, register_modification


def sigmoid(session, volumes, **keywords):
    """Make maps with weak parts weakened and strong ones strengthened, about a pivot.

    The parameters are those of `modify.modify_maps`.
    """
    return modify_maps(session, volumes, "sigmoid", **keywords)


def register(name, logger):
    register_modification(
        name, sigmoid, "sigmoid", "Weaken the weak parts of a map and strengthen the strong ones", logger
    )
