"""What programs find in maps in vacuum, and how far it is from what is known."""

from dataclasses import dataclass
from statistics import fmean

import numpy as np

from .results import OURS, PUBLISHED, Results, ordered, where

PROGRAMS = {"ours": OURS, "published": PUBLISHED, "published_tile": f"{PUBLISHED}, tiles of 12"}
DENSITY = "density"
B_EDGES = np.arange(30, 151, 20)
"""Å², between the ranges of B-factors."""


@dataclass(frozen=True)
class VacuumCondition:
    """What a map was made with.

    Attributes
    ----------
    molecule : str
    turn : int
        Which way the occupancies were dealt to the chains.
    resolution, voxel_size : float
        Å.
    b_factors, noise : str
    """

    molecule: str
    turn: int
    resolution: float
    voxel_size: float
    b_factors: str
    noise: str


@dataclass(frozen=True, eq=False)
class Reading(VacuumCondition):
    """What one program finds in one chain of one map.

    Attributes
    ----------
    program : str
        A key of PROGRAMS; or DENSITY, for the low-passed density over the full scale in
        place of the scale.
    noise_sigma : float
        Standard deviation of the noise over the full scale, as this package finds them.
    chain : str
    residues : int
    true : float
        The known occupancy.
    mean, spread : float
        Of the scale at the chain's atoms: mean and standard deviation.
    at_full : float
        Share of the atoms whose scale is 1.
    residue_scales, residue_b_factors : array of float
        Mean scale at the atoms, and B-factor, of each residue.
    """

    program: str
    noise_sigma: float
    chain: str
    residues: int
    true: float
    mean: float
    spread: float
    at_full: float
    residue_scales: np.ndarray
    residue_b_factors: np.ndarray

    @property
    def error(self):
        """Of the scale as it is."""
        return self.mean - self.true

    @property
    def map_key(self):
        """What tells the map and the program from all others."""
        return self.molecule, self.turn, self.resolution, self.voxel_size, self.b_factors, self.noise, self.program


@dataclass(frozen=True, eq=False)
class VacuumResults(Results):
    """All that goes into the part; the readings are of the maps that differ in condition.

    Attributes
    ----------
    versions : dict of dict
        For each program that ran, the versions in its environment.
    sampling : list of Reading
        Of the maps that differ in voxel size.
    representative : dict
        Fields of the condition whose chains are listed.
    noises : dict
        Of each noise level's name its standard deviation over the mean density.
    """

    sampling: list
    representative: dict
    noises: dict

    @property
    def programs(self):
        """Those that ran, in the order of PROGRAMS."""
        ran = {r.program for r in self.readings}
        return [p for p in PROGRAMS if p in ran]

    @property
    def figure_noise(self):
        """The noise of the maps that the figure of occupancies shows."""
        noises = self.ordered("noise")
        return self.representative["noise"] if self.representative["noise"] in noises else noises[0]

    def ordered(self, field):
        """Values of a field, in the order in which they were measured."""
        return ordered(self.readings, field)


def mean_error(readings):
    """Mean absolute error of the scale as it is."""
    return fmean(abs(r.error) for r in readings)


def divided(readings):
    """Each reading with its scale divided by that of the full chains of the same map and program.

    Returns
    -------
    list of tuple (Reading, float)
    """
    full = {}
    for reading in readings:
        if reading.true == 1:
            full.setdefault(reading.map_key, []).append(reading.mean)
    return [(r, r.mean / fmean(full[r.map_key])) for r in readings]


def mean_divided_error(readings):
    """Mean absolute error after division, over the chains that are not the reference."""
    return fmean(abs(value - r.true) for r, value in divided(readings) if r.true < 1)


def b_factor_readings(found, program):
    """Of maps with mixed B-factors, without noise where there are any."""
    return where(found.readings, program=program, b_factors="mixed", noise=found.ordered("noise")[0])


def scale_by_b(readings, true):
    """Mean scale of residues of chains of this occupancy in each range of B-factors."""
    chosen = where(readings, true=true)
    b = np.concatenate([r.residue_b_factors for r in chosen])
    scales = np.concatenate([r.residue_scales for r in chosen])
    index = np.clip(np.digitize(b, B_EDGES) - 1, 0, len(B_EDGES) - 2)
    return [float(scales[index == i].mean()) for i in range(len(B_EDGES) - 1)]
