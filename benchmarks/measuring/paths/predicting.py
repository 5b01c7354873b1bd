"""The rows of predicting: one picture, an array, folders, memory."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from pathlib import Path

from measuring.processes import Ran, module_command, module_env, oxmark, run_module, run_process
from measuring.row import Figures, Row
from measuring.series import alternating
from measuring.work import KINDS, Work

IMPORTS = "import numpy, PIL.Image, onnxruntime"
TIMES = 3
SIDE = 256
AFTER = ("preparing graph", "cast and resize", "whole answer")
"""Done with the pixels: the model's own preparing, what any network needs at least, everything."""


def one_picture(work: Work, run: int) -> Figures:
    """A new process that answers one drawing, and one that only imports: three of each in turn, medians."""
    commands = {"oxmark predict": oxmark("predict", work.picture), "imports": [sys.executable, "-c", IMPORTS]}
    times: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(TIMES):
        for name in alternating(tuple(commands), run + turn):
            times[name].append(run_process(commands[name]).seconds)
    found = {name: statistics.median(values) for name, values in times.items()}
    answer, imports = found["oxmark predict"], found["imports"]
    return {**found, "difference": answer - imports, "ratio": answer / imports}


def one_array(work: Work, run: int) -> Figures:
    """In a process that is open already, on one core."""
    return dict(run_module("measuring.paths.array_answers", work.model, SIDE))


def preparing(kind: str) -> Callable[[Work, int], Figures]:
    """One drawing on one thread: decoding it, and what comes after."""

    def measure(work: Work, run: int) -> Figures:
        drawing = min(work.pictures(kind).iterdir())
        found = run_module("measuring.paths.preparing_graph", work.model, drawing)
        share = {f"{name} / decode": found[name] / found["decode"] for name in AFTER}
        return {**found, **share}

    return measure


def folder(kind: str) -> Callable[[Work, int], Figures]:
    """All of a folder in a new process, and the bare loop over the same files."""

    def measure(work: Work, run: int) -> Figures:
        pictures = work.pictures(kind)
        actions = {
            "oxmark predict": lambda: answered(work, pictures),
            "bare loop": lambda: bare(work, pictures),
        }
        seconds = {name: actions[name]().seconds for name in alternating(tuple(actions), run)}
        count = sum(1 for _ in pictures.iterdir())
        return {
            **seconds,
            "rate": count / seconds["oxmark predict"],
            "rate of the bare loop": count / seconds["bare loop"],
            "share of the bare loop": seconds["bare loop"] / seconds["oxmark predict"],
        }

    return measure


def answered(work: Work, pictures: Path, *, watched: bool = False) -> Ran:
    """``oxmark predict FOLDER``."""
    return run_process(oxmark("predict", pictures, "--model", work.model), watched=watched)


def bare(work: Work, pictures: Path) -> Ran:
    """The bare loop, on as many threads."""
    loop = "measuring.paths.bare_loop"
    return run_process(module_command(loop, work.model, pictures, work.options.threads), env=module_env())


def memory(work: Work, run: int) -> Figures:
    """Peaks while folders of two sizes are answered: flat memory does not know how many there are."""
    folders = {
        "28x28 PNG, a tenth": work.fewer_small,
        "28x28 PNG": work.small,
        "1350x900 JPEG, a quarter": work.fewer_jpeg,
        "1350x900 JPEG": work.jpeg,
    }
    found: dict[str, float] = {}
    for name, pictures in folders.items():
        done = answered(work, pictures, watched=True)
        found |= {f"{name}: resident": done.resident, f"{name}: anonymous": done.anonymous}
    return found


_MEMORY = [
    f"{name}: {what}"
    for name in ("28x28 PNG, a tenth", "28x28 PNG", "1350x900 JPEG, a quarter", "1350x900 JPEG")
    for what in ("resident", "anonymous")
]
_ONE = {"oxmark predict": "s", "imports": "s", "difference": "s", "ratio": ""}
_ARRAY = {"Classifier.predict": "ms", "bare session.run": "ms"}
_PREPARING = {
    **dict.fromkeys(("decode, Pillow alone", "decode", *AFTER), "ms"),
    **dict.fromkeys((f"{name} / decode" for name in AFTER), ""),
}
_FOLDER = {
    "oxmark predict": "s",
    "bare loop": "s",
    "rate": "pictures/s",
    "rate of the bare loop": "pictures/s",
    "share of the bare loop": "",
}


def short(kind: str) -> str:
    """The name of a kind of file in the name of a row: ``28``, ``png`` or ``jpeg``."""
    return "28" if kind.startswith("28") else kind.rsplit(" ", 1)[1].lower()


def predicting_rows() -> list[Row]:
    """One picture, one array, the preparing graph, folders, memory."""
    return [
        Row("predict-one", "oxmark predict ONE.png, new process", _ONE, one_picture),
        Row("predict-array", f"Classifier.predict, {SIDE} x {SIDE}, one core", _ARRAY, one_array),
        *(
            Row(f"prepare-{short(kind)}", f"One {kind} on one thread", _PREPARING, preparing(kind))
            for kind in KINDS[1:]
        ),
        *(
            Row(f"predict-folder-{short(kind)}", f"oxmark predict FOLDER of {kind}", _FOLDER, folder(kind))
            for kind in KINDS
        ),
        Row(
            "predict-memory",
            "Peak memory of oxmark predict FOLDER",
            dict.fromkeys(_MEMORY, "MB"),
            memory,
            dear=True,
        ),
    ]
