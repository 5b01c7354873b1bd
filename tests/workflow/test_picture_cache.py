"""Where packs lie, how much they may take, and what happens without room."""

from __future__ import annotations

import os
import shutil
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from oxmark.workflow import picture_cache
from oxmark.workflow.picture_cache import PictureCache, cache_folder, clear

ONE, OTHER = "1" * 32, "2" * 32
Usage = namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("OXMARK_CACHE", str(tmp_path / "cache"))
    found = cache_folder()
    assert found is not None
    return found


def key(number: int) -> bytes:
    return number.to_bytes(16, "little")


def kept(number: int, preparation: str = ONE) -> PictureCache:
    """A cache that has taken in one picture: all its values are its number."""
    cache = PictureCache(preparation, 8)
    cache.add(key(number), np.full((1, 8, 8), number, np.float32), None)
    cache.finish()
    return cache


def values(cache: PictureCache, *numbers: int) -> list[float | None]:
    found = cache.find(np.array([key(number) for number in numbers], "S16"))
    return [None if pack < 0 else float(cache.packs[pack].seen[row].max()) for pack, row in found.tolist()]


@pytest.mark.parametrize(
    ("platform", "variables", "place"),
    [
        ("linux", {}, "home/.cache/oxmark"),
        ("linux", {"XDG_CACHE_HOME": "/caches"}, "/caches/oxmark"),
        ("linux", {"XDG_CACHE_HOME": "not/absolute"}, "home/.cache/oxmark"),
        ("darwin", {"XDG_CACHE_HOME": "/caches"}, "home/Library/Caches/oxmark"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/oxmark/cache"),
        ("win32", {}, "home/AppData/Local/oxmark/cache"),
        ("linux", {"OXMARK_CACHE": "/mine", "XDG_CACHE_HOME": "/caches"}, "/mine"),
        ("linux", {"OXMARK_CACHE": "~/mine"}, "home/mine"),
        ("linux", {"OXMARK_CACHE": " "}, "home/.cache/oxmark"),
        ("linux", {"OXMARK_CACHE": "OFF"}, None),
    ],
)
def test_the_folder_is_the_platforms_own_or_the_users_choice(
    platform: str,
    variables: dict[str, str],
    place: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("OXMARK_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": str(tmp_path / "home"), **variables}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", platform)
    assert cache_folder() == (None if place is None else tmp_path / place / "prepared-pictures")


def test_what_was_kept_is_found_again_under_its_preparation_alone() -> None:
    kept(7)
    kept(8)
    assert values(PictureCache(ONE, 8), 7, 8, 9) == [7, 8, None]
    assert values(PictureCache(OTHER, 8), 7) == [None] == values(PictureCache(ONE, 9), 7)
    assert PictureCache(ONE, 9).notes == ()


def test_keys_that_end_in_zeros_are_keys() -> None:
    kept(0)
    kept(1)
    cache = PictureCache(ONE, 8)
    assert values(cache, 0, 1, 256) == [0, 1, None]
    assert cache.has([key(0), key(1)]) and not cache.has([key(1), key(2)])


def test_an_array_that_is_changed_does_not_change_the_file() -> None:
    kept(3)
    PictureCache(ONE, 8).packs[0].seen[...] = 5
    assert values(PictureCache(ONE, 8), 3) == [3]


def test_the_longest_unused_go_when_the_room_is_used_up(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2, 3):
        pack = kept(number, ONE if number < 3 else OTHER).packs[-1].path
        assert pack is not None
        os.utime(pack, (number, number))
    size = sum(pack.stat().st_size for pack in folder.iterdir()) // 3
    cache = PictureCache(ONE, 8)
    monkeypatch.setattr(picture_cache, "MOST_BYTES", 2 * size)
    cache.used([int(cache.find(np.array([key(1)], "S16"))[0, 0])])
    assert values(PictureCache(ONE, 8), 1, 2) == [1, None]
    assert values(PictureCache(OTHER, 8), 3) == [3]
    assert clear(folder) == 2 * size and not list(folder.iterdir())
    assert clear(folder / "not there") == 0


def test_a_part_that_somebody_is_still_writing_stays(folder: Path) -> None:
    kept(1)
    fresh, old = folder / "fresh.part", folder / "old.part"
    for part in (fresh, old):
        part.write_bytes(b"half")
    os.utime(old, (0, 0))
    clear(folder)
    assert list(folder.iterdir()) == [fresh]


def test_a_full_disk_is_told_once_and_costs_only_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(100, 99, 1))
    cache = kept(2)
    assert values(cache, 1, 2) == [1, 2]
    assert cache.notes == (
        f"What is made of the pictures cannot be kept in {folder} (the disk is nearly full), so the next "
        "training reads them all again. Free some space, or name another folder in OXMARK_CACHE.",
    )
    monkeypatch.undo()
    assert len(list(folder.iterdir())) == 1


def test_a_place_that_cannot_be_used_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("OXMARK_CACHE", str(tmp_path / "file"))
    cache = kept(4)
    assert values(cache, 4) == [4]
    (note,) = cache.notes
    assert str(tmp_path / "file") in note and "OXMARK_CACHE" in note


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="owners of files are those of Unix")
def test_a_folder_of_somebody_else_is_neither_read_nor_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(1)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    cache = kept(2)
    assert values(cache, 1, 2) == [None, 2] and "belongs to somebody else" in cache.notes[0]
    assert len(list(folder.iterdir())) == 1
