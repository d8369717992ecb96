"""Groups of atoms of model files, as the engine takes them."""

from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from ...engine.errors import OccuPyError
from ...engine.refinement.groups import DEFAULT_SEGMENT, alternate_shares, distinct, make_groups, segment_numbers
from .fingerprints import checksum
from .models import AtomicModel


@dataclass(frozen=True)
class AtomChoice:
    """Which atoms, and how they are grouped: plain values, of which equal ones have the same atoms.

    Attributes
    ----------
    paths : tuple of Path
        Files of atomic models.
    by : {'chain', 'residue', 'model', 'segment'}
        What atoms are grouped by that are in no group of their own.
    segment : int
        Residues in a segment.
    selections : tuple of tuple (str, str)
        Name and gemmi's selection of each group of its own.
    checksums : tuple of int or None
        Of what the files held when the choice was made, which is what another process has to find in them; None where
        a file cannot be read.
    """

    paths: tuple
    by: str = "chain"
    segment: int = DEFAULT_SEGMENT
    selections: tuple = ()
    checksums: tuple = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "checksums", tuple(map(_checksum, self.paths)))

    def check_unchanged(self):
        """Raise `OccuPyError` where a file holds something else than when the choice was made."""
        for path, known in zip(self.paths, self.checksums, strict=True):
            if _checksum(path) != known:
                raise OccuPyError(f"{path} was changed while the program ran; expected one model for the whole run")


def _checksum(path):
    try:
        return checksum(path)
    except OSError:
        return None


@lru_cache(maxsize=1)
def read_groups(choice):
    """The groups of an `AtomChoice`; read once for many maps.

    Raises
    ------
    OccuPyError
        If a file is no model, or not that of the choice any more, or a selection cannot be used.
    """
    if not choice.paths:
        return _NoAtoms
    groups = AtomGroups(choice)
    choice.check_unchanged()
    return groups


class _NoAtoms:
    """Where masks are asked for only."""

    groups = MappingProxyType({})


