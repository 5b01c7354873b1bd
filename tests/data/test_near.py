"""Near copies among many: what is found by parts of the hash is what comparing every two finds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from oxmark.data import near
from oxmark.data.copies import NEAR_BITS
from oxmark.data.groups import connected
from oxmark.data.near import near_pairs

Bits = npt.NDArray[np.uint8]


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    near._found.cache_clear()


def flipped(bits: Bits, places: npt.ArrayLike) -> Bits:
    """One hash, uint8 ``(32,)``, with some of its 256 bits changed."""
    whole = np.unpackbits(bits)
    whole[np.asarray(places)] ^= 1
    return np.packbits(whole)


def strewn(count: int, seed: int) -> Bits:
    """Hashes of which many are near each other, some by way of others, some just too far."""
    rng = np.random.default_rng(seed)
    hashes = [*rng.integers(0, 256, (5, 32), np.uint8), np.zeros(32, np.uint8), np.zeros(32, np.uint8)]
    while len(hashes) < count:
        one = hashes[rng.integers(5, len(hashes))] if len(hashes) > 40 else hashes[rng.integers(5)]
        hashes.append(flipped(one, rng.choice(256, rng.integers(0, 24), replace=False)))
    return np.stack(hashes)


@pytest.mark.parametrize("seed", range(4))
def test_the_groups_are_those_of_comparing_every_two(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    bits = strewn(300, seed)
    every_two = connected(300, near_pairs(bits)).tolist()
    near._found.cache_clear()
    monkeypatch.setattr(near, "FEW", 10)
    monkeypatch.setattr(near, "_MOST_FOUND", 50)  # found pairs are put together again and again
    by_parts = near_pairs(bits)
    assert connected(300, by_parts).tolist() == every_two
    assert 5 < len(set(every_two)) < 250, "some belong together, some do not"
    assert len(by_parts) < 300, "no more pairs than connect them"


@pytest.mark.parametrize(("differing", "together"), [(NEAR_BITS, True), (NEAR_BITS + 1, False)])
@pytest.mark.parametrize("first", [0, 1, 16, 200])
def test_the_last_bit_decides_wherever_it_is(
    differing: int, together: bool, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(near, "FEW", 1)
    one = np.random.default_rng(0).integers(0, 256, 32, np.uint8)
    other = flipped(one, np.arange(first, first + differing))  # neighbouring bits: one in each part
    assert near_pairs(np.stack([one, other])).tolist() == ([[0, 1]] if together else [])


@pytest.mark.parametrize("few", [1, 4096])
def test_nothing_is_near_a_picture_without_ink(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near, "FEW", few)
    bits = np.zeros((4, 32), np.uint8)
    bits[2, 0] = 1
    assert near_pairs(bits).tolist() == [] == near_pairs(bits[:0]).tolist()


def test_pictures_that_are_all_alike_are_connected_by_few_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near, "FEW", 10)
    found = near_pairs(np.full((200, 32), 7, np.uint8))
    assert set(connected(200, found)) == {0}
