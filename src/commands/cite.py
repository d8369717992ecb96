"""occupy cite: what to cite."""

from importlib.metadata import version

from chimerax.core.commands import CmdDesc
from chimerax.core.commands import register as register_command
from chimerax.core.triggerset import DEREGISTER

PAPER = "Forsberg, Shah & Burt, Nature Communications 14, 5802 (2023)"
DOI = "10.1038/s41467-023-41478-1"
BUNDLE = "ChimeraX-OccuPy"


def cite(session):
    """Tell what to cite.

    Returns
    -------
    str
    """
    _tell(session)
    return f"{PAPER}, doi {DOI}; OccuPy for ChimeraX {version('ChimeraX-OccuPy')}"


def cite_once(session):
    """Tell what to cite after the first command of this session that is one of this bundle."""
    session.triggers.add_handler("command finished", lambda _, text: _after(session, text))


def _after(session, text):
    if not text.lstrip().startswith("occupy ") or text.split()[1].startswith("cite"):
        return None
    _tell(session)
    return DEREGISTER


def _tell(session):
    session.logger.info(
        f"If OccuPy is of use to you, please cite {PAPER.replace('&', '&amp;')}, "
        f'doi <a href="https://doi.org/{DOI}">{DOI}</a>, and OccuPy for ChimeraX {version(BUNDLE)}.',
        is_html=True,
    )


def register(name, logger):
    register_command(name, CmdDesc(synopsis="Tell what to cite"), cite, logger=logger)
