"""What is measured of a picture, and what of it must not tell the classes apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from oxmark.data.decode import decode
from oxmark.data.traits import FRAME, read_traits, shortcut_features, traits_of
from oxmark.errors import NotAPicture

WHITE, RED, CLEAR = (255, 255, 255, 255), (255, 0, 0, 255), (0, 0, 0, 0)


def saved(path: Path, pixels: np.ndarray) -> Path:
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    return path


def plain(colour: tuple[int, ...], height: int = 60, width: int = 90) -> np.ndarray:
    return np.full((height, width, 4), colour, np.uint8)


@pytest.mark.parametrize(
    ("colour", "brightness", "border", "clear"),
    [
        (WHITE, 1.0, (1.0, 1.0, 1.0), 0.0),
        (RED, 0.299, (1.0, 0.0, 0.0), 0.0),
        (CLEAR, 1.0, (1.0, 1.0, 1.0), 1.0),
        ((0, 0, 0, 255), 0.0, (0.0, 0.0, 0.0), 0.0),
    ],
)
def test_a_picture_of_one_colour(
    colour: tuple[int, ...],
    brightness: float,
    border: tuple[float, float, float],
    clear: float,
    tmp_path: Path,
) -> None:
    found = read_traits(saved(tmp_path / "a.png", plain(colour)))
    assert found.brightness == pytest.approx(brightness, abs=1e-4)
    assert found.border == pytest.approx(border, abs=1e-4)
    assert found.clear == clear
    assert found.frame.shape == (FRAME, FRAME)
    assert found.frame == pytest.approx(np.full((FRAME, FRAME), brightness), abs=1e-4)
    assert not found.near.any()
    assert (found.info.width, found.info.height, found.info.format) == (90, 60, "PNG")
    assert found.size == (tmp_path / "a.png").stat().st_size


def test_the_border_is_the_paper_not_the_mark(tmp_path: Path) -> None:
    picture = plain(RED)
    picture[20:40, 30:60] = (0, 0, 0, 255)
    picture[25:35, 40:50] = (255, 0, 0, 255)
    found = read_traits(saved(tmp_path / "a.png", picture))
    assert found.border == pytest.approx((1.0, 0.0, 0.0), abs=1e-4)
    assert found.near.any()
    assert found.frame[FRAME * 22 // 60, FRAME * 35 // 90] == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 50), (2, 2), (300, 5)])
def test_small_and_narrow_pictures_have_traits(height: int, width: int, tmp_path: Path) -> None:
    found = read_traits(saved(tmp_path / "a.png", plain(WHITE, height, width)))
    assert (found.brightness, found.border) == (1.0, (1.0, 1.0, 1.0))


def test_decoded_or_not_is_the_same(tmp_path: Path) -> None:
    picture = plain(WHITE)
    picture[10:50, 40:44] = (20, 30, 40, 255)
    path = saved(tmp_path / "a.png", picture)
    read, given = read_traits(path), traits_of(path, decode(path))
    assert (read.digest, read.brightness, read.border) == (given.digest, given.brightness, given.border)
    assert np.array_equal(read.near, given.near) and np.array_equal(read.frame, given.frame)


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("hello")
    with pytest.raises(NotAPicture):
        read_traits(tmp_path / "a.png")


# --- features that may be shortcuts -------------------------------------------------------------------------


def test_the_features_of_three_pictures(tmp_path: Path) -> None:
    inked = plain(WHITE)
    inked[:, 20:50] = (0, 0, 0, 255)  # a third of it is ink, but the paper is white
    Image.fromarray(plain(RED, 30, 40)).convert("L").save(tmp_path / "c.jpg", quality=95)
    paths = [
        saved(tmp_path / "a.png", plain(WHITE)),
        saved(tmp_path / "b.png", inked),
        tmp_path / "c.jpg",
    ]
    found = shortcut_features([read_traits(path) for path in paths])
    assert list(found) == ["brightness", "size", "file type", "border"]
    assert found["brightness"] == pytest.approx([1.0, 1.0, 76 / 255], abs=0.01)
    assert found["size"].tolist() == [[90, 60], [90, 60], [40, 30]]
    # columns: JPEG, PNG, then the modes L, RGBA
    assert found["file type"].tolist() == [[0, 1, 0, 1], [0, 1, 0, 1], [1, 0, 1, 0]]
    assert found["border"][0].tolist() == [1.0, 1.0, 1.0]
    assert found["border"][2] == pytest.approx([76 / 255] * 3, abs=0.01)


def test_no_pictures_have_no_features() -> None:
    shapes = {name: values.shape for name, values in shortcut_features([]).items()}
    assert shapes == {"brightness": (0,), "size": (0, 2), "file type": (0, 0), "border": (0, 3)}
