"""What "none of these" costs, counted by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

from oxmark.evaluation.metrics import Share
from oxmark.evaluation.refusal import MOST_POINTS, Point, refusal

KNOWN = np.array([0.9, 0.1, 0.5, 0.9, 0.3, 0.49])
RIGHT = np.array([1, 0, 1, 0, 1, 0], bool)


def test_every_threshold_is_counted() -> None:
    found = refusal(KNOWN, RIGHT)
    assert [(p.threshold, p.answered, p.right) for p in found.points] == [
        (0.1, Share(6, 6), Share(3, 6)),
        (0.3, Share(5, 6), Share(3, 5)),
        (0.49, Share(4, 6), Share(2, 4)),
        (0.5, Share(3, 6), Share(2, 3)),
        (0.9, Share(2, 6), Share(1, 2)),
    ]
    assert found.at_half == Point(0.5, Share(3, 6), Share(2, 3))  # 0.5 itself is answered
    assert found.refused == Share(1, 3)


def test_many_thresholds_are_thinned_but_keep_their_ends() -> None:
    known = np.random.default_rng(0).random(400)
    points = refusal(known, known > 0.3).points
    assert len(points) == MOST_POINTS
    assert (points[0].threshold, points[-1].threshold) == (known.min(), known.max())
    assert points[0].answered == Share(400, 400)


@pytest.mark.parametrize(
    ("known", "right", "sentence"),
    [
        ([], [], "No pictures were measured, so nothing is known about refusing."),
        ([0.9, 0.5], [1, 1], "All 2 pictures are answered, none with 'none of these'."),
        (
            [0.1, 0.2], [1, 0],
            "All 2 pictures of these classes are answered with 'none of these': the model does not take them "
            "for marks of its classes.",
        ),
        (
            [0.9, 0.1, 0.5, 0.9, 0.3, 0.49], [1, 0, 1, 0, 1, 0],
            "Refusing costs 3 of 6 pictures of these classes (50.0 %): they are answered with 'none of these'"
            ". Of those answered 66.7 % are right, of the refused 33.3 % would have been.",
        ),
    ],
)  # fmt: skip
def test_the_sentence(known: list[float], right: list[int], sentence: str) -> None:
    found = refusal(np.array(known), np.array(right, bool))
    assert str(found.sentence) == sentence
    assert json.loads(json.dumps(found.as_json(), allow_nan=False))["sentence"]["text"] == sentence
