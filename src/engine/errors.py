"""The exceptions of the engine."""


class OccuPyError(ValueError):
    """Input that cannot be used; the message is one sentence for the user.

    It says what was wrong and what was expected.
    """


class SettingError(OccuPyError):
    """A setting is unknown, of the wrong kind or out of its range.

    Parameters
    ----------
    name : str
        The setting's name in Python's spelling.
    problem : str
        The rest of the sentence.
    """

    def __init__(self, name, problem):
        super().__init__(f"{name} {problem}")
        self.name = name
        self.problem = problem


class Cancelled(Exception):
    """Raised by a progress callback to stop the work; nothing has been changed."""
