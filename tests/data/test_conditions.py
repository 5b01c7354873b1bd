"""Rendered conditions: pixels to pixels, repeatable, upright, and for pictures of any size and value."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from oxmark.data import conditions
from oxmark.data.conditions import LONGEST, Colour, is_opaque, on_white, opaque, paper_colour, rendered

Trouble = Callable[[Colour, np.random.Generator], Colour]
TROUBLES: dict[str, Trouble] = {trouble.__name__.strip("_"): trouble for trouble in conditions._TROUBLES}


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def mark(height: int = 60, width: int = 90) -> Colour:
    """A dark L with a long foot, not like itself in any turn, on paper that is not quite white."""
    picture = np.full((height, width, 3), 0.95, np.float32)
    picture[height // 6 : -height // 6, width // 4 : width // 4 + max(1, width // 12)] = 0.1
    picture[-height // 4 : -height // 6, width // 4 : -width // 6] = 0.2
    return picture


def ink(picture: Colour) -> np.ndarray:
    """How far each pixel is from the paper, made coarse."""
    far = np.abs(picture - np.median(picture, axis=(0, 1))).max(2)
    rows, columns = (np.linspace(0, side, 13).astype(int)[:-1] for side in far.shape)
    return np.asarray(np.add.reduceat(np.add.reduceat(far, rows, 0), columns, 1))


@pytest.mark.parametrize("seed", range(40))
def test_a_picture_comes_out_as_opaque_pixels_of_a_bounded_size(seed: int) -> None:
    found = rendered(mark(), seeded(seed))
    assert found.dtype == np.uint8 and found.ndim == 3 and found.shape[2] == 4
    assert (found[:, :, 3] == 255).all()
    assert min(found.shape[:2]) >= 8 and max(found.shape[:2]) <= LONGEST


def test_large_pictures_come_out_small() -> None:
    assert max(max(rendered(mark(900, 1350), seeded(seed)).shape) for seed in range(20)) <= LONGEST


def test_the_seed_decides_and_the_picture_is_not_changed() -> None:
    picture = mark()
    before = picture.copy()
    one, same = (rendered(picture, seeded(3)) for _ in range(2))
    assert one.tobytes() == same.tobytes()
    assert (picture == before).all()
    assert len({rendered(picture, seeded(seed)).tobytes() for seed in range(20)}) == 20


@pytest.mark.parametrize("name", TROUBLES)
@pytest.mark.parametrize("seed", range(6))
def test_every_trouble_changes_the_picture_but_not_its_size_or_range(name: str, seed: int) -> None:
    picture = mark()
    before = picture.copy()
    found = TROUBLES[name](picture, seeded(seed))
    assert found.shape == picture.shape and found.dtype == np.float32
    assert np.isfinite(found).all() and found.min() >= -1e-6 and found.max() <= 1 + 1e-6
    assert (picture == before).all(), "the picture that was given"
    assert float(np.abs(found - picture).max()) > 0.01
    assert found.tobytes() == TROUBLES[name](picture, seeded(seed)).tobytes()


@pytest.mark.parametrize("name", TROUBLES)
def test_no_trouble_turns_or_mirrors_the_picture(name: str) -> None:
    """The coarse ink is most like that of the picture as it was, not turned or mirrored."""
    square = mark(72, 72)
    before = ink(square)
    others = [np.rot90(before, k) for k in (1, 2, 3)] + [np.flip(before, axis) for axis in (0, 1)]
    for seed in range(12):
        found = ink(TROUBLES[name](square, seeded(seed)))
        right = np.corrcoef(before.ravel(), found.ravel())[0, 1]
        wrong = max(np.corrcoef(other.ravel(), found.ravel())[0, 1] for other in others)
        assert right > wrong, seed


def test_a_shadow_lies_on_any_side_and_only_darkens() -> None:
    white, sides = np.ones((40, 60, 3), np.float32), set()
    for seed in range(40):
        found = TROUBLES["shadow"](white, seeded(seed))
        assert found.shape == white.shape and (found <= 1 + 1e-6).all()
        rims = [found[0].mean(), found[-1].mean(), found[:, 0].mean(), found[:, -1].mean()]
        sides.add(int(np.argmin(rims)))
    assert sides == {0, 1, 2, 3}


def test_a_frame_may_be_at_any_side() -> None:
    grey, seen = np.full((50, 70, 3), 0.5, np.float32), np.zeros(4, bool)
    for seed in range(60):
        found = TROUBLES["frame"](grey, seeded(seed))
        changed = (found != 0.5).any(2)
        seen |= [changed[0].all(), changed[-1].all(), changed[:, 0].all(), changed[:, -1].all()]
        assert not changed[15:35, 20:50].any(), "never in the middle"
    assert seen.all()


@pytest.mark.parametrize("shape", [(50, 300), (300, 50)])
def test_a_frame_is_as_deep_as_its_own_side_allows(shape: tuple[int, int]) -> None:
    grey = np.full((*shape, 3), 0.5, np.float32)
    for seed in range(60):
        changed = (TROUBLES["frame"](grey, seeded(seed)) != 0.5).any(2)
        rows, columns = changed.all(1), changed.all(0)
        assert rows.sum() <= 2 * max(1, 0.06 * shape[0]) and columns.sum() <= 2 * max(1, 0.06 * shape[1])


def test_a_ruling_lies_under_the_ink() -> None:
    picture = mark()
    strong = np.abs(picture - 0.95).max(2) > 0.5
    for seed in range(20):
        found = TROUBLES["ruled"](picture, seeded(seed))
        assert (found[strong] == picture[strong]).all()


@pytest.mark.parametrize("shape", [(8, 8), (1, 1), (1, 40), (40, 1), (2, 3), (9, 300), (300, 5)])
@pytest.mark.parametrize("seed", range(12))
def test_pictures_of_any_shape_can_be_rendered(shape: tuple[int, int], seed: int) -> None:
    picture = seeded(seed).random((*shape, 3)).astype(np.float32)
    found = rendered(picture, seeded(seed))
    assert found.shape[2] == 4 and min(found.shape[:2]) >= 1 and max(found.shape[:2]) <= LONGEST


@pytest.mark.parametrize("name", TROUBLES)
@pytest.mark.parametrize("shape", [(8, 8), (1, 1), (1, 30), (30, 1), (2, 2)])
def test_every_trouble_can_be_done_to_tiny_pictures(name: str, shape: tuple[int, int]) -> None:
    for seed in range(4):
        picture = seeded(seed).random((*shape, 3)).astype(np.float32)
        found = TROUBLES[name](picture, seeded(seed))
        assert found.shape == picture.shape and np.isfinite(found).all()


@pytest.mark.parametrize("value", [0.0, 1.0, 0.5, 1e-38])
@pytest.mark.parametrize("seed", range(10))
def test_pictures_of_one_value_are_rendered_without_a_warning(value: float, seed: int) -> None:
    picture = np.full((30, 40, 3), value, np.float32)
    assert rendered(picture, seeded(seed)).dtype == np.uint8
    for trouble in TROUBLES.values():
        assert np.isfinite(trouble(picture, seeded(seed))).all()


# --- before and after ---------------------------------------------------------------------------------------


def test_transparent_pixels_become_paper() -> None:
    pixels = np.zeros((20, 30, 4), np.uint8)
    pixels[:, 15:] = (10, 20, 30, 255)
    pixels[:10, 20:, 3] = 51  # a fifth
    found = on_white(pixels)
    assert found.shape == (20, 30, 3) and found.dtype == np.float32
    assert (found[:, :15] == 1).all()
    np.testing.assert_allclose(found[15, 20] * 255, [10, 20, 30], atol=1e-4)
    np.testing.assert_allclose(found[5, 25] * 255, [0.2 * v + 0.8 * 255 for v in (10, 20, 30)], atol=1e-3)


@pytest.mark.parametrize(
    ("shape", "longest", "smaller"),
    [
        ((100, 300), 60, (20, 60)),
        ((300, 100), 60, (60, 20)),
        ((50, 40), 60, (50, 40)),
        ((1, 900), 224, (1, 224)),
    ],
)
def test_large_pixels_are_made_smaller(
    shape: tuple[int, int], longest: int, smaller: tuple[int, int]
) -> None:
    pixels = np.full((*shape, 4), 255, np.uint8)
    found = on_white(pixels, longest)
    assert found.shape == (*smaller, 3) and (found == 1).all()


def test_pixels_come_back() -> None:
    pixels = seeded().integers(0, 256, (12, 17, 4), dtype=np.uint8)
    pixels[:, :, 3] = 255
    assert (opaque(on_white(pixels)) == pixels).all()
    wild = np.array([[[-1e30, 2.0, 0.5]]], np.float32)
    assert opaque(wild).tolist() == [[[0, 255, 128, 255]]]


def test_the_paper_is_what_most_of_the_rim_is() -> None:
    picture = mark()
    picture[0, :10] = 0
    assert paper_colour(picture).tolist() == pytest.approx([0.95] * 3)


@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (224, 224), (225, 90), (613, 451), (900, 1350)])
def test_an_opaque_picture_becomes_what_it_becomes_with_alpha(shape: tuple[int, int]) -> None:
    """Without alpha Pillow is asked for less; not one bit may differ."""
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 4), np.uint8)
    pixels[..., 3] = 255
    image = Image.fromarray(pixels)
    image.thumbnail((LONGEST, LONGEST), Image.Resampling.BOX, reducing_gap=2.0)
    colour = np.asarray(image, np.float32) / np.float32(255)
    alpha = colour[:, :, 3:]
    wanted = np.asarray(colour[:, :, :3] * alpha + (1 - alpha), np.float32)
    found = on_white(pixels)
    assert found.tobytes() == wanted.tobytes() and found.shape == wanted.shape
    assert found.flags.c_contiguous and found.flags.writeable


@pytest.mark.parametrize("place", [(0, 0), (5, 6), (2, 3), None])
@pytest.mark.parametrize("alpha", [0, 127, 254])
def test_one_transparent_pixel_is_seen_wherever_it_is(place: tuple[int, int] | None, alpha: int) -> None:
    pixels = np.zeros((6, 7, 4), np.uint8)
    pixels[..., 3] = 255
    if place:
        pixels[place][3] = alpha
    assert is_opaque(pixels) is is_opaque(pixels[:, ::-1]) is (place is None)
