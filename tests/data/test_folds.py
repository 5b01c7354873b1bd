"""Dividing labelled pictures: groups stay whole, every class gets its share, the seed decides."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oxmark.data import folds as module
from oxmark.data.folds import folds, lacking, share_out
from oxmark.data.split import folds as the_same_folds

Ints = npt.NDArray[np.int64]
THREE = {"train": 0.7, "validation": 0.15, "test": 0.15}
labelled_groups = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 12)), min_size=1, max_size=70)
percents = st.tuples(st.integers(0, 100), st.integers(0, 100), st.integers(0, 100)).filter(any)


def arrays(pictures: list[tuple[int, int]]) -> tuple[Ints, Ints]:
    labels, groups = np.array(pictures, np.int64).T
    return labels, groups


@given(pictures=labelled_groups, percent=percents, seed=st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_no_group_ever_stands_in_two_parts(
    pictures: list[tuple[int, int]], percent: tuple[int, int, int], seed: int
) -> None:
    labels, groups = arrays(pictures)
    shares = {part: number / sum(percent) for part, number in zip(THREE, percent, strict=True)}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parts = share_out(labels, groups, shares, seed)
        assert share_out(labels, groups, shares, seed) == parts, "the same seed, the same parts"
    assert len(parts) == len(labels)
    assert len(set(zip(groups.tolist(), parts, strict=True))) == len(set(groups.tolist()))
    assert set(parts) <= {part for part, share in shares.items() if share > 0}
    first = next(part for part, share in shares.items() if share > 0)
    assert {label for label, part in zip(labels, parts, strict=True) if part == first} == set(labels)


@given(pictures=labelled_groups, count=st.integers(2, 12), seed=st.integers(-(2**40), 2**40))
@settings(max_examples=60, deadline=None)
def test_no_group_ever_stands_on_two_sides_of_a_fold(
    pictures: list[tuple[int, int]], count: int, seed: int
) -> None:
    labels, groups = arrays(pictures)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = folds(labels, groups, count, seed)
    assert len(found) <= min(count, len(set(groups)))
    held_once: list[int] = []
    for rest, held in found:
        assert rest.dtype == held.dtype == np.int64
        assert sorted([*rest, *held]) == list(range(len(labels)))
        assert len(held) and not set(groups[rest]) & set(groups[held])
        assert set(labels[rest]) == set(labels), "every class is learned"
        held_once += held.tolist()
    assert len(set(held_once)) == len(held_once)
    again = folds(labels, groups, count, seed)
    assert [held.tolist() for _, held in again] == [held.tolist() for _, held in found]


@pytest.mark.parametrize(
    "percent",
    [
        (70, 15, 15),
        (80, 0, 20),
        (0, 50, 50),
        (0, 0, 100),
        (20, 20, 60),
        (78, 0, 22),
        (34, 33, 33),
        (5, 5, 90),
    ],
)
def test_parts_are_as_large_as_asked(percent: tuple[int, int, int]) -> None:
    labels = np.repeat([0, 1, 2], [100, 60, 40])
    shares = {part: number / 100 for part, number in zip(THREE, percent, strict=True)}
    parts = np.array(share_out(labels, np.arange(200), shares, seed=1))
    for part, share in shares.items():
        for label, size in enumerate((100, 60, 40)):
            assert abs(((labels == label) & (parts == part)).sum() - share * size) <= 3


def test_the_seed_decides() -> None:
    labels, groups = np.arange(60) % 2, np.arange(60)
    assert share_out(labels, groups, THREE, 3) != share_out(labels, groups, THREE, 4)
    one, other = (folds(labels, groups, 5, seed) for seed in (3, 4))
    assert any((a[1].tolist() != b[1].tolist()) for a, b in zip(one, other, strict=True))


def test_every_picture_is_held_out_once_and_classes_evenly() -> None:
    labels = np.arange(104) % 2
    found = folds(labels, np.arange(104), 5, seed=0)
    assert len(found) == 5
    assert all(
        np.bincount(labels[held]).tolist() in ([10, 10], [10, 11], [11, 10], [11, 11]) for _, held in found
    )
    assert sorted(i for _, held in found for i in held) == list(range(104))
    assert the_same_folds is folds


@pytest.mark.parametrize(
    ("labels", "groups", "count", "expected"),
    [
        ([0, 1, 0, 1, 0, 1], [0, 0, 1, 1, 2, 2], 5, 3),  # three hands
        ([0, 0, 1, 1], [0, 1, 2, 3], 5, 2),  # two pictures of the largest class
        ([0, 1, 0, 1], [0, 0, 0, 0], 2, 0),  # one group
        ([0, 1], [0, 1], 2, 0),  # one picture of each class
        ([], [], 2, 0),
    ],
)
def test_fewer_folds_where_there_is_less(
    labels: list[int], groups: list[int], count: int, expected: int
) -> None:
    assert len(folds(np.array(labels, np.int64), np.array(groups, np.int64), count, 0)) == expected


def test_the_only_group_of_a_class_is_never_held_out() -> None:
    labels, groups = np.array([0] * 12 + [1] * 5), np.array([*range(12), 20, 20, 20, 20, 20])
    found = folds(labels, groups, 4, seed=0)
    assert len(found) == 4
    assert sorted(i for _, held in found for i in held) == list(range(12))


def test_a_class_in_two_groups_is_held_out_one_by_one() -> None:
    labels, groups = np.array([0] * 20 + [1] * 4), np.array([*range(20), 30, 30, 31, 31])
    for seed in range(10):
        found = folds(labels, groups, 5, seed)
        assert sorted(i for _, held in found for i in held) == list(range(24))


def test_another_shuffle_is_tried_before_a_group_is_spared() -> None:
    labels, groups = np.array([0, 1, 1, 2, 2, 2, 0, 0, 2]), np.array([1, 3, 5, 3, 5, 0, 3, 3, 2])
    assert sorted(i for _, held in folds(labels, groups, 3, seed=0) for i in held) == list(range(9))


@pytest.mark.parametrize(
    ("count", "groups", "message"),
    [
        (1, [0, 1], "got 1 folds, expected 2 or more"),
        (2, [0], "got 1 groups for 2 labels, expected one for each"),
    ],
)
def test_what_folds_cannot_do(count: int, groups: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        folds(np.array([0, 1]), np.array(groups), count, 0)


def test_which_class_is_missing_where() -> None:
    labels = np.array([0, 0, 1])
    assert lacking(labels, ["train", "test", "train"], THREE) == [
        (0, "validation"),
        (1, "validation"),
        (1, "test"),
    ]
    assert lacking(labels, ["train", "test", "train"], {"train": 1.0, "test": 0.0}) == []


# --- very many ----------------------------------------------------------------------------------------------


@given(pictures=labelled_groups, count=st.integers(2, 8), seed=st.integers(0, 1000))
@settings(max_examples=80, deadline=None)
def test_of_very_many_pictures_groups_stay_whole_too(
    pictures: list[tuple[int, int]], count: int, seed: int
) -> None:
    labels, groups = arrays(pictures)
    alone = np.arange(30)  # beside the groups, thirty pictures of three classes, each alone in its group
    labels, groups = np.concatenate([labels, alone % 3]), np.concatenate([groups, 100 + alone])
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("error")
        patch.setattr(module, "_MANY", 0)
        found = folds(labels, groups, count, seed)
        assert share_out(labels, groups, THREE, seed) == share_out(labels, groups, THREE, seed)
    assert len(found) >= 2
    times = np.zeros(len(labels), int)
    for rest, held in found:
        assert sorted([*rest, *held]) == list(range(len(labels)))
        assert not set(groups[rest]) & set(groups[held])
        assert set(labels[rest]) == set(labels)
        times[held] += 1
    assert times.max() == 1
    assert (times[-30:] == 1).all()


def test_a_single_group_among_very_many_pictures_is_held_out_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MANY", 0)
    labels = np.arange(32) % 2
    groups = np.r_[np.arange(30), 30, 30]
    held = np.concatenate([held for _, held in folds(labels, groups, 5, seed=0)])
    assert sorted(held) == list(range(32))


def test_few_large_groups_among_very_many_pictures_leave_the_folds_even(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_MANY", 0)
    groups = np.r_[np.repeat([0, 1], 20), np.arange(80) + 2]  # two people drew 20 each, of 80 nobody knows
    labels = np.arange(120) % 3
    for _, held in folds(labels, groups, 5, seed=0):
        assert np.bincount(labels[held]).tolist() == [8, 8, 8]


def test_very_many_pictures_are_divided_in_their_shares() -> None:
    rng = np.random.default_rng(0)
    labels, groups = rng.integers(0, 5, 12_000), np.arange(12_000)
    groups[:600] = np.arange(600) // 3  # some copies
    parts = np.array(share_out(labels, groups, THREE, seed=0))
    for part, share in THREE.items():
        counts = np.bincount(labels[parts == part]) / np.bincount(labels)
        assert counts == pytest.approx(share, abs=0.02)
    assert len(set(zip(groups.tolist(), parts, strict=True))) == len(set(groups.tolist()))
    assert set(parts[:600]) == set(THREE)
