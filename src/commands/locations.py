"""All locations of atoms, those with alternate locations among them: read and written."""

import numpy as np

from ..engine.refinement.groups import alternate_shares


class Locations:
    """All locations of atoms: one for most, several for those with alternate locations.

    Attributes
    ----------
    atom : array of int, shape (locations,)
        Which atom each is of.
    scene_coords, occupancies, b_factors, shares : arrays, first axis (locations,)
        Shares of the locations of one atom add up to 1.
    """

    def __init__(self, atoms):
        self._atoms = atoms
        self._alternates = [""] * len(atoms)
        self.atom = np.arange(len(atoms))
        self.scene_coords, self.occupancies = atoms.scene_coords, atoms.occupancies.astype(float)
        self.b_factors = atoms.bfactors.astype(float)
        several = np.flatnonzero(atoms.num_alt_locs > 1)
        if len(several):
            self._spread(several)
        self.shares = alternate_shares(self.atom, self._alternates, self.occupancies)

    @property
    def deleted(self):
        """Whether there is no atom any more; ChimeraX's undo asks."""
        return len(self._atoms) == 0

    def write_occupancies(self, occupancies):
        """Write one occupancy for each location, where no atom has been deleted meanwhile."""
        self._write("occupancy", "occupancies", occupancies)

    def write_b_factors(self, b_factors):
        """Write one B-factor for each location, where no atom has been deleted meanwhile."""
        self._write("bfactor", "bfactors", b_factors)

    def _write(self, of_atom, of_atoms, values):
        if len(self._atoms) != self.atom.max(initial=-1) + 1:
            return
        single = np.array([not alternate for alternate in self._alternates])
        setattr(self._atoms[self.atom[single]], of_atoms, values[single].astype(np.float32))
        for i in np.flatnonzero(~single):
            atom = self._atoms[int(self.atom[i])]
            with atom.suppress_alt_loc_change_notifications():
                atom.alt_loc = self._alternates[i]
                setattr(atom, of_atom, values[i])

    def _spread(self, several):
        """Put every location of these atoms in the place of the one that is shown."""
        found = [one for i in several for one in _locations_of(self._atoms[int(i)], int(i))]
        atom, alternates, coords, occupancies, b_factors = zip(*found, strict=True)
        single = np.setdiff1d(self.atom, several)
        order = np.argsort(np.concatenate([single, atom]), kind="stable")
        self._alternates = [([""] * len(single) + list(alternates))[i] for i in order]
        self.atom = np.concatenate([single, atom])[order]
        self.scene_coords = np.concatenate([self.scene_coords[single], coords])[order]
        self.occupancies = np.concatenate([self.occupancies[single], occupancies])[order]
        self.b_factors = np.concatenate([self.b_factors[single], b_factors])[order]


def _locations_of(atom, number):
    """Number of an atom, name, place in the scene, occupancy and B-factor of each of its locations."""
    found = []
    with atom.suppress_alt_loc_change_notifications():
        for alternate in atom.alt_locs:
            atom.alt_loc = alternate
            found.append((number, alternate, np.array(atom.scene_coord), atom.occupancy, atom.bfactor))
    return found
