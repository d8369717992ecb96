"""A matrix with its models, as sessions keep it, and back."""

from ...commands.group_names import NamedGroups, model_of
from ...commands.shown_matrix import ShownMatrix
from ...engine.matrix.result import OccupancyMatrix
from ..composing import is_open

_VERSION = 1


def state_of(shown):
    """The values of a matrix, its maps and the models of its groups, for `keep_in_sessions`.

    Parameters
    ----------
    shown : ShownMatrix

    Returns
    -------
    dict
        version, matrix, maps, models and masks; what is closed is None.
    """
    models = {groups: model_of(groups) for groups in dict.fromkeys(shown.chosen)}
    return {
        "version": _VERSION,
        "matrix": shown.matrix.as_dict(),
        "maps": [volume if is_open(volume) else None for volume in shown.volumes],
        "models": [models[groups] for groups in shown.chosen],
        "masks": {name: mask if is_open(mask) else None for name, mask in shown.masks.items()},
    }


def matrix_of(session, state):
    """The matrix of a state; its groups are those that their names tell.

    Raises
    ------
    KeyError, TypeError, ValueError, OccuPyError
        If it is no such state, or one of another version.
    """
    if state["version"] != _VERSION:
        raise ValueError(f"State of version {state['version']}, expected {_VERSION}")
    matrix = OccupancyMatrix.from_dict(state["matrix"])
    names = [name for name in matrix.groups if name not in matrix.masks]
    groups = {model: NamedGroups(session, names, model) for model in dict.fromkeys(state["models"])}
    return ShownMatrix(matrix, state["maps"], [groups[model] for model in state["models"]], state["masks"])
