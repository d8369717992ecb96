"""The figures as a Markdown document."""

import os
import platform
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from .results import OURS, PUBLISHED
from .tables import table, versions_text

PROGRAMS = ("ours", "method", "published")
VOXEL_JOBS = ("estimate", "equalize")
LARGE_TEXT = (
    "By the defaults, which estimate boxes of more than 512 voxels along an axis on a Fourier-cropped copy and modify "
    "all of the map; time and memory with the maps written."
)
_NOT_MEASURED = "not measured"
_FASTER = ("times as fast", "by the published method")
_PEAK_SOURCES = {
    "reset": "the largest resident memory after the imports (VmHWM, reset then) less the memory held at that point",
    "status": "the largest resident memory (VmHWM, which this system does not let a process reset, so that a peak "
    "during the imports would count) less the memory held after the imports",
    "getrusage": "the growth of the largest resident memory (getrusage) after the imports; this system does not tell "
    "the memory held at that point, so that the figures are too low by what the imports gave back",
    "none": "not known on this system",
}


@dataclass
class Box:
    """The figures of one map.

    Attributes
    ----------
    edge : int
        Voxels.
    runs : dict
        For each job and program, (job, program), the figures of its runs as `worker` gives them.
    fft : dict
        What `worker` gives for the FFT comparison.
    """

    edge: int
    runs: dict = field(default_factory=dict)
    fft: dict = field(default_factory=dict)

    @property
    def bytes(self):
        """Of the map in float32."""
        return 4 * self.edge**3

    @property
    def jobs(self):
        """Those that were measured, in order."""
        return list(dict.fromkeys(job for job, _ in self.runs))

    def values(self, job, program, figure):
        """One figure of all runs; empty if there were none."""
        return [run[figure] for run in self.runs.get((job, program), [])]


@dataclass
class Voxels:
    """The figures of a map of one voxel size.

    Attributes
    ----------
    size, lowpass : float
        Å.
    edge : int
        Voxels.
    fft, runs : dict
        Of each of `VOXEL_JOBS` what `worker` gives for the FFT comparison, and the figures of its runs.
    """

    size: float
    lowpass: float
    edge: int
    fft: dict = field(default_factory=dict)
    runs: dict = field(default_factory=dict)

    def peaks(self, job):
        """The largest memory of each run, in bytes."""
        return [run["peak_bytes"] for run in self.runs[job]]


def document(boxes, voxels, large, context, versions, problem=None):
    """The whole document.

    Parameters
    ----------
    boxes : list of Box
    voxels : list of Voxels
    large : list of Box
        Those that are estimated on a Fourier-cropped copy.
    context : dict
        'map', 'kernel' (voxels), 'runs', 'version' (of this package), 'power', 'threads',
        'load' (the load average when it began, None where the system does not tell).
    versions : dict
        For each program that ran, the versions in its environment.
    problem : str, optional
        Why the published program was not measured.
    """
    source = boxes[0].values("estimate", "ours", "peak_source")[0]
    sections = [
        "# Performance",
        _introduction(context, problem),
        _machine(context, versions),
        "## Whole run",
        _whole_run_text(context),
        table(
            ["box", "work", f"{OURS} {context['version']}", "by the published method", PUBLISHED, *_FASTER],
            _whole_run_rows(boxes),
        ),
        "## Computation",
        _computation_text(context),
        table(["box", "estimate and confidence", "FFT pair", "ratio"], [_computation_row(box) for box in boxes]),
        "## Memory",
        f"Peak of the whole run without interpreter and imports, the input counted: {_PEAK_SOURCES[source]}. "
        "As a multiple of the map in float32; the largest of the runs, the maps written.",
        table(
            ["box", "work", f"{OURS} {context['version']}", "by the published method", PUBLISHED], _memory_rows(boxes)
        ),
    ]
    if voxels:
        sections += ["## Voxel sizes", _voxel_text(voxels), table(_voxel_titles(), map(_voxel_row, voxels))]
    if large:
        titles = ["box", "work", "time", "memory"]
        sections += ["## Large maps", LARGE_TEXT, table(titles, _large_rows(large))]
    return "\n\n".join(sections) + "\n"


def _introduction(context, problem):
    text = (
        f"Written by `benchmarks/speed/compare.py`, which measures {OURS} side by side with {PUBLISHED}, the published "
        f"program. The map is synthetic: {context['map']}; its kernel has {context['kernel']} voxels. {OURS} is "
        "measured with its defaults, mode calibrated and, where it amplifies, the signal alone, which the published "
        "program does not have; and by the published method (`mode occupancy`). "
        "The published program estimates in mode occupancy; all at the full box. Runs alternate between them, each in "
        f"a fresh process, {context['runs']} of each. Times are wall times: the median, and in brackets the shortest "
        "and the longest."
    )
    return text if problem is None else f"{text}\n\n{PUBLISHED} was not measured: {problem}"


