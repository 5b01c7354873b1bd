"""Recipes: the shipped files, reading and writing them, and a sentence for every mistake."""

from __future__ import annotations

import dataclasses
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from oxmark.errors import RecipeError
from oxmark.recipes import RECIPES, Recipe, load_recipe, parse_recipe, to_toml

KNOBS = list(Recipe.model_fields)

TUTORIAL: dict[str, Any] = {
    "name": "tutorial", "preprocess": "tutorial", "size": 150, "margin": 0.0,
    "network": "tutorial", "width": 16,
    "rotation": 25.0, "shift": 0.05, "zoom": 0.2, "shear": 0.0, "flip_horizontal": 0.5, "flip_vertical": 0.5,
    "keep_meaning": False, "bend": 0.0, "thickness": 0.0, "fade": 0.0, "noise": 0.0, "specks": 0.0,
    "cut": 0.0, "crop": 0.0, "views": 0,
    "outliers": 0, "outliers_per_batch": 0, "outlier_weight": 0.0,
    "epochs": 100, "steps_per_epoch": 4, "least_steps": 0, "batch": 16,
    "optimizer": "rmsprop", "learning_rate": 0.001, "schedule": "constant", "rho": 0.9, "epsilon": 1e-7,
    "weight_decay": 0.0, "label_smoothing": 0.0, "average": 0.0, "validation_views": 0,
    "keep": "last", "calibrate": False, "cross_fit": 0.0, "precision": "auto",
}  # fmt: skip
MARKS_CHOICES = {
    "preprocess": "ink",
    "network": "marks",
    "keep_meaning": True,
    "optimizer": "muon",
    "schedule": "one-cycle",
    "steps_per_epoch": 0,
    "keep": "last",
    "calibrate": True,
}


def test_the_names() -> None:
    assert RECIPES == ("marks", "tutorial")
    assert [load_recipe(name).name for name in RECIPES] == ["marks", "tutorial"]


def test_the_tutorial_has_the_numbers_of_the_tutorial() -> None:
    assert load_recipe("tutorial").model_dump() == TUTORIAL


def test_marks_has_the_choices_it_is_described_by() -> None:
    recipe = load_recipe("marks").model_dump()
    assert {key: recipe[key] for key in MARKS_CHOICES} == MARKS_CHOICES
    wanted = (
        "views",
        "outliers",
        "outliers_per_batch",
        "outlier_weight",
        "least_steps",
        "cross_fit",
        "specks",
    )
    assert all(
        recipe[key] > 0 for key in (*wanted, "crop")
    )  # it refuses, and learns from rendered conditions


def test_a_recipe_does_not_change() -> None:
    recipe = load_recipe("marks")
    with pytest.raises(ValidationError, match="Instance is frozen"):
        recipe.epochs = 5


@pytest.mark.parametrize("name", RECIPES)
def test_the_shipped_file_is_what_oxmark_writes(name: str) -> None:
    shipped = resources.files("oxmark.recipes").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    assert shipped == to_toml(load_recipe(name))


@pytest.mark.parametrize("knob", KNOBS)
def test_every_knob_is_described_in_the_file(knob: str) -> None:
    description = Recipe.model_fields[knob].description or ""
    assert description.endswith(".")
    before = to_toml(load_recipe("marks")).split(f"\n{knob} = ")[0]
    comment = before[before.rindex("\n\n") + 2 :] if "\n\n" in before else before
    assert all(line.startswith("# ") and len(line) <= 98 for line in comment.splitlines())
    words = " ".join(line.removeprefix("# ") for line in comment.splitlines())
    assert words.startswith(description)
    assert knob == "name" or len(words) > len(description), "no range or choices"


