"""Random changes to the strokes themselves: their thickness and strength, what is cut off and what is added.

Numbers are drawn for every picture of a batch; what only some of them get is computed for those alone.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from oxmark.recipes import Recipe

CROPPED, SPECKLED = 0.2, 0.15
"""Shares of the pictures that lose a strip at a side, and that get specks."""
HOLES = 2
"""Holes in a picture, at most; each is there with the probability of the recipe's ``cut``."""


def cropped(batch: Tensor, recipe: Recipe, generator: torch.Generator) -> Tensor:
    """Cut a strip off one side of some marks, as a picture's border does; float32 ``(N, 1, S, S)``."""
    count, size = len(batch), batch.shape[-1]
    share = torch.rand(count, 1, 1, generator=generator) * recipe.crop
    some = torch.nonzero(torch.rand(count, generator=generator) < CROPPED)[:, 0]
    side = torch.randint(4, (count, 1, 1), generator=generator)[some]
    box = size / (1 + 2 * recipe.margin)
    edge = (size - box) / 2 + share[some] * box
    across = torch.arange(size, dtype=torch.float32) + 0.5
    x, y = across[None, None, :], across[None, :, None]
    depth = torch.where(side < 2, torch.where(side == 0, x, size - x), torch.where(side == 2, y, size - y))
    return _multiplied(batch.clone(), some, (depth > edge).float()[:, None])


def change_strokes(batch: Tensor, recipe: Recipe, generator: torch.Generator) -> Tensor:
    """Cut pieces out, fade, add noise and specks.

    Args:
        batch: float32 ``(N, 1, S, S)``, 0..1; it is changed in place.
        recipe: How much.
        generator: Source of the random numbers.

    Returns:
        The batch.
    """
    count, size = len(batch), batch.shape[-1]
    if recipe.cut:
        for _ in range(HOLES):
            batch = _multiplied(batch, *holes(count, size, recipe.cut, generator))
    if recipe.fade:
        weak = 1 - torch.rand(count, 1, 1, 1, generator=generator) * recipe.fade
        batch = batch.mul_(weak.to(batch.device))
    if recipe.noise or recipe.specks:
        batch = batch.add_(grain(count, size, recipe, generator).to(batch.device))
    return batch.clamp_(0, 1)


def _multiplied(batch: Tensor, some: Tensor, masks: Tensor) -> Tensor:
    """The batch, some of its pictures multiplied by masks ``(len(some), 1, S, S)`` in place."""
    place = some.to(batch.device)
    batch[place] = batch[place] * masks.to(batch.device)
    return batch


def grain(count: int, size: int, recipe: Recipe, generator: torch.Generator) -> Tensor:
    """Noise on every picture and specks on some, float32 ``(N, 1, S, S)``."""
    even = torch.rand(count, 1, size, size, generator=generator)
    strength = torch.rand(count, 1, 1, 1, generator=generator) * recipe.noise
    strength *= math.sqrt(12)  # a uniform number's standard deviation is 1 / sqrt(12)
    if recipe.specks == 0:
        return even.sub_(0.5).mul_(strength)
    dense = torch.rand(count, 1, 1, 1, generator=generator) * recipe.specks
    some = torch.nonzero(torch.rand(count, generator=generator) < SPECKLED)[:, 0]
    specks = _highest_around((even[some] < dense[some]).float())
    noise = even.sub_(0.5).mul_(strength)
    noise[some] += specks
    return noise


def thicken(batch: Tensor, pixels: Tensor) -> Tensor:
    """Grey morphology: grow (positive) or shrink (negative) strokes by a fraction of pixels on each side.

    Args:
        batch: float32 ``(N, 1, S, S)``, values 0..1.
        pixels: float32 ``(N,)``. Strokes never vanish: shrinking keeps half of what it would remove.

    Returns:
        float32 ``(N, 1, S, S)``, values 0..1.
    """
    amount = pixels.to(batch.device)[:, None, None, None]
    sign = torch.where(amount < 0, -1.0, 1.0)
    signed = sign * batch  # what is to shrink is turned over: the highest is then the lowest
    for step in range(math.ceil(float(pixels.abs().max()))):
        part = (amount.abs() - step).clamp(0, 1) * torch.where(amount < 0, 0.5, 1.0)
        signed = _highest_around(signed).sub_(signed).mul_(part).add_(signed)
    return signed.mul_(sign)


def _highest_around(batch: Tensor) -> Tensor:
    """The highest value among each pixel and its eight neighbours; rows first, then columns."""
    for axis in (2, 3):
        length = batch.shape[axis] - 1
        highest = torch.empty_like(batch)
        first, behind = highest.narrow(axis, 0, length), batch.narrow(axis, 1, length)
        torch.maximum(batch.narrow(axis, 0, length), behind, out=first)
        highest.narrow(axis, length, 1).copy_(batch.narrow(axis, length, 1))
        last = highest.narrow(axis, 1, length)
        torch.maximum(last, batch.narrow(axis, 0, length), out=last)
        batch = highest
    return batch


def holes(count: int, size: int, probability: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Small round holes for some pictures.

    Args:
        count: Pictures, N.
        size: Their side in pixels.
        probability: Of a hole.
        generator: Source of the random numbers.

    Returns:
        Which pictures have one, int64 ``(M,)``, and their masks, float32 ``(M, 1, S, S)``, 0 in the hole,
        else 1.
    """
    centre = torch.rand(count, 2, 1, 1, generator=generator) * size
    radius = size * (0.02 + 0.06 * torch.rand(count, 1, 1, generator=generator))
    some = torch.nonzero(torch.rand(count, generator=generator) < probability)[:, 0]
    centre, radius = centre[some], radius[some]
    across = torch.arange(size, dtype=torch.float32) + 0.5
    x, y = across[None, None, :] - centre[:, 0], across[None, :, None] - centre[:, 1]
    return some, (x * x + y * y > radius * radius).float()[:, None]
