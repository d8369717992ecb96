"""occupy refine on several maps: one matrix of occupancies, as a table and as a heat map in a window."""

from html import escape
from json import dumps

from chimerax.core.commands import JSONResult
from chimerax.core.errors import UserError

from ..engine.ensemble.assembly import assembly_of
from ..engine.ensemble.pairs import pairs_of
from ..engine.matrix.occupancies import MatrixBox, Reading, occupancy_matrix
from ..engine.matrix.sets import listed
from ..engine.refinement.groups import distinct
from ..engine.refinement.inputs import default_lowpass
from ..engine.refinement.names import joined_along_chains
from .arguments import in_chimerax_spelling, user_errors
from .atom_groups import alternative_names, reference_names
from .maps import sample, show_alone_command
from .report import select_link, warn
from .shown_matrix import MATRIX_SHOWN, ShownMatrix, remember_matrix
from .tables import html_table, save_table


def refine_maps(
    session,
    volumes,
    chosen,
    reference_maps=(),
    *,
    reference=None,
    alternatives=None,
    lowpass=None,
    solvent=True,
    flexibility=False,
    subregion="all",
    plot=True,
    save_file=None,
    return_json=False,
):
    """Refine occupancies against several maps.

    Parameters
    ----------
    volumes : list of Volume
        The reference maps among them.
    chosen : list of AtomGroups
        For each of them; the same object where they share it.
    reference_maps : list of Volume
        Maps that are known to be complete.
    flexibility : bool
        Tell ΔB of the groups in each map too.
    reference, alternatives, lowpass, solvent, subregion, plot, save_file, return_json
        As for `refine.refine`.

    Returns
    -------
    dict, or JSONResult
        As of `plain_values`.
    """
    names = dict(zip(volumes, names_of(volumes), strict=True))
    every = list(dict.fromkeys(chosen))
    groups = {
        "reference": reference_names(every, reference),
        "alternatives": alternative_names(every, alternatives),
    }
    of_box = {"solvent": solvent, "flexibility": flexibility}
    complete = [names[volume] for volume in reference_maps]
    matrix = _matrix(session, names, chosen, groups, complete, lowpass, of_box, subregion)
    shown = ShownMatrix(matrix, volumes, chosen)
    remember_matrix(session, shown)
    _log(session, matrix, {name: volume for volume, name in names.items()})
    if save_file is not None:
        save_table(session, matrix.as_csv(), plain_values(matrix), save_file)
    if plot and session.ui.is_gui:
        session.triggers.activate_trigger(MATRIX_SHOWN, shown)
    found = plain_values(matrix)
    return JSONResult(dumps(found), found) if return_json else found


def plain_values(matrix):
    """A matrix as JSON holds it (`OccupancyMatrix.as_dict`), with what comes with what and the order of assembly."""
    return matrix.as_dict() | {"pairs": pairs_of(matrix).as_dict(), "assembly": assembly_of(matrix).as_dict()}


def names_of(volumes):
    """What maps are called: their names, with their numbers where names are not their own."""
    return distinct([volume.name for volume in volumes], [f"{volume.name} #{volume.id_string}" for volume in volumes])


def _matrix(session, names, chosen, groups, reference_maps, lowpass, of_box, subregion):
    samples = [sample(volume, 1, subregion) for volume in names]
    # Maps with larger voxels are known to a lower resolution, which is then that of all.
    lowpass = lowpass or max(default_lowpass(sampled.voxel_size) for sampled in samples)
    boxes, readings = _Boxes(session, {"lowpass": lowpass} | of_box), []
    for i, (sampled, of_map, name) in enumerate(zip(samples, chosen, names.values(), strict=True)):
        session.logger.status(f"Map {i + 1} of {len(samples)}: {name}")
        readings.append(boxes.reading(sampled, of_map, name))
    with user_errors():
        return occupancy_matrix(readings, lowpass, reference_maps=reference_maps, **groups)


class _Boxes:
    """Reads maps; what is the same for maps on one grid and in one place is made once."""

    def __init__(self, session, settings):
        self._session, self._settings = session, settings
        self._key = self._box = None
        self._sums, self._told = {}, set()

    def reading(self, sampled, chosen, name):
        """What is read of one map; what is wrong with it, where it cannot be used."""
        try:
            with user_errors(sampled.volume):
                box = self._box_of(sampled, chosen)
                sums = box.sums(sampled.density)
        except UserError as error:
            self._session.logger.warning(str(error))
            return Reading(name, None, None, str(error))
        return Reading(name, sums, self._sums.setdefault(self._key, box.model_sums))

    def _box_of(self, sampled, chosen):
        volume = sampled.volume
        place = volume.scene_position.matrix.tobytes() + volume.data.ijk_to_xyz_transform.matrix.tobytes()
        key = (sampled.region, sampled.voxel_size, place, chosen)
        if key != self._key:
            groups, notes = chosen.on_map(sampled)
            warn(self._session, [volume], [in_chimerax_spelling(note) for note in notes if note not in self._told])
            self._told.update(notes)
            self._box = MatrixBox(sampled.density.shape, sampled.voxel_size, groups, **self._settings)
            self._key = key
        return self._box


def _log(session, matrix, volumes):
    cells = [
        [
            f"{one['number']}", f"{len(one['maps'])}", f"{one['correlation']:.2f}", _select_links(one, matrix.groups),
            _show_links(one["maps"], volumes),
        ]
        for one in sorted(matrix.described(), key=lambda one: -len(one["maps"]))
    ]  # fmt: skip
    complete = ""
    if matrix.reference_maps:
        complete = f" Each group is relative to itself in {escape(listed(matrix.reference_maps))}."
    moving = f" ΔB is told {escape(matrix.moving(matrix.maps))}." if matrix.b_shifts is not None else ""
    common = f" All sets are {escape(matrix.common)}." if matrix.common else ""
    together = "".join(f" {escape(sentence)}." for sentence in matrix.together_in_words)
    order = "".join(f" {sentence}." for sentence in assembly_of(matrix).sentences(_selecting))
    noted = f" Notes, marked in the heat map, are on {escape(matrix.noted)}." if matrix.noted else ""
    session.logger.info(
        f"<b>Occupancies of {len(matrix.groups)} groups in {len(matrix.maps)} maps</b>, maps that agree as one set"
        f"{html_table(['set', 'maps', 'correlation', 'what is there', 'names'], cells)}"
        f"To a resolution of {matrix.lowpass:.3g} Å; {matrix.fit}.{common}{moving}{complete}{together}{order}{noted} "
        "<i>saveFile</i> saves the matrix with its errors.",
        is_html=True,
    )
    for name, problem in matrix.failed.items():
        if volumes[name].name not in problem:
            session.logger.warning(f"{name}: {in_chimerax_spelling(problem)}")
    warn(session, list(volumes.values()), map(in_chimerax_spelling, matrix.warnings))


def _select_links(one, groups):
    """HTML of what tells a set apart, links that select these groups."""
    links = [select_link(part["words"], joined_along_chains(part["groups"], groups)) for part in one["apart"]]
    return "; ".join(links) or escape(one["words"])


def _selecting(node):
    """HTML of a node of the order of assembly, a link that selects its groups."""
    return select_link(node.name, node.groups)


def _show_links(names, volumes):
    """HTML that names maps, each a link that shows it and hides the others."""
    links = [
        f'<a href="cxcmd:{show_alone_command([volumes[name]], volumes.values())}">{escape(name)}</a>' for name in names
    ]
    return listed(links)
