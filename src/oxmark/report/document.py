"""What a report is made from: one JSON document, kept in the run folder as ``report.json``.

The page is made from it and from nothing else, so it can be made again when the data is gone. Only the keys
of :class:`Document` that are not marked ``NotRequired`` must be there; a section without data is left out of
the page. Shares and probabilities are 0..1, pictures are data URIs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict, cast

from oxmark.errors import RunError

FORMAT = 1
"""The format that this oxmark writes and reads."""


class MessageJson(TypedDict):
    """A sentence in all languages: what :meth:`oxmark.words.Message.as_json` gives."""

    code: str
    values: dict[str, str | int | float | MessageJson]
    text: str


Sentence = MessageJson | str
"""A sentence in all languages, or one that is shown as it is in each."""


class ShareJson(TypedDict):
    """So many of so many: what :meth:`oxmark.evaluation.metrics.Share.as_json` gives."""

    right: int
    total: int
    share: float | None
    interval_95: list[float] | None


class Headline(ShareJson):
    """The figure that everything else explains."""

    measured_on: Sentence


class Data(TypedDict):
    """Where the pictures are from.

    ``counts`` is part to class to number of pictures; ``samples`` are ids of pictures to show.
    """

    folder: NotRequired[str]
    digest: NotRequired[str]
    counts: NotRequired[dict[str, dict[str, int]]]
    samples: NotRequired[list[str]]


_Labelled = TypedDict("_Labelled", {"class": str})  # a key that is a word of Python


class Picture(_Labelled):
    """A small copy of a picture: ``class`` is the name of its folder.

    ``seen`` is what the network saw, ``heat`` the picture with heat over it; all are ``data:image/...`` URIs.
    """

    file: str
    image: NotRequired[str | None]
    seen: NotRequired[str | None]
    heat: NotRequired[str | None]


class EpochJson(TypedDict):
    """A line of the history; accuracies 0..1, losses in nats."""

    epoch: int
    loss: float
    accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    learning_rate: NotRequired[float]


class AnswerJson(TypedDict):
    """What a network answered to one picture.

    ``truth`` and ``answer`` are class numbers, ``probabilities`` has one for each class, ``known`` below 0.5
    means "none of these"; ``picture`` is an id, or None where there are too many to show.
    """

    picture: str | None
    file: str
    truth: int
    answer: int
    probabilities: list[float]
    known: float


class Bin(TypedDict):
    """Answers of about the same probability: ``right`` of ``count`` were right; the others are 0..1."""

    low: float
    high: float
    count: int
    confidence: float
    right: int
    interval_95: list[float]


class Calibration(TypedDict):
    """How far probabilities can be taken at their word; errors are 0..1."""

    bins: list[Bin]
    error: float
    by_chance: NotRequired[float | None]
    chance_95: NotRequired[float | None]
    sentence: NotRequired[Sentence]


class RefusalPoint(TypedDict):
    """One threshold of ``known``: ``answered`` of all pictures, ``right`` of the answered ones."""

    threshold: float
    answered: ShareJson
    right: ShareJson


class Refusal(TypedDict):
    """What "none of these" costs; ``at_half`` is what the model does."""

    points: list[RefusalPoint]
    at_half: RefusalPoint
    refused: NotRequired[ShareJson]
    sentence: NotRequired[Sentence]


class Answers(TypedDict):
    """What was answered to pictures whose class is known.

    ``confusion`` has the truth as rows and the answers as columns; without it, it is counted from
    ``answers``, of which there may be fewer than were measured. ``worst`` are places in ``answers``.
    """

    measured_on: Sentence
    accuracy: ShareJson
    per_class: dict[str, ShareJson]
    answers: list[AnswerJson]
    by_hand: NotRequired[dict[str, ShareJson] | None]
    confusion: NotRequired[list[list[int]]]
    calibration: NotRequired[Calibration]
    refusal: NotRequired[Refusal]
    worst: NotRequired[list[int]]


class Shortcut(TypedDict):
    """A feature that alone tells the classes apart: an alarm.

    ``chance`` is what guessing reaches; ``label`` is the one class that it tells from all others, if so:
    then ``chance`` is the share of the others that are taken for it.
    """

    name: str
    share: ShareJson
    chance: float
    label: NotRequired[str | None]
    by_person: NotRequired[bool]


class SuspectJson(TypedDict):
    """A picture that seems to stand in the wrong folder.

    ``given`` and ``likely`` are class numbers; ``score`` is how far the given class is believed, 0..1.
    """

    picture: str | None
    file: str
    given: int
    likely: int
    score: float


class CurvePoint(TypedDict):
    """A training on fewer pictures: class to how many, the share of right answers, and that of each class."""

    pictures: dict[str, int]
    right: ShareJson
    per_class: dict[str, ShareJson]


class ExpectedJson(TypedDict):
    """What may be expected of so many pictures a class; ``low`` to ``high`` is the 95 % band."""

    pictures: float
    low: float
    mid: float
    high: float


class LearningCurveJson(TypedDict):
    """The share of right answers by the number of pictures; ``band`` reaches to ``expected``."""

    points: list[CurvePoint]
    more: NotRequired[int]
    expected: NotRequired[ExpectedJson | None]
    band: NotRequired[list[ExpectedJson]]
    sentences: NotRequired[list[Sentence]]


class Provenance(TypedDict):
    """Everything needed to do it again.

    ``recipe`` is TOML, ``seconds`` is stage to seconds, ``made`` an ISO time.
    """

    recipe: NotRequired[str]
    seed: NotRequired[int]
    command: NotRequired[str]
    data_digest: NotRequired[str]
    model_digest: NotRequired[str]
    versions: NotRequired[dict[str, str]]
    machine: NotRequired[str]
    device: NotRequired[str]
    made: NotRequired[str]
    processors: NotRequired[int]
    python: NotRequired[str]
    seconds: NotRequired[dict[str, float]]


class Validation(Answers):
    """A cross-validation: answers to each picture by a network that had nothing to do with it.

    All figures are of the first division; ``repeat_shares`` has one share for each division, ``spread`` is
    the lowest and the highest of them, ``fold_shares`` has one share for each fold. ``verdict`` and
    ``provenance`` are its own, beside those of a training whose report it joined.
    """

    verdict: NotRequired[list[Sentence]]
    provenance: NotRequired[Provenance]
    folds: int
    repeats: NotRequired[int]
    repeat_shares: NotRequired[list[ShareJson]]
    spread: NotRequired[list[float]]
    fold_shares: NotRequired[list[ShareJson]]
    baselines: NotRequired[dict[str, ShareJson]]
    shortcuts: NotRequired[list[Shortcut]]
    suspects: NotRequired[list[SuspectJson]]
    learning_curve: NotRequired[LearningCurveJson | None]
    notes: NotRequired[list[Sentence]]


class FindingJson(TypedDict):
    """Something that the doctor found in the folder."""

    code: str
    severity: Literal["error", "warning", "note"]
    files: list[str]
    what: Sentence
    why: Sentence
    cure: Sentence


class Document(TypedDict):
    """The whole report. ``made`` is an ISO time; ids of pictures are any text.

    ``verdict``, ``headline`` and ``provenance`` are of a training; a cross-validation has its own in its
    section.
    """

    format: int
    kind: Literal["run", "validation"]
    title: str
    classes: list[str]
    made: NotRequired[str]
    verdict: NotRequired[list[Sentence]]
    headline: NotRequired[Headline]
    data: NotRequired[Data]
    pictures: NotRequired[dict[str, Picture]]
    history: NotRequired[list[EpochJson]]
    kept_epoch: NotRequired[int | None]
    trouble: NotRequired[list[Sentence]]
    test: NotRequired[Answers]
    validation: NotRequired[Validation]
    findings: NotRequired[list[FindingJson]]
    provenance: NotRequired[Provenance]


def checked(document: Mapping[str, Any]) -> Document:
    """A document that may be drawn: its format is ours, and no picture leads out of the page.

    Args:
        document: What was read from ``report.json``.

    Returns:
        The same.

    Raises:
        RunError: Another format, a required key is missing, or a picture is no data URI.

    Example:
        >>> checked({"format": 1, "kind": "run", "title": "marks", "classes": ["O", "X"]})["title"]
        'marks'
    """
    missing = [key for key in ("format", "kind", "title", "classes") if key not in document]
    if missing:
        raise RunError(
            f"The report's data has no {', no '.join(missing)}. Train again to have it written anew."
        )
    if document["format"] != FORMAT:
        raise RunError(
            f"The report's data has format {document['format']!r}, but this oxmark reads format {FORMAT}. "
            "Make the report with the version of oxmark that wrote it, or install the newest: "
            "pip install -U oxmark"
        )
    for name, picture in document.get("pictures", {}).items():
        for kind in ("image", "seen", "heat"):
            uri = picture.get(kind)
            if uri and not str(uri).startswith("data:image/"):
                raise RunError(
                    f"The report's picture {name!r} has {str(uri)[:40]!r} as its {kind}, "
                    "but a report carries its pictures inside itself, as data:image/... . Train again."
                )
    return cast("Document", document)
