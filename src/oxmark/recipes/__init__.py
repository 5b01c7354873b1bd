"""Recipes: one training, described. Every knob has a unit, a range and a reason."""

from oxmark.recipes.recipe import RECIPES, Recipe, load_recipe, parse_recipe, to_toml

__all__ = ["RECIPES", "Recipe", "load_recipe", "parse_recipe", "to_toml"]
