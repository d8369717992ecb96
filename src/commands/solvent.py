"""occupy solvent: the solvent model of maps, their confidence maps, or maps without solvent."""

from chimerax.core.commands import BoolArg, CmdDesc
from chimerax.core.commands import register as register_command

from ..engine.settings.table import ESTIMATION, SETTINGS
from .arguments import SAMPLING, MapsToUseArg, annotation, from_settings, user_errors
from .jobs import SolventJob, result_of
from .maps import ModelIds, new_map, one_or_list, sample, show_in_place_of
from .report import log_solvent
from .work import check

SUFFIX = {False: "confidence", True: "without solvent"}


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
        Exponent of the confidence or, where solvent is removed, of the presence of molecule.
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
    work = (remove_solvent, hedge, settings, plot)
    return one_or_list([_solvent_one(session, sample(v, step, subregion), ids.take(), *work) for v in volumes])


def _solvent_one(session, sampled, model_id, remove_solvent, hedge, settings, plot):
    volume = sampled.volume
    with user_errors(volume):
        found, values = result_of(session, SolventJob(sampled, settings, remove_solvent, hedge))
    made = new_map(sampled, values, f"{volume.name} {SUFFIX[remove_solvent]}", model_id)
    if remove_solvent:
        show_in_place_of(made, volume)
    log_solvent(session, volume, found, made)
    if plot and session.ui.is_gui:
        from .plot import show_solvent_plot

        show_solvent_plot(session, found.solvent, volume.name)
    return made


def register(name, logger):
    keywords = [(setting, annotation(SETTINGS[setting])) for setting in ("remove_solvent", "hedge")]
    description = CmdDesc(
        required=[("volumes", MapsToUseArg)],
        keyword=from_settings(ESTIMATION) + keywords + [("plot", BoolArg)] + SAMPLING,
        synopsis="Fit the solvent model of maps; make confidence maps or remove solvent",
    )
    register_command(name, description, solvent, logger=logger)
