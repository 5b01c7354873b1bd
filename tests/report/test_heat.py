"""Evidence over pictures: orange for, blue against, at the right place, and the ink still to be seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from oxmark.report import style
from oxmark.report.canvas import Page
from oxmark.report.heat import (
    STRONGEST,
    around,
    legend,
    outlined,
    overlay,
    overlay_seen,
    resized,
    scale_of,
    scaled,
    signed,
)

Floats = NDArray[np.float32]
NAN, INFINITY = float("nan"), float("inf")


def paper(
    height: int = 200, width: int = 200, colour: tuple[int, ...] = (255, 255, 255)
) -> NDArray[np.uint8]:
    return np.full((height, width, len(colour)), colour, np.uint8)


def even(value: float, side: int = 4) -> Floats:
    return np.full((side, side), value, np.float32)


def mixed(colour: str, strength: float) -> list[int]:
    """A colour on white paper."""
    return list(style.blend(colour, strength))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (10.0, mixed(style.ORANGE, STRONGEST)),
        (99.0, mixed(style.ORANGE, STRONGEST)),
        (5.0, mixed(style.ORANGE, STRONGEST / 2)),
        (0.0, [255, 255, 255]),
        (-5.0, mixed(style.BLUE, STRONGEST / 2)),
        (-10.0, mixed(style.BLUE, STRONGEST)),
        (NAN, [255, 255, 255]),
        (INFINITY, [255, 255, 255]),
    ],
)
def test_strength_is_opacity_up_to_the_scale(value: float, expected: list[int]) -> None:
    over = overlay(paper(), even(value), (-50, -50, 250, 250), scale=10.0)
    seen = overlay_seen(np.ones((48, 48), np.float32), even(value), scale=10.0)
    np.testing.assert_allclose(over[100, 100], expected, atol=1)
    np.testing.assert_allclose(seen[100, 100], expected, atol=1)


def test_the_colours_lie_where_the_box_is() -> None:
    heat = np.array([[8.0, 0.0], [0.0, -8.0]], np.float32)
    found = overlay(paper(400, 200), heat, (40, 200, 140, 300), scale=1.0, size=400).astype(int)
    blue_less_red = found[:, :, 2] - found[:, :, 0]
    assert blue_less_red[215, 55] < -60 and blue_less_red[285, 125] > 60
    outside = np.ones((400, 200), bool)
    outside[200:300, 40:140] = False
    assert (found[outside] == 255).all()


def test_a_box_beyond_the_border_is_cut_there_not_squeezed() -> None:
    heat = np.zeros((2, 2), np.float32)
    heat[:, 1] = 8
    found = overlay(paper(), heat, (-100, 0, 100, 200), scale=1.0).astype(int)
    assert found[100, 20, 2] < 150  # the right half of the box begins at the border
    assert (found[:, 105:] == 255).all()


def test_coarse_evidence_is_smooth() -> None:
    heat = np.array([[0.0, 10.0]], np.float32).repeat(2, axis=0)
    row = overlay_seen(np.ones((48, 48), np.float32), heat, scale=10.0)[96, :, 2].astype(int)
    assert row[0] > 240 and row[-1] < 90  # a little too far, as bicubic goes
    assert np.abs(np.diff(row)).max() < 8


@pytest.mark.parametrize("ground", [(255, 255, 255), (90, 150, 230), (240, 160, 70), (40, 44, 40)])
def test_ink_stays_visible_and_paper_lends_no_colour(ground: tuple[int, int, int]) -> None:
    picture = paper(colour=ground)
    light = np.mean(ground) > 128
    picture[95:105] = 0 if light else 255
    bare = overlay(picture, even(0.0), (-9, -9, 209, 209), scale=1.0).astype(int)
    assert np.ptp(bare, axis=2).max() == 0
    assert bare[50, 50].tolist() == ([255] * 3 if light else [0] * 3)
    for value in (1.0, -1.0):
        hot = overlay(picture, even(value), (-9, -9, 209, 209), scale=1.0).astype(int)
        assert abs(hot[100, 100].mean() - hot[50, 50].mean()) > 90, "the ink must differ from the paper"
        assert np.ptp(hot[50, 50]) > 100, "the paper must have the colour of the evidence"


@pytest.mark.parametrize(
    "box",
    [
        (NAN, 0, 10, 10), (0, 0, INFINITY, 10), (50, 50, 50, 90), (90, 90, 10, 10), (300, 300, 400, 400),
        (-1e30, -1e30, 1e30, 1e30), (0, 0, 1e-9, 1e-9),
    ],
)  # fmt: skip
def test_what_is_no_box_leaves_the_picture_alone(box: tuple[float, float, float, float]) -> None:
    picture = paper()
    assert (overlay(picture, even(5.0), box, scale=1.0)[2:-2, 2:-2] == 255).all()
    part, _ = around(picture, box)
    assert part.size > 0


def test_an_empty_map_leaves_the_picture_alone() -> None:
    nothing = np.zeros((0, 3), np.float32)
    assert (overlay_seen(np.ones((8, 8), np.float32), nothing, scale=1.0) == 255).all()
    assert scale_of([nothing]) == 1.0


@pytest.mark.parametrize(
    ("maps", "scale"),
    [
        ([], 1.0),
        ([even(0.0)], 1.0),
        ([even(-3.0)], 3.0),
        ([even(2.0, 10), even(4.0, 1)], 2.0),  # the one place of 101 that is stronger does not count
        ([even(2.0), even(NAN)], 2.0),
    ],
)
def test_one_scale_for_several_pictures(maps: list[Floats], scale: float) -> None:
    assert scale_of(maps) == pytest.approx(scale)


@pytest.mark.parametrize(
    ("box", "shape", "moved"),
    [
        ((400, 400, 500, 500), (200, 200), (50, 50, 150, 150)),
        ((0, 0, 100, 100), (150, 150), (0, 0, 100, 100)),
        ((-20, 950, 80, 1050), (100, 130), (-20, 50, 80, 150)),
        ((-500, -500, 1500, 1500), (1000, 1000), (-500, -500, 1500, 1500)),
        ((2000, 2000, 2100, 2100), (1000, 1000), (2000, 2000, 2100, 2100)),
    ],
)
def test_the_part_around_a_box(
    box: tuple[float, float, float, float], shape: tuple[int, int], moved: tuple[float, ...]
) -> None:
    picture = np.arange(1000 * 1000, dtype=np.uint32).astype(np.uint8).reshape(1000, 1000)
    part, there = around(picture, box)
    assert (part.shape, there) == (shape, moved)
    x, y = round(box[0] - there[0]), round(box[1] - there[1])
    np.testing.assert_array_equal(part, picture[y : y + shape[0], x : x + shape[1]])


@pytest.mark.parametrize(
    ("shape", "size", "expected"),
    [
        ((900, 1350), 200, (133, 200)),
        ((100, 150), 200, (133, 200)),
        ((16, 24), 200, (128, 192)),  # by a whole factor
        ((200, 100), 200, (200, 100)),
        ((1, 500), 200, (1, 200)),
    ],
)
def test_sizes(shape: tuple[int, int], size: int, expected: tuple[int, int]) -> None:
    assert resized(np.zeros(shape, np.uint8), size).shape == (*expected, 3)
    assert overlay(np.zeros(shape, np.uint8), even(1), (0, 0, 9, 9), scale=1, size=size).shape[:2] == expected


def test_a_box_in_other_pixels_and_its_line() -> None:
    box = scaled((10, 20, 30, 40), np.zeros((100, 50, 3), np.uint8), np.zeros((200, 100, 3), np.uint8))
    assert box == (20, 40, 60, 80)
    line = np.argwhere(outlined(paper(200, 100), box)[:, :, 0] != 255)
    assert (*line.min(axis=0), *line.max(axis=0)) == (40, 20, 79, 59)
    assert outlined(paper(9, 9), (NAN, 0, 1, 1)).min() == 255


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (15.41, "+15"),
        (-15.41, "\N{MINUS SIGN}15"),
        (241.5, "+240"),
        (1.0, "+1.0"),
        (0.0312, "+0.031"),
    ],
)
def test_numbers_with_their_sign(value: float, text: str) -> None:
    assert signed(value) == text


def test_the_legend_goes_from_blue_over_white_to_orange(tmp_path: Path) -> None:
    page = Page(500, 200, title="")
    legend(page, 50, 100, 301, scale=12.0, against="against", in_favour="for")
    page.save(tmp_path / "legend.png")
    with Image.open(tmp_path / "legend.png") as image:
        row = np.asarray(image)[127, 50:351].astype(int)
    np.testing.assert_allclose(row[0], mixed(style.BLUE, STRONGEST), atol=2)
    np.testing.assert_allclose(row[150], 255, atol=2)
    np.testing.assert_allclose(row[-1], mixed(style.ORANGE, STRONGEST), atol=2)
