"""Work over slabs in threads."""

import threading

import numpy as np
import pytest
from chimerax.occupy import Cancelled
from chimerax.occupy.engine.parallel import Progress, plane_slabs, run, slabs


@pytest.mark.parametrize("length", [1, 2, 7, 64])
@pytest.mark.parametrize("thickness", [1, 3, 64, 1000])
def test_slabs_cover_everything_once_and_are_equal_to_within_one(length, thickness):
    parts = slabs(length, thickness)
    assert [i for part in parts for i in range(part.start, part.stop)] == list(range(length))
    lengths = [part.stop - part.start for part in parts]
    assert max(lengths) <= thickness
    assert max(lengths) - min(lengths) <= 1


@pytest.mark.parametrize("shape", [(1, 1, 1), (5, 4000, 4000), (300, 10, 10), (100, 100, 100)])
def test_slabs_of_planes_cover_the_map_once(shape):
    counted = np.zeros(shape[0])
    for part in plane_slabs(shape):
        counted[part] += 1
    assert np.all(counted == 1)


def test_results_come_in_the_order_of_the_items(threads):
    assert run(lambda i: i**2, range(20)) == [i**2 for i in range(20)]


def test_an_error_in_a_thread_is_passed_on_and_the_rest_not_started(threads):
    done = []

    def fail(i):
        if i == 0:
            raise ZeroDivisionError
        done.append(i)
        threading.Event().wait(0.01)

    with pytest.raises(ZeroDivisionError):
        run(fail, range(200))
    assert len(done) < 200


def test_cancelling_stops_what_has_not_started(threads):
    gate, done = threading.Event(), []

    def work(i):
        done.append(i)
        gate.wait(0.05)

    def cancel(fraction):
        raise Cancelled

    with pytest.raises(Cancelled):
        run(work, range(200), cancel)
    assert len(done) < 200


def test_stages_share_the_progress_of_the_whole():
    calls = []
    progress = Progress(lambda fraction, stage: calls.append((fraction, stage)))
    first, second = progress.stage("first", 0.25), progress.stage("second", 0.5)
    first(1)
    second(0.5)
    assert calls == [(0, "first"), (0.25, "second"), (0.25, "first"), (0.5, "second")]


def test_without_a_callback_stages_report_nothing():
    assert Progress().stage("any", 0.5) is None
