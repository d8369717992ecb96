"""Inputs of every kind, sound, odd and broken, made from seeds: what the program must never do, whatever it is given.

Some are tried with all tests. ``--inputs 10000`` tries as many, and ``--first-input N --inputs 1`` one of them again.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from chimerax.occupy.engine import parallel

RUN = Path(__file__).parent / "fuzz" / "run.py"
INPUTS_OF_A_PROCESS = 50
NOT_SHOWN = ("DeprecationWarning", "PendingDeprecationWarning", "ResourceWarning")
WARNINGS = ("always", *(f"ignore::{kind}" for kind in NOT_SHOWN))
"""All warnings count, as often as they come, but for those that Python shows to nobody by itself."""


def pytest_generate_tests(metafunc):
    if "batch" not in metafunc.fixturenames:
        return
    first, inputs = (metafunc.config.getoption(name) for name in ("--first-input", "--inputs"))
    end = first + inputs
    batches = [(begin, min(begin + INPUTS_OF_A_PROCESS, end)) for begin in range(first, end, INPUTS_OF_A_PROCESS)]
    metafunc.parametrize("batch", batches, ids=[f"inputs {begin} to {end - 1}" for begin, end in batches])


def test_no_input_makes_the_program_break_its_promises(batch, tmp_path):
    problems = [problem for found in tried(*batch, tmp_path) for problem in problems_of(found, tmp_path)]
    assert not problems, "\n".join(["", *problems])


BREAKS_DOWN = """
import json, os, sys

for seed in range(int(sys.argv[1]), int(sys.argv[1]) + int(sys.argv[2])):
    print(json.dumps({"seed": seed}), flush=True)
    if seed == 3:
        os._exit(9)
    print(json.dumps({"seed": seed, "status": 0, "wrong": []}), flush=True)
"""


def test_a_process_that_breaks_down_is_told_and_the_other_inputs_are_tried(tmp_path, monkeypatch):
    script = tmp_path / "run.py"
    script.write_text(BREAKS_DOWN)
    monkeypatch.setattr(sys.modules[__name__], "RUN", script)
    found = list(tried(0, 6, tmp_path))
    assert [one["seed"] for one in found] == [*range(6)]
    assert [one["seed"] for one in found if one["wrong"]] == [3]
    assert "ended with 9" in found[3]["wrong"][0]


def tried(first, end, folder):
    """What came of each input, in processes that begin anew after one that ended too early."""
    while first < end:
        done = run(first, end - first, folder)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        yield from (line for line in lines if "status" in line)
        last = lines[-1]
        if "status" not in last:
            yield last | {"wrong": [f"the process ended with {done.returncode}: {done.stderr[-2000:]}"]}
        first = last["seed"] + 1


def run(first, count, folder):
    filters = [text for kind in WARNINGS for text in ("-W", kind)]
    # One thread, as what is tried is small, and several processes at a time.
    environment = os.environ | {parallel.THREADS_VARIABLE: "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, *filters, RUN, str(first), str(count), folder]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.stdout, done.stderr
    return done


def problems_of(found, folder):
    if found["wrong"]:
        seed = found["seed"]
        yield f"input {seed}, again: python3 dev.py test -- tests/cli/test_fuzz.py --inputs 1 --first-input {seed}"
        yield f"  its files: {folder / str(seed)}; calls: {found.get('calls')}"
        yield from (f"  {problem}" for problem in found["wrong"])
