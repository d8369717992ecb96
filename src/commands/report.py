"""What the commands tell in ChimeraX's log."""

import re
from html import escape
from math import isfinite

from ..engine.settings.kinds import KINDS
from ..engine.settings.table import PUBLISHED_MODES, SETTINGS, group
from ..engine.solvent.model import GOOD_MISFIT, WORST_GOOD_MISFIT
from .arguments import in_chimerax_spelling
from .remembered import tell_once
from .tables import MOST_ROWS

CAUTION = (
    "The scale is relative to the strongest region of this map; less mass, flexibility and B-factors "
    "lower it too, not only occupancy."
)
CAUTION_GUIDED = (
    "The scale at atoms is the occupancy of the part of the chain that they are in, relative to the chains of "
    "occupancy 1; far from all atoms it is 0. Standard errors and what to mistrust: occupy refine."
)
_MOST_NAMES = 8
_CHAIN, _ONE_TERM = re.compile(r"(#[\d.]+|)/(\w+)"), re.compile(r"[^\s&|]+")
"""Specifiers: model and chain of one of a chain; one without operators."""


def status(session, called):
    """A progress callback that repaints the status line with what work is on and how far it is."""
    return lambda fraction, stage: session.logger.status(f"{called}: {stage} {fraction:.0%}")


def show_links(model):
    """HTML that names a model, with links that show and hide it."""
    spec = f"#{model.id_string}"
    links = (f'<a href="cxcmd:{verb} {spec} models">{verb}</a>' for verb in ("show", "hide"))
    return f"{escape(model.name)} {spec} [{' | '.join(links)}]"


def select_link(text, groups):
    """HTML of a text that selects groups of atoms.

    Parameters
    ----------
    text : str
    groups : iterable of str
        Specifiers.
    """
    return f'<a href="cxcmd:select {escape(_united(groups), quote=True)}">{escape(text)}</a>'


def _united(specs):
    """One specifier of all, chains of one model in a row."""
    chains, others = {}, []
    for spec in specs:
        chain = _CHAIN.fullmatch(spec)
        if chain:
            chains.setdefault(chain[1], []).append(chain[2])
        else:
            others.append(spec if _ONE_TERM.fullmatch(spec) else f"({spec})")
    return " | ".join([*(f"{model}/{','.join(ids)}" for model, ids in chains.items()), *others])


def log_estimate(session, volume, estimate, made):
    """Settings and limits of an estimate, its warnings, and the models that were made."""
    rows = {
        "mode": estimate.settings.mode,
        "low-pass": f"{estimate.settings.lowpass:.4g} Å",
        **_reading(estimate),
        "full scale": _full_scale(volume, estimate),
        "solvent": _solvent(estimate.solvent),
    }
    _log(session, volume, "Estimated the local scale of", rows, made, estimate.warnings, estimate.notes)


def _reading(estimate):
    """How the scale was read off the map."""
    settings = estimate.settings
    if estimate.smoothing is not None:
        return {"means": f"in the molecule, weighted by a Gaussian of {estimate.smoothing:.3g} Å"}
    kernel = f"{settings.kernel.voxels} voxels in {settings.kernel_size}³, radius {settings.kernel_radius:.3g}"
    return {"kernel": kernel, "tau": f"{estimate.tau:.4f}"}


def log_guided(session, volume, refinement, made, warnings):
    """The occupancies that a scale map follows from, warnings, and the map that was made."""
    rows = {
        "low-pass": f"{refinement.lowpass:.4g} Å",
        "correlation": f"{refinement.correlation:.2f} of map and model",
        "occupancy 1": listed(refinement.reference),
    } | {row.group: occupancy_text(row) for row in refinement.rows[:MOST_ROWS]}
    done = "Refined occupancies of a model's chains and their parts as the scale of"
    _log(session, volume, done, rows, [made], warnings, caution=CAUTION_GUIDED)


def log_modification(session, volume, estimate, modification, made):
    """Settings, limits and gain of a modification, and the models that were made."""
    limits = modification.limits
    rows = {
        "power": f"{modification.settings['power']:g}",
        **{SETTINGS[name].camel: limits.told(name) for name in ("scale_limit", "max_gain")},
        "gain reached": f"{limits.gain:.3g}",
        "full scale": _full_scale(volume, estimate),
        "solvent": _solvent(estimate.solvent),
        "mode": estimate.settings.mode,
        "low-pass": f"{estimate.settings.lowpass:.4g} Å",
    }
    mode, settings = estimate.settings.mode, modification.settings
    known = [setting for setting in group(modification.kind) if setting.name in settings]
    others = {s.camel: f"{settings[s.name]}" for s in known if _is_told(s, settings[s.name], mode)}
    warnings, notes = (*estimate.warnings, *modification.warnings), (*modification.notes, *estimate.notes)
    _log(session, volume, KINDS[modification.kind].done, rows | others, made, warnings, notes)


