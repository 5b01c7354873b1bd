"""Two runs on the same pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oxmark.errors import require_packages
from oxmark.web.studio.listing import Listing
from oxmark.web.studio.runs_reading import accuracy_of
from oxmark.web.studio.runs_schemas import ComparedRun, ComparedRuns, DifferingPicture
from oxmark.web.studio.teach_schemas import Pair
from oxmark.web.studio.teaching_process import aside
from oxmark.words import Message

if TYPE_CHECKING:
    from oxmark.web.studio.teaching import Teaching


async def compared(teaching: Teaching, one: str, other: str) -> ComparedRuns:
    """Let two runs answer the project's pictures that neither learned from.

    Raises:
        Problem: No such run, one without a model, or other classes.
        MissingExtra: The packages for statistics are not installed.
    """
    require_packages("Comparing", "scipy", "sklearn")
    folders = [await aside(teaching.shelf.answering, id) for id in (one, other)]
    names = [None if folder is None else str(folder) for folder in folders]
    wish = {"project": str(teaching.project.root), "one": names[0], "other": names[1]}
    found = await teaching.errands.run("compare", wish)
    listing = await aside(teaching.project.listing)
    rows = zip((one, other), found["accuracies"], strict=True)
    return ComparedRuns(
        sentence=Pair.of(Message.from_json(found["sentence"])),
        rows=[ComparedRun(run=id, accuracy=accuracy_of(accuracy)) for id, accuracy in rows],
        differing=[_picture(row, listing) for row in found["differing"]],
    )


def _picture(row: dict[str, Any], listing: Listing) -> DifferingPicture:
    picture = listing.picture_at(row["file"])
    return DifferingPicture.model_validate({**row, "picture": picture.id if picture else None})