@pytest.mark.parametrize(
    ("knob", "range_"),
    [
        ("size", "From 16 to 256."),
        ("rho", "From 0 to below 1."),
        ("learning_rate", "Above 0 to 10."),
        ("keep", "One of 'best', 'last'."),
        ("calibrate", "true or false."),
    ],
)
def test_the_comment_gives_the_range(knob: str, range_: str) -> None:
    lines = to_toml(load_recipe("marks")).splitlines()
    end = next(number for number, line in enumerate(lines) if line.startswith(f"{knob} = "))
    start = max(number for number in range(end) if not lines[number]) + 1
    words = " ".join(line.removeprefix("# ") for line in lines[start:end])
    assert words.endswith(f". {range_}")


@pytest.mark.parametrize("name", RECIPES)
def test_a_file_reads_back(name: str, tmp_path: Path) -> None:
    recipe = load_recipe(name).with_settings({"name": "내것-1", "epsilon": 1e-11, "epochs": 7})
    path = tmp_path / "mine.toml"
    path.write_text(to_toml(recipe), encoding="utf-8")
    assert load_recipe(path) == recipe
    assert load_recipe(str(path)) == recipe


@given(
    learning_rate=st.floats(0, 10, exclude_min=True),
    epsilon=st.floats(0, 1, exclude_min=True),
    rho=st.floats(0, 1, exclude_max=True),
    zoom=st.floats(0, 0.9),
    epochs=st.integers(1, 100_000),
    calibrate=st.booleans(),
    keep=st.sampled_from(["best", "last"]),
)
def test_every_recipe_survives_its_file(**settings: Any) -> None:
    recipe = load_recipe("marks").with_settings(settings)
    assert parse_recipe(tomllib.loads(to_toml(recipe)), "it") == recipe


@pytest.mark.parametrize(
    ("setting", "knob", "value"),
    [
        ("epochs=5", "epochs", 5),
        (" epochs = 5 ", "epochs", 5),
        ("epochs=1_000", "epochs", 1000),
        ("learning_rate=1e-4", "learning_rate", 0.0001),
        ("rotation=10", "rotation", 10.0),
        ("zoom=0.5", "zoom", 0.5),
        ("keep=last", "keep", "last"),
        ('keep="last"', "keep", "last"),
        ("keep='last'", "keep", "last"),
        ("calibrate=false", "calibrate", False),
        ("keep_meaning=false", "keep_meaning", False),
        ("optimizer=muon", "optimizer", "muon"),
        ("name=내것", "name", "내것"),
    ],
)
def test_settings_are_spelled_as_in_the_file(setting: str, knob: str, value: object) -> None:
    changed = load_recipe("marks", [setting])
    assert getattr(changed, knob) == value
    assert type(getattr(changed, knob)) is type(value)
    assert changed == load_recipe("marks").with_settings({knob: value})


def test_of_two_settings_of_one_knob_the_later_counts() -> None:
    assert load_recipe("marks", ["epochs=5", "epochs=6"]).epochs == 6


MISTAKES = [
    ("epoch=5", "there is no knob 'epoch' (is 'epochs' meant?)"),
    ("colour=red", "there is no knob 'colour' ('oxmark recipe' lists the knobs)"),
    ("size=15", "size = 15: input should be greater than or equal to 16"),
    ("size=257", "size = 257: input should be less than or equal to 256"),
    ("learning_rate=0", "learning_rate = 0: input should be greater than 0"),
    ("rho=1", "rho = 1: input should be less than 1"),
    ("zoom=inf", "zoom = inf: input should be a finite number"),
    ("zoom=nan", "zoom = nan: input should be a finite number"),
    ("epochs=1.5", "epochs = 1.5: input should be a valid integer"),
    ("epochs=many", 'epochs = "many": input should be a valid integer'),
    ("epochs=[1]", "epochs = [1]: input should be a valid integer"),
    ("epochs=true", "epochs = true: input should be a valid integer"),
    ("calibrate=1", "calibrate = 1: input should be a valid boolean"),
    ("calibrate=maybe", 'calibrate = "maybe": input should be a valid boolean'),
    ("optimizer=sgd", "optimizer = \"sgd\": input should be 'muon', 'adamw' or 'rmsprop'"),
    ("keep=first", "keep = \"first\": input should be 'best' or 'last'"),
    ("name=my recipe", r"""name = "my recipe": string should match pattern '^[\w-]{1,40}$'"""),
]


