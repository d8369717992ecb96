"""What is read of a file of particles: the class of each, and how much of them is in each class."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..engine.ensemble.populations import counted, matched
from ..engine.errors import OccuPyError

_ROUNDING = 0.01
"""Of a particle's sum of posteriors, which files hold with few digits."""


@dataclass(frozen=True, eq=False)
class Particles:
    """Particles and their classes.

    Attributes
    ----------
    path : Path
        The file.
    classes : list of int or of str
        Numbers, or names of maps.
    assigned : array of int, shape (particles,)
        The place in `classes` of the most probable class of each.
    shared : array of float, shape (classes, classes)
        In each row, how much of the particles whose most probable class it is is in each class: sums of posteriors, or
        counts along the diagonal.
    products : array of float, shape (classes, classes)
        Sums of products of the posteriors of two classes.
    """

    path: Path
    classes: list
    assigned: np.ndarray
    shared: np.ndarray
    products: np.ndarray

    @classmethod
    def in_classes(cls, path, labels):
        """Particles each of which is in one class.

        Parameters
        ----------
        path : Path
        labels : array of int or of str, shape (particles,)
        """
        classes, assigned = np.unique(labels, return_inverse=True)
        counts = np.diag(np.bincount(assigned)).astype(float)
        return cls(path, classes.tolist(), assigned, counts, counts)

    @classmethod
    def in_part(cls, path, chunks):
        """Particles that are in several classes, each by its posterior.

        Parameters
        ----------
        path : Path
        chunks : iterable of tuple (list, array of float, shape (particles, classes))
            Classes, the same in all chunks, and posteriors.

        Raises
        ------
        OccuPyError
            If a particle's do not sum to 1.
        """
        classes, assigned, shared, products = [], [], 0, 0
        for classes, posteriors in chunks:
            posteriors = _checked(np.asarray(posteriors, float), path, sum(map(len, assigned)))
            best = posteriors.argmax(axis=1)
            shared = shared + (best == np.arange(len(classes))[:, None]).astype(float) @ posteriors
            products = products + posteriors.T @ posteriors
            assigned.append(best)
        return cls(path, list(classes), np.concatenate(assigned), shared, products)

    @property
    def has_posteriors(self):
        """Whether some particles are in more than one class."""
        return bool(np.count_nonzero(self.shared - np.diag(np.diag(self.shared))))

    def populations(self, maps, names, classes=None):
        """How they are shared among maps.

        Parameters
        ----------
        maps : list of str
        names : list of str
            What these are called, by which their classes are found.
        classes : list, optional
            The class of each map instead; others are left out.

        Returns
        -------
        Populations

        Raises
        ------
        OccuPyError
            If maps and classes do not belong together, or a map has no particles.
        """
        chosen = matched(names, self.classes) if classes is None else list(classes)
        return counted(maps, self.classes, self.shared.sum(axis=0), self.products, chosen)


def _checked(posteriors, path, before):
    """Posteriors that sum to 1, but for rounding."""
    sums = posteriors.sum(axis=1)
    wrong = ~(np.abs(sums - 1) <= _ROUNDING) | (posteriors < 0).any(axis=1)
    if wrong.any():
        row = int(wrong.argmax())
        raise OccuPyError(
            f"the posteriors of particle {before + row + 1} of {path} sum to {sums[row]:.3g}, the least is "
            f"{posteriors[row].min():.3g}; expected numbers from 0 to 1 that sum to 1"
        )
    return posteriors / sums[:, None]
