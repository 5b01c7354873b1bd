"""A run and its repetition, line by line: then and now."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any, Literal

from oxmark.data.dataset import Dataset
from oxmark.workflow import run_folder
from oxmark.workflow.recorded import Recorded

Outcome = Literal["same", "close", "differs", "other", "unknown"]

LOSS = 0.1
"""Nats that a loss may differ by where bits cannot be the same. One against two threads of one processor gave
0.001 with marks and 0.05 with the tutorial's recipe, which jumps from epoch to epoch."""
SHARE = 0.05
"""The share of the pictures that may be answered otherwise there; at least one may."""


@dataclass(frozen=True)
class Line:
    """One thing that was compared.

    Attributes:
        what: Its name.
        recorded: As the run folder has it.
        now: As it came out now.
        outcome: ``"same"``; ``"close"``, within the tolerance, where bits cannot be the same; ``"differs"``;
            ``"other"``, a condition that is not as it was, or what may differ because of one; ``"unknown"``,
            not recorded.
    """

    what: str
    recorded: str
    now: str
    outcome: Outcome

    def as_json(self) -> dict[str, str]:
        """For ``--json``."""
        return {
            "what": self.what,
            "recorded": self.recorded,
            "now": self.now,
            "outcome": self.outcome,
        }


# --- the pictures -------------------------------------------------------------------------------------------


def data_lines(
    recorded: Recorded, dataset: Dataset, digests: Mapping[Path, str]
) -> tuple[tuple[Line, ...], str]:
    """Compare the pictures of a folder with those of a run.

    Args:
        recorded: The run.
        dataset: The folder as it is now.
        digests: The digest of each readable picture by its path.

    Returns:
        Lines, and, where the pictures are others, the sentence that says so; else an empty text.
    """
    now = run_folder.data_digest(dataset, digests)
    then = recorded.facts.get("data_digest")
    learned = {d for part in recorded.classifier.trained_on.get("pictures", {}).values() for d in part}
    gone = len(learned - set(digests.values()))
    counts = _count_lines(recorded, dataset, digests)
    outcome: Outcome = "same" if then == now else "differs"
    if then is None:  # an older run: its model knows the pictures it learned from, but not the test pictures
        outcome = "differs" if gone or counts else "unknown"
    line = Line("pictures", str(then or "-")[:12], now[:12], outcome)
    if outcome != "differs":
        return (line,), ""
    what = [f"of the {len(learned)} pictures it learned from, {gone} cannot be found"] if gone else []
    what += ["classes have other numbers of pictures"] if counts else []
    reason = " and ".join(what) or "pictures, their classes, parts or drawers are not as they were"
    return (line, *counts), (
        f"The pictures in {dataset.root} are not those of the run, so it was not repeated: {reason}."
    )


def _count_lines(recorded: Recorded, dataset: Dataset, digests: Mapping[Path, str]) -> tuple[Line, ...]:
    """One line for each class, or class of a part, with another number of pictures."""
    parts: Mapping[str, Mapping[str, int]] = recorded.facts.get("pictures", {})
    made = set(parts) != set(dataset.parts)  # parts that train made are not on disk: compare the sums
    then: dict[str, int] = {}
    for part, classes in parts.items():
        for name, count in classes.items():
            key = f"class {name}" if made else f"{part}, class {name}"
            then[key] = then.get(key, 0) + count
    now: dict[str, int] = {}
    for sample in dataset.samples:
        if sample.path in digests:
            name = dataset.classes[sample.label]
            key = f"class {name}" if made else f"{sample.part}, class {name}"
            now[key] = now.get(key, 0) + 1
    return tuple(
        Line(key, str(then.get(key, 0)), str(now.get(key, 0)), "differs")
        for key in sorted({*then, *now})
        if then.get(key, 0) != now.get(key, 0)
    )


# --- conditions and results ---------------------------------------------------------------------------------


def result_lines(then: Recorded, now: Recorded) -> tuple[tuple[Line, ...], str]:
    """Compare a run with its repetition: conditions first, then the course, the figures and the file.

    Returns:
        Lines, and the outcome in one or two sentences.
    """
    conditions = tuple(_conditions(then, now))
    exact = all(line.outcome == "same" for line in conditions)
    results = tuple(_results(then, now, exact))
    lines = (*_settings(then, now), *conditions, *results)
    wrong = [line.what for line in lines if line.outcome == "differs"]
    if wrong:
        return lines, f"The training did not come out the same: {', '.join(wrong)}."
    others = _others(conditions)
    if all(line.outcome == "same" for line in results):
        return lines, f"The training came out the same, bit for bit{f' ({others})' if others else ''}."
    return lines, (
        f"The training came out the same within the tolerance: losses may differ by {LOSS:g}, and the "
        f"answers to {100 * SHARE:g} % of the pictures, or to one. Bits can be expected to be the same only "
        f"under the same conditions ({others})."
    )


