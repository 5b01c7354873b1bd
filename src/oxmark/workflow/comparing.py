"""compare: two models answer the same pictures; is one of them better?"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from oxmark.data.folder import read_folder
from oxmark.errors import ModelFileError, PictureError, require_packages
from oxmark.evaluation.comparison import Comparison, compare_answers
from oxmark.evaluation.metrics import Evaluation
from oxmark.inference import Classifier, load
from oxmark.words import Message
from oxmark.workflow.measuring import check_classes, chosen, learned_from, measure
from oxmark.workflow.progress import Progress

if TYPE_CHECKING:
    from oxmark.workflow.training_run import TrainingRun


@dataclass(frozen=True)
class Differing:
    """A picture that the two models answer differently.

    Attributes:
        file: Its name.
        truth: Its class.
        answers: What the first and the second answered.
        known: How far each took it for a mark of its classes, 0..1; below 0.5 it said "none of these".
    """

    file: str
    truth: str
    answers: tuple[str, str]
    known: tuple[float, float]


@dataclass(frozen=True)
class ComparedModels:
    """Two models on the same pictures.

    Attributes:
        names: Of the two.
        evaluations: What each answered, picture by picture in the same order, classes in the same order.
        comparison: Whether one is better.
        same: Whether they are one and the same model file.
        left_out: Names of pictures left out of both because one of them was trained or tuned on them.
        errors: Pictures that could not be read.
    """

    names: tuple[str, str]
    evaluations: tuple[Evaluation, Evaluation]
    comparison: Comparison
    same: bool
    left_out: tuple[str, ...]
    errors: tuple[PictureError, ...]

    @property
    def sentence(self) -> Message:
        """What is shown."""
        return Message("statistics.compared.same") if self.same else self.comparison.sentence

    @property
    def differing(self) -> tuple[Differing, ...]:
        """The pictures that they answer differently, in the folder's order."""
        one, other = self.evaluations
        classes = one.classes
        return tuple(
            Differing(
                one.files[row],
                classes[one.truth[row]],
                (classes[one.answers[row]], classes[other.answers[row]]),
                (float(one.known[row]), float(other.known[row])),
            )
            for row in np.flatnonzero(one.answers != other.answers)
        )

    def as_json(self) -> dict[str, Any]:
        """For ``oxmark compare --json``."""
        return {
            "part": self.evaluations[0].part,
            "models": [
                {"name": name, "accuracy": one.accuracy.as_json(), "loss": one.loss, "refused": one.refused}
                for name, one in zip(self.names, self.evaluations, strict=True)
            ],
            "same": self.same,
            "comparison": self.comparison.as_json(),
            "differing": [
                {"file": one.file, "class": one.truth, "answers": list(one.answers), "known": list(one.known)}
                for one in self.differing
            ],
            "left_out": list(self.left_out),
            "errors": [str(error) for error in self.errors],
        }


def compare(
    one: str | os.PathLike[str] | Classifier | TrainingRun | None,
    other: str | os.PathLike[str] | Classifier | TrainingRun | None,
    data: str | os.PathLike[str],
    *,
    part: str = "test",
    progress: Progress | None = None,
) -> ComparedModels:
    """Let two models answer the same pictures, and say whether a difference is shown (McNemar's exact test).

    Pictures that either model was trained or tuned on are recognised by their pixels and left out of both.

    Args:
        one: The first: a model file, a run folder, an open classifier; None takes the built-in O/X model.
        other: The second.
        data: Class folders, or part folders with class folders in them.
        part: ``"train"``, ``"validation"``, ``"test"`` or ``"all"``; a folder without parts is taken whole.
        progress: Told how far it is.

    Returns:
        Both evaluations and what they show together. Unreadable pictures are in ``errors``.

    Raises:
        FolderError: No such part, or class folders that the models do not know.
        ModelFileError: A model cannot be opened, or the two answer with different classes.

    Example:
        >>> print(compare("runs/a", "runs/b", "marks").sentence)  # doctest: +SKIP
        No difference shown: both models read the same 12 of 12 pictures rightly. ...
    """
    require_packages("Comparing", "scipy", "sklearn")
    first, second = (model if isinstance(model, Classifier) else load(model) for model in (one, other))
    _check_same_classes(first, second)
    dataset = read_folder(data)
    check_classes(dataset, first)
    samples = chosen(dataset, part)
    name = part if dataset.parts else "all"
    left_out = learned_from(first) | learned_from(second)
    answered = [
        measure(model, dataset, samples, part=name, left_out=left_out, progress=progress)
        for model in (first, second)
    ]
    evaluations = answered[0], _in_order_of(first.classes, answered[1])
    rights = [found.answers == found.truth for found in evaluations]
    return ComparedModels(
        names=(first.name, second.name),
        evaluations=evaluations,
        comparison=compare_answers(*rights),
        same=first.digest == second.digest,
        left_out=evaluations[0].left_out,
        errors=evaluations[0].errors,
    )


def _check_same_classes(first: Classifier, second: Classifier) -> None:
    if set(first.classes) != set(second.classes):
        raise ModelFileError(
            f"{first.name} answers with {', '.join(first.classes)}, but {second.name} with "
            f"{', '.join(second.classes)}. Only models with the same classes can be compared; train both on "
            "the same class folders."
        )


def _in_order_of(classes: tuple[str, ...], found: Evaluation) -> Evaluation:
    """The same answers, classes in this order."""
    places = [found.classes.index(name) for name in classes]
    return replace(
        found,
        classes=classes,
        truth=np.argsort(places).astype(np.int64)[found.truth],
        probabilities=found.probabilities[:, places],
    )
