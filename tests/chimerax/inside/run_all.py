"""Runs in ChimeraX: all tests of the folder that OCCUPY_TEST_SUITE names; writes what became of each to a JSON file."""

import json
import os
import sys
import unittest
from pathlib import Path

folder = Path(os.environ["OCCUPY_TEST_FOLDER"])
suite = os.environ["OCCUPY_TEST_SUITE"]
sys.path.insert(0, str(folder / "inside"))

import support  # noqa: E402

support.session = session  # noqa: F821 - ChimeraX gives scripts their session


class Outcomes(unittest.TestResult):
    """Keeps 'ok', 'skipped: why' or the traceback of each test."""

    def __init__(self):
        super().__init__()
        self.by_name = {}

    def addSuccess(self, test):
        self.by_name[test.id()] = "ok"

    def addSkip(self, test, reason):
        self.by_name[test.id()] = f"skipped: {reason}"

    def addFailure(self, test, error):
        self.by_name[test.id()] = self._exc_info_to_string(error, test)

    addError = addFailure

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error:
            self.addFailure(test, error)


outcomes = Outcomes()
unittest.defaultTestLoader.discover(str(folder / suite), "test_*.py").run(outcomes)
(folder / f"{suite}.json").write_text(json.dumps(outcomes.by_name, indent=1), encoding="utf-8")
