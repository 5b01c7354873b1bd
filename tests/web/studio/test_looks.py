"""How drawings look, measured on lines of known width, size and grey."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from oxmark.web.studio.hints import ALIKE
from oxmark.web.studio.looks import Look, look_of, spreads


def ring(width: int, *, grey: int = 0, size: int = 300, side: int = 480, paper: int = 255) -> Look:
    image = Image.new("RGBA", (side, side), (paper, paper, paper, 255))
    edge = (side - size) // 2
    ImageDraw.Draw(image).ellipse((edge, edge, side - edge, side - edge), outline=(grey,) * 3, width=width)
    found = look_of(np.asarray(image))
    assert found is not None
    return found


@pytest.mark.parametrize("width", [4, 8, 16, 32])
def test_thickness(width: int) -> None:
    assert ring(width).thickness == pytest.approx(width / 480, rel=0.12)
    assert ring(width, grey=128).thickness == pytest.approx(ring(width).thickness, rel=0.05)
    assert ring(width, grey=255, paper=0).thickness == pytest.approx(ring(width).thickness, rel=0.05)


@pytest.mark.parametrize("size", [60, 200, 400])
def test_size(size: int) -> None:
    assert ring(8, size=size).size == pytest.approx(size / 480, abs=0.02)


@pytest.mark.parametrize("grey", [0, 60, 150])
def test_darkness(grey: int) -> None:
    assert ring(12, grey=grey).darkness == pytest.approx(1 - grey / 255, abs=0.02)


@pytest.mark.parametrize("shape", [(1, 1, 4), (1, 300, 4), (40, 30, 4)])
def test_no_ink(shape: tuple[int, int, int]) -> None:
    assert look_of(np.full(shape, 255, np.uint8)) is None
    assert look_of(np.zeros(shape, np.uint8)) is None  # transparent


def test_one_pen_is_alike_and_several_are_not() -> None:
    one = [ring(10, size=size) for size in (150, 200, 260, 330, 400)]
    several = [ring(width, size=300, grey=grey) for width, grey in ((4, 0), (8, 90), (16, 30), (30, 150))]
    assert [name for name, limit in ALIKE.items() if spreads(one)[name] < limit] == ["thickness", "darkness"]
    assert [name for name, limit in ALIKE.items() if spreads(several)[name] < limit] == ["size"]
    assert spreads([]) == dict.fromkeys(ALIKE, 0.0)
