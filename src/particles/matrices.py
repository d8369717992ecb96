"""Matrices of occupancies in files, of which particles are chosen."""

import json
from pathlib import Path

from ..engine.errors import OccuPyError
from ..engine.matrix.result import OccupancyMatrix


def read_matrix(path):
    """The matrix of a JSON file, as `occupy refine` writes it of several maps, in the shell or in ChimeraX.

    Raises
    ------
    OccuPyError
        If the file cannot be read, or there is none in it.
    """
    try:
        saved = json.loads(Path(path).read_text(encoding="utf-8"))
        return OccupancyMatrix.from_dict(saved.get("matrix", saved))
    except OSError as error:
        raise OccuPyError(f"{path} cannot be read: {error.strerror or error}") from None
    except (OccuPyError, AttributeError, ValueError, RecursionError):
        raise OccuPyError(
            f"{path} holds no matrix of occupancies; expected the .json file that occupy refine writes of several maps"
        ) from None
