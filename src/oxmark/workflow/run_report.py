"""The report of a training: what it learned from, how it went, what its model answers."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oxmark.data.decode import WORKERS, decode
from oxmark.inference import Classifier, View
from oxmark.words import Message
from oxmark.workflow.album import Album, Look, contrast, shown
from oxmark.workflow.documenting import (
    MOST_HEAT,
    answers_section,
    beginning,
    by_hand,
    headline,
    show,
    shown_rows,
)

if TYPE_CHECKING:
    from oxmark.evaluation.metrics import Evaluation
    from oxmark.recipes import Recipe
    from oxmark.training.loop import Epoch
    from oxmark.workflow.preparing import PreparedSet


def run_document(
    folder: Path,
    prepared: PreparedSet,
    evaluation: Evaluation,
    history: Sequence[Epoch],
    facts: Mapping[str, Any],
    samples: Album,
    answers: Album,
) -> dict[str, Any]:
    """What ``report.json`` of a finished run holds.

    Args:
        folder: The run folder.
        prepared: The pictures.
        evaluation: What the model answered to the test pictures.
        history: One entry an epoch.
        facts: What ``run.json`` holds, and ``recipe`` (TOML), ``model_digest``, ``verdict`` and ``findings``.
        samples: Some of the training pictures.
        answers: Some of the test pictures: those that :func:`looked_at` chose, in its order.
    """
    document = {
        **beginning("run", folder.resolve().name, prepared.dataset.classes),
        "verdict": facts["verdict"],
        "data": {
            "folder": facts["data"],
            "digest": facts["data_digest"],
            "counts": prepared.dataset.counts(),
            "samples": list(samples),
        },
        "history": [_epoch(entry) for entry in history],
        "kept_epoch": facts["kept_epoch"],
        "trouble": facts["trouble"],
        "findings": facts["findings"],
        "provenance": {name: facts[name] for name in _PROVENANCE if name in facts},
    }
    if evaluation.accuracy.total:
        measured_on = Message("validate.measured_on_test", {"count": evaluation.accuracy.total})
        document["headline"] = headline(evaluation, measured_on)
        document["test"] = _test(prepared, evaluation, answers, measured_on)
    return {**document, "pictures": samples | answers}


def looked_at(
    recipe: Recipe,
    prepared: PreparedSet,
    evaluation: Evaluation,
    classifier: Classifier,
    views: Mapping[str, View],
) -> dict[str, Look]:
    """What the network made of the test pictures that are shown, by the name of the file.

    Args:
        recipe: How the network was trained.
        prepared: The pictures.
        evaluation: The answers.
        classifier: Asked once more about those that are shown and not among the views.
        views: What the network saw, by the name of the file.
    """
    by_name = {prepared.dataset.relative(s): row for row, s in enumerate(prepared.dataset.samples)}
    rows = shown_rows(evaluation)
    names = [evaluation.files[row] for row in rows]

    def viewed(name: str) -> View:
        return views.get(name) or classifier.view(decode(prepared.dataset.samples[by_name[name]].path))

    looks = {name: Look(shown(prepared.seen[by_name[name]][0], recipe)) for name in names}
    with ThreadPoolExecutor(WORKERS) as pool:
        for row, name, view in zip(rows, names, pool.map(viewed, names[:MOST_HEAT]), strict=False):
            heat = contrast(view.heat, evaluation.probabilities[row], int(evaluation.truth[row]))
            looks[name] = replace(looks[name], heat=heat, box=view.box)
    return looks


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


def _test(
    prepared: PreparedSet, evaluation: Evaluation, answers: Album, measured_on: Message
) -> dict[str, Any]:
    """The section on the test part."""
    by_name = {prepared.dataset.relative(sample): sample for sample in prepared.dataset.samples}
    samples = [by_name[name] for name in evaluation.files]
    section = answers_section(evaluation, by_hand(evaluation, samples), measured_on)
    show(section, evaluation, dict(zip(shown_rows(evaluation), answers, strict=True)))
    return section
