"""The tests in inside/ are for ChimeraX's own Python; test_inside.py has them run there."""

collect_ignore = ["inside"]
