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
