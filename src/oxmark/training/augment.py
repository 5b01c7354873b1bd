"""Random changes to a batch of training pictures, new in every epoch.

All changes of place (turn, move, stretch, slant, mirror, bend) are composed into one map and applied by one
resampling, so a picture is blurred once, not five times. Strokes are made thicker or thinner before it, while
they are sharp; cuts, strength and noise come after it (:mod:`oxmark.training.strokes`).

Coordinates are pixels from the picture's centre, x to the right, y down. A map is a matrix ``(N, 2, 3)`` from
a place in the output to the place in the input where its value comes from, as in Keras and SciPy.
"""

from __future__ import annotations

import dataclasses
import itertools
import math

import torch
from torch import Tensor
from torch.nn import functional

from oxmark.recipes import Recipe
from oxmark.training.strokes import change_strokes, cropped, thicken

INK = 0.3
"""Pixels above this are ink when the box around a changed mark is found."""
PIXELS_AT_ONCE = 1 << 18
"""So many are resampled at once, from a copy: fetched here and there from a cache that is near they come in
half the time (2.6 ms or 1.2 ms for 16 pictures of 150x150)."""


@dataclasses.dataclass(frozen=True)
class Draw:
    """The random numbers of one batch of N pictures, each tensor float32 ``(N,)``.

    Attributes:
        rotation: Radians.
        shift_x: Pixels, positive takes the value from the right.
        shift_y: Pixels, positive takes the value from below.
        shear: Radians.
        zoom_x: Factor; above 1 the picture gets smaller, as in Keras.
        zoom_y: Factor.
        flip_x: -1 mirrors left and right, 1 does not.
        flip_y: -1 mirrors top and bottom, 1 does not.
    """

    rotation: Tensor
    shift_x: Tensor
    shift_y: Tensor
    shear: Tensor
    zoom_x: Tensor
    zoom_y: Tensor
    flip_x: Tensor
    flip_y: Tensor


def augment(batch: Tensor, recipe: Recipe, generator: torch.Generator) -> Tensor:
    """Change every picture of a batch at random, as the recipe says.

    Args:
        batch: float32 ``(N, 1, S, S)``, values 0..1.
        recipe: Which changes and how large.
        generator: Source of the random numbers, on the CPU.

    Returns:
        float32 ``(N, 1, S, S)``, values 0..1; the batch itself is not changed.

    Example:
        >>> from oxmark.recipes import load_recipe
        >>> recipe = load_recipe("marks")
        >>> augment(torch.rand(8, 1, 64, 64), recipe, torch.Generator().manual_seed(0)).shape
        torch.Size([8, 1, 64, 64])
    """
    draw = draw_changes(len(batch), batch.shape[-1], recipe, generator)
    matrix = matrices(draw).to(batch.device)
    if recipe.preprocess == "ink":
        if recipe.crop:
            batch = cropped(batch, recipe, generator)
        if recipe.thickness:
            batch = thicken(batch, (torch.rand(len(batch), generator=generator) * 2 - 1) * recipe.thickness)
        matrix = refit(batch, matrix, recipe, generator)
        bend = bends(len(batch), batch.shape[-1], recipe.bend, generator)
        changed = resample(batch, matrix, bend, padding="zeros")
        return change_strokes(changed, recipe, generator)
    return resample(batch, matrix, None, padding="border")


