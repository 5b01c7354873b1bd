"""Random changes: pinned draws on small arrays, and what must hold for every recipe."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch
from changes import NOTHING, recipe_with, seeded
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from oxmark.recipes import load_recipe
from oxmark.training.augment import (
    INK,
    Draw,
    augment,
    bends,
    draw_changes,
    fitted,
    matrices,
    refit,
    resample,
)


def draw_with(count: float = 1, **values: float) -> Draw:
    ones = {"zoom_x": 1.0, "zoom_y": 1.0, "flip_x": 1.0, "flip_y": 1.0}
    fields = [field.name for field in dataclasses.fields(Draw)]
    return Draw(**{name: torch.full((int(count),), values.get(name, ones.get(name, 0.0))) for name in fields})


def numbers(rows: int = 4) -> Tensor:
    """float32 ``(1, 1, rows, rows)``: every pixel another value in 0..1."""
    return (torch.arange(rows * rows, dtype=torch.float32) / (rows * rows)).view(1, 1, rows, rows)


def bar(size: int = 64, rows: slice = slice(30, 34), columns: slice = slice(8, 56)) -> Tensor:
    picture = torch.zeros(1, 1, size, size)
    picture[:, :, rows, columns] = 1
    return picture


def box(picture: Tensor) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the ink; right and bottom are behind the last pixel."""
    rows, columns = torch.nonzero(picture[0, 0] > INK, as_tuple=True)
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


P = numbers()
ALL = slice(None)


def moved(right: int, down: int, padding: str) -> Tensor:
    """The 4x4 picture after a move by whole pixels."""
    places = torch.arange(4)
    rows, columns = places - down, places - right
    result = P[:, :, rows.clamp(0, 3)][:, :, :, columns.clamp(0, 3)].clone()
    if padding == "zeros":
        result[:, :, (rows < 0) | (rows > 3)] = 0
        result[:, :, :, (columns < 0) | (columns > 3)] = 0
    return result


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, P),
        ({"flip_x": -1.0}, P.flip(3)),
        ({"flip_y": -1.0}, P.flip(2)),
        ({"flip_x": -1.0, "flip_y": -1.0}, P.flip(2, 3)),
        ({"rotation": math.pi / 2}, P.rot90(1, (2, 3))),
        ({"rotation": -math.pi / 2}, P.rot90(-1, (2, 3))),
        ({"rotation": math.pi}, P.flip(2, 3)),
        ({"shift_x": 1.0}, moved(-1, 0, "border")),
        ({"shift_y": -2.0}, moved(0, 2, "border")),
        ({"shift_x": 1.0, "shift_y": -1.0}, moved(-1, 1, "border")),
        ({"zoom_x": 3.0}, P[:, :, :, [0, 0, 3, 3]]),
        ({"flip_x": -1.0, "shift_x": 1.0}, moved(-1, 0, "border").flip(3)),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)  # fmt: skip
def test_a_pinned_change_gives_exactly(values: dict[str, float], expected: Tensor) -> None:
    result = resample(P, matrices(draw_with(**values)), None, padding="border")
    torch.testing.assert_close(result, expected, rtol=0, atol=1e-6)


def test_zoom_takes_the_values_between_pixels() -> None:
    result = resample(P, matrices(draw_with(zoom_x=0.5)), None, padding="border")
    row = P[0, 0, 0]
    expected = [row[0] * 0.25 + row[1] * 0.75, row[1] * 0.75 + row[2] * 0.25]
    torch.testing.assert_close(result[0, 0, 0, :2], torch.stack(expected), rtol=0, atol=1e-6)


