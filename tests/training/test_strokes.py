"""Changes to strokes: thickness, holes, strength, crops, noise and specks."""

from __future__ import annotations

import math

import pytest
import torch
from changes import recipe_with, seeded
from torch import Tensor

from oxmark.training.augment import augment
from oxmark.training.strokes import CROPPED, HOLES, SPECKLED, change_strokes, cropped, grain, holes, thicken

ALL = slice(None)


def bar(size: int = 64, rows: slice = slice(30, 34), columns: slice = slice(8, 56)) -> Tensor:
    picture = torch.zeros(1, 1, size, size)
    picture[:, :, rows, columns] = 1
    return picture


# --- strokes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pixels", "columns"),
    [(0.0, 4.0), (1.0, 6.0), (0.5, 5.0), (1.5, 7.0), (2.0, 8.0), (-1.0, 3.0), (-0.5, 3.5)],
)
def test_thickness_is_in_pixels_on_each_side(pixels: float, columns: float) -> None:
    """A bar over the whole width, so that its area tells its thickness; shrinking takes half."""
    batch = bar(rows=slice(30, 34), columns=ALL)
    for across in (batch, batch.transpose(2, 3)):
        result = thicken(across, torch.tensor([pixels]))
        assert float(result.sum()) / 64 == pytest.approx(columns, abs=1e-4)


@pytest.mark.parametrize("pixels", [-0.5, -1.0, -1.5, -8.0])
def test_a_hairline_never_vanishes(pixels: float) -> None:
    batch = bar(rows=slice(30, 31), columns=ALL)
    result = thicken(batch, torch.tensor([pixels]))
    assert float(result.amax(2).min()) >= 0.5 ** math.ceil(-pixels) - 1e-6
    assert float(result.sum()) < float(batch.sum())


def test_every_picture_has_its_own_thickness() -> None:
    batch = bar(columns=ALL).repeat(3, 1, 1, 1)
    result = thicken(batch, torch.tensor([1.0, 0.0, -1.0]))
    areas = (result.sum((1, 2, 3)) / 64).tolist()
    assert areas == pytest.approx([6, 4, 3])


def test_holes_are_round_small_and_as_frequent_as_asked() -> None:
    some, masks = holes(400, 64, 0.3, seeded())
    assert masks.shape == (len(some), 1, 64, 64)
    assert some.tolist() == sorted(set(some.tolist())) and int(some.min()) >= 0 and int(some.max()) < 400
    assert bool(((masks == 0) | (masks == 1)).all())
    missing = (1 - masks).sum((1, 2, 3))
    assert 0.2 < float((missing > 0).sum()) / 400 < 0.36
    assert float(missing.max()) <= math.pi * (0.08 * 64 + 1) ** 2
    none, masks = holes(50, 64, 0.0, seeded())
    assert len(none) == len(masks) == 0


def test_a_hole_is_where_its_own_picture_drew_it() -> None:
    """Those of some pictures are what the definition gives for all."""
    some, masks = holes(60, 32, 0.3, seeded(4))
    generator = seeded(4)
    centres = torch.rand(60, 2, generator=generator) * 32
    radii = 32 * (0.02 + 0.06 * torch.rand(60, generator=generator))
    assert some.tolist() == torch.nonzero(torch.rand(60, generator=generator) < 0.3)[:, 0].tolist()
    for number, mask in zip(some.tolist(), masks[:, 0], strict=True):
        x, y = centres[number].tolist()
        away = [[math.hypot(column + 0.5 - x, row + 0.5 - y) for column in range(32)] for row in range(32)]
        assert torch.equal(mask > 0, torch.tensor(away) > radii[number])


def test_what_some_pictures_get_the_others_do_not() -> None:
    batch = torch.ones(400, 1, 16, 16)
    result = change_strokes(batch, recipe_with(cut=0.2), seeded())
    assert result is batch  # in place
    generator = seeded()
    cut: set[int] = set()
    for _ in range(HOLES):
        some, masks = holes(400, 16, 0.2, generator)
        cut |= {int(n) for n in some[(masks == 0).flatten(1).any(1)]}
    assert {int(n) for n in torch.nonzero((result < 1).flatten(1).any(1))[:, 0]} == cut