def _others(conditions: Sequence[Line]) -> str:
    """The conditions that are not known to be the same."""
    changed = [line.what for line in conditions if line.outcome == "other"]
    unknown = [line.what for line in conditions if line.outcome == "unknown"]
    texts = [f"changed: {', '.join(changed)}"] if changed else []
    return "; ".join([*texts, *([f"not recorded: {', '.join(unknown)}"] if unknown else [])])


def _settings(then: Recorded, now: Recorded) -> Iterator[Line]:
    """What the user chose; the recipe is compared with the one in the model file."""
    one, other = (tomllib.loads(run.classifier.recipe) for run in (then, now))
    changed = [name for name in one if name in other and one[name] != other[name]]
    if changed:
        yield Line("recipe", _listed(one, changed), _listed(other, changed), "differs")
    else:
        yield Line("recipe", str(one.get("name")), str(other.get("name")), "same")
    yield Line("seed", str(then.seed), str(now.seed), "same" if then.seed == now.seed else "differs")


def _conditions(then: Recorded, now: Recorded) -> Iterator[Line]:
    one, other = (dict(run.facts.get("versions", {})) for run in (then, now))
    shown = [name for name in other if one.get(name) != other[name]] or list(other)
    yield Line("versions", _listed(one, shown), _listed(other, shown), "same" if one == other else "other")
    for name in ("python", "machine", "instructions", "precision", "threads", "device", "gpu"):
        if name in now.facts or name in then.facts:
            a, b = then.facts.get(name), now.facts.get(name)
            outcome: Outcome = "same" if a == b else "unknown" if a is None else "other"
            yield Line(name, "-" if a is None else str(a), "-" if b is None else str(b), outcome)


def _results(then: Recorded, now: Recorded, exact: bool) -> Iterator[Line]:
    yield _history(then, now, exact)
    yield _of_bits("kept epoch", str(then.facts["kept_epoch"]), str(now.facts["kept_epoch"]), exact)
    yield _share("accuracy", then.metrics["accuracy"], now.metrics["accuracy"], exact)
    for name, share in now.metrics["per_class"].items():
        yield _share(f"class {name}", then.metrics["per_class"].get(name), share, exact)
    yield _share("none of these", _refused(then), _refused(now), exact)
    a, b = then.metrics["loss"], now.metrics["loss"]
    if a is not None and b is not None:
        yield _loss(a, b, exact)
    yield _of_bits("model file", then.digest[:12], now.digest[:12], exact)


def _history(then: Recorded, now: Recorded, exact: bool) -> Line:
    """Same if all that both record is the same; else as near as the mean losses are."""
    one, other = (fmean(float(line["loss"]) for line in run.history) for run in (then, now))
    texts = Line(
        "history",
        f"{len(then.history)} epochs, mean loss {one:.6f}",
        f"{len(now.history)} epochs, mean loss {other:.6f}",
        "differs",
    )
    if len(then.history) != len(now.history):
        return texts
    pairs = zip(then.history, now.history, strict=True)
    if all(a[name] == b[name] for a, b in pairs for name in a if name in b):
        return replace(texts, outcome="same")
    return replace(texts, outcome="differs" if exact or abs(one - other) > LOSS else "close")


def _loss(then: float, now: float, exact: bool) -> Line:
    near = not exact and abs(then - now) <= LOSS
    outcome: Outcome = "same" if then == now else "close" if near else "differs"
    return Line("loss", f"{then:.6f}", f"{now:.6f}", outcome)


def _share(what: str, then: Mapping[str, Any] | None, now: Mapping[str, Any], exact: bool) -> Line:
    one, other = (f"{share['right']} of {share['total']}" if share else "-" for share in (then, now))
    if not then or then["total"] != now["total"]:
        return Line(what, one, other, "differs")
    if then["right"] == now["right"]:
        return Line(what, one, other, "same")
    near = abs(then["right"] - now["right"]) <= max(1, SHARE * now["total"])
    return Line(what, one, other, "close" if near and not exact else "differs")


def _of_bits(what: str, then: str, now: str, exact: bool) -> Line:
    """What has no tolerance: same, or, where bits cannot be the same, whatever comes."""
    return Line(what, then, now, "same" if then == now else "differs" if exact else "other")


def _refused(run: Recorded) -> dict[str, int]:
    return {"right": run.metrics["refused"], "total": run.metrics["accuracy"]["total"]}


def _listed(table: Mapping[str, Any], names: Sequence[str]) -> str:
    return ", ".join(f"{name} {table.get(name, '-')}" for name in names)
