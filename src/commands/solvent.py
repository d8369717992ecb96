"""occupy solvent: the solvent model of maps, their confidence maps, or maps without solvent."""

from chimerax.core.commands import BoolArg, CmdDesc
from chimerax.core.commands import register as register_command

from ..engine.modify import without_solvent
from ..engine.settings import ESTIMATION, SETTINGS
from .arguments import SAMPLING, MapsToUseArg, annotation, from_settings, user_errors
from .maps import ModelIds, new_map, one_or_list, sample, show_in_place_of
from .report import log_solvent
from .work import check, estimate_of


def solvent(
    session,
    volumes,
    *,
    subregion="all",
    step=1,
    model_id=None,
    remove_solvent=False,
    hedge=SETTINGS["hedge"].default,
    plot=True,
    **settings,
):
    """Fit the solvent model of maps, report and plot it.

    Parameters
    ----------
    volumes : list of Volume
    subregion, step, model_id
        The part of each map and the sampling to use, and the id of the first new model.
    remove_solvent : bool
        Make the map without its solvent instead of the confidence map.
    hedge : float
        Exponent of the confidence.
    plot : bool
        Show the plot, where there is a window.
    **settings
        The estimation settings.

    Returns
    -------
    Volume or list of Volume
        The confidence maps, hidden, or the maps without solvent, shown.
    """
    check(settings, ESTIMATION)
    check({"hedge": hedge}, "equalize")
    ids = ModelIds(session, model_id, len(volumes))
    make = _without_solvent if remove_solvent else _confidence
    return one_or_list(
        [_solvent_one(session, sample(v, step, subregion), ids.take(), make, hedge, plot, settings) for v in volumes]
    )


def _solvent_one(session, sampled, model_id, make, hedge, plot, settings):
    with user_errors(sampled.volume):
        found = estimate_of(session, sampled, settings)
        made = make(sampled, found, hedge, model_id)
    log_solvent(session, sampled.volume, found, made)
    if plot and session.ui.is_gui:
        from .plot import show_solvent_plot

        show_solvent_plot(session, found.solvent, sampled.volume.name)
    return made


def _confidence(sampled, found, hedge, model_id):
    return new_map(sampled, found.confidence(hedge), f"{sampled.volume.name} confidence", model_id)


def _without_solvent(sampled, found, hedge, model_id):
    density = without_solvent(sampled.density, sampled.voxel_size, found, hedge)
    made = new_map(sampled, density, f"{sampled.volume.name} without solvent", model_id)
    show_in_place_of(made, sampled.volume)
    return made


def register(name, logger):
    keywords = [(setting, annotation(SETTINGS[setting])) for setting in ("remove_solvent", "hedge")]
    description = CmdDesc(
        required=[("volumes", MapsToUseArg)],
        keyword=from_settings(ESTIMATION) + keywords + [("plot", BoolArg)] + SAMPLING,
        synopsis="Fit the solvent model of maps; make confidence maps or remove solvent",
    )
    register_command(name, description, solvent, logger=logger)
