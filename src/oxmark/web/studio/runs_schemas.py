"""What the runs say over HTTP."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from oxmark.web.studio.teach_schemas import Epoch, Pair


class Accuracy(BaseModel):
    """Right answers to pictures that were never learned from."""

    model_config = ConfigDict(allow_inf_nan=False)

    right: int
    total: int
    share: float
    low: float = Field(description="The ends of the exact 95 % interval, 0..1.")
    high: float


class Parts(BaseModel):
    """How many pictures each part had."""

    train: int = 0
    validation: int = 0
    test: int = 0


class Run(BaseModel):
    """One training that is kept."""

    id: str
    name: str
    title: Pair = Field(description="The name in both languages: the built-in model's differs.")
    recipe: str | None
    when: str | None = Field(description="When it was begun, ISO 8601 with its zone.")
    state: Literal["finished", "stopped", "broken"] = Field(
        description="stopped: ended by the user, with the best epoch kept. broken: it has no model."
    )
    resumable: bool = Field(default=False, description="Broken, but it can be gone on with.")
    kept_epoch: int | None = None
    epochs: int | None = None
    classes: list[str] = []
    pictures: Parts = Parts()
    accuracy: Accuracy | None = None
    verdict: list[Pair] = []
    trouble: list[Pair] = []
    notes: list[Pair] = Field(default=[], description="What was left out, and what must be mended.")
    history: list[Epoch] = []
    builtin: bool = False


class Runs(BaseModel):
    """All of them."""

    current: str = Field(description="The run that answers.")
    runs: list[Run] = Field(description="Newest first; the built-in model is the last.")


class RunName(BaseModel):
    """What to call a run."""

    model_config = ConfigDict(extra="forbid")

    name: str


class Undoable(BaseModel):
    """What an undo would take back now."""

    undo: Pair


class ComparedRun(BaseModel):
    """One of two runs on the same pictures."""

    run: str
    accuracy: Accuracy | None


class DifferingPicture(BaseModel):
    """A picture that two runs answer differently."""

    picture: str | None = Field(description="Its id, if it is still there.")
    file: str
    class_name: str = Field(alias="class", description="Its class.")
    answers: list[str]


class ComparedRuns(BaseModel):
    """Whether one of two runs is better."""

    sentence: Pair
    rows: list[ComparedRun]
    differing: list[DifferingPicture]
