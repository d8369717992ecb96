"""One measured piece of work in a fresh process; prints its figures as one line of JSON.

    python worker.py ours estimate map.mrc
    python worker.py method estimate map.mrc
    python worker.py published equalize map.mrc
    python worker.py fft estimate map.mrc

Both programs' Pythons run this file, so it needs nothing but the standard library until
it imports the program that it measures. Maps are written to the current folder.
"""

import argparse
import contextlib
import json
import os
import sys
from functools import partial
from pathlib import Path
from time import perf_counter

JOBS = ("estimate", "equalize", "attenuate", "sigmoid")
POWER, PIVOT = 3, 0.5
REPEATS = 5
_STATUS, _CLEAR_REFS = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class PeakMemory:
    """Largest memory of this process from now on, beyond what it holds already.

    Attributes
    ----------
    source : str
        How it is read: 'reset' (VmHWM, reset now), 'status' (VmHWM, which cannot be
        reset here and includes the peak of the imports), 'getrusage' (which counts from
        the largest memory so far, as the present one is unknown) or 'none'.
    """

    def __init__(self):
        self.source = self._source()
        if self.source == "none":
            return
        self._start = _status_bytes("VmRSS") if _STATUS.exists() else _largest_resident()

    @staticmethod
    def _source():
        if _STATUS.exists():
            with contextlib.suppress(OSError):
                _CLEAR_REFS.write_text("5")
                return "reset"
            return "status"
        return "none" if sys.platform == "win32" else "getrusage"

    def bytes(self):
        """The largest memory since then in bytes; None where the system does not tell."""
        if self.source == "none":
            return None
        peak = _status_bytes("VmHWM") if _STATUS.exists() else _largest_resident()
        return peak - self._start


def _status_bytes(name):
    lines = _STATUS.read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(name + ":"))


def _largest_resident():
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def measure(compute, write):
    """Time of computing, and time and peak memory until the maps are written too.

    Parameters
    ----------
    compute : callable
    write : callable
        Takes what `compute` returned.

    Returns
    -------
    dict
    """
    memory, start = PeakMemory(), perf_counter()
    made = compute()
    seconds = perf_counter() - start
    write(made)
    written = perf_counter() - start
    return {"seconds": seconds, "seconds_written": written, "peak_bytes": memory.bytes(), "peak_source": memory.source}


def run_ours(job, path, max_box, published_method=False):
    """This package: read the map and compute; then write the same maps as the published program.

    By its own method, which is the default, or by the published one.
    """
    from chimerax.occupy.cli.files import mapfile
    from chimerax.occupy.engine import phantom
    from chimerax.occupy.engine.modification.modify import modify
    from chimerax.occupy.engine.scale.estimate import estimate

    estimation = {"mode": "occupancy"} if published_method else {}

    def maps_of(density, voxel_size):
        found = estimate(density, voxel_size, max_box=max_box, **estimation)
        if job == "estimate":
            return {"scale": found.scale, "confidence": found.confidence(overwrite=True)}
        modified = modify(density, voxel_size, job, estimate=found, overwrite=True, power=POWER)
        return {"scale": found.scale, "modified": modified.density}

    def compute():
        source = mapfile.read(path)
        return source, maps_of(source.density, source.voxel_size)

    def write(made):
        source, maps = made
        for name, density in maps.items():
            mapfile.write(Path(name + ".mrc"), density, source, "benchmark")

    # The engine imports some modules when it needs them, and imports do not count.
    small = (48,) * 3
    maps_of(phantom.density_of_parts(phantom.parts_on_ring((1, 0.5), small, 8), small, 2.0), 2.0)
    return measure(compute, write)


def run_published(job, path, max_box):
    """OccuPy 0.1.13, which writes its maps as it computes them."""
    import occupy_lib.estimate as published  # before args: it and args import each other
    from occupy_lib.args import occupy_options

    options = occupy_options(
        input_map=str(path),
        scale_mode="occ",
        lp_scale=True,
        amplify=POWER if job == "equalize" else 1,
        attenuate=POWER if job == "attenuate" else 1,
        sigmoid=POWER if job == "sigmoid" else 1,
        pivot=PIVOT,
        max_box=max_box,
        chimerax=False,
        plot=False,
        quiet=True,
    )
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        return measure(lambda: published.occupy_run(options), lambda _: None)


def run_fft(job, path, max_box):
    """This package's computation and a pair of FFTs of the same map in turn, after a warm-up of both.

    An estimate counts with the confidence, a modification with its estimate.
    """
    from chimerax.occupy.cli.files import mapfile
    from chimerax.occupy.engine.modification.modify import modify
    from chimerax.occupy.engine.parallel import thread_count
    from chimerax.occupy.engine.scale.estimate import estimate
    from scipy import fft

    source = mapfile.read(path)
    density, workers = source.density, thread_count()

    def compute():
        found = estimate(density, source.voxel_size, max_box=max_box)
        if job == "estimate":
            found.confidence(overwrite=True)
        else:
            modify(density, source.voxel_size, job, estimate=found, overwrite=True, power=POWER)

    def transform():
        fft.irfftn(fft.rfftn(density, workers=workers), density.shape, workers=workers)

    turns = [(_seconds(compute), _seconds(transform)) for _ in range(1 + REPEATS)][1:]
    computation, pair = zip(*turns, strict=True)
    return {"computation": computation, "fft_pair": pair}


def _seconds(work):
    start = perf_counter()
    work()
    return perf_counter() - start


PROGRAMS = {
    "ours": run_ours,
    "method": partial(run_ours, published_method=True),
    "published": run_published,
    "fft": run_fft,
}


def main():
    parser = argparse.ArgumentParser(description="One measured piece of work; prints its figures as JSON.")
    parser.add_argument("program", choices=PROGRAMS)
    parser.add_argument("job", choices=JOBS)
    parser.add_argument("map", type=Path)
    parser.add_argument("--max-box", type=int, default=512, help="longest axis that is not cropped")
    options = parser.parse_args()
    print(json.dumps(PROGRAMS[options.program](options.job, options.map, options.max_box)))


if __name__ == "__main__":
    main()
