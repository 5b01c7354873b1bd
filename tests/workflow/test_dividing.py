"""How pictures are divided for a cross-validation: hands whole where that goes, and said where not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from oxmark.data.dataset import Dataset, Sample
from oxmark.data.decode import PictureInfo
from oxmark.data.traits import Traits
from oxmark.errors import FolderError
from oxmark.workflow.dividing import Divider, mean_counts, thinned
from oxmark.workflow.preparing import PreparedSet

SIZE = 24


def prepared(labels: Sequence[int], hands: Sequence[str | None], drawings: Sequence[int]) -> PreparedSet:
    """Pictures without pixels; those with the same number in ``drawings`` are exact copies."""
    classes = tuple(sorted({f"class {label}" for label in labels}))
    samples = tuple(
        Sample(Path(f"marks/{label}/{row}.png"), label, "train", hand)
        for row, (label, hand) in enumerate(zip(labels, hands, strict=True))
    )
    seen = np.zeros((len(labels), 1, SIZE, SIZE), np.float32)
    return PreparedSet(
        Dataset(Path("marks"), classes, samples, ()),
        seen,
        seen[:, None],
        tuple(traits(drawing) for drawing in drawings),
        (),
        (),
    )


def traits(drawing: int) -> Traits:
    rng = np.random.default_rng(drawing)
    near = rng.random(256) < 0.5
    frame = rng.random((32, 32), np.float32)
    info = PictureInfo(width=100, height=100, format="PNG", mode="L")
    return Traits(info, 1000, f"{drawing:016x}", near, 0.9, (1.0, 1.0, 1.0), frame)


def told(divider: Divider) -> list[str]:
    return [message.code for message in divider.notes]


def test_hands_are_kept_apart() -> None:
    labels, hands = [0, 1] * 12, [f"hand {row // 2 % 4}" for row in range(24)]
    divider = Divider(prepared(labels, hands, range(24)), 5)
    plan = divider.folds(0)
    assert len(plan) == 4
    assert told(divider) == ["validate.hands_apart", "validate.fewer_folds"]
    for rest, held in plan:
        assert {hands[row] for row in rest}.isdisjoint({hands[row] for row in held})


@pytest.mark.parametrize(
    ("hands", "code"),
    [
        ([None] * 12, "validate.hands_unknown"),
        (["anna"] * 12, "validate.one_hand"),
        (["anna"] * 11 + [None], "validate.hands_unknown_in_part"),
        (["anna", "ben"] * 6, "validate.hands_too_few"),  # each drew one class only
    ],
)
def test_where_hands_cannot_be_kept_apart_it_is_said(hands: list[str | None], code: str) -> None:
    divider = Divider(prepared([0, 1] * 6, hands, range(12)), 3)
    assert told(divider) == [code]
    assert len(divider.folds(0)) == 3


def test_copies_stay_together() -> None:
    drawings = [0, 1, 0, 1, 2, 3, 4, 5, 6, 7]
    divider = Divider(prepared([0, 1] * 5, [None] * 10, drawings), 4)
    for seed in range(5):
        for rest, held in divider.folds(seed):
            assert {drawings[row] for row in rest}.isdisjoint({drawings[row] for row in held})


def test_what_cannot_be_divided_is_refused_with_the_numbers() -> None:
    with pytest.raises(FolderError) as caught:
        Divider(prepared([0, 0, 1, 1], [None] * 4, [0, 0, 1, 1]), 5)
    assert str(caught.value) == (
        "marks cannot be divided into folds with every class to learn from in each: 'class 0' has 2, "
        "'class 1' has 2. Every class needs at least 2 pictures that are no copies of each other."
    )


def test_a_learning_curve_takes_the_same_share_of_each_class_smaller_in_larger() -> None:
    labels = np.array([0] * 16 + [1] * 8)
    plan = [(np.arange(2, 24), np.arange(2))]
    quarter, half = (thinned(plan, labels, share, seed=0) for share in (0.25, 0.5))
    assert [np.bincount(labels[rest]).tolist() for rest, _ in (*quarter, *half)] == [[4, 2], [7, 4]]
    assert set(quarter[0][0]) < set(half[0][0]) < set(plan[0][0])
    assert quarter[0][1] is plan[0][1]
    np.testing.assert_array_equal(thinned(plan, labels, 0.5, seed=0)[0][0], half[0][0])
    assert len(thinned(plan, labels, 0.01, seed=0)[0][0]) == 2  # one of each class, at least


def test_mean_counts_are_over_the_folds() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1])
    plan = [(np.array([0, 1, 3]), np.array([2])), (np.array([0, 3, 4, 5]), np.array([1]))]
    assert mean_counts(plan, labels, ("O", "X")) == {"O": 2, "X": 2}
