"""Collecting: the project, its pictures and what is said about them, as the page is told."""

from __future__ import annotations

import asyncio
import contextlib

from fastapi import APIRouter

from oxmark.data.walk import shown_name
from oxmark.web.guard import MAX_BODY
from oxmark.web.problems import without_paths
from oxmark.web.service.gate import Gate
from oxmark.web.studio.advice import facts_of, hands_of
from oxmark.web.studio.classes import Classes
from oxmark.web.studio.doctor import Doctor, picture_ids
from oxmark.web.studio.events import EventHub
from oxmark.web.studio.headers import Headers
from oxmark.web.studio.hints import hints
from oxmark.web.studio.listing import ClassFolders, Listing, Picture, id_of
from oxmark.web.studio.pictures import Pictures
from oxmark.web.studio.project import Project
from oxmark.web.studio.runs import CHOSEN
from oxmark.web.studio.schemas import (
    ChangedPicture,
    ClassAnswer,
    DoctorAnswer,
    FindingAnswer,
    HintAnswer,
    PictureAnswer,
    PicturesAnswer,
    ProjectAnswer,
    Undoable,
    Undone,
)
from oxmark.web.studio.teach_schemas import Pair
from oxmark.web.studio.thumbnails import Thumbnails
from oxmark.web.studio.wording import in_studio, undone


class Collecting:
    """What the page's first place asks for.

    Args:
        project: Open.
        events: Told when the project or the diagnosis changes.
        max_body: Bytes that one upload may have.

    Attributes:
        project: The same.
        events: The same.
        pictures: Adds, moves and deletes.
        classes: Makes, renames, orders and deletes.
        thumbnails: Made before.
        gate: Bounds what is decoded at the same time.
        doctor: Looks by itself.
    """

    def __init__(self, project: Project, events: EventHub, max_body: int = MAX_BODY) -> None:
        self.project, self.events, self.max_body = project, events, max_body
        self.pictures, self.classes = Pictures(project), Classes(project)
        self.thumbnails, self.headers = Thumbnails(), Headers(project.disk)
        self.gate = Gate()
        self.doctor = Doctor(project, events)
        self._warming: asyncio.Task[None] | None = None
        project.watch(self._told)

    def routes(self) -> APIRouter:
        """What is answered under ``/api``."""
        from oxmark.web.studio import collect_routes

        return collect_routes.routes(self)

    async def start(self) -> None:
        """Begin to watch; read the headers, so that the page's first question is answered quickly."""
        await self.doctor.start()
        self._warming = asyncio.create_task(asyncio.to_thread(self._warm))

    async def stop(self) -> None:
        """End the doctor and the threads."""
        await self.doctor.stop()
        if self._warming is not None:
            await self._warming
        self.gate.close()

    # --- answers --------------------------------------------------------------------------------------------

    def answer(self) -> ProjectAnswer:
        """The project. Raises :class:`FolderError`."""
        listing = self.project.listing()
        return ProjectAnswer(
            name=self.project.name,
            hand=self.hand(),
            hands=sorted(set(listing.hands.values())),
            classes=[self.class_answer(one, listing) for one in listing.classes.values()],
            pictures=len(listing.pictures),
            undo=self.undo_pair(),
            max_body=self.max_body,
            trouble=listing.trouble and without_paths(listing.trouble, self.project.root),
        )

    def class_answer(self, one: ClassFolders, listing: Listing | None = None) -> ClassAnswer:
        """A class."""
        return ClassAnswer(
            id=one.id,
            name=one.name,
            count=len(one.pictures),
            hands=hands_of(one, listing or self.project.listing()),
            unreadable=self.headers.unreadable(one.pictures),
        )

    def some_pictures(self, class_id: str, offset: int, limit: int) -> PicturesAnswer:
        """Pictures of a class, the newest first. Raises :class:`Problem`."""
        listing = self.project.listing()
        one = listing.class_of(class_id)
        some = one.pictures[offset : offset + limit]
        shown = [self.picture_answer(picture, listing) for picture in some]
        return PicturesAnswer(total=len(one.pictures), pictures=shown)

    def picture_answer(self, one: Picture, listing: Listing) -> PictureAnswer:
        """A picture."""
        header = self.headers.of(one)
        return PictureAnswer(
            id=one.id,
            class_=id_of(one.class_name),
            file=one.name,
            hand=listing.hands.get(one.path),
            width=header.width,
            height=header.height,
            part=one.part,
            unreadable=header.trouble,
        )

    def changed(self, one: Picture) -> ChangedPicture:
        """A picture that was stored or moved."""
        shown = self.picture_answer(one, self.project.latest())
        return ChangedPicture(picture=shown, undo=self.undo_pair())

    def undo(self) -> Undone:
        """Take the newest action back. Raises :class:`Problem` and :class:`OutputError`."""
        what = self.project.journal.undo()
        return Undone(done=Pair.of(undone(what)), undo=self.undo_pair())

    def undoable(self) -> Undoable:
        """Something was done."""
        return Undoable(undo=self.undo_pair())

    def undo_pair(self) -> Pair | None:
        """What an undo would take back."""
        what = self.project.journal.what()
        return None if what is None else Pair.of(what)

    def hand(self) -> str | None:
        """Who is drawing now."""
        hand = self.project.state.get("hand")
        return shown_name(hand) if isinstance(hand, str) else None

    def diagnosis(self) -> DoctorAnswer:
        """What the doctor says. Raises :class:`FolderError`."""
        listing, said = self.project.listing(), self.doctor.diagnosis
        findings = [
            FindingAnswer(
                code=one.code,
                severity=one.severity,
                what=Pair.of(in_studio(one.what)),
                why=Pair.of(in_studio(one.why)),
                cure=Pair.of(in_studio(one.cure)),
                pictures=picture_ids(one, listing),
            )
            for one in said.findings
        ]
        sentence = Pair.of(said.sentence) if said.sentence else None
        return DoctorAnswer(state=said.state, sentence=sentence, error=said.error, findings=findings)

    def hints(self) -> list[HintAnswer]:
        """What to draw next. Raises :class:`FolderError`."""
        project = self.project
        in_use = project.state.get(CHOSEN)
        facts = facts_of(project.listing(), self.doctor.diagnosis, project.runs, in_use)
        return [
            HintAnswer(
                class_=id_of(hint.class_name) if hint.class_name is not None else None,
                kind=hint.kind,
                text=Pair.of(hint.text),
            )
            for hint in hints(facts)
        ]

    def _told(self) -> None:
        self.events.publish({"type": "project"})
        self.doctor.changed()

    def _warm(self) -> None:
        from oxmark.errors import OxmarkError

        with contextlib.suppress(OxmarkError):
            self.headers.unreadable(self.project.listing().pictures.values())
