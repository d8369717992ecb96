"""Files that the user is asked for."""

from pathlib import Path

from Qt.QtWidgets import QFileDialog


def ask_for_path(parent, title, name, kinds):
    """Ask for a file to save to; None where the user gives none.

    Parameters
    ----------
    parent : QWidget
    title, name : str
        Of the dialog, and of the file if nothing else is typed, with the suffix that is given where none is.
    kinds : str
        As Qt has them, such as 'PNG (*.png)'.
    """
    path, _ = QFileDialog.getSaveFileName(parent, title, name, kinds)
    if not path:
        return None
    return path if Path(path).suffix else str(Path(path).with_suffix(Path(name).suffix))


def ask_for_file(parent, title, before, kinds):
    """Ask for a file that is there; None where the user gives none.

    Parameters
    ----------
    parent : QWidget
    title, before : str
        Of the dialog, and the file that was given before or nothing.
    kinds : str
        As for `ask_for_path`.
    """
    path, _ = QFileDialog.getOpenFileName(parent, title, before, kinds)
    return path or None
