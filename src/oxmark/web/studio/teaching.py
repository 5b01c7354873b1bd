"""Teaching: trainings in a process of their own, the runs that come of them, and answers by those."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from oxmark.errors import OxmarkError, require_packages
from oxmark.web.problems import Problem, without_paths
from oxmark.web.studio.events import EventHub
from oxmark.web.studio.knobs import chosen
from oxmark.web.studio.listing import id_of
from oxmark.web.studio.project import Project
from oxmark.web.studio.runs import Shelf
from oxmark.web.studio.runs_reading import RECIPE
from oxmark.web.studio.teach_schemas import Epoch, Pair, Teach, TeachOrder
from oxmark.web.studio.teacher_job import Desk, Job, is_held
from oxmark.web.studio.teaching_course import STAGES
from oxmark.web.studio.teaching_errands import Errands
from oxmark.web.studio.teaching_process import (
    Follower,
    aside,
    begin,
    left_behind,
    put_away,
)
from oxmark.web.studio.teaching_time import seconds_left
from oxmark.web.studio.trying import Answerer
from oxmark.web.studio.trying_current import CurrentModel
from oxmark.web.studio.wording import in_studio
from oxmark.words import Message

if TYPE_CHECKING:
    from oxmark.inference import Classifier

logger = logging.getLogger("oxmark.web")

LOOK_EVERY = 0.15
"""Seconds between two looks at what the training process wrote."""
LEAST_PICTURES = 3
"""Of a class: one for each part."""
NEEDED = (
    "torch",
    "onnx",
    "safetensors",
    "sklearn",
    "scipy",
    "matplotlib",
    "imagehash",
    "skimage",
    "cleanlab",
)


class Teaching:
    """Teaches a project, keeps its runs, and answers pictures.

    Args:
        project: The project.
        events: Told how far the training is, and when the runs change.

    Example:
        >>> teaching = Teaching(project, EventHub())  # doctest: +SKIP
        >>> app.include_router(teaching.routes())  # doctest: +SKIP
    """

    def __init__(self, project: Project, events: EventHub) -> None:
        self.project, self.events = project, events
        self.desk = Desk(project.disk.home / "teaching")
        self.shelf = Shelf(project, self._run_at_work)
        self.answerer = Answerer(self.shelf)
        self._current = CurrentModel(project, self.answerer)
        self.errands = Errands(project.root)
        self._follower: Follower | None = None
        self._following: asyncio.Task[None] | None = None
        self._beginning = asyncio.Lock()
        self._before: Mapping[str, float] | None = None

    def routes(self) -> APIRouter:
        """What is answered under ``/api``."""
        from oxmark.web.studio import runs_routes, teach_routes, trying_routes

        router = APIRouter(prefix="/api")
        for part in (teach_routes, runs_routes, trying_routes):
            router.include_router(part.routes(self))
        return router

    async def start(self) -> None:
        """Take up a training that an earlier studio left: at work still, or ended meanwhile."""
        self._follower = await aside(left_behind, self.desk)
        if self._follower is not None:
            await self._look()
            if self._follower.course.at_work:
                self._following = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Leave the training to itself: it goes on, and the next studio takes it up."""
        if self._following is not None:
            self._following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._following
        await self.errands.stop()
        self.answerer.close()

    def current_classifier(self) -> tuple[str, Classifier]:
        """The run that answers, its name and its model; quick, so it may be called from the event loop.

        Raises:
            Problem: The folder of the runs cannot be read.
        """
        folder, classifier = self._current.found()
        return self.shelf.name(folder) if folder else str(Message("studio.teach.builtin")), classifier

    # --- a training -----------------------------------------------------------------------------------------

    async def teach(self, order: TeachOrder) -> Teach:
        """Begin a training. Raises :class:`Problem` and :class:`RecipeError`."""
        recipe = chosen(order.recipe, order.settings)
        async with self._beginning:
            await self._check_free()
            await aside(self._check_pictures)
            run = await aside(self.shelf.new, recipe.name, order.name)
            await self._begin(self._job(run, recipe.model_dump(), order.seed))
        return self.state()

    async def resume(self, id: str) -> Teach:
        """Go on with a run that was interrupted. Raises :class:`Problem` and :class:`RecipeError`."""
        from oxmark.recipes import load_recipe

        async with self._beginning:
            await self._check_free()
            run = await aside(self.shelf.find, id)
            if not run.resumable:
                raise Problem(409, "run_finished", "This run cannot be gone on with. Teach again instead.")
            recipe = await aside(load_recipe, run.folder / RECIPE)
            await self._begin(self._job(run.folder.name, recipe.model_dump(), 0, resume=True))
        return self.state()

    async def finish(self) -> Teach:
        """End the training with the best epoch so far. Raises :class:`Problem` when there is none."""
        if self._follower is None or not self._follower.course.at_work:
            raise Problem(409, "not_teaching", "Nothing is being taught now.")
        await aside(self.desk.ask_to_finish)
        self._follower.course.state = "finishing"
        self._publish([])
        return self.state()

    def state(self) -> Teach:
        """How far it is."""
        if self._follower is None:
            return Teach(state="idle")
        course = self._follower.course
        run = course.job.run
        return Teach(
            state=course.state,
            run=id_of(run),
            name=self.shelf.name(run),
            stage=_stage(course.stage) if course.at_work else None,
            done=course.done,
            total=course.total,
            epoch=course.epoch,
            epochs=course.epochs,
            seconds_left=seconds_left(course, self._before, time.time()),
            history=course.history,
            notes=[_both(what, in_studio(cure)) for what, cure in course.trouble],
            error=course.error and without_paths(course.error, self.project.root),
            resumable=course.state == "failed" and course.has_run,
        )

    def _job(self, run: str, recipe: dict[str, Any], seed: int, *, resume: bool = False) -> Job:
        return Job(str(self.project.root), str(self.project.runs), run, recipe, seed, resume)

    def _run_at_work(self) -> str | None:
        follower = self._follower
        return follower.course.job.run if follower and follower.course.at_work else None

    async def _check_free(self) -> None:
        at_work = self._follower is not None and self._follower.course.at_work
        await aside(self.desk.check)
        if at_work or await aside(is_held, self.desk.lock):
            raise Problem(409, "already_teaching", "A training is at work. Stop it, or wait for its end.")
        require_packages("Teaching", *NEEDED)

    def _check_pictures(self) -> None:
        """Say which class needs how many more pictures. Raises :class:`Problem`."""
        counts = self._training_counts()
        if len(counts) < 2:
            raise Problem(
                422,
                "too_few_classes",
                "Telling classes apart needs two at least. Add one, and draw its pictures.",
            )
        least = LEAST_PICTURES if not self.project.listing().parts else 1
        short = [f"{least - count} more of {name!r}" for name, count in counts.items() if count < least]
        if short:
            what = "pictures" if least > 1 else "training picture"
            raise Problem(
                422,
                "too_few_pictures",
                f"Every class needs at least {least} {what}: draw {', '.join(short)}.",
            )

    def _training_counts(self) -> dict[str, int]:
        """Class to number of pictures that can be learned from."""
        with self.project.lock:
            classes = self.project.listing().classes.values()
            return {
                one.name: sum(picture.part in (None, "train") for picture in one.pictures) for one in classes
            }

    async def _begin(self, job: Job) -> None:
        self._before = await aside(self.shelf.seconds)
        await aside(put_away, self.desk, await aside(self.shelf.resumable))
        self._follower = await aside(begin, self.desk, job)
        self._publish([])
        self._following = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        while await self._look():
            await asyncio.sleep(LOOK_EVERY)

    async def _look(self) -> bool:
        """Read and tell what is new; whether the training is still at work."""
        follower = self._follower
        if follower is None:
            return False
        entries, news = await aside(follower.look)
        if not follower.course.at_work:
            await self._ended(follower)
        if news:
            self._publish(entries)
        return follower.course.at_work

    async def _ended(self, follower: Follower) -> None:
        """Tidy up; where the disk forbids it, the next training says so."""
        try:
            await aside(self._tidy, follower)
        except (OxmarkError, Problem) as error:
            logger.warning("after the training: %s", error)
        self.events.publish({"type": "runs"})

    def _tidy(self, follower: Follower) -> None:
        if follower.course.state in ("done", "stopped"):
            self.shelf.use_newest()
            self._current.forget()
            self._current.found()  # opened here, not at the next request
        put_away(self.desk, self.shelf.resumable())

    def _publish(self, entries: list[Epoch]) -> None:
        """Tell the state, once for each new epoch."""
        body = self.state().model_dump(mode="json", exclude={"history"})
        for told in entries[:-1]:
            self.events.publish({"type": "teach", **body, "epoch": told.epoch, "entry": told.model_dump()})
        newest = {"entry": entries[-1].model_dump()} if entries else {}
        self.events.publish({"type": "teach", **body, **newest})


def _stage(name: str | None) -> Pair | None:
    return Pair.of(Message(f"studio.teach.stage.{name}")) if name in STAGES else None


def _both(what: Message, cure: Message) -> Pair:
    return Pair(**{language: f"{what.text(language)} {cure.text(language)}" for language in ("en", "ko")})
