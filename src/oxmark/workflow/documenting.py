"""The document of a report: all that a training or a cross-validation has shown, as JSON; and its page.

``report.json`` holds the document, small pictures included, so that the page can be made again when the data
is gone. ``report.html`` is made from it and from nothing else.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from oxmark.data.dataset import Sample
from oxmark.data.doctor import Finding
from oxmark.errors import RunError
from oxmark.evaluation.metrics import Evaluation, Share
from oxmark.files import write_text
from oxmark.words import Message

DOCUMENT, PAGE = "report.json", "report.html"
MOST_SHOWN = 120
"""So many answers come with their picture: the wrong ones first, then evenly spread."""
MOST_HEAT = 36
"""So many of those with heat over them, the wrong ones first."""
MOST_ANSWERS = 20_000
"""So many answers are listed at all; the figures speak of all of them."""


def write_document(folder: Path, document: Mapping[str, Any]) -> Path:
    """Write ``report.json`` and the page made from it. Raises :class:`OutputError`.

    Returns:
        The page.
    """
    from oxmark.report.document import checked
    from oxmark.report.page import report_page

    page = report_page(checked(document))
    write_text(folder / DOCUMENT, json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n")
    write_text(folder / PAGE, page)
    return folder / PAGE


def get_ready_to_write() -> None:
    """Load what :func:`write_document` needs: a second process does it while the first one trains."""
    from oxmark.report.page import get_ready

    get_ready()


def read_document(folder: Path) -> dict[str, Any]:
    """The document of a run. Raises :class:`RunError`."""
    try:
        return dict(json.loads((folder / DOCUMENT).read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise RunError(
            f"{folder} has no {DOCUMENT}. A finished training writes it; runs of older versions have none: "
            "train again."
        ) from error
    except (OSError, ValueError, TypeError) as error:
        raise RunError(
            f"{folder / DOCUMENT} cannot be read ({error}). Train again into a new folder."
        ) from error


def beginning(kind: str, title: str, classes: Sequence[str]) -> dict[str, Any]:
    """The keys that every document has."""
    from oxmark.report.document import FORMAT

    return {"format": FORMAT, "kind": kind, "title": title, "made": now(), "classes": list(classes)}


def now() -> str:
    """The time, with its zone: ``2026-03-01T14:05:09+09:00``."""
    return datetime.datetime.now().astimezone().isoformat(timespec="seconds")


def headline(evaluation: Evaluation, measured_on: Message) -> dict[str, Any]:
    """The figure that everything else explains."""
    return {**evaluation.accuracy.as_json(), "measured_on": measured_on.as_json()}


def findings_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """The doctor's findings, each sentence in all languages."""
    return [
        {
            "code": one.code,
            "severity": one.severity,
            "files": list(one.files),
            **{name: getattr(one, name).as_json() for name in ("what", "why", "cure")},
        }
        for one in findings
    ]


def answers_section(
    evaluation: Evaluation, by_hand: Mapping[str, Share], measured_on: Message
) -> dict[str, Any]:
    """Everything about some answers but their pictures; :func:`show` adds these."""
    right = evaluation.answers == evaluation.truth
    listed = _worst_first(evaluation)[:MOST_ANSWERS]
    return {
        "measured_on": measured_on.as_json(),
        "accuracy": evaluation.accuracy.as_json(),
        "per_class": {name: share.as_json() for name, share in evaluation.per_class.items()},
        "by_hand": {name: share.as_json() for name, share in by_hand.items()} or None,
        "confusion": evaluation.confusion.tolist(),
        "answers": [_answer(evaluation, row) for row in listed],
        "calibration": evaluation.reliability.as_json(),
        "refusal": evaluation.refusal.as_json(),
        "worst": list(range(int((~right).sum())))[:MOST_HEAT],
    }


def shown_rows(evaluation: Evaluation, most: int = MOST_SHOWN) -> list[int]:
    """Rows of the answers that are shown with their picture: all wrong ones, then evenly spread ones."""
    order = _worst_first(evaluation)
    wrong = int((evaluation.answers != evaluation.truth).sum())
    if len(order) <= most or wrong >= most:
        return order[:most]
    rest = order[wrong:]
    places = np.unique(np.linspace(0, len(rest) - 1, most - wrong).astype(int))
    return [*order[:wrong], *(rest[place] for place in places)]


def show(section: dict[str, Any], evaluation: Evaluation, ids: Mapping[int, str]) -> None:
    """Name the picture of each answer that has one.

    Args:
        section: From :func:`answers_section`.
        evaluation: The same answers.
        ids: Row of the evaluation to id of the picture.
    """
    for answer, row in zip(section["answers"], _worst_first(evaluation), strict=False):
        answer["picture"] = ids.get(row)


def by_hand(evaluation: Evaluation, samples: Sequence[Sample]) -> dict[str, Share]:
    """Right answers to the pictures of each hand; empty where no hand is known.

    Args:
        evaluation: N answers.
        samples: The N pictures, in the same order.
    """
    right = evaluation.answers == evaluation.truth
    hands = np.array([sample.group or "" for sample in samples])
    return {
        str(hand): Share(int(right[hands == hand].sum()), int((hands == hand).sum()))
        for hand in np.unique(hands)
        if hand
    }


def _worst_first(evaluation: Evaluation) -> list[int]:
    """Rows: wrong answers first, the surest of them first; then right ones, the least sure first."""
    right = evaluation.answers == evaluation.truth
    sure: npt.NDArray[np.float32] = evaluation.probabilities.max(axis=1, initial=0)
    order: list[int] = np.lexsort((np.where(right, sure, -sure), right)).tolist()
    return order


def _answer(evaluation: Evaluation, row: int) -> dict[str, Any]:
    return {
        "picture": None,
        "file": evaluation.files[row],
        "truth": int(evaluation.truth[row]),
        "answer": int(evaluation.answers[row]),
        "probabilities": [round(float(value), 5) for value in evaluation.probabilities[row]],
        "known": round(float(evaluation.known[row]), 5),
    }