def test_shear_moves_rows_against_each_other() -> None:
    sine = math.sin(math.radians(30))  # at y = -3 from the centre of an 8x8 picture: 1.5 pixels
    picture = numbers(8)
    result = resample(picture, matrices(draw_with(shear=math.radians(30))), None, padding="zeros")
    x, y = 0.5, 2.5  # a place in the output, from the centre
    source_x, source_y = x - sine * y, math.cos(math.radians(30)) * y
    at = picture[0, 0, 0, 0] + (source_x + 3.5) / 64 + (source_y + 3.5) * 8 / 64  # the picture is a plane
    torch.testing.assert_close(result[0, 0, int(y + 3.5), int(x + 3.5)], at, rtol=0, atol=1e-6)


@pytest.mark.parametrize("padding", ["border", "zeros"])
def test_outside_is_the_nearest_pixel_or_empty(padding: str) -> None:
    result = resample(P, matrices(draw_with(shift_x=2.0, shift_y=1.0)), None, padding=padding)
    torch.testing.assert_close(result, moved(-2, -1, padding), rtol=0, atol=1e-6)


def test_a_bend_of_whole_pixels_is_a_shift() -> None:
    bend = torch.zeros(1, 2, 4, 4)
    bend[:, 0] = 1
    result = resample(P, matrices(draw_with()), bend, padding="border")
    torch.testing.assert_close(result, moved(-1, 0, "border"), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["tutorial", "marks"])
def test_outside_is_paper_for_tutorial_and_empty_for_ink(name: str) -> None:
    white = torch.ones(4, 1, 32, 32)
    recipe = load_recipe(name).with_settings({**NOTHING, "shift": 0.5, "zoom": 0.9, "rotation": 90})
    least = augment(white, recipe, seeded()).amin()
    assert least > 0.999 if name == "tutorial" else least == 0


@pytest.mark.parametrize("size", [16, 24, 64, 150])
def test_no_change_leaves_the_tutorials_batch_as_it_is(size: int) -> None:
    batch = torch.rand(3, 1, size, size, generator=seeded())
    result = augment(batch, recipe_with("tutorial"), seeded())
    torch.testing.assert_close(result, batch, rtol=0, atol=3e-5)  # rounding of coordinates near 150


def test_no_change_leaves_a_fitting_mark_as_it_is() -> None:
    batch = bar(64, slice(30, 34), slice(0, 64))
    result = augment(batch, recipe_with(margin=0), seeded())
    torch.testing.assert_close(result, batch, rtol=0, atol=1e-5)


# --- the box, as the ink graph would cut it -----------------------------------------------------------------


@pytest.mark.parametrize("degrees", [0, 30, 45, 90, 137])
@pytest.mark.parametrize("margin", [0.0, 0.125, 0.5])
def test_a_turned_bar_fills_the_square_with_its_margin(degrees: int, margin: float) -> None:
    batch, matrix = bar(), matrices(draw_with(rotation=math.radians(degrees), shift_x=9.0, zoom_x=1.3))
    fitted = refit(batch, matrix, recipe_with(margin=margin), seeded())
    left, top, right, bottom = box(resample(batch, fitted, None, padding="zeros"))
    longer = 64 / (1 + 2 * margin)
    assert max(right - left, bottom - top) == pytest.approx(longer, abs=2.5)
    assert (left + right) / 2 == pytest.approx(32, abs=1.5)
    assert (top + bottom) / 2 == pytest.approx(32, abs=1.5)


def test_refit_jitters_by_the_recipes_shift() -> None:
    batch = bar().repeat(200, 1, 1, 1)
    fitted = refit(batch, matrices(draw_with(200)), recipe_with(margin=0.125, shift=0.1), seeded())
    still = refit(batch[:1], matrices(draw_with()), recipe_with(margin=0.125), seeded())
    scale = fitted[:, 0, 0] / still[0, 0, 0]
    off = (fitted[:, :, 2] - still[:, :, 2]).abs() / fitted[:, 0, :1]
    assert 0.9 <= float(scale.min()) < 0.92 and 1.08 < float(scale.max()) <= 1.1
    assert 2.5 < float(off.max()) <= 0.1 / 2 * 64 + 1e-4


