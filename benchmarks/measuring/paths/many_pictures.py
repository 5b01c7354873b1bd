"""The rows of training on many small pictures: memory, and time by picture and epoch."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from measuring.paths.profiles import facts_of, phases_of
from measuring.processes import Ran, oxmark, run_process
from measuring.row import Figures, Row
from measuring.samples import small_classes
from measuring.work import Options, Work

UNITS = {
    "all in": "s",
    "second training": "s",
    "second / first": "",
    "fit, per picture and epoch": "µs",
    "all in, per picture": "ms",
    "cores busy": "",
    "resident": "MB",
    "anonymous": "MB",
    "second: resident": "MB",
    "second: anonymous": "MB",
}


def learning(size: int) -> Callable[[Work, int], Figures]:
    """Train twice on so many pictures that no run has seen, so that the first finds nothing prepared."""

    def measure(work: Work, run: int) -> Figures:
        data = small_classes(work.folder / f"many-{size}-{run}", size, seed=run)
        outs = [work.folder / f"many-{size}-{run}-{turn}" for turn in ("first", "second")]
        cache = work.folder / f"many-{size}-{run}-cache"
        first, second = (_trained(work, data, out, cache) for out in outs)
        facts = facts_of(outs[0])
        work.profiles.setdefault(f"train-{size}", []).append(phases_of(facts))
        for folder in (data, cache, *outs):
            shutil.rmtree(folder)
        found = {
            "all in": first.seconds,
            "second training": second.seconds,
            "second / first": second.seconds / first.seconds,
            "all in, per picture": 1000 * first.seconds / size,
            "cores busy": first.cores,
            "resident": first.resident,
            "anonymous": first.anonymous,
            "second: resident": second.resident,
            "second: anonymous": second.anonymous,
        }
        fit = facts.get("seconds", {}).get("fit")
        per_picture = {"fit, per picture and epoch": 1e6 * fit / size / work.options.epochs} if fit else {}
        return found | per_picture

    return measure


def _trained(work: Work, data: Path, out: Path, cache: Path) -> Ran:
    """One training with the default recipe and few epochs; what it prepares is kept in a cache of its own."""
    command = oxmark("train", data, "--set", f"epochs={work.options.epochs}", "--out", out)
    return run_process(command, watched=True, env={"OXMARK_CACHE": str(cache)})


def many_pictures_rows(options: Options) -> list[Row]:
    """One row for each size that is asked for."""
    title = f"oxmark train, {{}} pictures of 28x28, {options.epochs} epochs, twice"
    return [
        Row(f"train-{size}", title.format(f"{size:,}"), UNITS, learning(size), dear=True)
        for size in options.training
    ]
