"""Run the program on inputs that are made from seeds, in this process, and say what it did wrong.

    python run.py FIRST COUNT FOLDER

prints, as lines of JSON, each seed before its input is tried and what came of it after. The folders of inputs that
the program did something wrong with stay.
"""

import csv
import faulthandler
import io
import json
import os
import re
import shutil
import sys
import traceback
import warnings
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path

import mrcfile
import numpy as np
from arguments import Arguments, Chance
from chimerax.occupy.cli import program

MOST_SECONDS = 600
"""A time that no small map takes however busy the machine is."""

MOST_MEMORY = 20
MEMORY_BESIDE = 150_000_000
"""Of memory, in sizes of all files that were given and in bytes: of figures, and modules that are imported at last."""

ADDRESS_SPACE = 8 << 30
LONGEST_LINE = 1000
EXIT_STATUSES = (0, 1, 2)


def main(first, count, folder):
    _limit_memory()
    for seed in range(first, first + count):
        _tell({"seed": seed})
        faulthandler.dump_traceback_later(MOST_SECONDS, exit=True, file=sys.__stderr__)
        found = try_one(seed, Path(folder) / str(seed))
        faulthandler.cancel_dump_traceback_later()
        _tell({"seed": seed} | found)


def _tell(values):
    print(json.dumps(values), file=sys.__stdout__, flush=True)


def _limit_memory():
    """So that an input that takes all memory ends this process rather than the machine."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))


def try_one(seed, folder):
    """What the program was called with, its last exit status, and what it did wrong, in words."""
    folder.mkdir(parents=True)
    made = Arguments(Chance(seed), folder)
    given, wrong = _tree(folder), []
    for arguments in made.calls:
        before = _tree(folder)
        ran = Run(arguments, folder)
        wrong += [*ran.wrong(), *_wrong_memory(ran.memory, given)]
        wrong += _wrong_files(given, before, _tree(folder), ran.status != 0 and not made.several)
    if not wrong:
        shutil.rmtree(folder)
    return {"calls": made.calls, "status": ran.status, "wrong": wrong}


class Run:
    """One run of the program in a folder: its exit status, what it printed, the warnings and the memory it took."""

    def __init__(self, arguments, folder):
        self.failure, self.warnings = "", []
        out, err = io.StringIO(), io.StringIO()
        os.chdir(folder)
        sys.argv = ["occupy", *arguments]
        warnings.showwarning = self._take_warning
        start = _reset_memory()
        with redirect_stdout(out), redirect_stderr(err):
            self.status = self._run(arguments)
        self.memory = _memory("VmHWM") - start
        os.chdir(folder.parent)
        self.output, self.errors = out.getvalue(), err.getvalue()

    def _run(self, arguments):
        try:
            return program.run(arguments)
        except SystemExit as end:
            return end.code
        except BaseException:
            self.failure = traceback.format_exc()
            return None

    def _take_warning(self, message, category, filename, lineno, file=None, line=None):
        self.warnings.append(f"{category.__name__} ({message}) in {filename}, line {lineno}")

    def wrong(self):
        """What is wrong with what was printed, and with how it ended."""
        yield from ([f"it ended with {self.failure}"] if self.failure else ())
        yield from (f"a warning leaked: {warning}" for warning in self.warnings)
        if self.status not in EXIT_STATUSES and not self.failure:
            yield f"exit status {self.status}"
        said = [line for line in re.split(r"[\r\n]+", self.errors) if line.strip() and not line.startswith("maps:")]
        yield from (f"it said: {line}" for line in said if not self._is_sentence(line))
        if self.status and not said and "  failed  " not in self.output:
            yield "it failed without a word"

    def _is_sentence(self, line):
        beginning = r"occupy \w+: error: \S|see occupy " if self.status == program.MISTAKE else r"occupy: \S"
        bad = "a mistake in the program" in line or len(line) > LONGEST_LINE or line.rstrip().endswith((":", ": ."))
        return re.match(beginning, line) and not bad


def _tree(folder):
    """Contents of the files below a folder by path, hidden ones too; None of a folder."""
    return {path: path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


def _wrong_files(given, before, after, failed):
    for path, content in given.items():
        if after.get(path) != content:
            yield f"an input was changed: {path.name}"
    made = [path for path in after if path not in before or after[path] != before[path]]
    yield from (f"left behind: {path.name}" for path in made if path.name.startswith("."))
    if failed:
        yield from (f"made in spite of a failure: {path.name}" for path in made)
        yield from (f"removed in a failure: {path.name}" for path in before.keys() - after.keys())
    for path in made:
        yield from (f"{path.name}: {problem}" for problem in _wrong_contents(path, after[path] or b""))


def _wrong_contents(path, content):
    """Numbers in a file that are none."""
    if path.suffix == ".mrc" and content:
        if not np.isfinite(mrcfile.read(path)).all():
            yield "values that are not finite"
    elif content[:1] in (b"{", b"["):
        not_json = []
        json.loads(content, parse_constant=not_json.append)
        yield from not_json
    elif path.suffix == ".csv":
        cells = {cell.lower() for row in csv.reader(io.StringIO(content.decode())) for cell in row}
        yield from (f"a cell {cell}" for cell in cells & {"nan", "inf", "-inf"})


def _wrong_memory(taken, files):
    given = sum(len(content) for content in files.values() if content)
    if taken > MOST_MEMORY * given + MEMORY_BESIDE:
        yield f"{taken / 1e6:.0f} MB of memory for {given / 1e6:.2f} MB of files"


def _reset_memory():
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return _memory("VmRSS")


def _memory(name):
    """Memory of this process, or its largest, in bytes; 0 where the system does not tell it so."""
    with suppress(OSError):
        lines = Path("/proc/self/status").read_text().splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
    return 0


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
