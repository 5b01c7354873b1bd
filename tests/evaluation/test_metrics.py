"""Answers and truth: shares, confusion and loss of a small table, and nothing of nothing."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from oxmark.errors import NotAPicture
from oxmark.evaluation.metrics import SMALLEST, Evaluation, Share

CLASSES = ("O", "X", "틱")
Row = tuple[int, tuple[float, ...], float]
ROWS: list[Row] = [  # truth, probabilities, known
    (0, (0.8, 0.1, 0.1), 1.0),
    (0, (0.2, 0.5, 0.3), 0.9),
    (0, (0.6, 0.4, 0.0), 0.4),
    (1, (0.1, 0.9, 0.0), 0.5),
    (1, (0.7, 0.3, 0.0), 0.0),
    (1, (0.2, 0.1, 0.7), 1.0),
]  # no picture of the third class


def evaluation_of(rows: list[Row]) -> Evaluation:
    return Evaluation(
        classes=CLASSES,
        files=tuple(f"{number}.png" for number in range(len(rows))),
        truth=np.array([truth for truth, _, _ in rows], np.int64),
        probabilities=np.array([p for _, p, _ in rows], np.float32).reshape(-1, 3),
        known=np.array([known for _, _, known in rows], np.float32),
        part="validation",
        left_out=("learned.png",),
        errors=(NotAPicture("note.png is no picture.", Path("note.png")),),
    )


def test_answers_and_accuracy() -> None:
    evaluation = evaluation_of(ROWS)
    assert evaluation.answers.tolist() == [0, 1, 0, 1, 0, 2]
    assert evaluation.answers.dtype == np.int64
    assert evaluation.accuracy == Share(3, 6)
    assert evaluation.sentence == (
        "3 of 6 right (50.0 %): so few pictures show only that "
        "11.8 to 88.2 % of such pictures are read rightly."
    )


def test_each_class_has_its_share() -> None:
    assert evaluation_of(ROWS).per_class == {"O": Share(2, 3), "X": Share(1, 3), "틱": Share(0, 0)}


def test_confusion_has_the_truth_in_rows() -> None:
    confusion = evaluation_of(ROWS).confusion
    assert confusion.tolist() == [[2, 1, 0], [1, 1, 1], [0, 0, 0]]
    assert confusion.dtype == np.int64


def test_the_refused_are_counted_beside() -> None:
    assert evaluation_of(ROWS).refused == 2


def test_the_loss_is_the_mean_cross_entropy() -> None:
    expected = -sum(math.log(p) for p in (0.8, 0.2, 0.6, 0.9, 0.3, 0.1)) / 6
    assert evaluation_of(ROWS).loss == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("probability", "loss"), [(0.0, -math.log(SMALLEST)), (1e-9, -math.log(SMALLEST)), (1.0, 0.0)]
)
def test_the_loss_stays_finite(probability: float, loss: float) -> None:
    assert evaluation_of([(0, (probability, 1 - probability, 0), 1)]).loss == pytest.approx(loss)


@pytest.mark.parametrize(
    ("share", "value", "interval"),
    [
        (Share(12, 12), 1.0, (0.73535, 1.0)),
        (Share(0, 12), 0.0, (0.0, 0.26465)),
        (Share(1, 2), 0.5, (0.01258, 0.98742)),
    ],
)
def test_a_share(share: Share, value: float, interval: tuple[float, float]) -> None:
    assert share.share == value
    assert share.interval == pytest.approx(interval, abs=1e-5)
    assert share.as_json() == {
        "right": share.right, "total": share.total, "share": value,
        "interval_95": list(share.interval or ()),
    }  # fmt: skip


def test_a_share_of_nothing_is_nothing() -> None:
    assert (Share(0, 0).share, Share(0, 0).interval) == (None, None)
    assert Share(0, 0).as_json() == {"right": 0, "total": 0, "share": None, "interval_95": None}


def test_the_json_is_plain_and_complete() -> None:
    found = json.loads(json.dumps(evaluation_of(ROWS).as_json(), allow_nan=False))
    assert list(found) == [
        "part", "accuracy", "per_class", "confusion", "loss", "refused", "left_out", "sentence", "errors",
    ]  # fmt: skip
    assert found["part"] == "validation"
    assert found["accuracy"]["right"] == 3
    assert found["per_class"]["틱"] == Share(0, 0).as_json()
    assert found["confusion"] == {
        "classes": ["O", "X", "틱"], "rows_truth_columns_answer": [[2, 1, 0], [1, 1, 1], [0, 0, 0]],
    }  # fmt: skip
    assert (found["refused"], found["left_out"]) == (2, ["learned.png"])
    assert found["errors"] == ["note.png is no picture."]


def test_no_pictures_show_nothing() -> None:
    evaluation = evaluation_of([])
    found = json.loads(json.dumps(evaluation.as_json(), allow_nan=False))
    assert evaluation.accuracy == Share(0, 0)
    assert found["loss"] is None and found["refused"] == 0
    assert found["confusion"]["rows_truth_columns_answer"] == [[0] * 3] * 3
    assert found["sentence"] == "No pictures were measured, so nothing is shown."
