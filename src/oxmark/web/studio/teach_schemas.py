"""What teaching says over HTTP."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from oxmark.words import Message

Setting = bool | int | float | str
"""The value of a knob."""
Responses: TypeAlias = dict[int | str, dict[str, Any]]
"""How a route documents what else it answers."""


class Pair(BaseModel):
    """A sentence in both languages."""

    en: str
    ko: str

    @staticmethod
    def of(message: Message) -> Pair:
        """The sentence of a message.

        Example:
            >>> Pair.of(Message("words.example", {"count": 3})).en
            '3 pictures.'
        """
        return Pair(en=message.text("en"), ko=message.text("ko"))


class Epoch(BaseModel):
    """The figures of one epoch; losses in nats, accuracies 0..1, null where there was nothing to measure."""

    epoch: int
    train_loss: float | None
    train_accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None


class Teach(BaseModel):
    """How far the teaching is."""

    state: Literal["idle", "starting", "running", "finishing", "done", "stopped", "failed"]
    run: str | None = Field(default=None, description="The run that comes of it.")
    name: str | None = None
    stage: Pair | None = Field(default=None, description="What is being done.")
    done: int = Field(default=0, description="So many pieces of the stage are done,")
    total: int = Field(default=0, description="of so many; 0 where nobody counts.")
    epoch: int = 0
    epochs: int = 0
    seconds_left: float | None = Field(default=None, description="An estimate from what was measured.")
    history: list[Epoch] = []
    notes: list[Pair] = Field(default=[], description="What goes wrong, and what to try.")
    error: str | None = None
    resumable: bool = Field(default=False, description="Failed, but it can be gone on with.")


class TeachOrder(BaseModel):
    """What to teach."""

    model_config = ConfigDict(extra="forbid")

    recipe: str = "marks"
    settings: dict[str, Setting] = Field(
        default={}, description="Knobs that differ from the recipe.", max_length=100
    )
    name: str | None = Field(default=None, description="What to call the run; null names it by its time.")
    seed: int = Field(default=0, ge=0, lt=2**32, description="Everything random comes from it.")


class RecipeOffer(BaseModel):
    """A recipe to choose."""

    name: str
    about: Pair
    values: dict[str, Setting]


class Knob(BaseModel):
    """A setting that may be changed."""

    name: str
    kind: Literal["integer", "number", "choice", "switch"]
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    choices: list[str] | None = None
    title: Pair
    about: Pair


class Recipes(BaseModel):
    """What can be chosen."""

    recipes: list[RecipeOffer]
    knobs: list[Knob]


class Grey(BaseModel):
    """A small grey picture."""

    size: int = Field(description="Of each side, in pixels.")
    grey: str = Field(description="base64 of size * size bytes, rows from the top, 0 black to 255 white.")


class AugmentationOrder(BaseModel):
    """Which picture to show variants of."""

    model_config = ConfigDict(extra="forbid")

    recipe: str = "marks"
    settings: dict[str, Setting] = Field(default={}, max_length=100)
    picture: str | None = Field(default=None, description="Its id; null takes some training picture.")
    seed: int = Field(default=0, ge=0, lt=2**32)


class AugmentationSource(Grey):
    """The picture itself, as the network sees it."""

    picture: str | None = Field(description="Its id.")


class Augmentation(BaseModel):
    """One training picture and what training makes of it."""

    pictures: list[Grey]
    source: AugmentationSource
