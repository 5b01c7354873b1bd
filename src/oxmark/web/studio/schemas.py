"""What collecting says over HTTP."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from oxmark.web.studio.teach_schemas import Pair

ClassId = Annotated[str, Field(description="The class: its id from GET /api/project.")]
PictureId = Annotated[str, Field(description="The picture: its id from a list.")]


class ClassAnswer(BaseModel):
    """A class."""

    id: ClassId
    name: str = Field(description="As shown; in composed Unicode.")
    count: int = Field(description="Pictures of it, in all parts.", ge=0)
    hands: dict[str, int] = Field(description="Who drew how many of them, where that is known.")
    unreadable: int = Field(description="Pictures of it whose header cannot be read.", ge=0)


class ProjectAnswer(BaseModel):
    """The project."""

    name: str
    hand: str | None = Field(description="Who is drawing now.")
    hands: list[str] = Field(description="Everybody who drew, by name.")
    classes: list[ClassAnswer] = Field(description="In the order in which they are shown.")
    pictures: int = Field(description="In all classes.", ge=0)
    undo: Pair | None = Field(description="What POST /api/undo would take back.")
    max_body: int = Field(description="Bytes that one upload may have.", ge=0)
    trouble: str | None = Field(description="Why metadata.csv could not be read, so that no hand is known.")


class PictureAnswer(BaseModel):
    """A picture."""

    id: PictureId
    class_: str = Field(serialization_alias="class", description="The id of its class.")
    file: str = Field(description="Its path below the project, for showing.")
    hand: str | None = Field(description="Who drew it, if that is known.")
    width: int = Field(description="In pixels; 0 if it cannot be read.", ge=0)
    height: int = Field(description="In pixels; 0 if it cannot be read.", ge=0)
    part: str | None = Field(description="train, validation or test; null where the project has no parts.")
    unreadable: str | None = Field(description="Why it cannot be read; null if it can.")


class PicturesAnswer(BaseModel):
    """Some pictures of a class."""

    total: int = Field(description="How many the class has.", ge=0)
    pictures: list[PictureAnswer] = Field(description="The newest first.")


class ChangedPicture(BaseModel):
    """A picture that was stored or moved."""

    picture: PictureAnswer
    undo: Pair | None = Field(description="What POST /api/undo would take back.")


class Undoable(BaseModel):
    """Something was done that can be taken back."""

    undo: Pair | None = Field(description="What POST /api/undo would take back.")


class Undone(BaseModel):
    """Something was taken back."""

    done: Pair = Field(description="What was taken back.")
    undo: Pair | None = Field(description="What the next POST /api/undo would take back.")


class ClassesAnswer(BaseModel):
    """All classes."""

    classes: list[ClassAnswer] = Field(description="In the order in which they are shown.")


class FindingAnswer(BaseModel):
    """Something that the doctor found."""

    code: str
    severity: Literal["error", "warning", "note"]
    what: Pair
    why: Pair
    cure: Pair
    pictures: list[str] = Field(
        description="The ids of the pictures concerned; empty where the whole set is meant."
    )


class DoctorAnswer(BaseModel):
    """What the doctor says."""

    state: Literal["waiting", "running", "done", "failed"]
    sentence: Pair | None = Field(description="The verdict, or why it waits.")
    error: str | None = Field(description="Why it failed.")
    findings: list[FindingAnswer] = Field(description="The worst first.")


class HintAnswer(BaseModel):
    """One piece of advice."""

    class_: str | None = Field(
        serialization_alias="class", description="The id of the class to draw, or null."
    )
    kind: str = Field(description="Which rule it comes from.")
    text: Pair


class HintsAnswer(BaseModel):
    """What to draw next."""

    hints: list[HintAnswer] = Field(description="The most helpful first, at most three.")


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ClassOrder(_Order):
    """A name for a class."""

    name: str = Field(
        description="1 to 60 characters that every disk takes in a folder's name.", examples=["O", "동그라미"]
    )


class SortOrder(_Order):
    """An order of the classes."""

    ids: list[str] = Field(
        description="Ids of classes, the first first; those left out follow.", max_length=10_000
    )


class MoveOrder(_Order):
    """Another class for a picture."""

    class_: str = Field(alias="class", description="The id of the class.")


class HandOrder(_Order):
    """Who draws from now on."""

    hand: str | None = Field(description="At most 60 characters; null or empty if nobody is to be named.")


class HandAnswer(BaseModel):
    """Who draws now."""

    hand: str | None
