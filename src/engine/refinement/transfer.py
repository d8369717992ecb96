"""The transfer function from a model's density to a map, one value for each shell of frequency.

It takes up what sharpening, filters, the low-resolution loss of a mask or of bulk solvent, and
B-factors that all atoms share do to a map.
"""

import numpy as np

_FEWEST_COEFFICIENTS = 60
_DAMPING = 0.7
"""In units of the typical transfer: where it is smaller, the map says less than the model."""

TYPICAL_SHARE = 1 / (1 + _DAMPING**2)
"""What a map tells of a typical coefficient once it is brought back to the model; the rest is the model's."""

_LOW_SHARE = 0.22
"""Of the highest frequency: below lie those that filters and masks take away."""


INVERTED = (
    "the map's contrast looks inverted: it is low where the model is dense; density must be positive, so multiply the "
    "map by -1"
)


class Shells:
    """Shells of spatial frequency on a coarse grid, each of enough coefficients to tell a mean.

    Parameters
    ----------
    grid : CoarseGrid

    Attributes
    ----------
    centres : array of float
        Mean frequency of each shell, 1/Å.
    index : array of int
        The shell of each coefficient; those that are not kept count to the last.
    """

    def __init__(self, grid):
        self._grid = grid
        self._kept, self._weight = grid.kept, grid.multiplicity
        # At frequency zero a map holds its background, which has no meaning.
        self._weight.flat[0] = 0
        width = 1 / (np.array(grid.shape) * grid.pitch).max()
        fine = np.rint(grid.frequency / width).astype(np.intp)
        counts = np.bincount(fine[self._kept], self._weight[self._kept])
        merged = _merged(counts)
        self.index = merged[np.minimum(fine, len(counts) - 1)]
        self.centres = self.mean(grid.frequency)

    def mean(self, values):
        """Mean of real values, one for each coefficient, over each shell."""
        return self._sum(values) / self._sum(np.ones_like(self._weight))

    def ratio(self, map_coefficients, model_coefficients):
        """Least-squares ratio of a map to a model in each shell."""
        product = (map_coefficients * np.conj(model_coefficients)).real
        power = self._sum(np.abs(model_coefficients) ** 2)
        return self._sum(product) / np.maximum(power, np.finfo(float).tiny)

    def spread(self, values):
        """Values of the shells at each coefficient, interpolated."""
        return np.interp(self._grid.frequency, self.centres, values).astype(np.float32)

    def _sum(self, values):
        kept = self._kept
        return np.bincount(self.index[kept], (values * self._weight)[kept], self.index.max() + 1)


def _merged(counts):
    """Number of the shell that each fine shell goes into; the one of frequency zero goes with the first."""
    shell, held, merged = 0, 0, np.zeros(len(counts), np.intp)
    for i, count in enumerate(counts[1:], start=1):
        merged[i] = shell
        held += count
        if held >= _FEWEST_COEFFICIENTS and i < len(counts) - 1:
            shell, held = shell + 1, 0
    if held < _FEWEST_COEFFICIENTS and shell > 0:
        merged[merged == shell] = shell - 1
    return merged


def is_inverted(transfer):
    """Whether a map with this transfer function, H of each shell, is low where its model is dense."""
    return bool((transfer * np.abs(transfer)).sum() < 0)


def lost_share(shells, transfer):
    """How much of its lowest frequencies a map has lost: 0 none, 1 all.

    Parameters
    ----------
    shells : Shells
    transfer : array of float
        H of each shell.
    """
    share = _share(transfer, np.median(np.abs(transfer)))
    low = shells.centres < _LOW_SHARE * shells.centres.max()
    return float(np.clip(1 - share[low].mean() / np.median(share), 0, 1)) if low.any() else 0.0


def _share(transfer, typical):
    """H²/(H² + ε²)."""
    squared = np.square(transfer)
    return squared / np.maximum(squared + (_DAMPING * typical) ** 2, np.finfo(np.float32).tiny)


def inverse_filter(shells, transfer, kept):
    """What brings a map back to its model, and how much of each coefficient the map then tells.

    Parameters
    ----------
    shells : Shells
    transfer : array of float
        H of each shell.
    kept : bool array
        The coefficients that are used.

    Returns
    -------
    inverse, share : float32 arrays
        H/(H² + ε²) and H²/(H² + ε²), zero where a coefficient is not used and at frequency
        zero, where a map has no meaning; ε is 0.7 times the median of |H|.
    """
    spread = shells.spread(transfer)
    used = kept & (spread != 0)
    used.flat[0] = False
    share = np.where(used, _share(spread, np.median(np.abs(transfer))), 0).astype(np.float32)
    return np.divide(share, spread, out=np.zeros_like(share), where=used), share
