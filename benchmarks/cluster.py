"""Pictures a second of ``oxmark predict``: one process, and Ray with one and two workers; memory; training.

    python benchmarks/cluster.py [--small 1000,10000,100000] [--large 1000,5000] [--repeats 3] [--train 3]

Every run is a command in a new process, timed by the clock from its start to its end; the Ray cluster is
there already. What is left once past start-up is the rate between the smallest and the largest set: pictures
more by seconds more. One process is pinned to one core; with two workers, Ray's own processes and the command
share two cores with them. Nothing else should run meanwhile.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import statistics
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from conditions import conditions
from measuring.processes import memory_of, oxmark, run_process
from PIL import Image, ImageDraw

from oxmark.machine import cores

SIZES = {"28 x 28": (28, 28), "1350 x 900": (1350, 900)}
WATCHED_EVERY = 0.25
IN_FOLDER = 1000
Times = dict[int, float]


@dataclass
class Peaks:
    """Resident memory in MB: of the command, and of the largest worker."""

    command: float = 0.0
    worker: float = 0.0


@click.command()
@click.option(
    "--small", default="1000,10000,100000", show_default=True, help="Sets of 28 x 28, so many pictures."
)
@click.option("--large", default="1000,5000", show_default=True, help="Sets of 1350 x 900.")
@click.option(
    "--repeats", default=3, show_default=True, help="The median counts; sets above 20,000 are run once."
)
@click.option("--train", "trainings", default=3, show_default=True, help="Seeds to train with; 0 for none.")
def main(small: str, large: str, repeats: int, trainings: int) -> None:
    """Print tables: seconds and rates of sets of both sizes, memory, and trainings."""
    print(conditions("onnxruntime", "pillow", "numpy", "ray", "pyarrow"))
    print(f"{cores()} cores; medians of {repeats} runs, new processes\n")
    with tempfile.TemporaryDirectory() as name:
        for what, counts in zip(SIZES, (small, large), strict=True):
            if numbers := [int(count) for count in counts.split(",") if count]:
                _predict(what, numbers, repeats, Path(name))
        if trainings:
            _train(trainings, Path(name))


def _predict(what: str, counts: list[int], repeats: int, folder: Path) -> None:
    sets = {count: _pictures(folder / what / str(count), count, SIZES[what]) for count in counts}
    found: dict[str, Times] = {}
    peaks: dict[int, Peaks] = {}
    found["one process, one core"] = _timed(sets, repeats, lambda pictures, _: _plain(pictures, 1))
    found[f"one process, {cores()} cores"] = _timed(sets, repeats, lambda pictures, _: _plain(pictures, 0))
    for workers in (1, 2):
        with _cluster(workers) as address:

            def on_ray(pictures: Path, count: int, address: str = address) -> float:
                seconds, peaks[count] = _on_ray(pictures, address)
                return seconds

            found[f"Ray, {workers} worker{'s' * (workers > 1)}"] = _timed(sets, repeats, on_ray)
    print(f"{what}: seconds for so many pictures, and pictures a second once past start-up")
    print(
        "| | "
        + " | ".join(f"{count:,}" for count in counts)
        + " | a second |\n|---"
        + "|---:" * (len(counts) + 1)
        + "|"
    )
    for name, times in found.items():
        seconds = " | ".join(f"{times[count]:.1f}" for count in counts)
        print(f"| {name} | {seconds} | {_rate(times):.0f} |")
    alone, _, one, two = map(_rate, found.values())
    print(f"\nRay with 1 worker: {one / alone:.0%} of one process on one core", end="; ")
    print(f"with 2: {two / 2 / alone:.0%} a core")
    print(f"from 1 worker to 2: {two / one:.2f} times")
    told = (f"{count:,}: command {one.command:.0f}, worker {one.worker:.0f}" for count, one in peaks.items())
    print(f"peak memory with 2 workers, MB: {'; '.join(told)}\n", flush=True)


def _rate(times: Times) -> float:
    """Pictures a second between the smallest and the largest set."""
    low, high = min(times), max(times)
    return (high - low) / (times[high] - times[low]) if high > low else high / times[high]


def _timed(sets: dict[int, Path], repeats: int, run: Callable[[Path, int], float]) -> Times:
    once = 20_000
    return {
        count: statistics.median(run(pictures, count) for _ in range(1 if count > once else repeats))
        for count, pictures in sets.items()
    }


def _plain(pictures: Path, limit: int) -> float:
    """Seconds of the command without a cluster, on so many cores; 0 for all."""
    there = ",".join(map(str, sorted(os.sched_getaffinity(0))[:limit]))
    pinned = ["taskset", "--cpu-list", there] if limit else []
    return run_process([*pinned, *oxmark("predict", pictures)]).seconds


def _on_ray(pictures: Path, address: str) -> tuple[float, Peaks]:
    """Seconds of the command on a cluster that is there, and its peaks of memory."""
    with tempfile.TemporaryDirectory() as out, _watched() as peaks:
        command = oxmark("predict", pictures, "--cluster", address, "--out", out, "--json")
        ran = run_process(command, watched=True)
        peaks.command = ran.resident
    if ran.answer["pictures"] != sum(1 for _ in pictures.rglob("*.png")):
        raise click.ClickException(f"Not every picture was answered: {ran.answer}")
    return ran.seconds, peaks


@contextlib.contextmanager
def _cluster(workers: int) -> Iterator[str]:
    """A Ray cluster of one node with so many cores; its address."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": workers, "include_dashboard": False})
    try:
        yield str(cluster.address)
    finally:
        cluster.shutdown()


