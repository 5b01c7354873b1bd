"""Pictures on their way to the workers: mapped where the file is, fetched one by one where it is not."""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from oxmark.cluster.pictures import Block, Sent, received, sent
from oxmark.data.ondisk import Floats, PicturesOnDisk, ViewsOnDisk
from oxmark.training.loop import Prepared
from oxmark.workflow.picture_cache import Pack, PictureCache, _bytes_each

SIDE, PREPARATION = 8, "ab" * 16


def drawn(count: int, seed: int) -> Floats:
    return np.random.default_rng(seed).random((count, 1, SIDE, SIDE), np.float32)


def packs(folder: Path, monkeypatch: pytest.MonkeyPatch, where: str = "") -> list[Pack]:
    """Three packs of four pictures, as the picture cache makes them."""
    monkeypatch.setenv("OXMARK_CACHE", where or str(folder))
    monkeypatch.setattr("oxmark.workflow.picture_cache.PACK_BYTES", 4 * _bytes_each(SIDE))
    cache = PictureCache(PREPARATION, SIDE)
    for number, one in enumerate(drawn(12, 0)):
        cache.add(b"%016d" % number, one, None)
    cache.finish()
    return cache.packs


def parts_of(blocks: list[Floats]) -> list[Prepared]:
    """A training part of five and a validation part of two pictures, two views each; none of block 1."""
    seen = PicturesOnDisk(blocks, [0, 2, 2, 0, 2, 0, 2], [3, 0, 1, 1, 3, 0, 2])
    made = np.random.default_rng(5).random((3, 2, 1, SIDE, SIDE), np.float32)
    views = ViewsOnDisk(seen, made, [0, -1, 1, -1, -1, 2, -1])
    everything = Prepared(seen, np.arange(7) % 2, views, np.arange(7))
    return [everything.chosen(np.arange(5)), everything.chosen(np.arange(5, 7))]


def fails(_block: Block) -> npt.NDArray[np.uint8]:
    raise AssertionError("nothing is fetched")


def same(one: Prepared, other: Prepared) -> bool:
    return all(
        np.array_equal(np.asarray(getattr(one, field.name)), np.asarray(getattr(other, field.name)))
        for field in dataclasses.fields(one)
    )


def handed_over(parts: list[Prepared], folder: Path) -> Sent:
    return pickle.loads(pickle.dumps(sent(parts, folder)))  # type: ignore[no-any-return]


def test_a_few_travel_as_they_are(tmp_path: Path) -> None:
    parts = [Prepared(drawn(3, 1), np.arange(3)), Prepared(drawn(1, 2), np.arange(1))]
    arrived = received(handed_over(parts, tmp_path), fails, tmp_path)
    assert [same(*pair) for pair in zip(parts, arrived, strict=True)] == [True, True]
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_sees_the_files_maps_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = packs(tmp_path, monkeypatch)
    parts, mine = parts_of([pack.seen for pack in kept]), tmp_path / "mine"
    on_the_way = handed_over(parts, tmp_path / "nowhere")
    assert [block.path for block in on_the_way.blocks] == [kept[0].path, kept[2].path]  # what is needed
    assert len(pickle.dumps(on_the_way)) < 8_000  # no picture but the views
    arrived = received(on_the_way, fails, mine)
    assert [same(*pair) for pair in zip(parts, arrived, strict=True)] == [True, True]
    assert not mine.exists()


def test_another_worker_fetches_what_is_needed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = packs(tmp_path, monkeypatch)
    parts = parts_of([pack.seen for pack in kept])
    on_the_way = handed_over(parts, tmp_path / "nowhere")
    contents = {path: path.read_bytes() for pack in kept if (path := pack.path)}
    for path in contents:
        path.unlink()  # as seen from another machine
    fetched: list[Path] = []

    def fetch(block: Block) -> npt.NDArray[np.uint8]:
        fetched.append(block.path)
        return np.frombuffer(contents[block.path], np.uint8)

    mine = tmp_path / "mine"
    mine.mkdir()
    arrived = received(on_the_way, fetch, mine)
    assert [same(*pair) for pair in zip(parts, arrived, strict=True)] == [True, True]
    assert fetched == [kept[0].path, kept[2].path]
    both = arrived[0].and_also(arrived[1])
    assert both.seen.blocks == arrived[0].seen.blocks  # the files are not doubled
    views: Any = [both.views, arrived[0].views]
    assert views[0].made is views[1].made


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def other_digest(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[40] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("change", [Path.unlink, cut, other_digest])
def test_a_file_that_is_another_one_is_not_mapped(
    change: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = packs(tmp_path, monkeypatch)
    block = sent(parts_of([pack.seen for pack in kept]), tmp_path).blocks[0]
    assert block.is_here()
    change(block.path)
    assert not block.is_here()


def test_pictures_in_files_without_a_name_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = packs(tmp_path, monkeypatch, where="off")
    assert [pack.path for pack in kept] == [None] * 3
    parts = parts_of([pack.seen for pack in kept])
    on_the_way = handed_over(parts, tmp_path)
    assert len(list(tmp_path.glob("*.pack"))) == 2
    arrived = received(on_the_way, fails, tmp_path)
    assert [same(*pair) for pair in zip(parts, arrived, strict=True)] == [True, True]


def test_the_whole_file_is_handed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = packs(tmp_path, monkeypatch)
    block = sent(parts_of([pack.seen for pack in kept]), tmp_path).blocks[1]
    assert block.bytes().tobytes() == block.path.read_bytes()