def test_fade_weakens_by_up_to_its_fraction() -> None:
    result = change_strokes(torch.ones(300, 1, 4, 4), recipe_with(fade=0.3), seeded())
    of_each = result.flatten(1)
    assert bool((of_each.amin(1) == of_each.amax(1)).all())
    assert 0.7 <= float(result.min()) < 0.72
    assert 0.98 < float(result.max()) <= 1


def test_noise_has_at_most_its_standard_deviation() -> None:
    result = change_strokes(torch.full((200, 1, 32, 32), 0.5), recipe_with(noise=0.1), seeded())
    spread = result.flatten(1).std(1)
    assert float(spread.min()) < 0.01
    assert 0.09 < float(spread.max()) < 0.11


# --- crops, noise and specks --------------------------------------------------------------------------------


@pytest.mark.parametrize("margin", [0.0, 0.125, 0.5])
def test_a_crop_cuts_one_side_of_some_marks_by_at_most_its_share(margin: float) -> None:
    count, size, share = 2000, 64, 0.25
    box = size / (1 + 2 * margin)
    edge = (size - box) / 2
    batch = torch.zeros(1, 1, size, size)
    inside = slice(round(edge), size - round(edge))
    batch[:, :, inside, inside] = 1
    result = cropped(batch.repeat(count, 1, 1, 1), recipe_with(crop=share, margin=margin), seeded())
    missing = (batch - result)[:, 0]
    assert bool(((missing == 0) | (missing == 1)).all())
    rows, columns = (missing.sum(axis) >= round(box) - 1 for axis in (2, 1))
    full = [
        rows[:, inside.start],
        rows[:, inside.stop - 1],
        columns[:, inside.start],
        columns[:, inside.stop - 1],
    ]
    touched = torch.stack(full).sum(0)
    cut = missing.flatten(1).any(1)
    assert set(touched[cut].tolist()) == {1}, "one side, and that whole"
    assert float(cut.float().mean()) == pytest.approx(CROPPED, abs=0.04)
    deep = missing.flatten(1).sum(1) / round(box)
    assert float(deep.max()) <= share * box + 1 and float(deep.max()) > 0.9 * share * box
    assert all(float(side[cut].float().mean()) == pytest.approx(0.25, abs=0.08) for side in full)


def test_without_a_crop_nothing_is_cut() -> None:
    batch = torch.ones(50, 1, 16, 16)
    assert torch.equal(augment(batch, recipe_with(margin=0), seeded()), batch)


def test_noise_is_on_every_picture_and_specks_on_some() -> None:
    recipe = recipe_with(noise=0.02, specks=0.01)
    found = grain(2000, 32, recipe, seeded())
    assert found.shape == (2000, 1, 32, 32)
    noisy = found.flatten(1).std(1) > 0
    assert bool(noisy.all())
    speckled = found.flatten(1).amax(1) > 0.5
    assert (
        0.5 * SPECKLED < float(speckled.float().mean()) < SPECKLED + 0.03
    )  # some have too few places to begin
    assert int(torch.nonzero(speckled).max()) > 1900, "not the first ones, but any"
    dots = (found[speckled] > 0.5).float().mean((1, 2, 3))
    assert float(dots.max()) < 9 * 0.01 * 1.5  # each speck covers up to nine pixels
    assert abs(float(found[~speckled].mean())) < 1e-3


def test_without_specks_there_is_only_noise() -> None:
    found = grain(300, 32, recipe_with(noise=0.1), seeded())
    assert float(found.abs().max()) <= 0.1 * math.sqrt(12) / 2 + 1e-6
    assert not bool(grain(5, 32, recipe_with(), seeded()).any())


def test_a_speck_is_three_pixels_wide() -> None:
    found = grain(4000, 16, recipe_with(specks=0.002), seeded())
    sums = found.flatten(1).sum(1)
    alone = found[sums == 9]
    assert len(alone) > 20
    for picture in alone[:, 0]:
        rows, columns = torch.nonzero(picture, as_tuple=True)
        assert int(rows.max() - rows.min()) == int(columns.max() - columns.min()) == 2


def test_specks_stay_within_the_picture_and_below_one() -> None:
    result = change_strokes(torch.full((400, 1, 16, 16), 0.9), recipe_with(specks=0.1, noise=0.1), seeded())
    assert float(result.max()) == 1 and float(result.min()) >= 0
