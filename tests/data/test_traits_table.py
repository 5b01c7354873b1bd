"""Traits in a table: the same as before they were put there, and errors at their places."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PIL import Image

from oxmark.data.traits import Traits, read_traits
from oxmark.data.traits_table import (
    TraitsTable,
    digests_of,
    errors_in,
    near_bits,
    recorded,
    some_traits,
    traits_in,
)
from oxmark.errors import PictureError

BROKEN = PictureError("b.png is broken.")


def same(one: Traits, other: Traits) -> bool:
    return all(
        np.array_equal(getattr(one, field.name), getattr(other, field.name))
        and type(getattr(one, field.name)) is type(getattr(other, field.name))
        for field in dataclasses.fields(Traits)
    )


@pytest.fixture(scope="module")
def traits(tmp_path_factory: pytest.TempPathFactory) -> list[Traits]:
    """Of pictures in every mode and format that there is something to say of."""
    folder, found = tmp_path_factory.mktemp("modes"), []
    rng = np.random.default_rng(0)
    for mode, suffix in (("L", "png"), ("RGBA", "webp"), ("I;16", "tiff"), ("P", "gif"), ("RGB", "jpg")):
        kind = np.uint16 if mode == "I;16" else np.uint8
        values = rng.integers(0, np.iinfo(kind).max, (40, 53), kind)
        picture = Image.fromarray(values)
        path = folder / f"a.{suffix}"
        (picture if mode in ("L", "I;16") else picture.convert(mode)).save(path)
        found.append(read_traits(path))
    return found


def table(traits: list[Traits]) -> TraitsTable:
    """The traits in two files, an error at place 2."""
    records = [np.stack([recorded(b"k", one) for one in some]) for some in (traits[:3], traits[3:])]
    block, row = np.array([0, 0, -1, 0, 1, 1], np.int32), np.array([0, 1, -1, 2, 0, 1], np.int32)
    return TraitsTable(records, block, row, {2: BROKEN})


def test_a_record_gives_the_same_traits(traits: list[Traits]) -> None:
    assert len({one.info for one in traits}) == 5
    for one in traits:
        assert same(traits_in(recorded(b"k" * 16, one)[()]), one)


def test_the_table_is_the_list(traits: list[Traits]) -> None:
    whole = table(traits)
    expected = [*traits[:2], BROKEN, *traits[2:]]
    assert len(whole) == 6 and errors_in(whole) == errors_in(expected) == {2: BROKEN}
    for place, wanted in enumerate(expected):
        found = whole[place]
        assert found is wanted or (
            isinstance(found, Traits) and isinstance(wanted, Traits) and same(found, wanted)
        )
    with pytest.raises(IndexError):
        whole[6]
    last = whole[-1]
    assert isinstance(last, Traits) and same(last, traits[-1])
    assert whole[1:3].errors == {1: BROKEN} and len(list(whole)) == 6
    assert digests_of(whole) == [one.digest for one in traits] == digests_of(expected)


def test_some_of_the_table_stay_in_its_files(traits: list[Traits]) -> None:
    some = some_traits(table(traits), [5, 0, 3])
    wanted = [traits[4], traits[0], traits[2]]
    assert isinstance(some, TraitsTable)
    for one, other in zip(some, wanted, strict=True):
        assert isinstance(one, Traits) and same(one, other)
    assert (near_bits(some) == near_bits(wanted)).all() and near_bits([]).shape == (0, 32)
    assert some_traits(traits, [1]) == [traits[1]]
