"""Pictures for the page: upright, on white, small, and made once."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from oxmark.errors import BrokenPicture
from oxmark.web.studio import thumbnails
from oxmark.web.studio.thumbnails import Thumbnails, as_png


def shown(path: Path, longest: int = 192) -> Image.Image:
    data = as_png(path, longest)
    assert data.startswith(b"\x89PNG")
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(
    ("size", "expected"), [((800, 400), (192, 96)), ((100, 50), (100, 50)), ((1, 900), (1, 192))]
)
def test_sizes(size: tuple[int, int], expected: tuple[int, int], tmp_path: Path) -> None:
    Image.new("RGB", size, "red").save(tmp_path / "a.png")
    assert shown(tmp_path / "a.png").size == expected


def test_exif_turns_it(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    Image.new("RGB", (80, 40), "red").save(tmp_path / "a.jpg", exif=exif)
    assert shown(tmp_path / "a.jpg").size == (40, 80)


def test_transparent_parts_are_white_and_grey_stays_grey(tmp_path: Path) -> None:
    Image.new("RGBA", (20, 10), (0, 0, 0, 0)).save(tmp_path / "a.png")
    picture = shown(tmp_path / "a.png")
    assert (picture.mode, picture.getpixel((3, 3))) == ("L", 255)
    Image.new("RGB", (20, 10), (200, 0, 0)).save(tmp_path / "b.png")
    assert shown(tmp_path / "b.png").getpixel((3, 3)) == (200, 0, 0)


def test_a_thumbnail_is_made_once_as_long_as_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def make(path: Path, longest: int) -> bytes:
        made.append(path.name)
        return b"x" * 10

    monkeypatch.setattr(thumbnails, "as_png", make)
    kept = Thumbnails(most=25)
    for name in ("a", "b", "a", "c", "a", "b"):
        kept.get(Path(name), (name, 1))
    assert made == ["a", "b", "c", "b"]
    assert [kept.has((name, 1)) for name in "abc"] == [True, True, False]
    kept.get(Path("a"), ("a", 2))
    assert made[-1] == "a"


def test_a_broken_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR\0\0\0\3\0\0\0\2")
    with pytest.raises(BrokenPicture, match=r"a\.png is truncated"):
        as_png(tmp_path / "a.png", 192)
