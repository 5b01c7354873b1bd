"""Pictures come, move and go.

A new picture is named by the time at which it came, to the millisecond: ``20261122-204501-873.png``. So names
are plain on every disk, stand in the order of drawing, tell nothing about who drew, and pictures that came
one after the other have neighbouring numbers, by which the doctor knows the frames of a film.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable
from pathlib import Path

from oxmark.data.kinds import HEAD_BYTES, kind_of
from oxmark.data.walk import disk_name, free_path
from oxmark.errors import NotAPicture
from oxmark.web.problems import Problem
from oxmark.web.studio.hands import carry_rows, note_hand
from oxmark.web.studio.listing import ClassFolders, Listing, Picture
from oxmark.web.studio.project import Project
from oxmark.words import Message

_SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "BMP": ".bmp", "GIF": ".gif", "WEBP": ".webp", "TIFF": ".tif"}

MOST_KEPT = 100_000
"""Of so many files it is remembered what is in them."""

Clock = Callable[[], datetime.datetime]


class Pictures:
    """What can be done with the pictures of a project.

    Args:
        project: Open.
        clock: Gives the local time; for tests.

    Example:
        >>> pictures = Pictures(project)  # doctest: +SKIP
        >>> pictures.add(id_of("O"), data, hand="anna").name  # doctest: +SKIP
        'O/20261122-204501-873.png'
    """

    def __init__(self, project: Project, clock: Clock = datetime.datetime.now) -> None:
        self._project, self._clock = project, clock
        self._digests: dict[tuple[Path, int, int], bytes] = {}

    def add(self, class_id: str, data: bytes, *, hand: str | None) -> Picture:
        """Store a picture that has been decoded; it is on disk, its row, too, when this returns.

        Args:
            class_id: Of its class.
            data: The file, stored as it is.
            hand: Who drew it, if that is known.

        Raises:
            NotAPicture: Its first bytes are of no picture.
            Problem: No such class, the same file is there already, or ``metadata.csv`` cannot be read.
            OutputError: The disk is full or read-only.
        """
        kind = kind_of(data[:HEAD_BYTES])
        if kind is None:
            raise NotAPicture("These bytes are no picture. Save it as PNG or JPEG.")
        project = self._project
        with project.lock:
            listing = project.listing()
            into = listing.class_of(class_id)
            self._check_new(into, data)
            draft = project.journal.draft()
            part, folder = _home(listing, into)
            if not folder.exists():
                draft.bring_folder(folder)
            project.disk.check_inside(folder)
            target = self._free_name(folder, into, _SUFFIXES[kind])
            draft.bring(data, target)
            if hand is not None:
                note_hand(draft, listing, target, part, hand)
            project.journal.do(draft, Message("studio.collect.added", {"name": into.name}))
            return self._found(target)

    def delete(self, id: str) -> None:
        """Take a picture and its row away. Raises :class:`Problem` and :class:`OutputError`."""
        project = self._project
        with project.lock:
            one = project.picture(id)
            draft = project.journal.draft()
            draft.discard(one.path)
            carry_rows(draft, project.listing(), {one.path: None})
            project.journal.do(draft, Message("studio.collect.deleted", {"name": one.class_name}))

    def move(self, id: str, class_id: str) -> Picture:
        """Put a picture into another class, in the same part.

        Returns:
            It, in its new place; unchanged if it is of that class already.

        Raises:
            Problem: No such picture or class, or a link leads out of the project.
            OutputError: The disk cannot be written to.
        """
        project = self._project
        with project.lock:
            listing = project.listing()
            one, into = project.picture(id), listing.class_of(class_id)
            if one.class_name == into.name:
                return one
            draft = project.journal.draft()
            folder = next((folder for part, folder in into.folders if part == one.part), None)
            if folder is None:
                folder = (listing.parts[one.part] if one.part else listing.root) / into.name
                draft.bring_folder(folder)
            project.disk.check_inside(folder)
            target = _free(folder, one.path.name)
            draft.move(one.path, target)
            carry_rows(draft, listing, {one.path: target})
            values = {"source": one.class_name, "target": into.name}
            project.journal.do(draft, Message("studio.collect.moved", values))
            return self._found(target)

    def _found(self, path: Path) -> Picture:
        listing = self._project.listing()
        if path not in listing.ids:
            raise Problem(
                409, "changed_on_disk", "Somebody took the picture away at this moment. Look again."
            )
        return listing.pictures[listing.ids[path]]

    def _check_new(self, into: ClassFolders, data: bytes) -> None:
        """Raise :class:`Problem` if a file of the class has the same bytes."""
        alike = [one for one in into.pictures if one.size == len(data)]
        own = hashlib.blake2b(data, digest_size=16).digest()
        if any(self._digest(one) == own for one in alike):
            raise Problem(
                409,
                "already_there",
                f"The class '{into.name}' has this very picture already. Nothing was stored.",
            )

    def _digest(self, one: Picture) -> bytes:
        known = self._digests.get(one.stamp)
        if known is None:
            try:
                known = hashlib.blake2b(one.path.read_bytes(), digest_size=16).digest()
            except OSError:  # it cannot be read, so it is no double
                return b""
            if len(self._digests) > MOST_KEPT:
                self._digests.clear()
            self._digests[one.stamp] = known
        return known

    def _free_name(self, folder: Path, into: ClassFolders, suffix: str) -> Path:
        """A name by the time, later by a millisecond where it is taken."""
        now = self._clock()
        taken = {one.path.stem for one in into.pictures}
        while True:
            stem = f"{now:%Y%m%d-%H%M%S}-{now.microsecond // 1000:03}"
            target = folder / f"{stem}{suffix}"
            if stem not in taken and not target.exists():
                return target
            now += datetime.timedelta(milliseconds=1)


def _home(listing: Listing, into: ClassFolders) -> tuple[str | None, Path]:
    """Where new pictures of a class go: where there are parts, to the training part."""
    if not listing.parts:
        return into.folders[0]
    there = next((folder for part, folder in into.folders if part == "train"), None)
    return "train", there or listing.parts.get("train", listing.root / "train") / into.name


def _free(folder: Path, name: str) -> Path:
    """A name in a folder, with a number where it is taken."""
    taken = {disk_name(entry.name) for entry in folder.iterdir()} if folder.is_dir() else set()
    return folder / free_path(Path(name), taken, "-")
