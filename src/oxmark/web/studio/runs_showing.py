"""The runs as the page takes them, the built-in model among them."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from oxmark.web.studio.listing import id_of
from oxmark.web.studio.runs import BUILTIN
from oxmark.web.studio.runs_reading import Reading, accuracy_of
from oxmark.web.studio.runs_schemas import Parts, Run, Runs
from oxmark.web.studio.teach_schemas import Pair
from oxmark.words import Message

if TYPE_CHECKING:
    from oxmark.web.studio.teaching import Teaching


def all_runs(teaching: Teaching) -> Runs:
    """Every run, newest first, and the one that answers."""
    teaching.answerer.current()  # opened here, so that a run whose model is damaged is called broken
    runs = [shown(teaching, one) for one in teaching.shelf.all()]
    return Runs(current=teaching.shelf.current(), runs=[*runs, builtin(teaching)])


def shown(teaching: Teaching, run: Reading) -> Run:
    """One run."""
    name = teaching.shelf.name(run.folder.name)
    return Run(
        id=id_of(run.folder.name),
        name=name,
        title=Pair(en=name, ko=name),
        recipe=run.recipe,
        when=run.when,
        state=run.state,
        resumable=run.resumable,
        kept_epoch=run.kept_epoch,
        epochs=run.epochs,
        classes=list(run.classes),
        pictures=run.pictures,
        accuracy=run.accuracy,
        verdict=list(run.verdict),
        trouble=list(run.trouble),
        notes=list(run.notes),
        history=list(run.history),
    )


def builtin(teaching: Teaching) -> Run:
    """The model that comes with oxmark, so that something answers before the first training."""
    classifier = teaching.answerer.classifier(None)
    title = Pair.of(Message("studio.teach.builtin"))
    recipe = tomllib.loads(classifier.recipe)
    counts: dict[str, dict[str, Any]] = classifier.trained_on.get("counts", {})
    return Run(
        id=BUILTIN,
        name=title.en,
        title=title,
        recipe=recipe.get("name"),
        when=None,
        state="finished",
        epochs=recipe.get("epochs"),
        classes=list(classifier.classes),
        pictures=Parts(**{part: sum(counts.get(part, {}).values()) for part in Parts.model_fields}),
        accuracy=accuracy_of(classifier.quality.get("accuracy", {})),
        builtin=True,
    )
