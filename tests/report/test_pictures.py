"""Thumbnails: a person looking at a sheet must see the mark."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from oxmark.report.pictures import fit, from_floats, on_white, thumbnail

Picture = NDArray[np.uint8]


def blank(grey: int = 255) -> Picture:
    picture = np.full((900, 1350, 4), grey, np.uint8)
    picture[:, :, 3] = 255
    return picture


def test_a_hairline_stays_visible() -> None:
    picture = blank()
    picture[100:800, 700, :3] = 0  # one pixel wide; plain averaging leaves about 255 - 30
    small = thumbnail(picture)
    assert small.shape == (107, 160, 3)
    assert small[50].min() < 150


def test_a_light_hairline_on_dark_stays_visible() -> None:
    picture = blank(20)
    picture[450, 100:1200, :3] = 250
    assert thumbnail(picture)[:, 80].max() > 135


def test_a_wide_stroke_keeps_its_width() -> None:
    picture = blank()
    picture[:, 600:628, :3] = 0  # 28 of 1350 are 3.3 of 160
    ink = 1 - thumbnail(picture)[50, :, 0] / 255
    assert 3.2 < ink.sum() < 4.4
    assert ink.max() == 1


def test_paper_and_smooth_shades_are_left_alone() -> None:
    picture = blank()
    shade = np.linspace(180, 255, 1350).astype(np.uint8)
    picture[:, :, :3] = shade[None, :, None]
    small = thumbnail(picture)[50, :, 0].astype(int)
    wanted = np.linspace(180, 255, 160)
    assert np.abs(small - wanted).max() < 8


def test_colour_is_kept() -> None:
    picture = blank()
    picture[200:700, 500:800, :3] = (200, 30, 40)
    assert np.abs(thumbnail(picture)[53, 77].astype(int) - (200, 30, 40)).max() <= 2


def test_transparent_is_white_and_half_transparent_is_mixed() -> None:
    picture = np.zeros((300, 300, 4), np.uint8)
    picture[:, 150:, 3] = 128
    small = thumbnail(picture, 100)
    assert small[50, 10].tolist() == [255, 255, 255]
    assert abs(int(small[50, 90, 0]) - 127) <= 2


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [
        ((10, 20, 4), (10, 20, 3)),  # smaller: unchanged
        ((160, 160, 4), (160, 160, 3)),
        ((3000, 10, 4), (160, 1, 3)),
        ((1, 3000, 4), (1, 160, 3)),
        ((400, 161, 4), (160, 64, 3)),
        ((200, 320), (100, 160, 3)),
        ((200, 320, 3), (100, 160, 3)),
    ],
)
def test_thumbnail_sizes(shape: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    small = thumbnail(np.full(shape, 255, np.uint8))
    assert small.shape == wanted
    assert small.dtype == np.uint8


def test_small_pictures_are_enlarged_by_a_whole_factor() -> None:
    picture = np.array([[0, 255], [255, 0]], np.uint8)
    large = fit(picture, 7, 9)
    assert large.shape == (6, 6, 3)
    assert large[:3, :3].max() == 0
    assert large[:3, 3:].min() == 255


def test_an_empty_picture_is_one_white_pixel() -> None:
    assert fit(np.zeros((0, 5, 4), np.uint8), 10, 10).tolist() == [[[255, 255, 255]]]


def test_other_arrays_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^expected \(H, W\), \(H, W, 3\) or \(H, W, 4\), not \(2, 2, 2\)$"):
        on_white(np.zeros((2, 2, 2), np.uint8))


def test_floats_become_grey_values() -> None:
    values = np.array([[0.0, 0.5, 1.0, -1.0, 2.0, np.nan]], np.float32)
    assert from_floats(values).tolist() == [[0, 128, 255, 0, 255, 0]]
