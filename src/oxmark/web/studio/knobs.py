"""The recipes and the few of their knobs that the studio offers, and what a choice of them means."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from oxmark.web.problems import Problem
from oxmark.web.studio.teach_schemas import Knob, Pair, RecipeOffer, Recipes, Setting
from oxmark.words import Message

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from oxmark.recipes import Recipe

OFFERED: dict[str, tuple[float | None, float | None]] = {
    "epochs": (150, 1),
    "rotation": (None, 1),
    "shift": (None, 0.01),
    "zoom": (None, 0.05),
    "shear": (None, 1),
    "bend": (None, 0.01),
    "thickness": (None, 0.1),
    "cut": (None, 0.05),
    "flip_horizontal": (None, 0.1),
    "flip_vertical": (None, 0.1),
    "keep_meaning": (None, None),
}
"""Knob to its highest value on the page (None: the recipe's own) and the step of its slider."""


def offer() -> Recipes:
    """Everything that can be chosen.

    Example:
        >>> [recipe.name for recipe in offer().recipes]
        ['marks', 'tutorial']
    """
    from oxmark.recipes import RECIPES, Recipe, load_recipe

    recipes = []
    for name in RECIPES:
        values = {key: value for key, value in load_recipe(name).model_dump().items() if key in OFFERED}
        recipes.append(
            RecipeOffer(name=name, about=Pair.of(Message(f"studio.teach.recipe.{name}")), values=values)
        )
    return Recipes(recipes=recipes, knobs=[_knob(name, Recipe.model_fields[name]) for name in OFFERED])


def chosen(name: str, settings: Mapping[str, Setting]) -> Recipe:
    """The recipe that a choice means.

    Args:
        name: Of a recipe that comes with oxmark.
        settings: Knobs that differ from it; any knob of a recipe but its name.

    Raises:
        Problem: No such recipe.
        RecipeError: No such knob, or a value out of range.

    Example:
        >>> chosen("marks", {"epochs": 12.0}).epochs
        12
    """
    from oxmark.recipes import RECIPES, Recipe, load_recipe

    if name not in RECIPES:
        close = difflib.get_close_matches(name, RECIPES, n=1)
        hint = f" Is {close[0]!r} meant?" if close else ""
        raise Problem(422, "no_such_recipe", f"There is no such recipe. Choose {' or '.join(RECIPES)}.{hint}")
    if "name" in settings:
        raise Problem(422, "recipe", "A recipe's name cannot be set; name the run instead.")
    fields = Recipe.model_fields
    return load_recipe(name).with_settings(
        {key: _as_field(value, fields.get(key)) for key, value in settings.items()}
    )


def _as_field(value: Setting, field: FieldInfo | None) -> Setting:
    """A number as its knob wants it: JSON does not tell 12.0 from 12."""
    if field is not None and field.annotation is int and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _knob(name: str, field: FieldInfo) -> Knob:
    words = {part: Pair.of(Message(f"studio.teach.knob.{name}.{part}")) for part in ("title", "about")}
    highest, step = OFFERED[name]
    limits = {key: getattr(one, key) for one in field.metadata for key in ("ge", "le") if hasattr(one, key)}
    return Knob(
        name=name,
        kind=_kind(field.annotation),
        minimum=limits.get("ge"),
        maximum=limits.get("le") if highest is None else highest,
        step=step,
        choices=list(get_args(field.annotation)) or None,
        **words,
    )


def _kind(annotation: Any) -> Literal["integer", "number", "choice", "switch"]:
    if annotation is bool:
        return "switch"
    if get_origin(annotation) is Literal:
        return "choice"
    return "integer" if annotation is int else "number"
