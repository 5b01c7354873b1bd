"""The report of a training: what it learned from, how it went, what its model answers."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oxmark.data.decode import decode
from oxmark.inference import Classifier
from oxmark.words import Message
from oxmark.workflow.album import Look, Pixels, album, contrast, shown
from oxmark.workflow.documenting import (
    MOST_HEAT,
    answers_section,
    beginning,
    by_hand,
    headline,
    show,
    shown_rows,
    write_document,
)
from oxmark.workflow.looking import spread

if TYPE_CHECKING:
    from oxmark.evaluation.metrics import Evaluation
    from oxmark.recipes import Recipe
    from oxmark.training.loop import Epoch
    from oxmark.workflow.preparing import PreparedSet

SAMPLES_PER_CLASS = 8
MOST_SAMPLES = 40


def write_run_report(
    folder: Path,
    recipe: Recipe,
    prepared: PreparedSet,
    evaluation: Evaluation,
    classifier: Classifier,
    history: Sequence[Epoch],
    facts: Mapping[str, Any],
) -> Path:
    """Write ``report.json`` and ``report.html`` of a finished run.

    Args:
        folder: The run folder.
        recipe: How it was trained.
        prepared: The pictures.
        evaluation: What the model answered to the test pictures.
        classifier: The model.
        history: One entry an epoch.
        facts: What ``run.json`` holds, and ``recipe`` (TOML), ``model_digest``, ``verdict`` and ``findings``.

    Returns:
        The page.

    Raises:
        OutputError: It cannot be written.
    """
    document = {
        **beginning("run", folder.resolve().name, prepared.dataset.classes),
        "verdict": facts["verdict"],
        "data": {
            "folder": facts["data"],
            "digest": facts["data_digest"],
            "counts": prepared.dataset.counts(),
        },
        "history": [_epoch(entry) for entry in history],
        "kept_epoch": facts["kept_epoch"],
        "trouble": facts["trouble"],
        "findings": facts["findings"],
        "provenance": {name: facts[name] for name in _PROVENANCE if name in facts},
    }
    pictures = _samples(recipe, prepared)
    document["data"]["samples"] = list(pictures)
    if evaluation.accuracy.total:
        measured_on = Message("validate.measured_on_test", {"count": evaluation.accuracy.total})
        document["headline"] = headline(evaluation, measured_on)
        document["test"], answered = _test(recipe, prepared, evaluation, classifier, measured_on)
        pictures |= answered
    return write_document(folder, {**document, "pictures": pictures})


def _epoch(entry: Epoch) -> dict[str, Any]:
    """JSON knows no NaN: what was not measured is null."""
    values = dataclasses.asdict(entry)
    return {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in values.items()
    }


_PROVENANCE = (
    "recipe",
    "seed",
    "command",
    "data_digest",
    "model_digest",
    "versions",
    "python",
    "machine",
    "processors",
    "device",
    "seconds",
)


def _samples(recipe: Recipe, prepared: PreparedSet) -> dict[str, Any]:
    """Some training pictures of each class, and what the network sees of them."""
    rows = prepared.rows("train")
    labels = prepared.labels(rows)
    classes = len(prepared.dataset.classes)
    each = max(1, min(SAMPLES_PER_CLASS, MOST_SAMPLES // classes))
    chosen = [row for label in range(classes) for row in spread(rows[labels == label].tolist(), each)]
    samples = [prepared.dataset.samples[row] for row in chosen[:MOST_SAMPLES]]

    def look(place: int, _: Pixels) -> Look:
        return Look(shown(prepared.seen[chosen[place]][0], recipe))

    return album(prepared.dataset, samples, look, "sample")


def _test(
    recipe: Recipe,
    prepared: PreparedSet,
    evaluation: Evaluation,
    classifier: Classifier,
    measured_on: Message,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The section on the test part, and its pictures."""
    from oxmark.report.heat import scale_of

    by_name = {prepared.dataset.relative(sample): sample for sample in prepared.dataset.samples}
    samples = [by_name[name] for name in evaluation.files]
    section = answers_section(evaluation, by_hand(evaluation, samples), measured_on)
    rows = shown_rows(evaluation)
    seen = {s.path: picture[0] for s, picture in zip(prepared.dataset.samples, prepared.seen, strict=True)}
    views = [classifier.view(decode(samples[row].path)) for row in rows[:MOST_HEAT]]
    heats = [
        contrast(view.heat, evaluation.probabilities[row], int(evaluation.truth[row]))
        for row, view in zip(rows, views, strict=False)
    ]

    def look(place: int, _: Pixels) -> Look:
        drawn = shown(seen[samples[rows[place]].path], recipe)
        return Look(drawn, heats[place], views[place].box) if place < len(views) else Look(drawn)

    pictures = album(prepared.dataset, [samples[row] for row in rows], look, "test", scale_of(heats))
    show(section, evaluation, {row: f"test-{place}" for place, row in enumerate(rows)})
    return section, pictures
