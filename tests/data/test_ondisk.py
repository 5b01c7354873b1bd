"""Pictures on disk: indexed, chosen and joined as an array would be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oxmark.data.ondisk import (
    PicturesOnDisk,
    ViewsOnDisk,
    in_blocks,
    joined,
    of_equal_size,
    some_of,
)

RNG = np.random.default_rng(0)
BLOCKS = [RNG.random((4, 1, 8, 8), np.float32), RNG.random((3, 1, 8, 8), np.float32)]
ORDER = [(1, 2), (0, 0), (0, 3), (1, 0), (0, 3), (1, 1)]
SEEN = np.stack([BLOCKS[block][row] for block, row in ORDER])
MADE = RNG.random((2, 3, 1, 8, 8), np.float32)
WHICH = [-1, 1, -1, -1, 0, -1]
VIEWS = np.stack([np.repeat(s[None], 3, 0) if w < 0 else MADE[w] for s, w in zip(SEEN, WHICH, strict=True)])


def on_disk() -> PicturesOnDisk:
    block, row = zip(*ORDER, strict=True)
    return PicturesOnDisk(BLOCKS, block, row)


def views() -> ViewsOnDisk:
    return ViewsOnDisk(on_disk(), MADE, WHICH)


ROWS = [
    3,
    -1,
    slice(1, 5, 2),
    slice(4, 4),
    [5, 0, 0],
    np.array([2, -2]),
    SEEN[:, 0, 0, 0] > 0.5,
    np.zeros(0, np.int64),
]


@pytest.mark.parametrize("rows", ROWS, ids=str)
def test_rows_are_those_of_the_array(rows: Any) -> None:
    for found, wanted in ((on_disk(), SEEN), (views(), VIEWS)):
        assert found.shape == wanted.shape and len(found) == len(wanted)
        assert found[rows].shape == wanted[rows].shape and (found[rows] == wanted[rows]).all()


def test_all_of_them_become_an_array_where_one_is_needed() -> None:
    assert (np.asarray(on_disk()) == SEEN).all() and (np.asarray(views()) == VIEWS).all()
    assert [one.tobytes() for one in on_disk()] == [one.tobytes() for one in SEEN]
    assert [one.tobytes() for one in views()] == [one.tobytes() for one in VIEWS]


def test_what_is_chosen_stays_on_disk() -> None:
    rows = np.array([4, 1, 0])
    for found, wanted in ((on_disk(), SEEN), (views(), VIEWS)):
        some = some_of(found, rows)
        assert isinstance(some, type(found)) and (np.asarray(some) == wanted[rows]).all()
        assert (some_of(wanted, rows) == wanted[rows]).all()


def test_a_view_of_each_is_picked_by_its_number() -> None:
    rows, numbers = np.array([4, 1, 0, 4]), np.array([2, 0, 1, 0])
    assert (views().picked(rows, numbers) == VIEWS[rows, numbers]).all()


@pytest.mark.parametrize("same_files", [True, False])
def test_others_are_joined_without_a_copy(same_files: bool) -> None:
    rows = np.array([4, 2])
    if same_files:
        more, more_views = on_disk().chosen(rows), views().chosen(rows)
    else:
        more = PicturesOnDisk([1 - BLOCKS[0]], [0, 0], [3, 1])
        more_views = ViewsOnDisk(more, 1 - MADE, [0, -1])
    both, both_views = joined(on_disk(), more), joined(views(), more_views)
    assert (both[:] == np.concatenate([SEEN, np.asarray(more)])).all()
    assert (both_views[:] == np.concatenate([VIEWS, np.asarray(more_views)])).all()
    assert len(both.blocks) == (2 if same_files else 3)
    assert (joined(SEEN, more) == both[:]).all()


def test_blocks_hold_all_in_order() -> None:
    assert [len(block) for block in in_blocks(on_disk(), 4)] == [4, 2]
    assert [len(block) for block in in_blocks(SEEN, 4)] == [6], "what is in memory stays whole"
    assert (np.concatenate(list(in_blocks(views(), 4))) == VIEWS).all()
    again = list(of_equal_size((SEEN[:1], SEEN[1:2], SEEN[2:]), 4))
    assert [len(block) for block in again] == [4, 2] and (np.concatenate(again) == SEEN).all()
    assert list(of_equal_size([])) == []
