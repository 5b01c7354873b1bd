"""The end of a training: the file is made, measured and checked, the pictures are drawn."""

from __future__ import annotations

import dataclasses
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from oxmark.errors import PictureError, TrainingError
from oxmark.evaluation.verdict import Verdict, strangers, unnamed, verdict
from oxmark.files import write_bytes, write_text
from oxmark.inference import Classifier, View
from oxmark.modelfile.check import check
from oxmark.workflow import run_folder
from oxmark.workflow.progress import Clock, Progress

if TYPE_CHECKING:
    from oxmark.evaluation.metrics import Evaluation
    from oxmark.recipes import Recipe
    from oxmark.training.loop import Fitted
    from oxmark.workflow.album import Album
    from oxmark.workflow.beside import Beside
    from oxmark.workflow.preparing import PreparedSet

TOLERANCE = 1e-5
"""The written file must give the trained network's probabilities to this."""
MOST_CHECKED = 8
"""So many training pictures, evenly spread, are read again to compare the file with the network."""


def finish(
    folder: Path,
    recipe: Recipe,
    prepared: PreparedSet,
    fitted: Fitted,
    facts: dict[str, Any],
    clock: Clock,
    progress: Progress,
    beside: Beside,
    samples: Future[Album],
) -> tuple[Evaluation, Verdict]:
    """Make the file, measure it, say what that means, draw the pictures; the model gets its name last.

    Args:
        folder: The run folder.
        recipe: As it was used.
        prepared: The pictures.
        fitted: The trained network.
        facts: For ``run.json``.
        clock: Times the stages.
        progress: Told how far it is.
        beside: Draws while the file is checked.
        samples: The training pictures that the report shows.
    """
    from oxmark.recipes import to_toml
    from oxmark.report.fonts import missing_font_note
    from oxmark.workflow.documenting import MOST_HEAT, write_document
    from oxmark.workflow.measuring import measure
    from oxmark.workflow.run_pictures import columns_of, draw_course, draw_test
    from oxmark.workflow.run_report import looked_at, run_document

    columns = columns_of(fitted.history)
    course = beside.do(draw_course, folder, recipe.name, columns, fitted.kept_epoch)
    with clock.stage("measure", phase="measure"):
        classifier = _opened(_model(recipe, prepared, fitted, quality={}))
        learned = {
            d for d, s in zip(prepared.digests, prepared.dataset.samples, strict=True) if s.part != "test"
        }
        tests = prepared.dataset.part("test")
        views: dict[str, View] = {}
        keep = views if len(tests) <= MOST_HEAT else None
        evaluation = measure(classifier, prepared.dataset, tests, part="test", left_out=learned, views=keep)
        looks = looked_at(recipe, prepared, evaluation, classifier, views)
    some = dataclasses.replace(prepared.dataset, samples=tests, skipped=())
    answers = beside.do(draw_test, folder, some, evaluation, looks)
    font_note = beside.do(missing_font_note, [*prepared.dataset.classes, *evaluation.files])
    with clock.stage("check", phase="check"):
        data = _model(recipe, prepared, fitted, quality=_quality(evaluation))
        classifier = _opened(data)
        _check_answers(classifier, prepared, fitted)
    write_text(folder / "summary.txt", fitted.summary)
    said = verdict(
        evaluation,
        hands=strangers(prepared.dataset, files=evaluation.files),
        unnamed=unnamed(prepared.dataset, files=evaluation.files),
        data=facts["data"],
    )
    with clock.stage("draw", phase="plot"):
        course.result()
        drawn = samples.result(), answers.result()
        if note := font_note.result():
            progress.note(note)
    facts = {
        **facts,
        "status": "finished",
        "verdict": [message.as_json() for message in said],
        "device": fitted.device,
        **fitted.hardware,
        "kept_epoch": fitted.kept_epoch,
        "calibration": dataclasses.asdict(fitted.calibration),
        "seconds": clock.seconds,
    }
    with clock.stage("report", phase="write"):
        told = {"recipe": to_toml(recipe), "model_digest": classifier.digest, **facts}
        document = run_document(folder, prepared, evaluation, fitted.history, told, *drawn)
        beside.do(write_document, folder, document).result()
    clock.spend({"plot": beside.seconds}, beside=True)
    run_folder.write_facts(folder, {**facts, "profile": clock.profile(progress.started)})
    write_bytes(folder / run_folder.MODEL, data)
    for message in said:
        progress.note(str(message))
    return evaluation, said


def _model(recipe: Recipe, prepared: PreparedSet, fitted: Fitted, quality: dict[str, Any]) -> bytes:
    import oxmark
    from oxmark.modelfile.write import metadata, model_bytes
    from oxmark.recipes import to_toml

    learned = {
        part: sorted(prepared.digests[row] for row in prepared.rows(part)) for part in ("train", "validation")
    }
    return model_bytes(
        preprocess=recipe.preprocess,
        size=recipe.size,
        margin=recipe.margin,
        network=recipe.network,
        weights=fitted.weights,
        metadata=metadata(
            classes=prepared.dataset.classes,
            recipe=to_toml(recipe),
            trained_on={"counts": prepared.dataset.counts(), "pictures": learned},
            quality=quality,
            version=oxmark.__version__,
        ),
    )


def _opened(data: bytes) -> Classifier:
    return Classifier(data, check(data), "the new model")


def _quality(evaluation: Evaluation) -> dict[str, Any]:
    """Figures for the model file, each with its interval and the pictures it was measured on."""
    count = evaluation.accuracy.total
    if count == 0:
        return {}
    figures = {
        **evaluation.accuracy.as_json(),
        "measured_on": f"test part, {count} pictures never learned from",
    }
    return {"accuracy": figures}


def _check_answers(classifier: Classifier, prepared: PreparedSet, fitted: Fitted) -> None:
    """The file, from raw pixels, must answer as the network did in training."""
    rows = prepared.rows("train")
    chosen = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MOST_CHECKED)).astype(int))
    paths = [prepared.dataset.samples[rows[i]].path for i in chosen]
    for i, (path, answer) in zip(chosen, classifier.stream(paths), strict=True):
        if isinstance(answer, PictureError):
            raise answer
        difference = float(np.abs(list(answer.probabilities.values()) - fitted.train_probabilities[i]).max())
        if not difference <= TOLERANCE:
            raise TrainingError(
                f"The model file answers {path} differently from the trained network (by {difference:.1e}, "
                f"at most {TOLERANCE} is allowed), so it was not saved. Please report this defect."
            )