def test_empty_pictures_survive() -> None:
    batch = torch.cat([bar(), torch.zeros(1, 1, 64, 64)])
    recipe = load_recipe("marks").with_settings({"noise": 0, "specks": 0})
    result = augment(batch, recipe, seeded())
    assert bool(torch.isfinite(result).all())
    assert float(result[0].max()) > INK
    assert float(result[1].abs().max()) == 0


def slowly(batch: Tensor, matrix: Tensor, bend: Tensor | None, padding: str) -> Tensor:
    """What :func:`resample` gives, from the definition: one picture at a time, in float64."""
    size = batch.shape[-1]
    centres = torch.arange(size, dtype=torch.float64) - (size - 1) / 2
    places = torch.stack(torch.meshgrid(centres, centres, indexing="xy"))
    made = []
    for number, (picture, linear) in enumerate(zip(batch.double(), matrix.double(), strict=True)):
        bent = places if bend is None else places + bend[number]
        source = torch.einsum("ij,jyx->yxi", linear[:, :2], bent) + linear[:, 2]
        grid = (source * (2 / size))[None]
        made.append(functional.grid_sample(picture[None], grid, padding_mode=padding, align_corners=False))
    return torch.cat(made).float()


@pytest.mark.parametrize("padding", ["border", "zeros"])
@pytest.mark.parametrize("bent", [False, True])
@pytest.mark.parametrize("at_once", [1, 16 * 16 * 3, 1 << 18])
def test_pictures_are_resampled_alike_however_many_at_once(
    padding: str, bent: bool, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oxmark.training.augment.PIXELS_AT_ONCE", at_once)
    batch = torch.rand(7, 1, 16, 16, generator=seeded())
    matrix = matrices(draw_changes(7, 16, load_recipe("marks"), seeded(1)))
    bend = bends(7, 16, 0.1, seeded(2)) if bent else None
    before = batch.clone()
    found = resample(batch, matrix, bend, padding)
    torch.testing.assert_close(found, slowly(batch, matrix, bend, padding), rtol=0, atol=1e-5)
    assert torch.equal(batch, before)


# --- bends and boxes ----------------------------------------------------------------------------------------


def test_bends_are_smooth_and_as_strong_as_asked() -> None:
    assert bends(2, 64, 0.0, seeded()) is None
    bend = bends(100, 64, 0.06, seeded())
    assert bend is not None and bend.shape == (100, 2, 64, 64)
    assert float(bend.diff(dim=3).abs().max()) < 1
    corners = bend[:, :, ::63, ::63]  # here a vector stands as it was drawn, times 0..1
    assert float(corners.std()) == pytest.approx(0.06 * 64 / 2 / math.sqrt(3), rel=0.15)


@pytest.mark.parametrize("density", [0.0, 0.002, 0.05, 1.0])
def test_the_box_of_the_changed_ink_is_that_of_all_its_pixels(density: float) -> None:
    """Only the ends of each row are carried along: against every pixel of ink, one by one."""
    batch = (torch.rand(20, 1, 24, 24, generator=seeded()) < density).float()
    matrix = matrices(draw_changes(20, 24, load_recipe("marks"), seeded(1)))
    found = fitted(batch, matrix, 0.125)
    for picture, linear, one in zip(batch, matrix, found, strict=True):
        places = torch.nonzero(picture[0])[:, [1, 0]].float() - 11.5  # x, y
        moved = places @ torch.linalg.inv(linear[:, :2]).T
        low = moved.amin(0) - 0.5 if len(moved) else torch.full((2,), -12.0)
        high = moved.amax(0) + 0.5 if len(moved) else torch.full((2,), 12.0)
        scale = (high - low).max() * 1.25 / 24
        torch.testing.assert_close(one[:, :2], linear[:, :2] * scale, rtol=1e-5, atol=1e-6)
        middle = linear[:, :2] @ ((low + high) / 2)
        torch.testing.assert_close(one[:, 2], middle, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("margin", [0.0, 0.125])
def test_fitted_is_refit_without_jitter(margin: float) -> None:
    batch = bar().repeat(6, 1, 1, 1)
    draw = draw_changes(6, 64, load_recipe("marks"), seeded())
    still = refit(batch, matrices(draw), recipe_with(margin=margin), seeded())
    torch.testing.assert_close(fitted(batch, matrices(draw), margin), still)
    jitter, off = torch.full((6,), 1.1), torch.full((6, 2), 3.0)
    moved = fitted(batch, matrices(draw), margin, jitter, off)
    torch.testing.assert_close(moved[:, :, :2], still[:, :, :2] * 1.1)


def test_refit_draws_its_jitter_in_the_order_it_always_had() -> None:
    batch, draw = bar().repeat(5, 1, 1, 1), draw_changes(5, 64, load_recipe("marks"), seeded())
    generator = seeded(4)
    jitter = 1 + (torch.rand(5, generator=generator) * 2 - 1) * 0.1
    off = (torch.rand(5, 2, generator=generator) * 2 - 1) * 0.05 * 64
    expected = fitted(batch, matrices(draw), 0.125, jitter, off)
    found = refit(batch, matrices(draw), recipe_with(margin=0.125, shift=0.1), seeded(4))
    torch.testing.assert_close(found, expected)


# --- for every recipe ---------------------------------------------------------------------------------------


def test_the_draw_is_within_the_recipes_ranges() -> None:
    draw = draw_changes(2000, 150, load_recipe("tutorial"), seeded())
    limits = {"rotation": math.radians(25), "shift_x": 7.5, "shift_y": 7.5}
    for name, limit in limits.items():
        values = getattr(draw, name)
        assert -limit <= float(values.min()) < -0.98 * limit and 0.98 * limit < float(values.max()) <= limit
    for values in (draw.zoom_x, draw.zoom_y):
        assert 0.8 <= float(values.min()) < 0.81 and 1.19 < float(values.max()) <= 1.2
    for values in (draw.flip_x, draw.flip_y):
        assert set(values.tolist()) == {-1.0, 1.0} and abs(float(values.mean())) < 0.1
    assert not bool(draw.shear.any()) and not torch.equal(draw.zoom_x, draw.zoom_y)


@settings(max_examples=30, deadline=None)
@given(
    name=st.sampled_from(["marks", "tutorial"]),
    rotation=st.floats(0, 180), shift=st.floats(0, 0.5), zoom=st.floats(0, 0.9), shear=st.floats(0, 45),
    flip_horizontal=st.floats(0, 1), bend=st.floats(0, 0.3), thickness=st.floats(0, 8),
    fade=st.floats(0, 0.9), noise=st.floats(0, 0.5), cut=st.floats(0, 1), margin=st.floats(0, 1),
    specks=st.floats(0, 0.1), crop=st.floats(0, 0.5),
    count=st.integers(1, 5), size=st.integers(16, 40), seed=st.integers(0, 2**32),
)  # fmt: skip
def test_every_recipe_keeps_shape_range_and_input(
    name: str, count: int, size: int, seed: int, **changes: float
) -> None:
    recipe = load_recipe(name).with_settings(changes)
    batch = (torch.rand(count, 1, size, size, generator=seeded(seed)) > 0.9).float()
    before = batch.clone()
    result = augment(batch, recipe, seeded(seed))
    assert result.shape == batch.shape and result.dtype == torch.float32
    assert float(result.min()) >= 0 and float(result.max()) <= 1 + 1e-6
    assert torch.equal(batch, before)
    assert torch.equal(result, augment(batch, recipe, seeded(seed)))


@pytest.mark.parametrize("name", ["marks", "tutorial"])
def test_another_seed_is_another_change(name: str) -> None:
    batch = bar().repeat(2, 1, 1, 1)
    one, other = (augment(batch, load_recipe(name), seeded(seed)) for seed in (1, 2))
    assert not torch.equal(one, other)
    assert not torch.equal(one[0], one[1])
