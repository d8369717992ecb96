"""Files that are made together: all of them appear, whole, or none does, however the program ends.

They are written into stages, hidden folders beside their places, and moved from there when all are whole: first what
they replace goes into the stages, the last of the files before all others, and then they come, the last of them after
all others. So where the last is, as the record of a map is, the others are those that were made with it. The stage
of the last holds a journal of what is moved. Until the last is in its place all can be undone by it: by this process if
it fails or is asked to end, by the next run (`recover`) if it was killed.
"""

import json
import os
import shutil
import socket
import tempfile
import zlib
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ...engine.errors import OccuPyError
from .fingerprints import state
from .locks import Held
from .places import check_absent, file_problems, new_folder

_PREFIX = ".occupy-"
_NEW, _OLD, _LOCK, _JOURNAL, _HOME = "new", "old", "lock", "journal.json", "home"
"""What is in a stage: files that were made and files that they replace; what its owner holds; in the stage of the last
file the journal, in others the path of that one."""


@contextmanager
def staged(paths, overwrite):
    """A place to write files to, from where they are moved to their own when all are done.

    Parameters
    ----------
    paths : list of Path
        Where the files will be. Nothing is written before it is known that none of them
        exists, unless they may be overwritten. The last tells that all are there.
    overwrite : bool

    Yields
    ------
    callable
        Takes one of `paths` and returns where to write it.

    Raises
    ------
    OccuPyError
        If a file exists, the folder cannot be written to, or the disk is full. Then
        everything is as it was.
    """
    check_absent(paths, overwrite)
    with ExitStack() as stages:
        folders = dict.fromkeys(path.parent for path in reversed(paths))
        stage_of = {folder: stages.enter_context(_stage(folder, _prefix(paths))) for folder in folders}
        yield lambda path: stage_of[path.parent] / _NEW / path.name
        check_absent(paths, overwrite)
        _move_all([_Move(stage_of[path.parent], path.name) for path in paths])


def recover(all_paths):
    """Undo what processes that were killed had begun to move, and remove what they left in the folders of files.

    Stages of processes that live are left alone. Those of other files than these are, too, where they were made on
    another computer: some file systems of clusters let a lock be seen on its own computer only.

    Parameters
    ----------
    all_paths : iterable of list of Path
        Files that are made together, as `staged` takes them.

    Raises
    ------
    OccuPyError
        If something cannot be undone.
    """
    ours = {}
    for paths in all_paths:
        for folder in {path.parent for path in paths}:
            ours.setdefault(folder, set()).add(_digits(paths[-1].name))
    for folder, names in ours.items():
        for stage in _stages_in(folder):
            made, computer = stage.name.removeprefix(_PREFIX).split("-")[:2]
            if made in names or computer == _digits(socket.gethostname()):
                with file_problems(folder):
                    _recover(stage)


def _stages_in(folder):
    try:
        return sorted(folder.glob(f"{_PREFIX}*-*-*")) if folder.is_dir() else []
    except OSError:  # Who writes there is told.
        return []


def _prefix(paths):
    """What the names of stages of these files begin with: not long, however long theirs are."""
    return f"{_PREFIX}{_digits(paths[-1].name)}-{_digits(socket.gethostname())}-"


def _digits(name):
    return f"{zlib.crc32(os.fsencode(name)):08x}"


@contextmanager
def _stage(folder, prefix):
    """A hidden folder in another, which is made with its parents, for as long as files are written."""
    with file_problems(folder), new_folder(folder):
        stage, held = _made(folder, prefix)
        try:
            for part in (_NEW, _OLD):
                (stage / part).mkdir()
            yield stage
        finally:
            _end(stage, held)


def _made(folder, prefix):
    while True:
        stage = Path(tempfile.mkdtemp(prefix=prefix, dir=folder))
        with suppress(BlockingIOError, FileNotFoundError):  # Another run took it for one that was left.
            return stage, Held(stage / _LOCK)


def _end(stage, held):
    """Let go of a stage and remove it, unless it is still needed to undo what was moved."""
    settled = _is_settled(_home_of(stage))
    if settled:
        _empty(stage)
    held.let_go()
    if settled:
        with suppress(OSError):  # where another run looks at it, which then removes it
            stage.rmdir()


