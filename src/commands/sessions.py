"""What a session keeps of windows, the panel among them: text among the session's metadata.

ChimeraX does not open a session that holds a tool of a bundle which is not installed. Metadata any ChimeraX reads, and
keeps when it saves the session again.
"""

import json

_MODEL_ID, _MODEL_NAME = "model id", "model name"


def keep_in_sessions(session, key, state):
    """Have sessions that are saved from now on keep the state of a window.

    Parameters
    ----------
    session : Session
    key : str
        Of the window, among the session's metadata.
    state : callable
        Returns a dict of what JSON can hold, arrays and models.

    Returns
    -------
    list
        Handlers, to remove when the window is closed.
    """

    def keep(*_):
        session.metadata[key] = json.dumps(state(), default=_plain)

    def let_go(*_):
        session.metadata.pop(key, None)

    return [
        session.triggers.add_handler("begin save session", keep),
        session.triggers.add_handler("end save session", let_go),
    ]


def is_kept(session, key):
    """Whether a session was saved with a state of this window."""
    return key in session.metadata


def take_out(session, key):
    """The state that a session was saved with, in which models that are not there any more are None.

    Parameters
    ----------
    session : Session
        Which has just been restored.
    key : str
        As for `keep_in_sessions`.

    Returns
    -------
    dict or None
        None where there is none for this window: nothing was kept, or the session was added to what is open.

    Raises
    ------
    ValueError
        If what was kept is not understood.
    """
    kept = session.metadata.pop(key, None)
    if kept is None or session.restore_options.get("combine"):
        return None
    models = {(model.id_string, model.name): model for model in session.models.list()}
    return json.loads(kept, object_hook=lambda found: _with_models(models, found))


def _plain(value):
    """What JSON can hold of an array or a model."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return {_MODEL_ID: value.id_string, _MODEL_NAME: value.name}


def _with_models(models, found):
    if found.keys() != {_MODEL_ID, _MODEL_NAME}:
        return found
    return models.get((found[_MODEL_ID], found[_MODEL_NAME]))
