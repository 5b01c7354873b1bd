"""The arithmetic of a step, from the shapes of the layers, agrees with the network and with the recipe."""

from __future__ import annotations

import pytest
from measuring import counting

from oxmark.recipes import load_recipe


def test_the_layers_are_those_of_the_tutorial() -> None:
    parameters = sum((layer.inputs + 1) * layer.outputs for layer in counting.tutorial_layers())
    assert parameters == 4_750_049


def test_the_recipe_is_the_one_that_is_counted() -> None:
    recipe = load_recipe("tutorial")
    assert (recipe.size, recipe.width, recipe.batch) == (counting.SIDE, counting.WIDTH, counting.BATCH)
    assert recipe.epochs * recipe.steps_per_epoch == counting.STEPS


@pytest.mark.parametrize(("all_gradients", "millions"), [(True, 254.587), (False, 248.279)])
def test_operations_of_a_step(all_gradients: bool, millions: float) -> None:
    picture = counting.step_operations(all_gradients=all_gradients) / counting.BATCH
    assert picture / 1e6 == pytest.approx(millions, abs=1e-3)
