"""What a cross-validation leaves behind: figures, a table, pictures, and its part of the report."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from oxmark.evaluation.metrics import Share
from oxmark.files import make_folder, write_text
from oxmark.modelfile.preprocess import preprocess_session
from oxmark.words import Message
from oxmark.workflow import documenting, run_folder
from oxmark.workflow.album import Look, Pixels, album, contrast, shown
from oxmark.workflow.documenting import (
    MOST_HEAT,
    answers_section,
    beginning,
    findings_json,
    now,
    read_document,
    show,
    shown_rows,
    write_document,
)

if TYPE_CHECKING:
    from oxmark.workflow.validating import Validation

FIGURES, TABLE, CONFUSION = "validation.json", "out_of_fold.csv", "validation.png"
PREFIX = "fold"


def get_ready_to_write() -> None:
    """Load what :func:`write_validation` needs, while other processes train."""
    import oxmark.report.confusion
    import oxmark.report.heat  # noqa: F401

    documenting.get_ready_to_write()


def write_validation(folder: Path, result: Validation) -> None:
    """Write the figures, the table, the confusion matrix and the report. Raises :class:`OutputError`.

    Args:
        folder: A new folder, or a finished run, whose report it joins.
        result: What was found.
    """
    from oxmark.recipes import to_toml
    from oxmark.report.confusion import confusion

    make_folder(folder)
    joins = (folder / run_folder.MODEL).exists()
    section = validation_section(result)
    pictures = _pictures(section, result)
    document = read_document(folder) if joins else _document(folder, result)
    kept = {name: one for name, one in document.get("pictures", {}).items() if not name.startswith(PREFIX)}
    write_document(folder, {**document, "validation": section, "pictures": {**kept, **pictures}})
    if not joins:
        write_text(folder / run_folder.RECIPE, to_toml(result.recipe))
    text = json.dumps(validation_json(result), ensure_ascii=False, indent=2)
    write_text(folder / FIGURES, text + "\n")
    _write_table(folder / TABLE, result)
    share = result.evaluation.accuracy
    confusion(
        folder / CONFUSION,
        matrix=result.evaluation.confusion,
        classes=result.evaluation.classes,
        title=f"{share.right} of {share.total} right (out of fold)",
    )


def validation_json(result: Validation) -> dict[str, Any]:
    """For ``validation.json`` and ``oxmark validate --json``."""
    section = validation_section(result)
    return {
        **{name: value for name, value in section.items() if name != "worst"},
        "findings": findings_json(result.checkup.findings),
        "errors": [str(error) for error in result.errors],
    }


def validation_section(result: Validation) -> dict[str, Any]:
    """All figures, as the report wants them."""
    evaluation = result.evaluation
    return {
        **answers_section(evaluation, result.by_hand, _measured_on(result)),
        "verdict": [sentence.as_json() for sentence in result.verdict],
        "folds": int(result.folds.max()) + 1,
        "fold_shares": [share.as_json() for share in _by_fold(result)],
        "repeats": len(result.evaluations),
        "repeat_shares": [one.accuracy.as_json() for one in result.evaluations],
        "spread": list(result.spread),
        "baselines": {name: share.as_json() for name, share in result.simpler.items()},
        "shortcuts": [
            {
                "name": one.name.replace(" ", "_"),
                "share": one.share.as_json(),
                "chance": one.chance,
                "label": None if one.label is None else evaluation.classes[one.label],
                "by_person": one.by_person,
            }
            for one in result.shortcuts
        ],
        "suspects": [
            {
                "picture": None,
                "file": evaluation.files[one.row],
                "given": one.given,
                "likely": one.likely,
                "score": round(one.score, 5),
            }
            for one in result.suspects
        ],
        "learning_curve": result.learning_curve.as_json() if result.learning_curve else None,
        "notes": [note.as_json() for note in result.notes],
        "provenance": dict(result.provenance),
    }


def _measured_on(result: Validation) -> Message:
    values = {"count": len(result.rows), "folds": int(result.folds.max()) + 1}
    return Message("validate.measured_on", values)


def _by_fold(result: Validation) -> list[Share]:
    right = result.evaluation.answers == result.evaluation.truth
    folds = range(int(result.folds.max()) + 1)
    return [
        Share(int(right[result.folds == number].sum()), int((result.folds == number).sum()))
        for number in folds
    ]


def _write_table(path: Path, result: Validation) -> None:
    evaluation, classes = result.evaluation, result.evaluation.classes
    columns = ["file", "drawer", "fold", "class", "answer", "right", "known"]
    rows = [
        [
            evaluation.files[row],
            sample.group or "",
            int(result.folds[row]) + 1,
            classes[evaluation.truth[row]],
            classes[evaluation.answers[row]],
            int(evaluation.answers[row] == evaluation.truth[row]),
            float(evaluation.known[row]),
            *map(float, evaluation.probabilities[row]),
        ]
        for row, sample in enumerate(result.samples)
    ]
    run_folder.write_table(path, [*columns, *(f"probability {name}" for name in classes)], rows)


def _pictures(section: dict[str, Any], result: Validation) -> dict[str, Any]:
    """The pictures of the answers that are shown, and of all suspects; the section is told their ids."""
    from oxmark.report.heat import scale_of

    rows = shown_rows(result.evaluation)
    doubted = [one.row for one in result.suspects if one.row not in set(rows)]
    rows = [*rows, *doubted[:MOST_HEAT]]
    recipe, samples = result.recipe, result.samples
    session = preprocess_session(recipe.preprocess, recipe.size, recipe.margin)
    evaluation = result.evaluation
    heats = [
        contrast(result.heat[row], evaluation.probabilities[row], int(evaluation.truth[row]))
        for row in rows[:MOST_HEAT]
    ]

    def look(place: int, pixels: Pixels) -> Look:
        row = rows[place]
        seen = shown(result.prepared.seen[result.rows[row]][0], recipe)
        if place >= MOST_HEAT:
            return Look(seen)
        left, top, right, bottom = map(float, session.run(["box"], {"pixels": pixels[None]})[0][0])
        return Look(seen, heats[place], (left, top, right, bottom))

    chosen = [samples[row] for row in rows]
    pictures = album(result.prepared.dataset, chosen, look, PREFIX, scale_of(heats))
    ids = {row: f"{PREFIX}-{place}" for place, row in enumerate(rows)}
    show(section, evaluation, ids)
    for suspect, one in zip(section["suspects"], result.suspects, strict=True):
        suspect["picture"] = ids.get(one.row)
    return pictures


def _document(folder: Path, result: Validation) -> dict[str, Any]:
    """A report of a cross-validation alone."""
    dataset = result.prepared.dataset
    counts = np.bincount([sample.label for sample in dataset.samples], minlength=len(dataset.classes))
    return {
        **beginning("validation", folder.resolve().name, dataset.classes),
        "data": {
            "folder": str(result.data),
            "digest": result.provenance["data_digest"],
            "counts": {"all": dict(zip(dataset.classes, counts.tolist(), strict=True))},
        },
        "findings": findings_json(result.checkup.findings),
    }


def provenance(result: Validation, folder: Path | None) -> dict[str, Any]:
    """Everything needed to do it again.

    Args:
        result: What was found.
        folder: Where its recipe is written; None for nowhere, so that only a recipe of ours can be named.
    """
    from oxmark.recipes import RECIPES, to_toml

    named = folder is not None or run_folder.recipe_word(result.recipe, Path()) in RECIPES
    return {
        "recipe": to_toml(result.recipe),
        "seed": result.seed,
        **({"command": _command(folder or Path(), result)} if named else {}),
        "data_digest": run_folder.data_digest(result.prepared.dataset, result.prepared.digest_by_path),
        "made": now(),
        **run_folder.conditions(),
    }


def _command(folder: Path, result: Validation) -> str:
    """What makes the same figures again."""
    words = [
        "oxmark",
        "validate",
        str(result.data),
        "--recipe",
        run_folder.recipe_word(result.recipe, folder),
    ]
    words += ["--folds", str(result.wanted), "--repeats", str(len(result.evaluations))]
    words += ["--seed", str(result.seed)]
    return shlex.join([*words, "--learning-curve"] if result.learning_curve else words)
