"""Groups of atoms of ChimeraX's models, as the engine takes them."""

from hashlib import sha256

import numpy as np
from chimerax.atomic import Residue
from chimerax.core.errors import UserError

from ..engine.refinement.groups import DEFAULT_SEGMENT, make_groups, segment_numbers
from ..engine.refinement.names import labels_of
from .arguments import user_errors
from .atoms import name_of, places, residues_of
from .locations import Locations

_SAME_PLACE = 1e-3
"""Å, within models."""


class AtomGroups:
    """Atoms, each with the name of its group.

    Water is left out where no group of its own names it: an ordered water molecule scatters as the ice in its place.

    Parameters
    ----------
    atoms : Atoms
    by : {'chain', 'residue', 'model', 'segment'}
        What the atoms are grouped by.
    segment : int
        Residues in a segment.
    groups : list of Atoms
        Each is one group, whatever the atoms are grouped by, and need not be among the atoms.
    within_model : bool
        Name groups without the number of their model, as those of other models are named too.

    Attributes
    ----------
    atoms : Atoms
        In the order of models, chains and residues.
    labels : array of str, shape (atoms,)
        The group of each atom.
    waters : int
        Atoms of water that were left out.
    by : str
        What the groups are: what the atoms were grouped by, or 'groups' where some are groups of their own.
    """

    def __init__(self, atoms, by="chain", segment=DEFAULT_SEGMENT, groups=(), within_model=False):
        self.by = "groups" if len(groups) else by
        everything = _united(atoms, groups)
        residues, of_residue = residues_of(everything)
        order = np.argsort(of_residue, kind="stable")
        everything, of_residue = everything[order], of_residue[order]
        labels = _labels(residues, by, segment, within_model)[of_residue]
        named = _name(everything, labels, groups)
        used = named | ~np.isin(residues.names, list(Residue.water_res_names))[of_residue]
        if not used.any():
            raise UserError("All the atoms are water, which scatters as the ice in its place; expected a molecule")
        self.waters = int((~used).sum())
        self.atoms, self.labels = everything[used], labels[used]
        self._residue_names = residues.names[of_residue][used]
        self._of_residue = of_residue[used]
        self._locations = Locations(self.atoms)

    def on_map(self, sampled):
        """The groups in the frame of a sampled map, x, y, z in Å from its first voxel.

        Returns
        -------
        groups : dict of str to Group
        notes : list of str
            Sentences on what had to be assumed.
        """
        found = self._locations
        first, _, step = (np.array(part[::-1]) for part in sampled.region)
        voxels = (places(sampled.volume, found.scene_coords) - first) / step
        atom = found.atom
        with user_errors(sampled.volume):
            return make_groups(
                (voxels * sampled.voxel_size)[:, ::-1],
                self.atoms.element_names[atom],
                self.labels[atom],
                residue_names=self._residue_names[atom],
                atom_names=self.atoms.names[atom],
                residues=self._of_residue[atom],
                b_factors=found.b_factors,
                fractions=found.shares,
            )

    def digest(self):
        """A word that is the same for equal atoms in equal places and groups only."""
        found = sha256()
        for words in (self.labels, self._residue_names, self.atoms.names, self.atoms.element_names):
            found.update("\0".join(map(str, words)).encode())
        locations = self._locations
        numbers = (locations.scene_coords, locations.b_factors, locations.shares, locations.atom, self._of_residue)
        for values in numbers:
            found.update(np.ascontiguousarray(values).tobytes())
        return found.hexdigest()

    def names_among(self, atoms):
        """Names of the groups at least half of whose atoms are among others."""
        names, index = np.unique(self.labels.astype(str), return_inverse=True)
        shares = np.bincount(index, self.atoms.mask(atoms)) / np.bincount(index)
        return [str(name) for name in names[shares >= 0.5]]

    def copies(self):
        """Groups that are copies of each other, as those that ChimeraX's sym makes, which are the same in their models.

        Returns
        -------
        dict of str to list of str
            Their names, by that which they have within their models.
        """
        if len(self.atoms.unique_structures) < 2:
            return {}
        names, index = np.unique(self.labels.astype(str), return_inverse=True)
        members = np.split(np.argsort(index, kind="stable"), np.cumsum(np.bincount(index))[:-1])
        found = {}
        for name, mine in zip(names, members, strict=True):
            atoms = self.atoms[mine]
            model = f"#{atoms[0].structure.id_string}"
            if name.startswith(model) and len(atoms.unique_structures) == 1:
                alike = found.setdefault(name.removeprefix(model) or "model", [])
                if not alike or _same_in_models(alike[0][1], atoms):
                    alike.append((str(name), atoms))
        return {name: [label for label, _ in alike] for name, alike in found.items() if len(alike) > 1}

    def along_chains(self, rows):
        """Rows of groups, called as they are shown, with the chain of each and its mean residue, as plots want them."""
        names, first, index = np.unique(self.labels.astype(str), return_index=True, return_inverse=True)
        means = np.bincount(index, self.atoms.residues.numbers) / np.bincount(index)
        chains = {name: name_of(self.atoms[int(i)].residue, "chain") for name, i in zip(names, first, strict=True)}
        positions = dict(zip(names, means, strict=True))
        labels = labels_of([*chains, *chains.values()])
        return [
            row | {"group": labels[name], "chain": labels[chains[name]], "position": float(positions[name])}
            for row, name in ((row, row["group"]) for row in rows)
        ]

    def assign(self, occupancies, undo):
        """Write occupancies into the atoms; alternate locations share that of their group as they did before.

        Parameters
        ----------
        occupancies : dict of str to float
            By group; atoms of a group whose occupancy is not known, NaN, are left as they are.
        undo : UndoState
        """
        found = self._locations
        wanted = np.clip([occupancies[label] for label in self.labels], 0, 1)[found.atom] * found.shares
        new = np.where(np.isfinite(wanted), wanted, found.occupancies)
        undo.add(found, "write_occupancies", found.occupancies, new, "M")
        found.write_occupancies(new)

    def assign_b(self, b_shifts, undo):
        """Add shifts to the B-factors of the atoms, none of which gets below 0.

        Parameters
        ----------
        b_shifts : dict of str to float
            Å² by group; atoms of a group of which it is not known, NaN, are left as they are.
        undo : UndoState
        """
        found = self._locations
        shifts = np.array([b_shifts[label] for label in self.labels])[found.atom]
        new = np.where(np.isfinite(shifts), np.maximum(found.b_factors + shifts, 0), found.b_factors)
        undo.add(found, "write_b_factors", found.b_factors, new, "M")
        found.write_b_factors(new)


