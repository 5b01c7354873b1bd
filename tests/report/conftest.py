"""A small document of a report, made up, for the tests of oxmark.report."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from oxmark.evaluation.metrics import Share
from oxmark.report.document import Document, checked
from oxmark.words import Message

MakeDocument = Callable[..., Document]
SAID = Message("words.example", {"count": 2}).as_json()


def picture(number: int, size: int) -> str:
    """A crooked line of its own for each number, as a data URI."""
    rng = np.random.default_rng(number)
    image = Image.new("L", (size, size), 255)
    points = [(float(x), float(y)) for x, y in rng.uniform(0.1 * size, 0.9 * size, (6, 2))]
    ImageDraw.Draw(image).line(points, fill=40, width=max(1, size // 20), joint="curve")
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "WEBP", quality=80, method=0)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def answers_of(
    classes: Sequence[str], each: int, wrong: int, prefix: str, shown: int, size: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Answers to so many pictures a class, so many of them wrong in all, and the pictures of some."""
    count, rng = len(classes), np.random.default_rng(7)
    listed, pictures = list[dict[str, Any]](), dict[str, Any]()
    for number in range(each * count):
        truth = number % count
        answer = (truth + 1) % count if number < wrong else truth
        sure = float(rng.uniform(0.6, 0.99))
        probabilities = [round((1 - sure) / (count - 1), 5)] * count
        probabilities[answer] = round(sure, 5)
        file = f"test/{classes[truth]}/{number:04}.png"
        kept = number < shown
        if kept:
            image = picture(number, size)
            images = {"image": image, "seen": picture(number, 48), "heat": picture(number + 1, size)}
            pictures[f"{prefix}-{number}"] = {"file": file, "class": classes[truth], **images}
        name = f"{prefix}-{number}" if kept else None
        known = 0.3 if number == count else 0.9
        listed.append(
            {"picture": name, "file": file, "truth": truth, "answer": answer, "probabilities": probabilities,
             "known": known}
        )  # fmt: skip
    total = each * count
    of_class = [
        Share(sum(a["truth"] == a["answer"] == number for a in listed), each) for number in range(count)
    ]
    all_right = Share(total - wrong, total)
    answers = {
        "measured_on": SAID,
        "accuracy": all_right.as_json(),
        "per_class": {name: share.as_json() for name, share in zip(classes, of_class, strict=True)},
        "by_hand": {"hand_1": all_right.as_json()},
        "answers": listed,
        "calibration": {
            "bins": [
                {"low": 0.6, "high": 0.7, "confidence": 0.66, "count": 4, "right": 3, "interval_95": [0, 1]},
                {"low": 0.9, "high": 1.0, "confidence": 0.95, "count": 8, "right": 8, "interval_95": [0, 1]},
            ],
            "error": 0.031, "by_chance": 0.025, "sentence": SAID,
        },
        "refusal": {
            "points": [_point(0.1, total, total, all_right), _point(0.9, total - 1, total, all_right)],
            "at_half": _point(0.5, total - 1, total, all_right), "sentence": SAID,
        },
        "worst": list(range(min(wrong, shown))),
    }  # fmt: skip
    return answers, pictures


def _point(threshold: float, answered: int, total: int, right: Share) -> dict[str, Any]:
    shares = {"answered": Share(answered, total).as_json(), "right": right.as_json()}
    return {"threshold": threshold, **shares}


def document_of(
    classes: Sequence[str] = ("O", "X"),
    *,
    each: int = 6,
    wrong: int = 1,
    shown: int = 1000,
    size: int = 24,
    kind: str = "run",
) -> Document:
    """A whole document.

    Args:
        classes: Their names.
        each: Pictures of each.
        wrong: Wrong answers in all.
        shown: So many answers have a picture.
        size: Of the pictures, in pixels.
        kind: ``"run"`` or ``"validation"``.
    """
    test, pictures = answers_of(classes, each, wrong, "test", shown, size)
    validation, more = answers_of(classes, each, wrong, "fold", shown, size)
    share = Share(5, 6).as_json()
    per_class = dict.fromkeys(classes, share)
    points = [
        {"pictures": dict.fromkeys(classes, count), "right": Share(right, 20).as_json(),
         "per_class": per_class}
        for count, right in ((10, 15), (20, 17), (40, 19))
    ]  # fmt: skip
    expected = {"pictures": 60.0, "low": 0.85, "mid": 0.96, "high": 0.99}
    history = [
        {"epoch": epoch, "loss": 1 / epoch, "accuracy": 1 - 0.4 / epoch, "validation_loss": 1.1 / epoch,
         "validation_accuracy": 1 - 0.5 / epoch, "learning_rate": 0.01}
        for epoch in range(1, 21)
    ]  # fmt: skip
    whole = {
        "format": 1,
        "kind": kind,
        "title": "marks",
        "made": "2025-11-22T16:24:00+09:00",
        "classes": list(classes),
        "verdict": [SAID, "plain", SAID],
        "headline": {**test["accuracy"], "measured_on": SAID},
        "data": {
            "folder": "marks",
            "counts": {"train": dict.fromkeys(classes, 3), "test": dict.fromkeys(classes, each)},
            "samples": list(pictures)[:4],
        },
        "pictures": {**pictures, **more},
        "history": history,
        "kept_epoch": 18,
        "trouble": [SAID],
        "test": test,
        "validation": {
            **validation, "folds": 5, "repeats": 3, "spread": [0.9, 0.95], "fold_shares": [share] * 5,
            "repeat_shares": [share] * 3, "verdict": ["cross-validated", SAID],
            "provenance": {
                "recipe": 'preprocess = "ink"\n', "seed": 4, "versions": {"oxmark": "0.1.0"},
                "machine": "Linux", "data_digest": "9a3b", "command": "oxmark validate marks --seed 4",
            },
            "baselines": {"majority": share, "hog_svm": share},
            "shortcuts": [{"name": "brightness", "share": share, "chance": 0.5, "label": classes[0]}],
            "suspects": [
                {"picture": "fold-0", "file": "test/0000.png", "given": 0, "likely": 1, "score": 0.031}
            ],
            "learning_curve": {"points": points, "expected": expected, "sentences": [SAID]},
            "notes": [SAID],
        },
        "findings": [
            {"code": "blank", "severity": "error", "files": ["a.png"], "what": SAID, "why": SAID,
             "cure": SAID}
        ],
        "provenance": {
            "recipe": 'preprocess = "ink"\n', "seed": 3, "versions": {"oxmark": "0.1.0"}, "machine": "Linux",
            "data_digest": "9a3b", "command": "oxmark train marks --seed 3", "seconds": {"fit": 12.5},
        },
    }  # fmt: skip
    return checked(whole)


@pytest.fixture(scope="session")
def make_document() -> MakeDocument:
    """Makes documents: see ``document_of``."""
    return document_of
