"""occupy refine on several maps: one matrix of occupancies, as a table and as a heat map in a window."""

from functools import partial
from html import escape
from json import dumps
from types import MappingProxyType

from chimerax.core.commands import JSONResult

from ..engine.ensemble.assembly import assembly_of
from ..engine.ensemble.pairs import pairs_of
from ..engine.ensemble.shares import with_shares
from ..engine.matrix.sets import listed
from ..engine.refinement.names import joined_along_chains
from .arguments import in_chimerax_spelling, user_errors
from .jobs import result_of
from .maps import show_alone_command
from .matrix_job import MatrixJob, names_of
from .populations import populations_of, share_table
from .report import select_link, warn
from .shown_matrix import ShownMatrix, remember_matrix
from .tables import html_table, save_table
from .triggers import MATRIX_SHOWN


def refine_maps(
    session,
    volumes,
    chosen,
    reference_maps=(),
    *,
    classified=None,
    of_particles=MappingProxyType({}),
    masks=(),
    plot=True,
    save_file=None,
    return_json=False,
    **settings,
):
    """Refine occupancies against several maps.

    Parameters
    ----------
    volumes, chosen, reference_maps
        As for `MatrixJob`.
    classified : list of Volume, optional
        Maps that hold the particles, by default all.
    of_particles : dict
        What is said of particles: keywords of `populations_of`.
    masks : list of Volume
        Columns beside the groups.
    plot, save_file, return_json
        As for `refine.refine`.
    **settings
        reference, alternatives, lowpass, solvent, flexibility and subregion, as for `MatrixJob`.

    Returns
    -------
    dict, or JSONResult
        As of `plain_values`.
    """
    names = dict(zip(volumes, names_of(volumes), strict=True))
    populations = populations_of(session, [names[volume] for volume in classified or volumes], **of_particles)
    job = MatrixJob(volumes, chosen, reference_maps, masks=masks, **settings)
    with user_errors():
        made = result_of(session, job)
        matrix = made.matrix if populations is None else with_shares(made.matrix, populations)
    shown = ShownMatrix(matrix, volumes, chosen, dict(zip(names_of(masks), masks, strict=True)))
    remember_matrix(session, shown)
    warn(session, volumes, map(in_chimerax_spelling, made.notes))
    _log(session, matrix, dict(zip(matrix.maps, volumes, strict=True)))
    found = plain_values(matrix)
    if save_file is not None:
        save_table(session, matrix.as_csv(), found, save_file)
    if plot and session.ui.is_gui:
        session.triggers.activate_trigger(MATRIX_SHOWN, shown)
    return JSONResult(dumps(found), found) if return_json else found


def plain_values(matrix):
    """A matrix as JSON holds it (`OccupancyMatrix.as_dict`), with what comes with what and the order of assembly."""
    return matrix.as_dict() | {"pairs": pairs_of(matrix).as_dict(), "assembly": assembly_of(matrix).as_dict()}


def _log(session, matrix, volumes):
    cells = [
        [
            f"{one['number']}", f"{len(one['maps'])}", f"{one['correlation']:.2f}", _select_links(one, matrix),
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
    assembly = assembly_of(matrix)
    steps = "; ".join(assembly.sentences(partial(_selecting, matrix)))
    order = f"<br>{assembly.told}: {steps}.<br>" if steps else " "
    noted = f" Notes, marked in the heat map, are on {escape(matrix.noted)}." if matrix.noted else ""
    session.logger.info(
        f"<b>Occupancies of {len(matrix.groups)} groups in {len(matrix.maps)} maps</b>, maps that agree as one set"
        f"{html_table(['set', 'maps', 'correlation', 'what is there', 'names'], cells)}"
        f"{share_table(matrix)}"
        f"To a resolution of {matrix.lowpass:.3g} Å; {matrix.fit}.{common}{moving}{complete}{together}{noted}{order}"
        "<i>saveFile</i> saves the matrix with its errors.",
        is_html=True,
    )
    for name, problem in matrix.failed.items():
        told = problem if volumes[name].name in problem else f"{name}: {problem}"
        session.logger.warning(in_chimerax_spelling(told))
    warn(session, list(volumes.values()), map(in_chimerax_spelling, matrix.warnings))


def _select_links(one, matrix):
    """HTML of what tells a set apart, links that select these groups where these are of atoms."""
    groups, links = matrix.groups_of_atoms, []
    for part in one["apart"]:
        mine = [name for name in part["groups"] if name in groups]
        links.append(select_link(part["words"], joined_along_chains(mine, groups)) if mine else escape(part["words"]))
    return "; ".join(links) or escape(one["words"])


def _selecting(matrix, node):
    """HTML of a node of the order of assembly, a link that selects those of its groups that are of atoms."""
    mine = [name for name in node.groups if name not in matrix.masks]
    return select_link(node.name, mine) if mine else escape(node.name)


def _show_links(names, volumes):
    """HTML that names maps, each a link that shows it and hides the others."""
    links = [
        f'<a href="cxcmd:{show_alone_command([volumes[name]], volumes.values())}">{escape(name)}</a>' for name in names
    ]
    return listed(links)