def log_solvent(session, volume, estimate, made):
    """The solvent model, how well it fits, and the model that was made."""
    model = estimate.solvent
    rows = {
        "solvent": _solvent(model),
        "fit": fit_in_words(model),
        "noise level": f"{model.noise_level:.3g} (more likely not solvent above)",
        "low-pass": f"{estimate.settings.lowpass:.4g} Å",
    }
    _log(session, volume, "Solvent model of", rows, [made], estimate.warnings, estimate.notes, caution="")


def fit_in_words(model):
    """How well a solvent model fits, for the user."""
    if not model.converged:
        return "none: no Gaussian fits the peak"
    fit = "good" if model.misfit < GOOD_MISFIT else "fair" if model.misfit < WORST_GOOD_MISFIT else "poor"
    words = f"{fit}: below the peak, histogram and model differ by {model.misfit:.0%}"
    if not model.varies:
        return words
    return f"{words}; the solvent varies in space, one Gaussian would differ by {model.uniform.misfit:.0%}"


def occupancy_text(row):
    """A group's occupancy with its standard error, for the user."""
    return f"{row.occupancy:.3f} ± {row.standard_error:.3f}" if isfinite(row.occupancy) else "outside the map"


def b_shift_text(row):
    """A group's ΔB in Å² with its standard error, for the user; empty where it is not known."""
    return f"{row.b_shift:.0f} ± {row.b_shift_error:.0f}" if isfinite(row.b_shift) else ""


def listed(names, spelled=str):
    """Names in a row, with the count of those that would make it long."""
    shown = ", ".join(spelled(name) for name in names[:_MOST_NAMES])
    return shown if len(names) <= _MOST_NAMES else f"{shown} and {len(names) - _MOST_NAMES} others"


def log_made(session, made, remark):
    """A model that was made, in one line."""
    session.logger.info(f"Made {show_links(made)}: {escape(remark)}", is_html=True)


def _is_told(setting, value, mode):
    """Whether a row tells a setting: where it is not the default, or that of a published mode is another."""
    if mode in PUBLISHED_MODES and setting.published_default is not None:
        return True
    return value != setting.default and setting.name not in ("power", "scale_limit", "max_gain")


def _full_scale(volume, estimate):
    centre = estimate.full_scale_tile.centre
    if centre is None:
        return f"{estimate.full_scale:.4g}, not read off this map"
    place = ", ".join(f"{c:.0f}" for c in reversed(centre))
    where = "tile at" if estimate.smoothing is None else "place around"
    return f"{estimate.full_scale:.4g}, read in the {where} voxel {place}"


def _solvent(model):
    text = f"{model.mean:.3g} ± {model.sigma:.3g} low-passed, ± {model.raw_sigma:.3g} in the map"
    if model.varies:
        mean, sigma, raw = (f"{low:.3g} to {high:.3g}" for low, high in model.ranges.values())
        text = f"{text}, at the molecule; it varies in the box: {mean} ± {sigma} low-passed, ± {raw} in the map"
    if model.sigma == model.fitted_sigma:
        return text
    return f"{text} (from the half maps; the histogram gives ± {model.fitted_sigma:.3g} low-passed)"


def warn(session, volumes, sentences):
    """Log warnings that one of the maps has not had yet.

    Parameters
    ----------
    session : Session
    volumes : list of Volume
        The maps that all the warnings are on.
    sentences : iterable of str

    Returns
    -------
    int
        How many were not logged, since all the maps have had them.
    """
    repeated = 0
    for sentence in sentences:
        if tell_once(volumes, sentence):
            session.logger.warning(sentence)
        else:
            repeated += 1
    return repeated


def _log(session, volume, done, rows, made, warnings, notes=(), caution=CAUTION):
    logger = session.logger
    table = "".join(f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in rows.items())
    models = "; ".join(show_links(model) for model in made)
    notes = "".join(f"<br>{escape(in_chimerax_spelling(note))}" for note in notes)
    title = f"<b>{done} {escape(volume.name)} #{volume.id_string}</b>"
    text = f"{title}{notes}<br>Made {models}<table cellpadding=2>{table}</table>"
    logger.info(f"{text}<i>{caution}</i>" if caution else text, is_html=True)
    repeated = warn(session, [volume], map(in_chimerax_spelling, warnings))
    if repeated:
        logger.info(f"Warnings given on this map before that hold here too: {repeated}")
    logger.status(f"Made {', '.join(model.name for model in made)}")
