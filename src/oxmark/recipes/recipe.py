"""The recipe: one frozen, flat table of every choice that a training makes.

A recipe is a TOML file. ``oxmark recipe marks > mine.toml`` prints one with a comment on every line;
``oxmark train DATA --recipe mine.toml`` reads it back. The model file carries the recipe it was made with.
"""

from __future__ import annotations

import difflib
import os
import textwrap
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from oxmark.errors import RecipeError

RECIPES = ("marks", "tutorial")
"""The recipes that come with oxmark; the first is the default."""


class Recipe(BaseModel):
    """Every choice of one training. Frozen; a changed copy comes from :meth:`with_settings`.

    Example:
        >>> load_recipe("tutorial").epochs
        100
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    name: str = Field(
        description="Name of the recipe, for run folders and reports.", pattern=r"^[\w-]{1,40}$"
    )

    # What the network sees.
    preprocess: Literal["ink", "tutorial"] = Field(
        description="'ink' finds the mark, dark on light or light on dark, and crops to it; "
        "'tutorial' squeezes the whole grey picture into the square."
    )
    size: int = Field(description="Side of the square that the network sees, in pixels.", ge=16, le=256)
    margin: float = Field(
        description="Empty border around the ink, as a fraction of the ink's longer side ('ink' only).",
        ge=0,
        le=1,
    )

    # The network.
    network: Literal["marks", "tutorial"] = Field(
        description="'marks' is a small batch-normalised CNN with global pooling; "
        "'tutorial' has three convolutions, a dense layer of 512 and a sigmoid."
    )
    width: int = Field(
        description="Channels of the first convolution; later ones are multiples.", ge=4, le=64
    )

    # Random changes to the training pictures, new in every epoch.
    rotation: float = Field(description="Turn by up to this many degrees, either way.", ge=0, le=180)
    shift: float = Field(description="Move by up to this fraction of the width and height.", ge=0, le=0.5)
    zoom: float = Field(
        description="Stretch each axis on its own by a factor between 1 - zoom and 1 + zoom.", ge=0, le=0.9
    )
    shear: float = Field(description="Slant by up to this many degrees, either way.", ge=0, le=45)
    flip_horizontal: float = Field(description="Probability of mirroring left and right.", ge=0, le=1)
    flip_vertical: float = Field(description="Probability of mirroring top and bottom.", ge=0, le=1)
    keep_meaning: bool = Field(
        description="Leave out flips and large turns that would turn one class into another, as far as the "
        "training pictures show."
    )
    bend: float = Field(
        description="Bend strokes smoothly by up to about this fraction of the picture (elastic).",
        ge=0,
        le=0.3,
    )
    thickness: float = Field(
        description="Make strokes thicker or thinner by up to this many pixels of what the network sees, "
        "on each side.",
        ge=0,
        le=8,
    )
    fade: float = Field(description="Weaken the ink by up to this fraction of its strength.", ge=0, le=0.9)
    noise: float = Field(description="Standard deviation of added noise, ink strength 0..1.", ge=0, le=0.5)
    specks: float = Field(
        description="Specks added to some pictures: up to this share of all places begins one.", ge=0, le=0.1
    )
    cut: float = Field(
        description="Probability of cutting a piece out of the strokes; done twice.", ge=0, le=1
    )
    crop: float = Field(
        description="Cut up to this share off one side of some marks, as a picture's border does.",
        ge=0,
        le=0.5,
    )
    views: int = Field(
        description="Copies of each picture under rendered conditions (light, shadow, frames, ruling, "
        "noise), learned from beside the picture itself.",
        ge=0,
        le=20,
    )

    # What is no mark ('marks' network only).
    outliers: int = Field(
        description="Pictures of none of the classes, made from strokes and from the training pictures, that "
        "'known' learns to refuse; 0 makes a model that never says none of these.",
        ge=0,
        le=100_000,
    )
    outliers_per_batch: int = Field(description="Outliers beside the pictures of a batch.", ge=0, le=65_536)
    outlier_weight: float = Field(description="What refusing counts beside telling classes.", ge=0, le=10)

    # The training.
    epochs: int = Field(description="Passes over the training pictures.", ge=1, le=100_000)
    steps_per_epoch: int = Field(
        description="Batches in an epoch; 0 takes every picture once.", ge=0, le=1_000_000
    )
    least_steps: int = Field(
        description="Where every picture is taken once: batches in an epoch at least, so that few pictures "
        "are taken several times; for two classes, and as many times more as there are more classes.",
        ge=0,
        le=1_000_000,
    )
    batch: int = Field(description="Pictures in a batch.", ge=1, le=65_536)
    optimizer: Literal["muon", "adamw", "rmsprop"] = Field(
        description="'muon', 'adamw', or 'rmsprop' as Keras defines it (epsilon inside the root)."
    )
    learning_rate: float = Field(
        description="Step size; the highest one where a schedule varies it.", gt=0, le=10
    )
    schedule: Literal["constant", "one-cycle"] = Field(
        description="'one-cycle' rises to the learning rate, then falls to zero along a cosine."
    )
    rho: float = Field(description="Memory of the squared gradient ('rmsprop' only).", ge=0, lt=1)
    epsilon: float = Field(description="Keeps the division finite in the optimizer.", gt=0, le=1)
    weight_decay: float = Field(
        description="Pull of the weights towards zero ('adamw' and 'muon').", ge=0, le=10
    )
    label_smoothing: float = Field(
        description="Share of the truth spread over all classes, against over-confidence.", ge=0, lt=1
    )
    average: float = Field(
        description="What is validated and kept is a running average of the weights over about "
        "1 / (1 - average) steps; 0 takes each step's own weights.",
        ge=0,
        lt=1,
    )
    validation_views: int = Field(
        description="Changed views of each validation picture, measured beside the picture itself: a dozen "
        "clean pictures cannot tell good epochs apart.",
        ge=0,
        le=100,
    )
    keep: Literal["best", "last"] = Field(
        description="Epoch kept: 'best' has the lowest validation loss (of equals the later), "
        "'last' is the last."
    )
    calibrate: bool = Field(
        description="Soften the probabilities by a temperature, at least 1, and place the threshold of "
        "'known', both by answers to held-out pictures."
    )
    cross_fit: float = Field(
        description="Length of the two trainings on half of the pictures each that make the held-out answers "
        "for calibration, as a share of the whole; 0 takes the validation pictures' instead.",
        ge=0,
        le=1,
    )

    precision: Literal["auto", "float32"] = Field(
        default="auto",
        description="What training steps compute feature maps in: 'auto' takes bfloat16 on a processor with "
        "instructions for it, which saves a third of the time, and float32 anywhere else. Weights and "
        "answers are float32 always.",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Recipe:
        if self.network == "tutorial" and self.size < 22:
            raise ValueError(
                "size must be at least 22 for the network 'tutorial' (three convolutions and poolings)"
            )
        return self

    def with_settings(self, settings: Mapping[str, object]) -> Recipe:
        """A copy with some knobs changed.

        Args:
            settings: Knob name to new value.

        Raises:
            RecipeError: An unknown name (with the close match) or a value out of range.
        """
        return parse_recipe({**self.model_dump(), **settings}, "these settings")


def load_recipe(source: str | os.PathLike[str], settings: Sequence[str] = ()) -> Recipe:
    """Read a recipe by its name or from a TOML file.

    Args:
        source: ``"marks"``, ``"tutorial"``, or the path of a ``.toml`` file.
        settings: Changes as ``"key=value"``, the value in TOML spelling (quotes around text may be left out).

    Returns:
        The checked recipe.

    Raises:
        RecipeError: No such recipe, unreadable TOML, an unknown key or a value out of range.

    Example:
        >>> load_recipe("marks", ["epochs=5"]).epochs
        5
    """
    table = tomllib.loads(_text(str(source))) if str(source) in RECIPES else _read_toml(Path(source))
    for setting in settings:
        key, value = _parse_setting(setting)
        table[key] = value
    return parse_recipe(table, f"recipe {source}")


def parse_recipe(table: Mapping[str, object], where: str) -> Recipe:
    """Check a table of knobs and make it a recipe.

    Args:
        table: Knob name to value; all knobs must be there.
        where: What to call the source in a message.

    Raises:
        RecipeError: One sentence for each mistake.
    """
    try:
        return Recipe.model_validate(dict(table))
    except ValidationError as error:
        lines = [_sentence(dict(item)) for item in error.errors()]
        raise RecipeError(f"{where} cannot be used: {'; '.join(lines)}.") from None


def to_toml(recipe: Recipe) -> str:
    """Write a recipe as TOML with a comment on every knob: what it does, its unit and its range."""
    lines = [f"# An oxmark recipe. Use it with: oxmark train DATA --recipe {recipe.name}.toml", ""]
    for key, field in Recipe.model_fields.items():
        comment = f"{field.description} {_range_of(field.metadata, field.annotation)}".strip()
        lines += [f"# {line}" for line in textwrap.wrap(comment, 96)]
        lines += [f"{key} = {_toml_value(getattr(recipe, key))}", ""]
    return "\n".join(lines[:-1]) + "\n"


def _text(name: str) -> str:
    return resources.files("oxmark.recipes").joinpath(f"{name}.toml").read_text(encoding="utf-8")


def _read_toml(path: Path) -> dict[str, Any]:
    if path.suffix != ".toml":
        close = difflib.get_close_matches(str(path), RECIPES, n=1)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        raise RecipeError(f"There is no recipe '{path}'.{hint} Name {', '.join(RECIPES)} or a .toml file.")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RecipeError(
            f"The recipe file {path} does not exist. Make one with: oxmark recipe marks > {path}"
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(f"The recipe file {path} cannot be read: {error}.") from error


def _parse_setting(setting: str) -> tuple[str, object]:
    key, equals, text = setting.partition("=")
    key, text = key.strip(), text.strip()
    if not equals or not key or "\n" in text:
        raise RecipeError(f"'{setting}' is no setting. Write key=value, for example epochs=20.")
    try:
        return key, tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return key, text


def _sentence(error: dict[str, Any]) -> str:
    """One pydantic error as a sentence of ours."""
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        close = difflib.get_close_matches(key, list(Recipe.model_fields), n=1)
        hint = f" (is '{close[0]}' meant?)" if close else " ('oxmark recipe' lists the knobs)"
        return f"there is no knob '{key}'{hint}"
    if error["type"] == "missing":
        return f"the knob '{key}' is missing"
    message = str(error["msg"]).removeprefix("Value error, ")
    if not key:
        return message
    return f"{key} = {_toml_value(error['input'])}: {message[:1].lower()}{message[1:]}"


def _range_of(metadata: Sequence[Any], annotation: Any) -> str:
    if annotation is bool:
        return "true or false."
    choices = getattr(annotation, "__args__", ())
    if choices:
        return f"One of {', '.join(repr(choice) for choice in choices)}."
    low = next(
        (
            f"{'from' if hasattr(m, 'ge') else 'above'} {getattr(m, 'ge', getattr(m, 'gt', None))}"
            for m in metadata
            if hasattr(m, "ge") or hasattr(m, "gt")
        ),
        "",
    )
    high = next(
        (
            f"{'to' if hasattr(m, 'le') else 'to below'} {getattr(m, 'le', getattr(m, 'lt', None))}"
            for m in metadata
            if hasattr(m, "le") or hasattr(m, "lt")
        ),
        "",
    )
    text = " ".join(part for part in (low, high) if part)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _toml_value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)
