"""Recipes that change nothing but what a test names."""

from __future__ import annotations

import torch

from oxmark.recipes import Recipe, load_recipe

NOTHING = {
    "rotation": 0, "shift": 0, "zoom": 0, "shear": 0, "flip_horizontal": 0, "flip_vertical": 0,
    "bend": 0, "thickness": 0, "fade": 0, "noise": 0, "specks": 0, "cut": 0, "crop": 0,
}  # fmt: skip


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def recipe_with(name: str = "marks", **changes: object) -> Recipe:
    return load_recipe(name).with_settings({**NOTHING, **changes})
