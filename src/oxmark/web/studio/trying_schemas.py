"""What an answer says over HTTP."""

from __future__ import annotations

from pydantic import BaseModel, Field

from oxmark.web.studio.teach_schemas import Pair


class Heat(BaseModel):
    """Evidence for the most probable class rather than for the runner-up."""

    h: int
    w: int
    values: list[list[float]] = Field(
        description="h rows of w values, in logits; negative speaks against it."
    )
    classes: list[str] = Field(description="The class that it speaks for, and the one compared with.")


class View(BaseModel):
    """What the network saw."""

    size: int = Field(description="Of each side, in pixels.")
    seen: str = Field(description="base64 of size * size bytes, rows from the top, 0 black to 255 white.")
    box: list[float] = Field(description="Where it lies in the picture: left, top, right, bottom in pixels.")
    width: int = Field(description="Of the picture, in pixels.")
    height: int
    heat: Heat | None
    sentence: Pair | None = Field(description="Where the evidence lies.")


class Answer(BaseModel):
    """The answer to a picture."""

    run: str
    label: str | None = Field(description="null: none of these.")
    known: float = Field(description="How far it is a mark of any class, 0..1; below 0.5 the label is null.")
    probabilities: dict[str, float]
    milliseconds: float
    view: View | None
