"""The summary of a run of several maps: a table and a page, to which each map is added when it is done."""

import os
from contextlib import contextmanager
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import quote

from ...engine.csv_text import csv_text
from ..files.locks import only_run
from ..files.places import check_absent, file_problems, new_folder
from ..report import in_shell_spelling, printable
from .summary_page import BEGIN, END

COLUMNS = (
    "map", "state", "full_scale", "solvent_mean", "solvent_sigma", "warnings", "files", "seconds", "problem",
)  # fmt: skip
MADE, KEPT, FAILED = "made", "kept", "failed"


class NoSummary:
    """In place of a summary where there is none."""

    paths = ()

    @contextmanager
    def alone(self):
        """Nothing to wait for."""
        yield

    @contextmanager
    def begun(self):
        """Nothing to begin."""
        yield self

    def add(self, source, files, outcome):
        """Nothing."""


class Summary:
    """Table and page of a run. It is an error, before any work, that they exist already.

    Parameters
    ----------
    folder : Path
    command : str
        The subcommand, after which they are named.
    count : int
        Of the maps of the run.
    overwrite : bool
    results : sequence of Path
        Files that are made of all maps together: the page shows pictures among them and links to the others.

    Attributes
    ----------
    paths : list of Path
    """

    def __init__(self, folder, command, count, overwrite, results=()):
        self._folder, self._command, self._count = folder, command, count
        self._results = [self._relative(path) for path in results]
        self.paths = [folder / f"occupy_{command}{ending}" for ending in (".csv", ".html")]
        self._overwrite = overwrite
        self._added = dict.fromkeys((MADE, KEPT, FAILED), 0)
        check_absent(self.paths, overwrite)

    @contextmanager
    def alone(self):
        """Let no other run of the subcommand begin in this folder, which is made where it is missing.

        Raises
        ------
        OccuPyError
            Where another run is going on.
        """
        busy = f"another run of occupy {self._command} is writing to {self._folder}; wait for it or give --output-dir"
        lock = self._folder / f".occupy_{self._command}.lock"
        with file_problems(self._folder), new_folder(self._folder), only_run(lock, busy):
            check_absent(self.paths, self._overwrite)
            yield

    @contextmanager
    def begun(self):
        """Write the beginnings of the files, and at the end, if it comes to that, the end."""
        with file_problems(self._folder), self._opened() as (self._table, self._page):
            self._table.append(csv_text([COLUMNS]))
            self._page.append(self._filled(BEGIN))
            yield self
            self._page.append(self._filled(END))

    @contextmanager
    def _opened(self):
        table, page = (open(path, "wb", buffering=0) for path in self.paths)  # noqa: SIM115
        with table, page:
            yield _Growing(table), _Growing(page)

    def add(self, source, files, outcome):
        """Add a map.

        Parameters
        ----------
        source : str
        files : RunFiles, ReportFiles or None
        outcome : Outcome
        """
        state = FAILED if outcome.problem else KEPT if outcome.seconds is None else MADE
        self._added[state] += 1
        paths = [] if files is None or outcome.problem else files.paths
        row = dict.fromkeys(COLUMNS) | outcome.facts
        row |= {"map": source, "state": state, "files": [self._relative(path) for path in paths]}
        row |= {"seconds": outcome.seconds, "problem": outcome.problem}
        row["warnings"] = [in_shell_spelling(sentence) for sentence in row["warnings"] or ()]
        with file_problems(self._folder):
            self._table.append(csv_text([[_cell(row[name]) for name in COLUMNS]]))
            self._page.append(_html_row(row, self._thumbnail(files, paths)))

    def _thumbnail(self, files, paths):
        figure = getattr(files, "figure", None)
        return self._relative(figure) if figure in paths else None

    def _relative(self, path):
        """The path from the folder of the summary, where there is one."""
        try:
            return Path(os.path.relpath(path, self._folder)).as_posix()
        except ValueError:  # On Windows there is none to another drive.
            return path.absolute().as_posix()

    def _filled(self, part):
        counts = {state: str(count) for state, count in self._added.items()}
        values = counts | {"command": escape(self._command), "count": str(self._count)}
        values["results"] = "".join(map(_result, self._results))
        return Template(part).substitute(values)


class _Growing:
    """A file to which whole lines are added: what of a line there was no room for is taken away again."""

    def __init__(self, file):
        self._file = file

    def append(self, text):
        end, left = self._file.tell(), text.encode("utf-8", "backslashreplace")
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError:
            self._file.truncate(end)
            raise


def _cell(value):
    if isinstance(value, list):
        return "; ".join(value)
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _html_row(row, thumbnail):
    """A row of the page; sorted by `data-v` where that is not what it shows."""
    picture = (
        f'<a href="{_link(thumbnail)}"><img loading="lazy" alt="" src="{_link(thumbnail)}"></a>' if thumbnail else ""
    )
    solvent = "" if row["solvent_mean"] is None else f"{row['solvent_mean']:.3g} ± {row['solvent_sigma']:.3g}"
    cells = (
        (picture, ""),
        (_text(row["map"]), None),
        (f'<span class="{row["state"]}">{row["state"]}</span>', row["state"]),
        (_number(row["full_scale"], ".4g"), _value(row["full_scale"])),
        (solvent, _value(row["solvent_mean"])),
        (_remarks(row), len(row["warnings"]) + 1000 * bool(row["problem"])),
        (" ".join(_file(path) for path in row["files"]), len(row["files"])),
        (_number(row["seconds"], ".2f"), _value(row["seconds"])),
    )
    return f"<tr>{''.join(_html_cell(*cell) for cell in cells)}</tr>\n"


def _html_cell(content, value):
    return f"<td>{content}</td>" if value is None else f'<td data-v="{escape(str(value))}">{content}</td>'


def _remarks(row):
    problem = [f'<p class="failed">{_text(row["problem"])}</p>'] if row["problem"] else []
    return "".join(problem + [f"<p>{_text(sentence)}</p>" for sentence in row["warnings"]])


def _file(path):
    """A link named by the ending of its file; the script, which shows all the others, stands out."""
    ending = Path(path).suffix
    kind = ' class="script"' if ending == ".cxc" else ""
    return f'<a{kind} href="{_link(path)}" title="{_text(Path(path).name)}">{_text(ending or Path(path).name)}</a>'


def _result(path):
    """A paragraph with a file of all maps together, which may not be there yet."""
    shown = f'<img class="result" alt="{_text(path)}" src="{_link(path)}">' if path.endswith(".png") else _text(path)
    return f'<p><a href="{_link(path)}">{shown}</a></p>\n'


def _link(path):
    """A path, relative or from the root, as browsers take it."""
    link = quote(os.fsencode(path))
    return f"file://{'' if link.startswith('/') else '/'}{link}" if Path(path).is_absolute() else link


def _text(text):
    return escape(printable(text))


def _number(value, form):
    return "" if value is None else format(value, form)


def _value(value):
    return "" if value is None else repr(value)
