"""What belongs together: copies, series, hands, and all of it at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from oxmark.data.copies import NEAR_BITS
from oxmark.data.dataset import Sample
from oxmark.data.decode import PictureInfo
from oxmark.data.groups import GROUPINGS, bursts, connected, group_numbers, near_copies
from oxmark.data.traits import Traits

RNG = np.random.default_rng(0)
HASHES = RNG.random((40, 256)) < 0.5
Frame = npt.NDArray[np.float32]
BLANK: Frame = np.ones((32, 32), np.float32)
CROSS: Frame = 1 - np.maximum(*(np.pad(m, 6) for m in (np.eye(20), np.eye(20)[::-1]))).astype(np.float32)


def traits(digest: str, near: npt.NDArray[np.bool_], frame: Frame = BLANK) -> Traits:
    return Traits(PictureInfo(8, 6, "PNG", "L"), 100, digest, near, 1.0, (1.0, 1.0, 1.0), frame)


def flipped(near: npt.NDArray[np.bool_], start: int, count: int) -> npt.NDArray[np.bool_]:
    found = near.copy()
    found[start : start + count] ^= True
    return found


def samples(hands: Sequence[str | None], names: Sequence[str] | None = None) -> list[Sample]:
    stems = names or ["abcdefghijklmnop"[i] for i in range(len(hands))]
    return [
        Sample(Path(f"marks/O/{stem}.png"), 0, None, hand) for stem, hand in zip(stems, hands, strict=True)
    ]


def test_exact_and_near_copies_are_one_group() -> None:
    a = HASHES[0]
    near = flipped(a, 0, NEAR_BITS)
    pictures = [
        traits("a", a),
        traits("b", HASHES[1]),
        traits("c", flipped(near, NEAR_BITS, NEAR_BITS)),  # near to the next, not to the first
        traits("d", near),
        traits("b", HASHES[2]),  # the digest alone says it
        traits("e", flipped(HASHES[1], 0, NEAR_BITS + 1)),
    ]
    found = near_copies(pictures)
    assert found.dtype == np.int64
    assert found.tolist() == [0, 1, 0, 0, 1, 2]
    assert near_copies([]).tolist() == []


def test_pictures_without_ink_are_copies_only_when_equal() -> None:
    nothing = np.zeros(256, np.bool_)
    assert near_copies([traits("a", nothing), traits("b", nothing), traits("a", nothing)]).tolist() == [
        0,
        1,
        0,
    ]


def everything() -> tuple[list[Sample], list[Traits]]:
    """Two by Anna, two by Ben (one a near copy of Anna's second), a series, equal pixels, one more."""
    series = HASHES[10]
    pictures = [
        traits("0", HASHES[0]),
        traits("1", HASHES[1]),
        traits("2", flipped(HASHES[1], 5, 9)),
        traits("3", HASHES[3]),
        traits("4", series, CROSS),
        traits("5", flipped(series, 0, NEAR_BITS + 9), CROSS),
        traits("6", HASHES[6]),
        traits("6", HASHES[6]),
        traits("8", HASHES[8]),
    ]
    names = ["a", "b", "c", "d", "frame_1", "frame_2", "g", "h", "i"]
    return samples(["anna", "anna", "ben", "ben", None, None, None, None, None], names), pictures


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("drawer", [0, 0, 0, 0, 1, 1, 2, 2, 3]),  # the copy makes both hands one group
        ("near-copies", [0, 1, 1, 2, 3, 3, 4, 4, 5]),
        ("none", [0, 1, 2, 3, 4, 5, 6, 6, 7]),
    ],
)
def test_what_is_kept_together(by: str, expected: list[int]) -> None:
    found = group_numbers(*everything(), by)
    assert found.dtype == np.int64
    assert found.tolist() == expected
    assert by in GROUPINGS


def test_the_default_is_the_most() -> None:
    assert group_numbers(*everything()).tolist() == group_numbers(*everything(), GROUPINGS[0]).tolist()


def test_hands_that_are_not_known_are_nobodys() -> None:
    pictures = [traits(str(i), HASHES[i]) for i in range(3)]
    assert group_numbers(samples([None, None, "anna"]), pictures).tolist() == [0, 1, 2]


def test_many_pictures_in_blocks() -> None:
    many = np.random.default_rng(1).random((2100, 256)) < 0.5
    many[2099] = flipped(many[3], 0, 3)
    found = near_copies([traits(str(i), near) for i, near in enumerate(many)])
    assert found[2099] == found[3] == 3
    assert len(set(found.tolist())) == 2099


@pytest.mark.parametrize(
    ("count", "pairs", "expected"),
    [
        (4, [(0, 2), (2, 3)], [0, 1, 0, 0]),
        (4, [(3, 1)], [0, 1, 2, 1]),
        (3, [], [0, 1, 2]),
        (0, [], []),
    ],
)
def test_numbers_come_in_the_order_of_first_appearance(
    count: int, pairs: list[tuple[int, int]], expected: list[int]
) -> None:
    assert connected(count, pairs).tolist() == expected


def test_what_cannot_be_grouped() -> None:
    with pytest.raises(ValueError, match=r"^got grouping 'hand', expected one of drawer, near-copies, none$"):
        group_numbers([], [], "hand")
    message = r"^got the traits of 0 pictures for 1, expected one for each$"
    for function in (group_numbers, bursts):
        with pytest.raises(ValueError, match=message):
            function(samples(["anna"]), [])
