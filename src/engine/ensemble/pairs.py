"""What comes with what: for each pair of groups their correlation and conditional shares, over particles."""

from dataclasses import dataclass

import numpy as np

from ..csv_text import csv_text
from .cells import READING_ERROR, Cells

_SURE = 3.0
"""Standard errors by which a share is above 0: else nothing is told relative to it."""

_DECIMALS = 6
"""That are written: of hundreds of groups there are many pairs."""

_LEAST_VARIANCE = 0.01
"""Of the occupancy of a group over particles: what varies by less than 0.1 correlates with nothing."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """What comes with what, among the particles of maps.

    Of a map only the share of its particles with each group is known. For conditional shares groups are taken as
    independent within a map; bounds hold whatever is true there. Correlations are those of the occupancies of maps,
    each weighted by its particles. Standard errors are those for *these* particles, from the errors of occupancies: how
    far other particles would differ is not among them.

    Attributes
    ----------
    groups : list of str
    correlations, correlation_errors : arrays of float, shape (groups, groups)
        Of their occupancies, with standard errors. NaN where one hardly varies.
    shares, share_errors : arrays of float, shape (groups, groups)
        [i, j] of the particles that have group i, the share that has j as well, with standard errors. Neither clipped
        at 0 nor at 1. NaN where hardly any have i.
    least, most : arrays of float, shape (groups, groups)
        Bounds of these shares, from that within each map as few or as many as possible have both.
    """

    groups: list
    correlations: np.ndarray
    correlation_errors: np.ndarray
    shares: np.ndarray
    share_errors: np.ndarray
    least: np.ndarray
    most: np.ndarray

    def table(self):
        """The pairs as a table, a row for each ordered pair.

        Returns
        -------
        headings : list of str
        rows : list of list
            What is not known is None.
        """
        columns = {
            "share": self.shares, "share error": self.share_errors, "least": self.least, "most": self.most,
            "correlation": self.correlations, "correlation error": self.correlation_errors,
        }  # fmt: skip
        rows = [
            [given, name, *(_known(values[i, j]) for values in columns.values())]
            for i, given in enumerate(self.groups)
            for j, name in enumerate(self.groups)
            if i != j
        ]
        return ["of those with", "have", *columns], rows

    def as_csv(self):
        """The table as comma-separated values (`csv_text`)."""
        headings, rows = self.table()
        return csv_text([headings, *rows])

    def as_dict(self):
        """Plain values for a JSON file; what is not known is None."""
        names = ("correlations", "correlation_errors", "shares", "share_errors", "least", "most")
        return {"groups": self.groups} | {
            name: [[_known(value) for value in row] for row in getattr(self, name)] for name in names
        }


def pairs_of(matrix):
    """What comes with what, in the particles of the maps of a matrix.

    Parameters
    ----------
    matrix : OccupancyMatrix
        With populations, or as many particles in each map.

    Returns
    -------
    Pairs
    """
    cells = Cells(matrix)
    correlations, correlation_errors = _correlations(cells)
    shares, share_errors = _shares(cells)
    least, most = _bounds(cells)
    # What is read may be a little beyond what can be.
    least, most = np.minimum(least, shares), np.maximum(most, shares)
    return Pairs(matrix.groups, correlations, correlation_errors, shares, share_errors, least, most)


def _shares(cells):
    """Of the particles with one group the share that has another, with its standard error."""
    sure = cells.means > _SURE * cells.mean_errors
    held = np.where(sure, cells.means * cells.total, np.nan)
    shares = cells.sums(cells.values, cells.values) / held
    of_given, of_other = cells.error_of(1 / held, shares / held), cells.error_of(1.0, 0.0).T / held
    errors = np.hypot(of_given, of_other)
    np.fill_diagonal(errors, 0)
    np.fill_diagonal(shares, 1)
    return shares, errors


def _correlations(cells):
    """Correlation of the occupancies of two groups, with its standard error.

    A factor by which all occupancies of a group are wrong cancels. Noise is taken off the variances; terms of the
    second order are those that are left where two groups agree.
    """
    means, noise = cells.means, cells.known * (cells.own**2 + READING_ERROR**2)
    variances = cells.sums(cells.values**2, 1) / cells.total - means**2 - cells.sums(cells.own**2, 1) / cells.total
    variances = np.where(variances > _LEAST_VARIANCE, variances, np.nan)
    widths = np.sqrt(variances * variances.T)
    found = (cells.sums(cells.values, cells.values) / cells.total - means * means.T) / widths
    second = cells.sums(noise, noise, 2) / widths**2 + 0.5 * found**2 * _both(cells.sums(noise**2, 1, 2) / variances**2)
    errors = np.sqrt(_both(_of_occupancies(cells, noise, variances, widths, found)) + second) / cells.total
    known = np.isfinite(np.diagonal(found))
    np.fill_diagonal(found, np.where(known, 1, np.nan))
    np.fill_diagonal(errors, np.where(known, 0, np.nan))
    return found, errors


def _of_occupancies(cells, noise, variances, widths, correlations):
    """Σ w²·e²·(∂r/∂a / w)² over maps, of the occupancies a of the first group, whose errors are e."""
    a = b = cells.values
    of_b, of_a = 1 / widths, -correlations / variances
    level = of_b * cells.means.T + of_a * cells.means
    squares = of_b**2 * cells.sums(noise, b**2, 2) + of_a**2 * cells.sums(noise * a**2, 1, 2)
    squares = squares + 2 * of_b * of_a * cells.sums(noise * a, b, 2) + level**2 * cells.sums(noise, 1, 2)
    return squares - 2 * level * (of_b * cells.sums(noise, b, 2) + of_a * cells.sums(noise * a, 1, 2))


def _both(of_first):
    """What the first and the second group of pairs contribute."""
    return of_first + of_first.T


def _bounds(cells):
    """The least and the largest share of the particles with one group that may have another."""
    clipped = np.clip(cells.values, 0, 1)
    held = np.maximum(cells.sums(clipped, 1), np.finfo(float).tiny)
    weights = cells.weights[:, None] * cells.known
    least, most = np.empty((2, *held.shape))
    for i, column in enumerate(clipped.T):
        both = weights * cells.known[:, [i]]
        least[i] = (both * np.maximum(clipped + column[:, None] - 1, 0)).sum(axis=0)
        most[i] = (both * np.minimum(clipped, column[:, None])).sum(axis=0)
    return least / held, most / held


def _known(value):
    return round(float(value), _DECIMALS) if np.isfinite(value) else None
