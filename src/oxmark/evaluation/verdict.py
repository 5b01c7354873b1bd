"""What the figures mean, in three sentences: how good, how sure, and what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Collection

import numpy as np

from oxmark.data.dataset import Dataset, Sample
from oxmark.evaluation.intervals import FEW
from oxmark.evaluation.metrics import Evaluation, Share
from oxmark.words import Message, Value, percent

OUT_OF_FOLD = "out of fold"
"""The part of an evaluation that was cross-validated."""

Verdict = tuple[Message, Message, Message]


def verdict(evaluation: Evaluation, *, hands: int | None, data: str, unnamed: int = 0) -> Verdict:
    """Say how good a model is, how sure that is, and what is the most useful thing to do next.

    Args:
        evaluation: Answers to pictures that the model had not learned from; of a cross-validation, where each
            model answered the pictures of its fold, if ``part`` is ``"out of fold"``.
        hands: How many people drew in the measured part who drew in no other part; of a cross-validation, how
            many people drew, or 0 where one person's pictures stand in several folds. None when nobody noted
            who drew what.
        data: The folder of the pictures, for the command of the third sentence.
        unnamed: Of so many pictures nobody noted who drew them, though of others somebody did.

    Returns:
        Three messages. Without any measured picture they say that nothing is known.

    Example:
        >>> for sentence in verdict(run.evaluation, hands=1, data="marks"):  # doctest: +SKIP
        ...     print(sentence)
        All 12 pictures that the model had never seen were read rightly, which shows that it reads at ...
    """
    if evaluation.accuracy.total == 0:
        return (
            Message("verdict.good.none"),
            Message("verdict.sure.none"),
            Message("verdict.next.none", {"data": shlex.quote(data)}),
        )
    third = _next(evaluation, 0 if unnamed else hands, shlex.quote(data))
    return _good(evaluation), _sure(evaluation, hands, unnamed), third


def strangers(dataset: Dataset, part: str = "test", *, files: Collection[str] | None = None) -> int | None:
    """How many people drew in one part who are not known to have drawn in another.

    Args:
        dataset: With its parts.
        part: Which.
        files: Those of its pictures that were measured, as shown; None means all.

    Returns:
        Their number; None where of no measured picture it is known who drew it.

    Example:
        >>> strangers(read_folder("marks"))  # doctest: +SKIP
        1
    """
    inside = [sample.group for sample in _measured(dataset, part, files)]
    outside = {sample.group for sample in dataset.samples if sample.part != part}
    known = set(inside) - {None}
    return len(known - outside) if known or not inside else None


def unnamed(dataset: Dataset, part: str = "test", *, files: Collection[str] | None = None) -> int:
    """Of how many pictures nobody noted who drew them: of those measured, and of all in other parts.

    Args:
        dataset: With its parts.
        part: What was measured.
        files: Those of its pictures that were measured, as shown; None means all.

    Example:
        >>> unnamed(read_folder("marks"))  # doctest: +SKIP
        0
    """
    others = [sample for sample in dataset.samples if sample.part != part]
    return sum(sample.group is None for sample in (*_measured(dataset, part, files), *others))


def _measured(dataset: Dataset, part: str, files: Collection[str] | None) -> list[Sample]:
    """The pictures of a part without those that were left out, as copies of learned ones are."""
    inside = [sample for sample in dataset.samples if sample.part == part]
    if files is None:
        return inside
    names = set(files)
    return [sample for sample in inside if dataset.relative(sample) in names]


def _good(evaluation: Evaluation) -> Message:
    accuracy = evaluation.accuracy
    low, high = _ends(accuracy)
    if accuracy.right == accuracy.total:
        return Message(f"verdict.good.{_kind(evaluation)}.all", {"total": accuracy.total, "low": f"{low} %"})
    values: dict[str, Value] = {"right": accuracy.right, "total": accuracy.total}
    values |= {"share": percent(accuracy.right / accuracy.total), "low": low, "high": f"{high} %"}
    return Message(f"verdict.good.{_kind(evaluation)}.some", values)


def _sure(evaluation: Evaluation, hands: int | None, unnamed: int) -> Message:
    name, commonest = _commonest(evaluation)
    if _may_be_guessing(evaluation):
        return Message(
            "verdict.sure.guess", {"name": name, "right": commonest, "total": evaluation.accuracy.total}
        )
    wrong, of = _so_many(1 - (evaluation.accuracy.interval or (0, 1))[0])
    values: dict[str, Value] = {"wrong": wrong, "of": of}
    who = "unknown" if hands is None else "strangers" if hands else "known_hands"
    if hands is not None and unnamed:
        who, values["count"] = "partly", unnamed
    elif hands:
        values["count"] = hands
    return Message(f"verdict.sure.{_kind(evaluation)}.{who}", values)


def _next(evaluation: Evaluation, hands: int | None, data: str) -> Message:
    accuracy = evaluation.accuracy
    wrong = accuracy.total - accuracy.right
    few = accuracy.total < FEW and evaluation.part != OUT_OF_FOLD
    if _may_be_guessing(evaluation):
        if few and 2 * wrong <= accuracy.total - _commonest(evaluation)[1]:  # may well be good
            return Message("verdict.next.few", {"total": accuracy.total, "data": data})
        return Message("verdict.next.guess", {"data": data})
    if evaluation.refused > wrong:
        return Message("verdict.next.refused", {"refused": evaluation.refused, "total": accuracy.total})
    if wrong:
        return _weakest(evaluation, few, data)
    if few:
        return Message("verdict.next.few", {"total": accuracy.total, "data": data})
    return Message("verdict.next.harder" if (hands or 0) > 1 else "verdict.next.people")


def _weakest(evaluation: Evaluation, few: bool, data: str) -> Message:
    """Which class is read worst, if one is."""
    shares = {name: share for name, share in evaluation.per_class.items() if share.total}
    name, worst = min(shares.items(), key=lambda item: item[1].right / item[1].total)
    alike = [s for s in shares.values() if s.right * worst.total == worst.right * s.total]
    if len(alike) > 1:
        if few:
            return Message("verdict.next.even.few", {"total": evaluation.accuracy.total, "data": data})
        return Message("verdict.next.even.many")
    low, high = _ends(worst)
    values: dict[str, Value] = {"name": name, "right": worst.right, "total": worst.total}
    values |= {"low": low, "high": f"{high} %"}
    if few:
        return Message("verdict.next.weakest.few", {**values, "data": data})
    return Message("verdict.next.weakest.many", values)


def _kind(evaluation: Evaluation) -> str:
    return "folds" if evaluation.part == OUT_OF_FOLD else "model"


def _commonest(evaluation: Evaluation) -> tuple[str, int]:
    """The class of most of the pictures, and how many those are."""
    counts = np.bincount(evaluation.truth, minlength=len(evaluation.classes))
    return evaluation.classes[int(counts.argmax())], int(counts.max())


def _may_be_guessing(evaluation: Evaluation) -> bool:
    """Whether always answering the commonest class may be as good, by the interval."""
    low = (evaluation.accuracy.interval or (0, 1))[0]
    return low * evaluation.accuracy.total <= _commonest(evaluation)[1]


def _ends(share: Share) -> tuple[str, str]:
    """The ends of the interval in percent."""
    low, high = share.interval or (0.0, 1.0)
    return f"{100 * low:.1f}", f"{100 * high:.1f}"


def _so_many(share: float) -> tuple[str, str]:
    """A share as whole numbers: so many of 100, or of as many times ten as it takes.

    Example:
        >>> _so_many(0.265), _so_many(0.0007)
        (('26', '100'), ('7', '10,000'))
    """
    of = 100
    while 0 < share * of < 1:
        of *= 10
    return f"{share * of:.0f}", f"{of:,}"
