"""Who drew what: the rows of ``metadata.csv`` that an action adds, renames or takes away."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from oxmark.data.metadata import METADATA_NAME, row_names
from oxmark.data.walk import shown_name
from oxmark.web.studio.draft import Draft
from oxmark.web.studio.listing import Listing


def note_hand(draft: Draft, listing: Listing, picture: Path, part: str | None, hand: str) -> None:
    """Add a row for a new picture, in its part's own table if there is one, else in the project's.

    Args:
        draft: The action.
        listing: The project before it.
        picture: Where the picture will be.
        part: In which part.
        hand: Who drew it.

    Raises:
        Problem: The table cannot be read, or a link leads out of the project.
    """
    own = listing.parts.get(part or "", listing.root) / METADATA_NAME
    path = own if own.is_file() else listing.root / METADATA_NAME
    table = draft.table(path)
    name = shown_name(picture.relative_to(path.parent).as_posix())
    draft.rows(path, table, table.row_for(name, hand))


def carry_rows(draft: Draft, listing: Listing, moved: Mapping[Path, Path | None]) -> None:
    """Let the rows of pictures follow them, in every table.

    A row that names a place where one of them will be, and where nothing was, is taken away: it would give
    the picture a foreign hand.

    Args:
        draft: The action.
        listing: The project before it.
        moved: New place by old one; None for what leaves.

    Raises:
        Problem: A table cannot be read, or a link leads out of the project.
    """
    new = {shown_name(old.as_posix()): place for old, place in moved.items()}
    targets = {shown_name(place.as_posix()) for place in moved.values() if place is not None} - set(new)
    for path in listing.tables:
        table = draft.table(path)
        changes: dict[int, str | None] = {}
        for record, name in table.names():
            keys = row_names(path.parent, name)
            key = next((key for key in keys if key in new), None)
            place = new[key] if key is not None else None
            if place is not None:
                inside = place.relative_to(path.parent) if place.is_relative_to(path.parent) else place
                changes[record] = table.renamed(record, shown_name(inside.as_posix()))
            elif key is not None or any(key in targets for key in keys):
                changes[record] = None
        if changes:
            draft.rows(path, table, changes)