def _is_settled(home):
    return home.parent.is_dir() and not (home / _JOURNAL).exists()


def _empty(stage):
    for part in stage.iterdir():
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        elif part.name != _LOCK:
            part.unlink()


def _home_of(stage):
    """The stage that has the journal."""
    try:
        return Path(os.fsdecode((stage / _HOME).read_bytes()))
    except FileNotFoundError:
        return stage


@dataclass(frozen=True)
class _Move:
    """Of a file from its stage to its place, in the folder of the stage."""

    stage: Path
    name: str

    @property
    def new(self):
        return self.stage / _NEW / self.name

    @property
    def old(self):
        return self.stage / _OLD / self.name

    @property
    def place(self):
        return self.stage.parent / self.name

    def make_room(self):
        if self.place.exists():
            os.replace(self.place, self.old)

    def make(self):
        os.replace(self.new, self.place)

    def take_back(self, known):
        """Take the new file back, but not what somebody else has put there since."""
        if not self.new.exists() and state(self.place) == known:
            os.replace(self.place, self.new)

    def put_back(self):
        """Put the old file back."""
        if self.old.exists() and not self.place.exists():
            os.replace(self.old, self.place)


def _move_all(moves):
    """Make all moves, or, whatever happens, none."""
    home = moves[-1].stage
    try:
        _write_journal(home, moves)
        for move in reversed(moves):
            move.make_room()
        for move in moves:
            move.make()
    finally:
        _settle(home)


def _write_journal(home, moves):
    for stage in {move.stage for move in moves} - {home}:
        (stage / _HOME).write_bytes(os.fsencode(home.absolute()))
    entries = [["" if m.stage == home else str(m.stage.absolute()), m.name, state(m.new)] for m in moves]
    part = home / f"{_JOURNAL}.part"
    with open(part, "w", encoding="utf-8") as file:
        json.dump(entries, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, home / _JOURNAL)


def _read_journal(home):
    """Moves and what is known of each new file; none where nothing is moved yet, or need be."""
    journal = home / _JOURNAL
    if not journal.exists():
        return []
    try:
        entries = json.loads(journal.read_text(encoding="utf-8"))
        return [(_Move(home / stage, os.path.basename(name)), known) for stage, name, known in entries]
    except (ValueError, TypeError):
        raise OccuPyError(
            f"{journal} cannot be read, so what a run that was killed has moved cannot be put back; expected that you "
            f"take from {home / _OLD} what you need and remove {home}"
        ) from None


def _settle(home):
    """Undo the moves of a journal, if the last of them was not made; then it is not needed any more.

    What is undone already is told by where the files are, so that this may be stopped and begun again.

    Returns
    -------
    set of Path
        Stages that it was the journal of.
    """
    moves = [(move, known) for move, known in _read_journal(home) if _is_stage(move.stage)]
    if moves and moves[-1][0].new.exists():
        for move, known in reversed(moves):
            move.take_back(known)
        for move, _ in moves:
            move.put_back()
    (home / _JOURNAL).unlink(missing_ok=True)
    return {move.stage for move, _ in moves}


def _recover(stage):
    """Settle and remove a stage, and those that it has the journal of, unless a process holds it or might."""
    held = _held(stage) if _is_stage(stage) else None
    if held is None:
        return
    others = ()
    try:
        home = _home_of(stage)
        if home == stage:
            others = _settle(home) - {home}
        else:
            _recover(home)
    finally:
        _end(stage, held)
    for other in others:
        _recover(other)


def _is_stage(folder):
    """Whether it is there, with all its parts in it: one that was made up could lead to files elsewhere."""
    led = any(map(Path.is_symlink, (folder, folder / _NEW, folder / _OLD)))
    return folder.name.startswith(_PREFIX) and folder.is_dir() and not led


def _held(stage):
    """The lock of a stage that this user made, where it is certain that no other process has it; else None."""
    with suppress(OSError):
        if os.name != "nt" and stage.stat().st_uid != os.geteuid():
            return None
        held = Held(stage / _LOCK)
        if held.certain:
            return held
        held.let_go()
    return None
