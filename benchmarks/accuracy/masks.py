"""Hold masks as columns of matrices against known occupancies, on ensembles of maps as networks generate them.

python -m benchmarks.accuracy.masks            # three ensembles of 40 maps: ten minutes
python -m benchmarks.accuracy.masks --quick    # one of them
"""

import chimerax.occupy as occupy
import numpy as np
from scipy.ndimage import binary_dilation, gaussian_filter
from tqdm import tqdm

from .. import environment
from ..documents import masks as report
from ..documents.matrix import Family, Method
from ..documents.results import Results
from ..simulation import ensembles
from ..simulation.families import BUNDLES
from . import frame
from .matrix import molecule_of
from .models import ASSUMED_B, groups_of

_FAMILIES = (
    Family("assembly 1", "mask", 1, tuned=True),
    Family("assembly 3", "mask", 33, tuned=False),
    Family(BUNDLES, "mask", 22, tuned=False),
)
_EVERY, _FIRST = 5, 3
"""Of the chains, those that have masks of their own or are lacking in the model."""

_BLUR, _LEVEL, _EDGE = 7.0, 0.25, 6.5  # Å (sigma), of the densest tenth, Å (sigma)


def mask_of(positions):
    """A mask as users make them: places of atoms, low-passed, thresholded, dilated by a voxel, with a soft edge.

    Parameters
    ----------
    positions : array of float, shape (atoms, 3)
        z, y, x in Å from the first voxel.
    """
    size = ensembles.BOX.voxel_size
    density = np.zeros((ensembles.BOX.edge,) * 3, np.float32)
    np.add.at(density, tuple(np.rint(positions / size).astype(int).T), 1)
    density = gaussian_filter(density, _BLUR / size)
    inside = binary_dilation(density > _LEVEL * np.quantile(density[density > 0.05 * density.max()], 0.9))
    return np.clip(gaussian_filter(inside.astype(np.float32), _EDGE / size), 0, 1)


class Case:
    """Masks and models of one ensemble."""

    def __init__(self, ensemble):
        self._ensemble, kept = ensemble, ensemble.kept
        size = ensembles.BOX.voxel_size
        self.groups = groups_of(
            ensemble.molecule, ensemble.positions[kept][:, ::-1], kept, np.full(kept.sum(), ASSUMED_B)
        )
        self.size, self.names = size, list(self.groups)
        self.chosen = self.names[_FIRST::_EVERY]

    def places(self, name):
        """z, y, x of the atoms that the model has of a chain."""
        ensemble = self._ensemble
        return ensemble.positions[ensemble.kept][ensemble.chains == list(ensemble.molecule.chain_names).index(name)]

    def half(self, name):
        """Those of the half of it along its longest axis."""
        places = self.places(name)
        centred = places - places.mean(axis=0)
        along = centred @ np.linalg.svd(centred, full_matrices=False)[2][0]
        return places[along > np.median(along)]

    def truth(self, *names):
        """Known occupancy of chains taken together, in each map."""
        columns = [self._ensemble.occupancies[:, self.names.index(name)] for name in names]
        return np.average(columns, axis=0, weights=[self.groups[name].weights().sum() for name in names])

    def neighbour(self, name):
        """The chain whose middle is nearest."""
        others = [other for other in self.names if other != name]
        middle = self.places(name).mean(axis=0)
        return min(others, key=lambda other: np.linalg.norm(self.places(other).mean(axis=0) - middle))

    def cases(self):
        """Title, groups, masks, and the truth of what is read of masks, or of chains where there is no mask."""
        own = {f"mask {name}": (mask_of(self.places(name)), self.truth(name)) for name in self.names}
        some = {f"mask {name}": own[f"mask {name}"] for name in self.chosen}
        half = {f"half {name}": (mask_of(self.half(name)), self.truth(name)) for name in self.chosen}
        two = {}
        for name in self.chosen:
            pair = name, self.neighbour(name)
            two["+".join(pair)] = mask_of(np.concatenate([self.places(one) for one in pair])), self.truth(*pair)
        part = {name: group for name, group in self.groups.items() if name not in self.chosen}
        yield report.CHAINS, self.groups, {}
        yield report.ALONE, {}, own
        yield report.LACKING, part, some
        yield report.FILLED, self.groups, some
        yield report.HALVES, self.groups, half
        yield report.TWO, self.groups, two
        yield report.HALF_LACKING, part, half

    def readings(self, family):
        """What is read of each case: list of Method."""
        maps, found = self._ensemble.maps, []
        names = [f"map {i + 1}" for i in range(len(maps))]
        for complete in (names[: ensembles.COMPLETE], ()):
            for title, groups, masks in self.cases():
                if not complete and title in report.AGAINST_MAPS_ONLY:
                    continue
                matrix = occupy.refine_maps(
                    list(maps), self.size, groups, names=names, reference_maps=complete,
                    masks={name: mask for name, (mask, _) in masks.items()},
                )  # fmt: skip
                truth = {name: of_mask for name, (_, of_mask) in masks.items()} or {
                    name: self.truth(name) for name in groups
                }
                columns = [matrix.groups.index(name) for name in truth]
                told = np.ix_(range(ensembles.COMPLETE, len(maps)), columns)
                known = np.array(list(truth.values())).T[ensembles.COMPLETE :]
                full = f"{title}{report.AGAINST_MAPS if complete else ''}"
                found.append(Method(family, full, matrix.occupancies[told], matrix.standard_errors[told], known))
        return found


def measure(options):
    """All that goes into the part of the document."""
    found = []
    for family in tqdm(_FAMILIES[:1] if options.quick else _FAMILIES, unit="ensembles"):
        found += Case(ensembles.ensemble(molecule_of(family), family.solvent, family.seed)).readings(family)
    return Results(found, environment.versions(), frame.told([]))


if __name__ == "__main__":
    frame.run(frame.parser_of(__doc__, "one family instead of all"), measure, report.write)