def draw_changes(count: int, size: int, recipe: Recipe, generator: torch.Generator) -> Draw:
    """Draw the changes of place for ``count`` pictures of ``size`` pixels a side."""

    def between(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(count, generator=generator)

    def sign(probability: float) -> Tensor:
        return 1 - 2 * (torch.rand(count, generator=generator) < probability).float()

    turn, slant = math.radians(recipe.rotation), math.radians(recipe.shear)
    move = recipe.shift * size
    return Draw(
        rotation=between(-turn, turn),
        shift_x=between(-move, move),
        shift_y=between(-move, move),
        shear=between(-slant, slant),
        zoom_x=between(1 - recipe.zoom, 1 + recipe.zoom),
        zoom_y=between(1 - recipe.zoom, 1 + recipe.zoom),
        flip_x=sign(recipe.flip_horizontal),
        flip_y=sign(recipe.flip_vertical),
    )


def matrices(draw: Draw) -> Tensor:
    """The map of each picture, float32 ``(N, 2, 3)``: mirror, then stretch, slant, move and turn.

    The order and the signs are those of Keras's ``apply_affine_transform`` followed by its flips.
    """
    zero, one = torch.zeros_like(draw.rotation), torch.ones_like(draw.rotation)
    cos, sin = torch.cos(draw.rotation), torch.sin(draw.rotation)
    turn = _matrix([[cos, -sin, zero], [sin, cos, zero], [zero, zero, one]])
    move = _matrix([[one, zero, draw.shift_x], [zero, one, draw.shift_y], [zero, zero, one]])
    slant = _matrix(
        [[one, -torch.sin(draw.shear), zero], [zero, torch.cos(draw.shear), zero], [zero, zero, one]]
    )
    stretch = _matrix([[draw.zoom_x, zero, zero], [zero, draw.zoom_y, zero], [zero, zero, one]])
    mirror = _matrix([[draw.flip_x, zero, zero], [zero, draw.flip_y, zero], [zero, zero, one]])
    return (turn @ move @ slant @ stretch @ mirror)[:, :2]


def _matrix(rows: list[list[Tensor]]) -> Tensor:
    return torch.stack([torch.stack(row, dim=-1) for row in rows], dim=-2)


def refit(batch: Tensor, matrix: Tensor, recipe: Recipe, generator: torch.Generator) -> Tensor:
    """Change each map so that the changed mark fills the square as the ink graph's crop would.

    What remains of shift and zoom is a small jitter, for crops that are a little off.

    Args:
        batch: float32 ``(N, 1, S, S)``, values 0..1.
        matrix: Maps, ``(N, 2, 3)``.
        recipe: For ``margin`` and ``shift``.
        generator: Source of the jitter.

    Returns:
        Maps, ``(N, 2, 3)``.
    """
    count, size = len(batch), batch.shape[-1]
    jitter = 1 + (torch.rand(count, generator=generator) * 2 - 1).to(batch.device) * recipe.shift
    off = (torch.rand(count, 2, generator=generator) * 2 - 1).to(batch.device) * recipe.shift / 2 * size
    return fitted(batch, matrix, recipe.margin, jitter, off)


def fitted(
    batch: Tensor, matrix: Tensor, margin: float, jitter: Tensor | None = None, off: Tensor | None = None
) -> Tensor:
    """Change each map so that the changed ink fills the square but for the margin.

    A turned or stretched mark has another box; at prediction the graph crops to that box, so training
    must see the same.

    Args:
        batch: float32 ``(N, 1, S, S)``, values 0..1.
        matrix: Maps, ``(N, 2, 3)``.
        margin: As in the recipe.
        jitter: Factor by which the square is larger, ``(N,)``; None is 1.
        off: Output pixels by which it lies aside, x and y, ``(N, 2)``; None is 0.

    Returns:
        Maps, ``(N, 2, 3)``.
    """
    size = batch.shape[-1]
    inverse = torch.linalg.inv(matrix[:, :, :2])
    ends, inked = _row_ends(batch[:, 0] > INK)
    moved = inverse @ ends  # (N, 2, 2 * S), where the ends of each row's ink land
    low = moved.masked_fill(~inked, math.inf).amin(2) - 0.5
    high = moved.masked_fill(~inked, -math.inf).amax(2) + 0.5
    empty = ~inked.any(2)
    low, high = low.masked_fill(empty, -size / 2), high.masked_fill(empty, size / 2)
    scale = (high - low).amax(1) * (1 + 2 * margin) / size  # input pixels an output pixel
    scale = scale if jitter is None else scale * jitter
    centre = (low + high) / 2
    centre = centre if off is None else centre + off * scale[:, None]
    linear = matrix[:, :, :2] * scale[:, None, None]
    return torch.cat([linear, matrix[:, :, :2] @ centre[:, :, None]], dim=2)


def _row_ends(ink: Tensor) -> tuple[Tensor, Tensor]:
    """Where each row's ink begins and ends; no pixel between can be the outermost one of a changed mark.

    Args:
        ink: bool ``(N, S, S)``.

    Returns:
        Pixels from the centre, x and y, float32 ``(N, 2, 2 * S)``, first all beginnings, then all ends; and
        whether there is any ink in that row, bool ``(N, 1, 2 * S)``.
    """
    size = ink.shape[-1]
    count = torch.arange(1, size + 1, dtype=torch.float32, device=ink.device)
    behind, before = (ink * count).amax(2), (ink * count.flip(0)).amax(2)  # from 1; 0 where there is none
    middle = (size - 1) / 2
    x = torch.cat([size - before, behind - 1], dim=1) - middle
    y = (count - 1 - middle).repeat(2).expand_as(x)
    return torch.stack([x, y], dim=1), (behind > 0).repeat(1, 2)[:, None]


def bends(count: int, size: int, strength: float, generator: torch.Generator) -> Tensor | None:
    """Smooth random displacements in output pixels, float32 ``(N, 2, S, S)``; None when there are none.

    A coarse grid of random vectors, enlarged smoothly (elastic distortion: Simard et al., 2003,
    doi:10.1109/ICDAR.2003.1227801).
    """
    if strength == 0:
        return None
    coarse = torch.randn(count, 2, 5, 5, generator=generator) * (strength * size / 2)
    amount = torch.rand(count, 1, 1, 1, generator=generator)
    corners = torch.eye(5)[None, None]
    smooth = functional.interpolate(corners, size=(size, 5), mode="bicubic", align_corners=True)[0, 0]
    return smooth @ (coarse * amount) @ smooth.T  # bicubic enlargement, along one axis and then the other


def resample(batch: Tensor, matrix: Tensor, bend: Tensor | None, padding: str) -> Tensor:
    """Fetch every output pixel from its place in the input, between pixels linearly.

    Args:
        batch: float32 ``(N, 1, S, S)``.
        matrix: Maps in pixels from the centre, ``(N, 2, 3)``.
        bend: Displacements in output pixels, ``(N, 2, S, S)``, or None.
        padding: Outside the picture: ``"border"`` repeats the nearest pixel, ``"zeros"`` gives 0.

    Returns:
        float32 ``(N, 1, S, S)``.
    """
    at_once = max(1, PIXELS_AT_ONCE // batch[0].numel())
    bends = itertools.repeat(None) if bend is None else torch.split(bend, at_once)
    parts = zip(torch.split(batch, at_once), torch.split(matrix, at_once), bends, strict=False)
    return torch.cat([_fetched(*part, padding) for part in parts])


def _fetched(batch: Tensor, matrix: Tensor, bend: Tensor | None, padding: str) -> Tensor:
    """What :func:`resample` does, for few pictures."""
    size = batch.shape[-1]
    centres = torch.arange(size, dtype=torch.float32, device=batch.device) - (size - 1) / 2
    matrix = matrix * (2 / size)  # grid_sample counts in halves of the picture
    across = matrix[:, :, 0, None] * centres + matrix[:, :, 2, None]  # (N, 2, S): what each column adds
    down = matrix[:, :, 1, None] * centres  # and each row
    source = across[:, :, None, :] + down[:, :, :, None]  # (N, 2, S, S)
    if bend is not None:
        source.flatten(2).baddbmm_(matrix[:, :, :2], bend.to(batch.device).flatten(2))
    grid = source.permute(0, 2, 3, 1)
    near = batch.clone()
    return functional.grid_sample(near, grid, mode="bilinear", padding_mode=padding, align_corners=False)
