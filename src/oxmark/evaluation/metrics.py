"""Answers and truth: accuracy with its exact interval, each class, confusion, loss."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from oxmark.errors import PictureError
from oxmark.evaluation.intervals import exact_interval, what_it_shows

if TYPE_CHECKING:
    from oxmark.evaluation.refusal import Refusal
    from oxmark.evaluation.reliability import Reliability

SMALLEST = 1e-7
"""Probabilities are clipped here before their logarithm is taken, as Keras does."""


@dataclasses.dataclass(frozen=True)
class Share:
    """So many of so many, with the exact 95 % interval; all None when there were none."""

    right: int
    total: int

    @property
    def share(self) -> float | None:
        """0..1."""
        return self.right / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Clopper-Pearson, 95 %, each end 0..1."""
        return exact_interval(self.right, self.total) if self.total else None

    def as_json(self) -> dict[str, Any]:
        """For ``metrics.json`` and ``--json``."""
        interval = list(self.interval) if self.interval else None
        return {"right": self.right, "total": self.total, "share": self.share, "interval_95": interval}


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """What a model answered to pictures whose class is known.

    Right means that the class with the largest probability is the true one; refusals ("none of these") are
    counted beside it.

    Attributes:
        classes: The model's class names.
        files: Names of the N pictures.
        truth: int64 ``(N,)``, class numbers.
        probabilities: float32 ``(N, classes)``.
        known: float32 ``(N,)``, 0..1.
        part: Which part was measured.
        left_out: Names of pictures left out because the model was trained on them.
        errors: Pictures that could not be read.
    """

    classes: tuple[str, ...]
    files: tuple[str, ...]
    truth: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float32]
    known: npt.NDArray[np.float32]
    part: str = "test"
    left_out: tuple[str, ...] = ()
    errors: tuple[PictureError, ...] = ()

    @functools.cached_property
    def answers(self) -> npt.NDArray[np.int64]:
        """int64 ``(N,)``, the class with the largest probability."""
        answers: npt.NDArray[np.int64] = self.probabilities.argmax(axis=1).astype(np.int64)
        return answers

    @functools.cached_property
    def accuracy(self) -> Share:
        """Right answers of all."""
        return Share(int((self.answers == self.truth).sum()), len(self.truth))

    @functools.cached_property
    def per_class(self) -> dict[str, Share]:
        """Right answers among the pictures of each class."""
        right = self.answers == self.truth
        return {
            name: Share(int(right[self.truth == number].sum()), int((self.truth == number).sum()))
            for number, name in enumerate(self.classes)
        }

    @functools.cached_property
    def confusion(self) -> npt.NDArray[np.int64]:
        """int64 ``(classes, classes)``: row the truth, column the answer."""
        table = np.zeros((len(self.classes),) * 2, np.int64)
        np.add.at(table, (self.truth, self.answers), 1)
        return table

    @functools.cached_property
    def loss(self) -> float | None:
        """Mean cross-entropy in nats; None without pictures."""
        if len(self.truth) == 0:
            return None
        of_truth = self.probabilities[np.arange(len(self.truth)), self.truth].astype(np.float64)
        return float(-np.log(np.clip(of_truth, SMALLEST, 1)).mean())

    @functools.cached_property
    def refused(self) -> int:
        """How many were answered with "none of these"."""
        return int((self.known < 0.5).sum())

    @functools.cached_property
    def reliability(self) -> Reliability:
        """Whether the probabilities mean what they say."""
        from oxmark.evaluation.reliability import reliability

        return reliability(self.probabilities, self.truth)

    @functools.cached_property
    def refusal(self) -> Refusal:
        """What the threshold of "none of these" costs."""
        from oxmark.evaluation.refusal import refusal

        return refusal(self.known, self.answers == self.truth)

    @property
    def sentence(self) -> str:
        """What these pictures can and cannot show."""
        return what_it_shows(self.accuracy.right, self.accuracy.total)

    def as_json(self) -> dict[str, Any]:
        """For ``metrics.json`` and ``oxmark evaluate --json``."""
        return {
            "part": self.part,
            "accuracy": self.accuracy.as_json(),
            "per_class": {name: share.as_json() for name, share in self.per_class.items()},
            "confusion": {
                "classes": list(self.classes),
                "rows_truth_columns_answer": self.confusion.tolist(),
            },
            "loss": self.loss,
            "refused": self.refused,
            "left_out": list(self.left_out),
            "sentence": self.sentence,
            "errors": [str(error) for error in self.errors],
        }