def groups_of_each_model(atoms, by="chain", segment=DEFAULT_SEGMENT, groups=()):
    """Groups of each of several models, such as one for each map; those that are alike have one name.

    Parameters
    ----------
    atoms : Atoms
        Of all the models.
    by, segment, groups
        As for `AtomGroups`. Of each group a model has those atoms that are its own.

    Returns
    -------
    list of AtomGroups
        In the order of the models' numbers.
    """
    models = sorted(_united(atoms, groups).unique_structures, key=lambda model: model.id)
    return [
        AtomGroups(atoms & model.atoms, by, segment, _parts(groups, model.atoms), within_model=True) for model in models
    ]


def _parts(groups, atoms):
    """What of groups that are specified one by one is among some atoms."""
    parts = []
    for group in groups:
        part = group & atoms
        part.spec = group.spec
        if len(part):
            parts.append(part)
    return parts


def reference_names(chosen, reference):
    """Names of the groups that are known to be full.

    Parameters
    ----------
    chosen : sequence of AtomGroups
    reference : Atoms or None

    Returns
    -------
    list of str, or None where there is no reference
    """
    if reference is None:
        return None
    names = list(dict.fromkeys(name for one in chosen for name in one.names_among(reference)))
    if not names:
        raise UserError(
            "reference holds no group: expected at least half of the atoms of one, such as those of "
            f"{chosen[0].labels[0]}"
        )
    return names


def alternative_names(chosen, alternatives):
    """Names of the groups of which a particle has one at most.

    Parameters
    ----------
    chosen : sequence of AtomGroups
    alternatives : sequence of Atoms
        Of each set of such groups.

    Returns
    -------
    list of list of str
    """
    sets = []
    for atoms in alternatives or ():
        names = list(dict.fromkeys(name for one in chosen for name in one.names_among(atoms)))
        if len(names) < 2:
            found = f"{names[0]} only" if names else "no group"
            raise UserError(
                f"alternatives {atoms.spec} holds {found}: expected at least half of the atoms of two groups or more, "
                "such as conformers"
            )
        sets.append(names)
    return sets


def _same_in_models(first, second):
    """Whether atoms of two models are the same but for where the models are."""
    return (
        len(first) == len(second)
        and np.array_equal(first.names, second.names)
        and np.allclose(first.coords, second.coords, atol=_SAME_PLACE)
    )


def _united(atoms, groups):
    """All the atoms, each once; there must be some, in each group too."""
    if len(atoms) == 0:
        raise UserError("There are no atoms to refine; expected those of an atomic model, such as atoms #11")
    for group in groups:
        if len(group) == 0:
            raise UserError(f"The group {group.spec} has no atoms; expected a specifier of some, such as #11/A:1-100")
    everything = atoms
    for group in groups:
        everything = everything.merge(group)
    return everything.unique()


def _labels(residues, by, segment, within_model):
    """The name of the group of each residue."""
    if by != "segment":
        return np.array([name_of(residue, by, within_model) for residue in residues], object)
    chains = [name_of(residue, "chain") for residue in residues]
    numbers = segment_numbers(chains, np.arange(len(residues)), segment)
    ends = {}
    for residue, key in zip(residues, zip(chains, numbers, strict=True), strict=True):
        ends[key] = ends.get(key, (residue,))[0], residue
    names = {key: _name_of_segment(*of_key, within_model) for key, of_key in ends.items()}
    return np.array([names[key] for key in zip(chains, numbers, strict=True)], object)


def _name_of_segment(first, last, within_model):
    name = name_of(first, "residue", within_model)
    return name if first is last else f"{name}-{last.number}{last.insertion_code}"


def _name(atoms, labels, groups):
    """Give the atoms of groups that are specified one by one their names; returns which atoms these are."""
    named = np.zeros(len(atoms), bool)
    for group in groups:
        among = atoms.mask(group)
        twice = np.flatnonzero(named & among)
        if len(twice):
            atom = atoms[int(twice[0])].string(style="command")
            raise UserError(
                f"{atom} is in two groups, {labels[twice[0]]} and {group.spec}; expected groups without atoms in common"
            )
        labels[among] = group.spec
        named |= among
    return named
