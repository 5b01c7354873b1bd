"""The pictures and tables of a run: what was learned from, how it went, what it answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from oxmark.data.dataset import Dataset, Sample
from oxmark.files import make_folder, write_text
from oxmark.workflow import run_folder
from oxmark.workflow.looking import spread

if TYPE_CHECKING:
    from oxmark.evaluation.metrics import Evaluation
    from oxmark.recipes import Recipe
    from oxmark.training.loop import Fitted
    from oxmark.workflow.preparing import PreparedSet

PICTURES_PER_CLASS = 8
ROWS_OF_VARIANTS = 4


def draw_run(
    folder: Path, recipe: Recipe, prepared: PreparedSet, fitted: Fitted, evaluation: Evaluation
) -> None:
    """Write all pictures and tables of a finished run into its folder. Raises :class:`OutputError`."""
    from oxmark.report.curves import curves

    history = {
        name: [getattr(entry, name) for entry in fitted.history]
        for name in ("epoch", "loss", "accuracy", "validation_loss", "validation_accuracy")
    }
    title = f"Training, recipe {recipe.name}"
    curves(folder / "curves.png", history=history, kept_epoch=fitted.kept_epoch, title=title)
    _draw_samples(folder / "samples.png", prepared.dataset)
    _draw_variants(folder / "augmentations.png", recipe, prepared)
    draw_evaluation(folder, prepared.dataset, evaluation)


def draw_evaluation(folder: Path, dataset: Dataset, evaluation: Evaluation) -> None:
    """Write ``test.png``, ``confusion.png``, ``test.csv``, ``metrics.json``. Raises :class:`OutputError`."""
    from oxmark.report.confusion import confusion

    make_folder(folder)
    classes = evaluation.classes
    rows = [
        [file, classes[truth], classes[answer], int(answer == truth), float(known), *map(float, values)]
        for file, truth, answer, known, values in zip(
            evaluation.files,
            evaluation.truth,
            evaluation.answers,
            evaluation.known,
            evaluation.probabilities,
            strict=True,
        )
    ]
    columns = ["file", "class", "answer", "right", "known", *(f"probability {name}" for name in classes)]
    run_folder.write_table(folder / "test.csv", columns, rows)
    text = json.dumps(evaluation.as_json(), ensure_ascii=False, indent=2)
    write_text(folder / "metrics.json", text + "\n")
    _draw_answers(folder / "test.png", dataset, evaluation)
    share = evaluation.accuracy
    confusion(
        folder / "confusion.png",
        matrix=evaluation.confusion,
        classes=classes,
        title=f"{share.right} of {share.total} right ({evaluation.part})",
    )


def _draw_samples(path: Path, dataset: Dataset) -> None:
    from oxmark.report.sheets import contact_sheet

    train = dataset.part("train")
    chosen = [
        spread([s for s in train if s.label == label], PICTURES_PER_CLASS)
        for label in range(len(dataset.classes))
    ]
    contact_sheet(
        path,
        rows=[(f"{name}", _tiles(some, dataset)) for name, some in zip(dataset.classes, chosen, strict=True)],
        title="Some of the training pictures",
    )


def _tiles(samples: Sequence[Sample], dataset: Dataset) -> list[Tile]:
    from oxmark.report.sheets import Tile
    from oxmark.workflow.preparing import thumbnails

    pictures = thumbnails(samples)
    return [Tile(picture, sample.path.name) for picture, sample in zip(pictures, samples, strict=True)]


def _draw_variants(path: Path, recipe: Recipe, prepared: PreparedSet) -> None:
    from oxmark.report.augmentation import augmentation_sheet
    from oxmark.workflow.augmenting import variants_of

    train = prepared.rows("train")
    labels = prepared.labels(train)
    each = max(1, ROWS_OF_VARIANTS // max(1, len(set(labels.tolist()))))
    first = [row for label in sorted(set(labels.tolist())) for row in train[labels == label][:each]]
    chosen = [int(row) for row in first[:ROWS_OF_VARIANTS]]
    samples = [prepared.dataset.samples[row] for row in chosen]
    rows = variants_of([s.path for s in samples], prepared.seen[chosen], recipe, seed=0)
    augmentation_sheet(path, rows=rows, title=f"What training makes of a picture, recipe {recipe.name}")


def _draw_answers(path: Path, dataset: Dataset, evaluation: Evaluation) -> None:
    from oxmark.report.fonts import class_labels
    from oxmark.report.sheets import MOST_ANSWERS, Tile, answers_grid
    from oxmark.workflow.preparing import thumbnails

    right = evaluation.answers == evaluation.truth
    order = np.argsort(right, kind="stable")  # wrong ones first
    shown = order[:MOST_ANSWERS]
    by_name = {dataset.relative(sample): sample for sample in dataset.samples}
    pictures = thumbnails([by_name[evaluation.files[i]] for i in shown])
    blank, names = np.zeros((1, 1), np.uint8), class_labels(evaluation.classes)
    tiles = []
    for place, i in enumerate(order):
        name = names[evaluation.answers[i]]
        certainty = f"{name}  {evaluation.probabilities[i, evaluation.answers[i]] * 100:.1f} %"
        picture = pictures[place] if place < len(pictures) else blank
        truth = f"{Path(evaluation.files[i]).name}: {names[evaluation.truth[i]]}"
        tiles.append(Tile(picture, certainty, truth, bool(right[i])))
    share = evaluation.accuracy
    answers_grid(path, tiles=tiles, title=f"{share.right} of {share.total} right ({evaluation.part})")


if TYPE_CHECKING:
    from oxmark.report.sheets import Tile
