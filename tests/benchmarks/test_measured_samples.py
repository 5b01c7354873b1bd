"""Pictures to measure with: as many as asked for, the same again, and no two alike."""

from __future__ import annotations

from pathlib import Path

import pytest
from measuring import samples
from PIL import Image


def contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.rglob("*.*"))]


def test_small_pictures_are_the_same_again_and_no_two_alike(tmp_path: Path) -> None:
    first, again, other = (
        contents(samples.small_folder(tmp_path / name, 6, seed))
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first == again
    assert len({*first, *other}) == 12
    with Image.open(tmp_path / "a" / "000000.png") as picture:
        assert (picture.size, picture.mode) == ((28, 28), "L")


def test_a_set_to_learn_from_has_parts_and_classes(tmp_path: Path) -> None:
    samples.small_classes(tmp_path, 80, seed=0)
    counts = {
        (part, sign): len(list((tmp_path / part / sign).iterdir()))
        for part in ("train", "validation", "test")
        for sign in "OX"
    }
    assert counts == {
        (part, sign): count
        for part, count in (("train", 36), ("validation", 2), ("test", 2))
        for sign in "OX"
    }


@pytest.mark.parametrize(("suffix", "kind"), [(".png", "PNG"), (".jpg", "JPEG")])
def test_large_drawings_are_repeated_under_names_of_their_own(
    suffix: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "DISTINCT", 2)
    first, second, third = contents(samples.large_folder(tmp_path / "all", 3, suffix))
    assert (first == second, first == third) == (False, True)
    with Image.open(tmp_path / "all" / f"000000{suffix}") as picture:
        assert (picture.size, picture.format) == ((1350, 900), kind)
