"""The pictures and tables of a run: what was learned from, how it went, what it answers.

Each function is handed just what it draws, so that another process can draw while the network learns.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from oxmark.data.dataset import Dataset, Sample
from oxmark.files import make_folder, write_text
from oxmark.workflow import run_folder
from oxmark.workflow.album import SIZE, Album, Look, Pixels, album, shown
from oxmark.workflow.looking import spread

if TYPE_CHECKING:
    from oxmark.evaluation.metrics import Evaluation
    from oxmark.recipes import Recipe
    from oxmark.training.loop import Epoch
    from oxmark.workflow.preparing import PreparedSet

SAMPLES_PER_CLASS = 8
MOST_REPORTED = 40
ROWS_OF_VARIANTS = 4


@dataclass(frozen=True, eq=False)
class Learned:
    """What is shown of the pictures that were learned from.

    Attributes:
        dataset: Some training pictures of each class, and nothing else.
        reported: Those for the report.
        seen: What the network sees of each of these, float32 ``(N, S, S)``, as it is drawn.
        varied: Training pictures whose variants are shown.
        variants: What the network sees of each of these, float32 ``(M, 1 + count, S, S)``: as it is, then
            changed at random.
    """

    dataset: Dataset
    reported: tuple[Sample, ...]
    seen: npt.NDArray[np.float32]
    varied: tuple[Path, ...]
    variants: npt.NDArray[np.float32]


def learned_from(recipe: Recipe, prepared: PreparedSet) -> Learned:
    """Choose what is shown of the training pictures."""
    from oxmark.workflow.augmenting import changed_at_random

    rows = prepared.rows("train")
    labels = prepared.labels(rows)
    by_class = [rows[labels == label].tolist() for label in range(len(prepared.dataset.classes))]
    sheet = [row for some in by_class for row in spread(some, SAMPLES_PER_CLASS)]
    each = max(1, min(SAMPLES_PER_CLASS, MOST_REPORTED // len(by_class)))
    reported = [row for some in by_class for row in spread(some, each)][:MOST_REPORTED]
    present = [some for some in by_class if some]
    varied = [row for some in present for row in some[: max(1, ROWS_OF_VARIANTS // len(present))]]
    seen = prepared.seen[varied[:ROWS_OF_VARIANTS]]
    variants = np.concatenate([seen, changed_at_random(seen, recipe, seed=0)], axis=1)
    samples = prepared.dataset.samples
    return Learned(
        dataset=replace(prepared.dataset, samples=tuple(samples[row] for row in sheet), skipped=()),
        reported=tuple(samples[row] for row in reported),
        seen=shown(prepared.seen[reported][:, 0], recipe),
        varied=tuple(samples[row].path for row in varied[:ROWS_OF_VARIANTS]),
        variants=shown(variants, recipe),
    )


def draw_learned(folder: Path, recipe: str, learned: Learned) -> Album:
    """Write ``samples.png`` and ``augmentations.png``. Raises :class:`OutputError`.

    Args:
        folder: The run folder.
        recipe: Its name.
        learned: What is shown.

    Returns:
        The samples for the report.
    """
    kept = _Thumbnails()
    looks = [Look(seen) for seen in learned.seen]
    pictures = album(
        learned.dataset, learned.reported, lambda place, _: looks[place], "sample", keep=kept.small
    )
    _draw_samples(folder / "samples.png", learned.dataset, kept)
    _draw_variants(folder / "augmentations.png", recipe, learned)
    return pictures


def columns_of(history: Sequence[Epoch]) -> dict[str, list[float]]:
    """The curves of a training, one value an epoch each."""
    names = ("epoch", "loss", "accuracy", "validation_loss", "validation_accuracy")
    return {name: [getattr(entry, name) for entry in history] for name in names}


def draw_course(folder: Path, recipe: str, columns: Mapping[str, Sequence[float]], kept_epoch: int) -> None:
    """Write ``curves.png``. Raises :class:`OutputError`."""
    from oxmark.report.curves import curves

    title = f"Training, recipe {recipe}"
    curves(folder / "curves.png", history=columns, kept_epoch=kept_epoch, title=title)


def draw_test(folder: Path, dataset: Dataset, evaluation: Evaluation, looks: Mapping[str, Look]) -> Album:
    """Draw the answers as :func:`draw_evaluation` does.

    Args:
        folder: The run folder.
        dataset: Where the pictures are.
        evaluation: The answers.
        looks: What the network made of those that the report shows, by the name of the file.

    Returns:
        These, for the report.
    """
    from oxmark.report.heat import scale_of

    kept = _Thumbnails()
    by_name = {dataset.relative(sample): sample for sample in dataset.samples}
    every = list(looks.values())
    samples = [by_name[name] for name in looks]
    scale = scale_of(look.heat for look in every if look.heat is not None)
    pictures = album(dataset, samples, lambda place, _: every[place], "test", scale, keep=kept.small)
    draw_evaluation(folder, dataset, evaluation, kept.small)
    return pictures


def draw_evaluation(
    folder: Path, dataset: Dataset, evaluation: Evaluation, small: Mapping[Path, Pixels] | None = None
) -> None:
    """Write ``test.png``, ``confusion.png``, ``test.csv``, ``metrics.json``. Raises :class:`OutputError`.

    Args:
        folder: Where to.
        dataset: Where the pictures are.
        evaluation: The answers.
        small: Thumbnails that there are already.
    """
    from oxmark.report.confusion import confusion

    make_folder(folder)
    classes = evaluation.classes
    columns = ["file", "class", "answer", "right", "known", *(f"probability {name}" for name in classes)]
    run_folder.write_table(folder / "test.csv", columns, _rows(evaluation))
    text = json.dumps(evaluation.as_json(), ensure_ascii=False, indent=2)
    write_text(folder / "metrics.json", text + "\n")
    _draw_answers(folder / "test.png", dataset, evaluation, _Thumbnails(small))
    share = evaluation.accuracy
    confusion(
        folder / "confusion.png",
        matrix=evaluation.confusion,
        classes=classes,
        title=f"{share.right} of {share.total} right ({evaluation.part})",
    )


class _Thumbnails:
    """Small copies of pictures, each decoded once.

    Attributes:
        small: uint8 ``(h, w, 3)`` each, by where the picture lies.
    """

    def __init__(self, small: Mapping[Path, Pixels] | None = None) -> None:
        self.small: dict[Path, Pixels] = dict(small or {})

    def of(self, samples: Sequence[Sample]) -> list[Pixels]:
        """The small copies of these."""
        from concurrent.futures import ThreadPoolExecutor

        from oxmark.data.decode import WORKERS, decode
        from oxmark.report.pictures import thumbnail

        missing = [sample.path for sample in samples if sample.path not in self.small]
        with ThreadPoolExecutor(WORKERS) as pool:
            made = pool.map(lambda path: thumbnail(decode(path), SIZE), missing)
            self.small.update(zip(missing, made, strict=True))
        return [self.small[sample.path] for sample in samples]


def _draw_samples(path: Path, dataset: Dataset, kept: _Thumbnails) -> None:
    from oxmark.report.sheets import Tile, contact_sheet

    rows = []
    for label, name in enumerate(dataset.classes):
        samples = [sample for sample in dataset.samples if sample.label == label]
        tiles = [Tile(picture, s.path.name) for picture, s in zip(kept.of(samples), samples, strict=True)]
        rows.append((name, tiles))
    contact_sheet(path, rows=rows, title="Some of the training pictures")


def _draw_variants(path: Path, recipe: str, learned: Learned) -> None:
    from oxmark.data.decode import decode
    from oxmark.report.augmentation import AugmentationRow, augmentation_sheet

    rows = [
        AugmentationRow(decode(file), pictures[0], pictures[1:], file.name)
        for file, pictures in zip(learned.varied, learned.variants, strict=True)
    ]
    augmentation_sheet(path, rows=rows, title=f"What training makes of a picture, recipe {recipe}")


def _rows(evaluation: Evaluation) -> list[list[Any]]:
    """The lines of ``test.csv``."""
    classes = evaluation.classes
    return [
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


def _draw_answers(path: Path, dataset: Dataset, evaluation: Evaluation, kept: _Thumbnails) -> None:
    from oxmark.report.fonts import class_labels
    from oxmark.report.sheets import MOST_ANSWERS, Tile, answers_grid

    right = evaluation.answers == evaluation.truth
    order = np.argsort(right, kind="stable")  # wrong ones first
    by_name = {dataset.relative(sample): sample for sample in dataset.samples}
    pictures = kept.of([by_name[evaluation.files[i]] for i in order[:MOST_ANSWERS]])
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
