"""The chapters of the page: which there are, and what each shows. A chapter without data does not exist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from oxmark.report.charts.interval import interval_chart
from oxmark.report.charts.learning import learning_chart, mean_pictures
from oxmark.report.charts.training import accuracy_chart, loss_chart
from oxmark.report.document import Answers, Document, Headline, Picture, Provenance, ShareJson, Validation
from oxmark.report.page.answers import Row, answers_data
from oxmark.report.page.wording import known_word, name, short, words

MOST_SAMPLES = 48
MOST_PAIRS = 12
MOST_SUSPECTS = 60
MOST_FILES = 40
"""Names of files under one finding."""
MOST_NAMES = 12
"""Names of classes in the head."""


@dataclass(frozen=True)
class Chapter:
    """A part of the page.

    Attributes:
        id: Its place: ``page.html#id``; its title is ``report.chapter.ID`` among the words.
        template: The file that shows it.
        data: What the template shows.
    """

    id: str
    template: str
    data: dict[str, Any]


def head(document: Document) -> dict[str, Any]:
    """What stands above all chapters."""
    names = [name(one) for one in document["classes"]]
    return {
        "title": name(document["title"]),
        "kind": words(f"head.{document['kind']}"),
        "made": document.get("made", ""),
        "count": len(names),
        "names": ", ".join(names[:MOST_NAMES]),
        "more": max(0, len(names) - MOST_NAMES),
    }


def chapters_of(document: Document) -> list[Chapter]:
    """All chapters that have something to show, in the order of the page."""
    classes = [name(one) for one in document["classes"]]
    found: list[Chapter | None] = [_verdict(document), _pictures(document), _training(document)]
    validation = document.get("validation")
    if validation:
        found += [_validation(document, validation, classes), _curve(validation, classes)]
        found += [_simple(validation), _shortcuts(validation), _suspects(document, validation, classes)]
    test = document.get("test")
    if test and test["accuracy"]["total"]:
        place = 3 if document["kind"] == "run" else len(found)
        found.insert(place, Chapter("test", "test.html.j2", _answers(document, "test", test, classes)))
    found += [_check(document), _sees(document), _repeat(document)]
    return [chapter for chapter in found if chapter]


def _verdict(document: Document) -> Chapter | None:
    """That of the cross-validation where there is one: it rests on more pictures."""
    headline, sentences, answers = document.get("headline"), document.get("verdict", []), document.get("test")
    validation, itself = document.get("validation"), None
    if validation and validation.get("verdict"):
        itself = headline if answers else None
        headline = {**validation["accuracy"], "measured_on": validation["measured_on"]}
        sentences, answers = validation["verdict"], validation
    if not headline and not sentences:
        return None
    data = {"headline": headline, "said": sentences, "itself": itself if itself and itself["total"] else None}
    chart = _headline_chart(headline, answers, len(document["classes"])) if headline else ""
    return Chapter("verdict", "verdict.html.j2", {**data, "chart": chart})


def _headline_chart(headline: Headline, answers: Answers | None, classes: int) -> str:
    share, ends = headline["share"], headline["interval_95"]
    if share is None or ends is None:
        return ""
    guess = 1 / classes
    if answers and answers["accuracy"]["total"] == headline["total"]:
        guess = max(one["total"] for one in answers["per_class"].values()) / headline["total"]
    return interval_chart("headline", share, ends[0], ends[1], guess)


def _pictures(document: Document) -> Chapter | None:
    data, pictures = document.get("data", {}), document.get("pictures", {})
    samples = [pictures[one] for one in data.get("samples", []) if one in pictures]
    counts = data.get("counts", {})
    if not samples and not counts:
        return None
    shown = {
        "folder": data.get("folder", ""),
        "parts": [known_word(part, "part") for part in counts],
        "rows": [
            (name(label), [part.get(label, 0) for part in counts.values()]) for label in document["classes"]
        ],
        "samples": _by_class(samples, document["classes"], MOST_SAMPLES),
    }
    return Chapter("pictures", "pictures.html.j2", shown)


def _by_class(samples: Sequence[Picture], classes: Sequence[str], most: int) -> list[list[Picture]]:
    """The pictures of each class, of all about the same number, at most so many in all."""
    each = max(1, most // max(1, len(classes)))
    found = [[one for one in samples if one["class"] == label][:each] for label in classes]
    return [pictures for pictures in found if pictures][:most]


def _training(document: Document) -> Chapter | None:
    history, trouble = document.get("history", []), document.get("trouble", [])
    if not history and not trouble:
        return None
    kept = document.get("kept_epoch")
    data = {
        "history": history,
        "kept": kept,
        "validated": any(epoch["validation_loss"] is not None for epoch in history),
        "trouble": trouble,
        "accuracy": accuracy_chart("training-accuracy", history, kept) if history else "",
        "loss": loss_chart("training-loss", history, kept) if history else "",
    }
    return Chapter("training", "training.html.j2", data)


def _answers(document: Document, prefix: str, answers: Answers, classes: Sequence[str]) -> dict[str, Any]:
    return answers_data(prefix, answers, classes, document.get("pictures", {}))


def _validation(document: Document, validation: Validation, classes: Sequence[str]) -> Chapter | None:
    if not validation["accuracy"]["total"]:
        return None
    data = {
        **_answers(document, "validation", validation, classes),
        "folds": validation["folds"],
        "repeats": validation.get("repeats", 1),
        "spread": validation.get("spread"),
        "fold_rows": _numbered("folds.fold", validation.get("fold_shares", [])),
        "repeat_rows": _numbered("folds.repeat", validation.get("repeat_shares", [])),
        "notes": validation.get("notes", []),
    }
    return Chapter("validation", "validation.html.j2", data)


def _numbered(code: str, shares: Sequence[ShareJson]) -> list[Row]:
    return [Row(words(code, number=number), share) for number, share in enumerate(shares, start=1)]


def _curve(validation: Validation, classes: Sequence[str]) -> Chapter | None:
    curve = validation.get("learning_curve")
    if not curve or not curve["points"]:
        return None
    shown = [short(label, 14) for label in classes]
    data = {
        "chart": learning_chart("curve-chart", curve, shown),
        "points": [(mean_pictures(point), point) for point in curve["points"]],
        "classes": classes if len(classes) <= MOST_NAMES else [],
        "expected": curve.get("expected"),
        "said": curve.get("sentences", []),
    }
    return Chapter("curve", "curve.html.j2", data)


def _simple(validation: Validation) -> Chapter | None:
    baselines = validation.get("baselines", {})
    if not baselines:
        return None
    rows = [Row(words("simple.network"), validation["accuracy"], marked=True)]
    rows += [Row(known_word(key, "simple"), share) for key, share in baselines.items()]
    return Chapter("simple", "simple.html.j2", {"rows": rows})


def _shortcuts(validation: Validation) -> Chapter | None:
    alarms = validation.get("shortcuts", [])
    if not alarms:
        return None
    rows = [(known_word(one["name"], "shortcut"), one) for one in alarms]
    return Chapter("shortcuts", "shortcuts.html.j2", {"rows": rows})


def _suspects(document: Document, validation: Validation, classes: Sequence[str]) -> Chapter | None:
    if "suspects" not in validation:
        return None
    pictures, suspects = document.get("pictures", {}), validation["suspects"]
    rows = [
        {
            "file": one["file"],
            "picture": pictures.get(one["picture"] or ""),
            "given": classes[one["given"]],
            "likely": classes[one["likely"]],
            "score": one["score"],
        }
        for one in suspects[:MOST_SUSPECTS]
    ]
    return Chapter("suspects", "suspects.html.j2", {"rows": rows, "more": len(suspects) - len(rows)})


def _check(document: Document) -> Chapter | None:
    if "findings" not in document:
        return None
    order = ("error", "warning", "note")
    findings = sorted(document["findings"], key=lambda one: order.index(one["severity"]))
    shown = [(one, [name(file) for file in one["files"][:MOST_FILES]]) for one in findings]
    return Chapter("check", "check.html.j2", {"findings": shown})


def _sees(document: Document) -> Chapter | None:
    """Pictures beside what the network saw of them: those of the samples, or any."""
    pictures, data = document.get("pictures", {}), document.get("data", {})
    samples = [pictures[one] for one in data.get("samples", []) if one in pictures]
    both = [one for one in (*samples, *pictures.values()) if one.get("image") and one.get("seen")]
    once: dict[str, Picture] = {}
    for one in both:
        once.setdefault(one["file"], one)
    pairs = _by_class(list(once.values()), document["classes"], MOST_PAIRS)
    if not pairs:
        return None
    recipe = document.get("provenance", {}).get("recipe", "")
    shown = {"ink": 'preprocess = "ink"' in recipe, "pairs": [one for some in pairs for one in some]}
    return Chapter("sees", "sees.html.j2", shown)


def _repeat(document: Document) -> Chapter | None:
    validation = document.get("validation")
    training = document.get("provenance")
    measuring = validation.get("provenance") if validation else None
    blocks = []
    if training:
        blocks.append(("training", _block({"made": document.get("made", ""), **training})))
    if measuring:
        said: dict[str, Any] = {key: training.get(key) for key in _ALIKE} if training else {}
        new = {key: one for key, one in measuring.items() if key not in said or said[key] != one}
        blocks.append(("validation", _block(cast("Provenance", new))))
    return Chapter("repeat", "repeat.html.j2", {"blocks": blocks}) if blocks else None


_ALIKE = ("recipe", "data_digest", "versions", "python", "machine", "processors", "device")
"""Said of a cross-validation only where it is not so of the training."""


def _block(provenance: Provenance) -> dict[str, Any]:
    keys = ("made", "seed", "data_digest", "model_digest", "machine", "processors", "device")
    known: dict[str, Any] = {**provenance}
    facts = [(words(f"repeat.{key}"), str(known[key])) for key in keys if known.get(key) not in (None, "")]
    versions = dict(provenance.get("versions", {}))
    if "python" in provenance:
        versions = {"python": provenance["python"], **versions}
    seconds = provenance.get("seconds", {})
    return {
        "command": provenance.get("command", ""),
        "facts": facts,
        "versions": versions,
        "recipe": provenance.get("recipe", ""),
        "seconds": [(known_word(stage, "stage"), value) for stage, value in seconds.items()],
    }
