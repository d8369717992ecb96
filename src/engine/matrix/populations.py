"""How particles are shared among the maps of a matrix."""

from dataclasses import dataclass

import numpy as np

from ..errors import OccuPyError


@dataclass(frozen=True, eq=False)
class Populations:
    """Shares of the particles in maps.

    Attributes
    ----------
    maps : list of str
    weights : array of float, shape (maps,)
        They sum to 1.
    particles : array of float, shape (maps,), or None
        Particles in each map, sums of posteriors where these are known; None where nobody counted.
    count : float or None
        As how many particles they count for errors of counting: all that are in these maps or, where posteriors
        leave a part of some in other classes, (Σs)² / Σs², s the part of each that is in these. None where nobody
        counted.
    classes : list or None
        The class of each map.
    left_out : float
        Share of all particles that are in none of these maps.
    """

    maps: list
    weights: np.ndarray
    particles: np.ndarray | None = None
    count: float | None = None
    classes: list | None = None
    left_out: float = 0.0

    def among(self, maps):
        """The same of more maps, of which the others have no particles.

        Raises
        ------
        OccuPyError
            If these are not among them.
        """
        missing = [name for name in self.maps if name not in maps]
        if missing:
            raise OccuPyError(f"there are particles of {missing[0]}, which is not among the maps")
        places = [maps.index(name) for name in self.maps]
        weights, particles = np.zeros((2, len(maps)))
        weights[places], classes = self.weights, None
        if self.particles is not None:
            particles[places] = self.particles
        if self.classes is not None:
            class_of = dict(zip(self.maps, self.classes, strict=True))
            classes = [class_of.get(name) for name in maps]
        return Populations(
            list(maps), weights, None if self.particles is None else particles, self.count, classes, self.left_out
        )

    def as_dict(self):
        """Plain values for a JSON file."""
        return {
            "weights": [float(weight) for weight in self.weights],
            "particles": None if self.particles is None else [float(number) for number in self.particles],
            "count": self.count,
            "classes": self.classes,
            "left_out": self.left_out,
        }

    @classmethod
    def from_dict(cls, maps, saved):
        """What `as_dict` gave of these maps; None of None."""
        if saved is None:
            return None
        particles = saved["particles"]
        weights, particles = np.array(saved["weights"], float), None if particles is None else np.array(particles)
        return cls(list(maps), weights, particles, saved["count"], saved["classes"], saved["left_out"])
