"""What a session keeps of the panel: text among the session's metadata.

ChimeraX does not open a session that holds a tool of a bundle which is not installed. Metadata any ChimeraX reads, and
keeps when it saves the session again.
"""

import json

_KEY = "OccuPy panel"
_MODEL_ID, _MODEL_NAME = "model id", "model name"


def keep(session, state):
    """Keep a state in the sessions that are saved from now on.

    Parameters
    ----------
    session : Session
    state : dict
        What JSON can hold, and models.
    """
    session.metadata[_KEY] = json.dumps(state, default=_reference)


def let_go(session):
    """Keep nothing any more."""
    session.metadata.pop(_KEY, None)


def is_kept(session):
    """Whether a session was saved with a state."""
    return _KEY in session.metadata


def take_out(session):
    """The state that a session was saved with, in which models that are not there any more are None.

    Parameters
    ----------
    session : Session
        Which has just been restored.

    Returns
    -------
    dict or None
        None where there is none for this panel: nothing was kept, or the session was added to what is open.

    Raises
    ------
    ValueError
        If what was kept is not understood.
    """
    kept = session.metadata.pop(_KEY, None)
    if kept is None or session.restore_options.get("combine"):
        return None
    return json.loads(kept, object_hook=lambda found: _with_models(session, found))


def _reference(model):
    return {_MODEL_ID: model.id_string, _MODEL_NAME: model.name}


def _with_models(session, found):
    if found.keys() != {_MODEL_ID, _MODEL_NAME}:
        return found
    wanted = found[_MODEL_ID], found[_MODEL_NAME]
    return next((model for model in session.models.list() if (model.id_string, model.name) == wanted), None)
