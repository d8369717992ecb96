"""Tables of all maps of a run, in files."""

from math import isnan

from ...engine.errors import OccuPyError
from ...engine.scale.regions import as_csv
from .outputs import write_json
from .places import check_absent
from .staging import recover, staged


class Tables:
    """Files that one table of all maps is saved to. It is an error, before any work, that one exists already.

    Parameters
    ----------
    json_file, csv_file : Path or None
    overwrite : bool
    columns : sequence of str
        Columns before those of a `RegionTable`.
    """

    def __init__(self, json_file, csv_file, overwrite, columns=()):
        self._columns, self._overwrite = ["map", *columns], overwrite
        if json_file is not None and json_file == csv_file:
            raise OccuPyError(f"{json_file} cannot be both tables; give --json and --csv files of their own")
        both = ((json_file, write_json), (csv_file, self._write_csv))
        self._saved = [(path, save) for path, save in both if path is not None]
        recover([path] for path, _ in self._saved)
        for path, _ in self._saved:
            check_absent([path], overwrite)

    def check_apart(self, batch):
        """Raise `OccuPyError` where a table is to be written where a file of the run will be."""
        batch.check_apart([path for path, _ in self._saved])

    def write(self, done, several):
        """Write the tables, if there are rows.

        Parameters
        ----------
        done : list of tuple (str, Done)
            Maps and what was found in each.
        several : bool
            Whether rows name their map.
        """
        rows = [{"map": source} | row if several else row for source, found in done for row in found.rows]
        for path, save in self._saved if rows else ():
            with staged([path], self._overwrite) as place:
                save(place(path), rows)

    def _write_csv(self, path, rows):
        text = as_csv([{name: _cell(value) for name, value in row.items()} for row in rows], self._columns)
        path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")


def _cell(value):
    """What stands for a value in a table: nothing where it is not known, several sentences as one."""
    if isinstance(value, list):
        return "; ".join(value)
    return None if isinstance(value, float) and isnan(value) else value
