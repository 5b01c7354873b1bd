"""The knobs that are offered are knobs of a recipe, in its range; a choice becomes a recipe."""

from __future__ import annotations

from typing import Any

import pytest

from oxmark.errors import RecipeError
from oxmark.recipes import RECIPES, Recipe, load_recipe
from oxmark.web.problems import Problem
from oxmark.web.studio.knobs import OFFERED, chosen, offer


@pytest.mark.parametrize("name", OFFERED)
def test_both_ends_of_a_knob_can_be_chosen(name: str) -> None:
    (knob,) = (one for one in offer().knobs if one.name == name)
    assert name in Recipe.model_fields and knob.title.en and knob.about.ko
    for value in (knob.minimum, knob.maximum):
        if value is not None:
            assert getattr(chosen("marks", {name: value}), name) == value
    assert (knob.kind == "switch") is (knob.minimum is None)


def test_every_recipe_is_offered_with_its_own_values() -> None:
    for one in offer().recipes:
        recipe = load_recipe(one.name)
        assert one.values == {name: getattr(recipe, name) for name in OFFERED}
        assert chosen(one.name, one.values) == recipe
        for knob in offer().knobs:
            value = one.values[knob.name]
            if knob.minimum is not None and knob.maximum is not None:
                assert knob.minimum <= float(value) <= knob.maximum
    assert tuple(one.name for one in offer().recipes) == RECIPES


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"epochs": 0}, "epochs = 0: input should be greater than or equal to 1"),
        ({"epochs": 2.5}, "epochs = 2.5: input should be a valid integer"),
        ({"keep_meaning": 1}, "keep_meaning = 1: input should be a valid boolean"),
        ({"optimizer": "sgd"}, "optimizer = \"sgd\": input should be 'muon', 'adamw' or 'rmsprop'"),
        ({"zom": 1}, "there is no knob 'zom' (is 'zoom' meant?)"),
    ],
)
def test_settings_out_of_range(settings: dict[str, Any], error: str) -> None:
    with pytest.raises(RecipeError) as caught:
        chosen("marks", settings)
    assert str(caught.value) == f"these settings cannot be used: {error}."


def test_a_file_is_no_recipe() -> None:
    with pytest.raises(Problem) as caught:
        chosen("mine.toml", {})
    assert caught.value.code == "no_such_recipe"