@pytest.mark.parametrize(("setting", "said"), MISTAKES)
def test_a_mistake_has_its_sentence(setting: str, said: str) -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipe("marks", [setting])
    assert str(caught.value) == f"recipe marks cannot be used: {said}."


@pytest.mark.parametrize(
    "knob", [k for k, field in Recipe.model_fields.items() if field.metadata and k != "name"]
)
@pytest.mark.parametrize("value", [-1, 10**9])
def test_every_number_has_two_ends(knob: str, value: int) -> None:
    with pytest.raises(
        RecipeError, match=f"^these settings cannot be used: {knob} = {value}: input should be "
    ):
        load_recipe("marks").with_settings({knob: value})


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipe("marks").with_settings({"zoom": 1, "shear": 99})
    assert str(caught.value) == (
        "these settings cannot be used: zoom = 1: input should be less than or equal to 0.9; "
        "shear = 99: input should be less than or equal to 45."
    )


def test_a_small_square_does_not_fit_the_tutorial_network() -> None:
    assert load_recipe("tutorial", ["size=22"]).size == 22
    with pytest.raises(RecipeError) as caught:
        load_recipe("tutorial", ["size=21"])
    assert str(caught.value) == (
        "recipe tutorial cannot be used: size must be at least 22 for the network 'tutorial' "
        "(three convolutions and poolings)."
    )


@pytest.mark.parametrize("setting", ["epochs", "", "=5", " = 5"])
def test_a_setting_needs_a_key_and_a_value(setting: str) -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipe("marks", [setting])
    assert str(caught.value) == f"'{setting}' is no setting. Write key=value, for example epochs=20."


@dataclasses.dataclass
class BadFile:
    """A recipe file, or none, and what is said about it; ``{path}`` stands for its path."""

    name: str
    content: bytes | None
    said: str


BAD_FILES = [
    BadFile(
        "mark", None,
        "There is no recipe 'mark'. Did you mean 'marks'? Name marks, tutorial or a .toml file.",
    ),
    BadFile("fast", None, "There is no recipe 'fast'. Name marks, tutorial or a .toml file."),
    BadFile(
        "gone.toml", None,
        "The recipe file gone.toml does not exist. Make one with: oxmark recipe marks > gone.toml",
    ),
    BadFile(
        "bad.toml", b"epochs = \n",
        "The recipe file bad.toml cannot be read: Invalid value (at line 1, column 10).",
    ),
    BadFile(
        "latin.toml", b"name = \"\xe9\"\n",
        "The recipe file latin.toml cannot be read: 'utf-8' codec can't decode byte 0xe9 in position 8: "
        "invalid continuation byte.",
    ),
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD_FILES, ids=lambda bad: bad.name)
def test_a_bad_file_has_its_sentence(bad: BadFile, tmp_path: Path) -> None:
    if bad.content is not None:
        (tmp_path / bad.name).write_bytes(bad.content)
    with pytest.raises(RecipeError) as caught:
        load_recipe(bad.name)
    assert str(caught.value) == bad.said


def test_a_missing_knob_is_named(tmp_path: Path) -> None:
    lines = to_toml(load_recipe("marks")).splitlines()
    rest = [line for line in lines if not line.startswith("epochs = ")]
    (tmp_path / "half.toml").write_text("\n".join(rest), encoding="utf-8")
    with pytest.raises(RecipeError) as caught:
        load_recipe("half.toml")
    assert str(caught.value) == "recipe half.toml cannot be used: the knob 'epochs' is missing."


def test_a_recipe_from_before_there_was_a_precision_still_loads() -> None:
    knobs = load_recipe("marks").model_dump()
    del knobs["precision"]
    assert parse_recipe(knobs, "an old file") == load_recipe("marks")