@contextlib.contextmanager
def _watched() -> Iterator[Peaks]:
    """The peak of memory of Ray's largest worker while the block runs."""
    peaks, ended = Peaks(), threading.Event()

    def watch() -> None:
        while not ended.wait(WATCHED_EVERY):
            peaks.worker = max([peaks.worker, *(memory_of(pid)[0] for pid in _workers())])

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peaks
    finally:
        ended.set()
        thread.join()


def _workers() -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if path.read_text().startswith("ray::MapWorker"):
                found.append(int(path.parent.name))
    return found


def _pictures(folder: Path, count: int, size: tuple[int, int]) -> Path:
    """Rings and crosses as PNG; of large ones a hundred kinds, each copied."""
    rng = np.random.default_rng(0)
    kinds = [_drawn(rng, number, size) for number in range(min(count, 10_000 if size[0] < 100 else 100))]
    for number in range(count):
        path = folder / f"{number // IN_FOLDER:04}" / f"{number:06}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(kinds[number % len(kinds)])
    return folder


def _drawn(rng: np.random.Generator, number: int, size: tuple[int, int]) -> bytes:
    picture = Image.new("RGB", size, (250, 249, 245))
    draw = ImageDraw.Draw(picture)
    x0, y0 = rng.uniform(0.1, 0.35, 2) * size
    x1, y1 = rng.uniform(0.65, 0.9, 2) * size
    line = max(1, round(min(size) * rng.uniform(0.04, 0.1)))
    ink = (20, 20, 60)
    if number % 2:
        draw.ellipse((x0, y0, x1, y1), outline=ink, width=line)
    else:
        draw.line((x0, y0, x1, y1), fill=ink, width=line)
        draw.line((x0, y1, x1, y0), fill=ink, width=line)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


# --- training -----------------------------------------------------------------------------------------------


def _train(seeds: int, folder: Path) -> None:
    """The recipe marks on drawn sets: what five other hands draw, and signs of no class."""
    print("training: 104 drawings by five hands; measured on 400 by five others and on 300 other signs")
    head = "| seed | trained by | right of 400 | answered of 400 | other signs refused, of 300 | seconds |"
    print(f"{head}\n|---|---|---:|---:|---:|---:|")
    with _cluster(2) as address:
        for seed in range(seeds):
            taught, others, strange = (folder / f"{name} {seed}" for name in ("taught", "others", "strange"))
            _run("draw", taught, "--seed", 3000 + seed)
            _run("draw", others, "--counts", "1,0,200", "--seed", 4000 + seed)
            signs = ("--classes", "triangle,square,star", "--counts", "1,0,99")
            _run("draw", strange, *signs, "--seed", 5000 + seed)
            for name, how in (("one process", []), ("2 workers", ["--cluster", address, "--workers", "2"])):
                run = folder / f"{name} {seed}"
                seconds = run_process(oxmark("train", taught, "--out", run, "--seed", seed, *how)).seconds
                measured = _measured(run, others, strange)
                print(f"| {seed} | {name} | {' | '.join(map(str, measured))} | {seconds:.0f} |", flush=True)


def _measured(run: Path, others: Path, strange: Path) -> tuple[int, int, int]:
    """Right and answered of other hands' marks, and refused of other signs."""
    told = json.loads(_run("evaluate", run, others, "--json").splitlines()[-1])
    answers = map(json.loads, _run("predict", strange, "--model", run, "--json").splitlines())
    refused = sum(answer["label"] is None for answer in answers)
    return told["accuracy"]["right"], told["accuracy"]["total"] - told["refused"], refused


def _run(*arguments: object) -> str:
    return run_process(oxmark(*arguments)).printed


if __name__ == "__main__":
    main()