class AtomGroups:
    """Atoms of model files, each with the name of its group.

    Water is left out where no group of its own names it: how much of it a model holds tells more
    of who built it than of the map at this resolution.

    Parameters
    ----------
    choice : AtomChoice

    Attributes
    ----------
    groups : dict of str to Group
    notes : list of str
        Sentences for the user on what was assumed or left out.
    """

    def __init__(self, choice):
        self._models = [AtomicModel(path) for path in choice.paths]
        places = [
            place for model, name in zip(self._models, _names(choice.paths), strict=True) for place in _of(model, name)
        ]
        sizes = [len(place.residue) for place in places]
        self._places, self._of_place = places, np.repeat(np.arange(len(places)), sizes)
        self._atoms = [atom for model in self._models for atom in model.atoms]
        self._labels = np.array(_labels(places, choice.by, choice.segment), object)[self._of_place]
        named = self._name(choice.selections)
        water = np.array([place.residue.is_water() for place in places])[self._of_place]
        self._used = np.flatnonzero(named | ~water)
        if len(self._used) == 0:
            raise OccuPyError("all the atoms are water, which is left out; expected a molecule")
        self._shares = self._alternate_shares()
        self.groups, assumed = self._make_groups()
        self.notes = [*_notes(self._models, np.count_nonzero(water & ~named)), *assumed]

    def along_chains(self, rows, copies=None):
        """Rows of groups with the chain that each is in and the middle number of its residues, as figures want them.

        Parameters
        ----------
        rows : list of dict
            With the name of a group each.
        copies : dict of str to list of str, optional
            Names of the copies of groups, which are along copies of their chains.

        Returns
        -------
        list of dict
        """
        numbers, chains = {}, {}
        for label, place in zip(self._labels[self._used], self._of_place[self._used], strict=True):
            numbers.setdefault(label, set()).add(self._places[place].residue.seqid.num or 0)
            chains.setdefault(label, self._places[place].chain)
        for name, of_name in (copies or {}).items():
            numbers |= dict.fromkeys(of_name, numbers[name])
            chains |= {copy: chains[name] + copy.removeprefix(name) for copy in of_name}
        return [
            row | {"chain": chains[row["group"]], "position": float(np.median([*numbers[row["group"]]]))}
            for row in rows
        ]

    def write_models(self, paths, rows, with_b=False):
        """Write the models with occupancies, and B-factors if wanted, in their atoms.

        Alternate locations share the occupancy of their group as they did before. Atoms of no
        group, or of one of which it is not known, keep what the file has.

        Parameters
        ----------
        paths : list of Path
            One for each model.
        rows : list of GroupOccupancy
        with_b : bool
            Add ΔB to the B-factors.
        """
        known = {row.group: (np.clip(row.occupancy, 0, 1), row.b_shift if with_b else np.nan) for row in rows}
        values = np.full((len(self._atoms), 2), np.nan)
        values[self._used] = [known[label] for label in self._labels[self._used]]
        values[:, 0] *= self._shares
        ends = np.cumsum([len(model.atoms) for model in self._models])
        for model, path, part in zip(self._models, paths, np.split(values, ends[:-1]), strict=True):
            model.write(path, *part.T)

    def _name(self, selections):
        """Give atoms of groups of their own the names of these; returns which atoms these are."""
        named = np.zeros(len(self._atoms), bool)
        for name, selection in selections:
            among = np.concatenate([model.selected(selection) for model in self._models])
            if not among.any():
                raise OccuPyError(f"the group {name} is empty: no atom is in {selection}")
            twice = np.flatnonzero(among & named)
            if len(twice):
                raise OccuPyError(
                    f"the groups {self._labels[twice[0]]} and {name} share {len(twice)} atoms; expected groups without "
                    "atoms in common"
                )
            if name in self._labels[~among]:
                raise OccuPyError(f"{name} is the name of another group already; expected a name of its own")
            self._labels[among] = name
            named |= among
        return named

    def _alternate_shares(self):
        places = [self._places[i] for i in self._of_place]
        keys = [(p.chain, str(p.residue.seqid), atom.name) for p, atom in zip(places, self._atoms, strict=True)]
        occupancies = [atom.occ for atom in self._atoms]
        return alternate_shares(keys, [atom.altloc for atom in self._atoms], occupancies)

    def _make_groups(self):
        atoms = [self._atoms[i] for i in self._used]
        of_place = self._of_place[self._used]
        return make_groups(
            np.concatenate([model.positions for model in self._models])[self._used],
            [atom.element.name for atom in atoms],
            list(self._labels[self._used]),
            residue_names=[self._places[i].residue.name for i in of_place],
            atom_names=[atom.name for atom in atoms],
            residues=of_place,
            b_factors=np.array([atom.b_iso for atom in atoms]),
            fractions=self._shares[self._used],
        )


@dataclass(frozen=True)
class _Place:
    """A residue, with what its model and its chain are called."""

    model: str
    chain: str
    residue: object


def _of(model, name):
    """The places of a model, chains named with it where it has a name."""
    return [_Place(name or model.path.name, f"{name}/{chain}" if name else chain, r) for chain, r in model.residues]


def _names(paths):
    """What models are called before their chains: nothing where there is one only."""
    if len(paths) == 1:
        return [""]
    return distinct([path.name for path in paths], list(map(str, paths)))


def _labels(places, by, segment):
    """The name of the group of each residue."""
    if by == "segment":
        return _segments(places, segment)
    named = {
        "chain": lambda place: place.chain,
        "model": lambda place: place.model,
        "residue": lambda place: f"{place.chain}:{place.residue.seqid}",
    }
    return [named[by](place) for place in places]


def _segments(places, length):
    """The name of the segment of each residue, its chain, first and last residue; of water that of its chain."""
    labels = [place.chain for place in places]
    dry = [i for i, place in enumerate(places) if not place.residue.is_water()]
    chains = [places[i].chain for i in dry]
    keys = list(zip(chains, segment_numbers(chains, dry, length), strict=True)) if dry else []
    ends = {}
    for i, key in zip(dry, keys, strict=True):
        first, _ = ends.get(key, (places[i].residue.seqid, None))
        ends[key] = first, places[i].residue.seqid
    for i, key in zip(dry, keys, strict=True):
        labels[i] = "{}:{}-{}".format(key[0], *ends[key])
    return labels


def _notes(models, water):
    notes = [f"{m.path} holds {m.count} models; the first was used." for m in models if m.count > 1]
    if water:
        notes.append(f"{water} atoms of water were left out.")
    return notes