def _machine(context, versions):
    names = {"ours": OURS, "published": PUBLISHED}
    lines = [
        f"- Date: {datetime.now(UTC):%Y-%m-%d}",
        f"- Machine: {_cpu_model()}, {context['threads']} cores used; {platform.system()} {platform.machine()}",
    ]
    if context["load"] is not None:
        lines.append(f"- Load average when it began: {context['load']:.1f}, of other work, which makes times longer")
    for program, found in versions.items():
        lines.append(f"- {names[program]}: {versions_text(found)}")
    return "\n".join(lines)


def _cpu_model():
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        named = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        return named[0] if named else platform.machine()
    if sys.platform == "darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    return platform.processor() or os.environ.get("PROCESSOR_IDENTIFIER", platform.machine())


def _whole_run_text(context):
    return (
        "`estimate` reads the map and makes scale, solvent model and confidence; `equalize`, `attenuate` and `sigmoid` "
        f"read it, estimate and modify it with power {context['power']} (the published program calls the first "
        "`amplify`; pivot 0.5). The clock starts after the imports. The published program cannot be run without "
        "writing its maps, so ours has a second row in which it writes maps too: scale and confidence, or scale and "
        "modified map (the published program: also confidence)."
    )


def _computation_text(context):
    return (
        "The work on a map in memory, against one forward and one inverse real FFT of it "
        f"(`scipy.fft.rfftn`, `irfftn`, float32, {context['threads']} workers), in turn in one process, after a "
        "warm-up."
    )


def _whole_run_rows(boxes):
    for box in boxes:
        for job in box.jobs:
            published = box.values(job, "published", "seconds")
            for work, figure in ((job, "seconds"), (f"{job}, maps written", "seconds_written")):
                ours, method = (box.values(job, program, figure) for program in ("ours", "method"))
                faster = [_ratio(published, own) for own in (ours, method)]
                yield [_edge(box), work, _times(ours), _times(method), _times(published), *faster]


def _computation_row(box):
    computation, pair = box.fft["computation"], box.fft["fft_pair"]
    return [_edge(box), _times(computation), _times(pair), _ratio(computation, pair)]


def _memory_rows(boxes):
    for box in boxes:
        for job in box.jobs:
            peaks = [_peak(box.values(job, program, "peak_bytes"), box.bytes) for program in PROGRAMS]
            yield [_edge(box), job, *peaks]


def _voxel_text(voxels):
    return (
        f"The same map with voxels of other sizes, {_edge(voxels[0])} each, by the defaults: time as in *Computation*, "
        "an estimate with the confidence, a modification with its estimate; memory as in *Memory*. The larger the "
        "voxels, the finer is the grid of the means beside that of the map, up to 0.84 of it along each axis."
    )


def _voxel_titles():
    return [
        "voxels",
        "low-pass",
        *(f"{job}, FFT pairs" for job in VOXEL_JOBS),
        *(f"{job}, memory" for job in VOXEL_JOBS),
    ]


def _voxel_row(voxels):
    ratios = (_ratio(figures["computation"], figures["fft_pair"]) for figures in voxels.fft.values())
    peaks = (_peak(voxels.peaks(job), 4 * voxels.edge**3) for job in VOXEL_JOBS)
    return [f"{voxels.size:g} Å", f"{voxels.lowpass:.3g} Å", *ratios, *peaks]


def _large_rows(large):
    for box in large:
        for job in box.jobs:
            times, peaks = (box.values(job, "ours", figure) for figure in ("seconds_written", "peak_bytes"))
            yield [_edge(box), job, _times(times), _peak(peaks, box.bytes)]


def _edge(box):
    return f"{box.edge}³"


def _times(seconds):
    if not seconds:
        return _NOT_MEASURED
    middle, shortest, longest = (f"{s:#.3g}".rstrip(".") for s in (median(seconds), min(seconds), max(seconds)))
    return f"{middle} s ({shortest}–{longest})"


def _ratio(numerators, denominators):
    return f"{median(numerators) / median(denominators):.1f}×" if numerators and denominators else "–"


def _peak(peaks, unit):
    if not peaks or None in peaks:
        return _NOT_MEASURED
    return f"{max(peaks) / unit:.1f}× ({max(peaks) / 1e6:.0f} MB)"
