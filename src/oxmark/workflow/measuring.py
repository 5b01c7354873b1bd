"""evaluate: a model and pictures whose class is known; what may be believed."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from oxmark.data.dataset import PARTS, Dataset, Sample
from oxmark.data.decode import WORKERS, decode
from oxmark.data.folder import read_folder
from oxmark.data.split import picture_digest
from oxmark.errors import FolderError, PictureError, require_packages
from oxmark.evaluation.metrics import Evaluation
from oxmark.inference import Classifier, Prediction, View, load
from oxmark.workflow.progress import Progress, done_for_each

if TYPE_CHECKING:
    from oxmark.workflow.training_run import TrainingRun


def evaluate(
    model: str | os.PathLike[str] | Classifier | TrainingRun | None,
    data: str | os.PathLike[str],
    *,
    part: str = "test",
    out: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Measure a model on pictures whose class is known from their folders.

    Pictures that the model was trained or tuned on are recognised by their pixels and left out.

    Args:
        model: A model file, a run folder, an open classifier; None takes the built-in O/X model.
        data: Class folders, or part folders with class folders in them.
        part: ``"train"``, ``"validation"``, ``"test"`` or ``"all"``; a folder without parts is taken whole.
        out: A folder for ``test.png``, ``confusion.png``, ``test.csv``, ``metrics.json``; None writes none.
        progress: Told how far it is.

    Returns:
        Accuracy with its exact interval, each class, confusion, loss. Unreadable pictures are in ``errors``.

    Raises:
        FolderError: No such part, or class folders that the model does not know.
        ModelFileError: The model cannot be opened.

    Example:
        >>> evaluate("runs/first", "marks").sentence  # doctest: +SKIP
        '12 of 12 right (100.0 %): so few pictures show only that at least 73.5 % ...'
    """
    require_statistics()
    classifier = model if isinstance(model, Classifier) else load(model)
    dataset = read_folder(data)
    check_classes(dataset, classifier)
    samples = chosen(dataset, part)
    name = part if dataset.parts else "all"
    learned = learned_from(classifier)
    evaluation = measure(classifier, dataset, samples, part=name, left_out=learned, progress=progress)
    if out is not None and evaluation.accuracy.total:
        from oxmark.workflow.run_pictures import draw_evaluation

        draw_evaluation(Path(out), dataset, evaluation)
    return evaluation


def require_statistics() -> None:
    """Figures need SciPy and scikit-learn. Raises :class:`MissingExtra`."""
    require_packages("Evaluating", "scipy", "sklearn")


def learned_from(classifier: Classifier) -> set[str]:
    """Digests of the pictures that a model was trained or tuned on."""
    pictures = classifier.trained_on.get("pictures", {})
    return {digest for digests in pictures.values() for digest in digests}


@dataclass(frozen=True)
class _Answered:
    sample: Sample
    digest: str
    prediction: Prediction


def measure(
    classifier: Classifier,
    dataset: Dataset,
    samples: Sequence[Sample],
    *,
    part: str,
    left_out: set[str],
    views: dict[str, View] | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Answer every sample and compare with its class.

    Args:
        classifier: The model.
        dataset: Where the samples are from; its classes must be among the model's.
        samples: What to answer.
        part: Its name, for the report.
        left_out: Digests of pictures that must not be measured on.
        views: Where what the network saw of each is put, by the name of its file; None where nobody wants it.
        progress: Told how far it is.
    """

    def answer(sample: Sample, pixels: npt.NDArray[np.uint8]) -> Prediction:
        if views is None:
            return classifier.predict(pixels)
        view = views[dataset.relative(sample)] = classifier.view(pixels)
        return view.prediction

    def one(sample: Sample) -> _Answered | PictureError:
        try:
            pixels = decode(sample.path)
        except PictureError as error:
            return error.kept()
        return _Answered(sample, picture_digest(pixels), answer(sample, pixels))

    results = done_for_each("answering the pictures", one, samples, progress or Progress(), WORKERS)
    answers = [result for result in results if isinstance(result, _Answered)]
    errors = [result for result in results if isinstance(result, PictureError)]
    fresh = [answer for answer in answers if answer.digest not in left_out]
    seen = [dataset.relative(answer.sample) for answer in answers if answer.digest in left_out]
    return replace(
        _evaluation(classifier, dataset, fresh), part=part, left_out=tuple(seen), errors=tuple(errors)
    )


def _evaluation(classifier: Classifier, dataset: Dataset, answers: Sequence[_Answered]) -> Evaluation:
    numbers = {name: number for number, name in enumerate(classifier.classes)}
    probabilities = [list(answer.prediction.probabilities.values()) for answer in answers]
    return Evaluation(
        classes=classifier.classes,
        files=tuple(dataset.relative(answer.sample) for answer in answers),
        truth=np.array([numbers[dataset.classes[a.sample.label]] for a in answers], np.int64),
        probabilities=np.array(probabilities, np.float32).reshape(len(answers), len(numbers)),
        known=np.array([answer.prediction.known for answer in answers], np.float32),
    )


def check_classes(dataset: Dataset, classifier: Classifier) -> None:
    """Refuse class folders that a model does not know. Raises :class:`FolderError`."""
    unknown = [name for name in dataset.classes if name not in classifier.classes]
    if not unknown:
        return
    close = difflib.get_close_matches(unknown[0], classifier.classes, n=1)
    hint = f" Is '{unknown[0]}' meant to be '{close[0]}'?" if close else ""
    raise FolderError(
        f"{dataset.root} has class folders that {classifier.name} does not know: {', '.join(unknown)}. "
        f"It knows {', '.join(classifier.classes)}.{hint} Rename or move those folders."
    )


def chosen(dataset: Dataset, part: str) -> tuple[Sample, ...]:
    """The samples of a part; all of a folder without parts. Raises :class:`FolderError`."""
    if part not in (*PARTS, "all"):
        raise FolderError(f"There is no part '{part}'. Parts are {', '.join(PARTS)} and all.")
    if part == "all" or not dataset.parts:
        return dataset.samples
    if part not in dataset.parts:
        raise FolderError(
            f"{dataset.root} has no {part} part; it has {', '.join(dataset.parts)}. "
            f"Choose one with --part, or --part all."
        )
    return dataset.part(part)
