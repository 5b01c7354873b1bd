"""How long each path takes, from the command to the files, beside stock Keras in the same run.

    make bench-peers   # once: installs stock Keras (TensorFlow) into an environment of its own
    python benchmarks/speed.py [--runs 3] [--without-keras]

Every run is a new process, timed from its start to its end; the paths take turns, so that a noisy machine is
noisy for all of them. Medians and ratios are printed; single times mean little.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click
from conditions import conditions

import oxmark

PEERS = Path(__file__).resolve().parent.parent / ".venv-peers" / "bin" / "python"
PEER_SCRIPT = Path(__file__).with_name("peer_keras_tutorial.py")


def timed(command: list[str]) -> tuple[float, str]:
    """Seconds of one process from start to end, and what it printed."""
    begun = time.perf_counter()
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    )
    return time.perf_counter() - begun, done.stdout


@click.command()
@click.option("--runs", default=3, show_default=True)
@click.option("--without-keras", is_flag=True)
def main(runs: int, without_keras: bool) -> None:
    """Time every path in turn, then print medians and ratios."""
    print(conditions("torch", "onnxruntime", "pillow", "numpy"))
    if not without_keras and not PEERS.exists():
        raise click.UsageError("Stock Keras is not installed beside oxmark. Run: make bench-peers")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        marks = oxmark.draw_dataset(work / "marks", seed=0)
        picture = next((marks / "test" / "O").glob("*.png"))
        paths = _paths(work, marks, picture, without_keras)
        seconds: dict[str, list[float]] = {name: [] for name in paths}
        for number in range(runs):
            for name, command in paths.items():
                took, printed = timed(command(number))
                seconds[name].append(took)
                shown = printed.strip().splitlines()[-1] if name.startswith("stock Keras") else ""
                print(f"run {number + 1}: {name}: {took:.2f} s {shown}", flush=True)
        _report(seconds, work)


def _paths(
    work: Path, marks: Path, picture: Path, without_keras: bool
) -> dict[str, Callable[[int], list[str]]]:
    program = [sys.executable, "-m", "oxmark"]

    def train(recipe: str) -> Callable[[int], list[str]]:
        return lambda n: [
            *program,
            "train",
            str(marks),
            "--recipe",
            recipe,
            "--out",
            str(work / f"{recipe}-{n}"),
        ]

    paths: dict[str, Callable[[int], list[str]]] = {
        "oxmark train (marks)": train("marks"),
        "oxmark train --recipe tutorial": train("tutorial"),
        "oxmark check": lambda n: [*program, "check", str(marks)],
        "oxmark validate (marks, 5 folds)": lambda n: [
            *program,
            "validate",
            str(marks),
            "--out",
            str(work / f"validated-{n}"),
        ],
        "oxmark predict ONE.png": lambda n: [*program, "predict", str(picture)],
        "python -c 'import onnxruntime'": lambda n: [sys.executable, "-c", "import onnxruntime"],
    }
    if not without_keras:
        keras = [str(PEERS), str(PEER_SCRIPT), str(marks)]
        paths["stock Keras, the tutorial"] = lambda n: [*keras, str(work / f"keras-{n}.h5")]
    return paths


def _report(seconds: dict[str, list[float]], work: Path) -> None:
    print()
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    for name, values in seconds.items():
        print(f"{name:<34} median {medians[name]:7.2f} s   of {', '.join(f'{v:.2f}' for v in values)}")
    keras = medians.get("stock Keras, the tutorial")
    if keras:
        for name in ("oxmark train --recipe tutorial", "oxmark train (marks)"):
            print(f"stock Keras takes {keras / medians[name]:.1f} times as long as {name}")
    for recipe in ("marks", "tutorial"):
        stages = json.loads((work / f"{recipe}-0" / "run.json").read_text())["seconds"]
        size = (work / f"{recipe}-0" / "model.onnx").stat().st_size / 1000
        print(f"{recipe}: model.onnx {size:,.0f} kB; seconds by stage: {stages}")


if __name__ == "__main__":
    main()
