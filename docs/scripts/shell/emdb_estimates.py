"""Scale maps of many EMDB entries, fetched one after another: `python emdb_estimates.py entries.txt --output-dir DIR`.

The file holds an entry a line, such as EMD-3061 or 3061; what follows a # is left out. Give the same command again to
go on after a stop: what is made is kept, and what has come of a map is fetched no second time. The server gets one
request at a time, with a pause after each, and longer ones where it has trouble; after five troubles in a row the
script ends. Fetched maps are removed when their estimate is made, unless --keep is given. At the end there is a summary
of all entries that were made, occupy_estimate.html and .csv. Options after -- go to `occupy estimate`; with other ones
give another folder.

This is a script for the shell, not for ChimeraX.
"""

import argparse
import re
import sys
import time
from pathlib import Path

from chimerax.occupy import OccuPyError
from chimerax.occupy.cli import main
from chimerax.occupy.cli.files import emdb

TROUBLES_IN_A_ROW = 5
NO_SUCH_ENTRY = "there is no such entry"


def run():
    options, occupy_options = parsed(sys.argv[1:])
    entries = entries_in(options.entries)
    for number, entry in enumerate(entries, 1):
        print(f"{number} of {len(entries)}: {entry}", flush=True)
        try:
            if is_made(entry, options.output_dir):
                continue
            if fetch(entry, options.pause):
                estimate([entry], options.output_dir, occupy_options)
        except TooMuchTrouble as trouble:
            print(f"{trouble}; try again later: what is there is kept", file=sys.stderr)
            return 1
        if not options.keep and is_made(entry, options.output_dir):
            (emdb.cache_folder() / emdb.file_name(entry)).unlink(missing_ok=True)
    made = [entry for entry in entries if is_made(entry, options.output_dir)]
    if len(made) > 1:
        estimate(made, options.output_dir, occupy_options)
    print(f"{len(made)} of {len(entries)} entries are made")
    return int(len(made) < len(entries))


def parsed(arguments):
    """Our options, and those for `occupy estimate`."""
    split = arguments.index("--") if "--" in arguments else len(arguments)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("entries", type=Path, help="file with an entry a line")
    parser.add_argument("--output-dir", type=Path, required=True)
    parser.add_argument("--pause", type=float, default=5.0, help="seconds after each download [5]")
    parser.add_argument("--keep", action="store_true", help="keep the fetched maps")
    return parser.parse_args(arguments[:split]), arguments[split + 1 :]


def entries_in(path):
    """The entries of a file, each once, as `occupy` takes them."""
    lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    numbers = (re.fullmatch(r"(?:emdb:)?(?:EMD[-_])?(\d{4,6})", line, re.IGNORECASE) or line for line in lines if line)
    return list(dict.fromkeys(f"emdb:{one[1]}" if isinstance(one, re.Match) else one for one in numbers))


def is_made(entry, folder):
    """Whether there is a record of an entry, which is written when all else is."""
    return emdb.is_entry(entry) and bool(list(folder.glob(f"{emdb.file_name(entry).partition('.')[0]}_*.json")))


class TooMuchTrouble(Exception):
    """The server should be left alone for now."""


def fetch(entry, pause):
    """Fetch the map of an entry into the cache, with patience; False where there is no such entry."""
    for trouble in range(1, TROUBLES_IN_A_ROW + 1):
        was_there = emdb.is_entry(entry) and (emdb.cache_folder() / emdb.file_name(entry)).exists()
        try:
            emdb.fetch(entry)
        except OccuPyError as error:
            print(f"{error}", file=sys.stderr)
            if NO_SUCH_ENTRY in str(error) or "is no EMDB entry" in str(error):
                time.sleep(pause)
                return False
            time.sleep(pause * 4**trouble)
        else:
            time.sleep(0 if was_there else pause)
            return True
    raise TooMuchTrouble(f"the server could not be read {TROUBLES_IN_A_ROW} times in a row")


def estimate(entries, folder, options):
    """Estimate entries, keeping what is made; returns the exit status."""
    return main(["estimate", *entries, "--output-dir", str(folder), "--resume", *options])


if __name__ == "__main__":
    sys.exit(run())
