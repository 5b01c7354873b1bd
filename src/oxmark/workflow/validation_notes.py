"""What the figures of a cross-validation alone do not say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from oxmark.evaluation.comparison import compare_answers, read_worse
from oxmark.words import Message, percent

if TYPE_CHECKING:
    from oxmark.data.dataset import Dataset
    from oxmark.workflow.validating import Validation


def notes(report: Validation, dataset: Dataset) -> Iterator[Message]:
    """What the figures alone do not say."""
    never = len(report.prepared.seen) - len(report.rows)
    if never:
        yield Message("validate.never_held_out", {"count": never})
    if dataset.parts:
        yield Message("validate.parts_dissolved", {"parts": ", ".join(dataset.parts)})
    if len(report.evaluations) > 1:
        low, high = (percent(share) for share in report.spread)
        yield Message("validate.spread", {"repeats": len(report.evaluations), "low": low, "high": high})
    yield from _hands_differ(report)
    yield from _simpler_does(report)


def _hands_differ(report: Validation) -> Iterator[Message]:
    """Whether some hand is read worse than chance explains."""
    shares = {hand: share for hand, share in report.by_hand.items() if share.total}
    if len(shares) < 2:
        return
    worst = read_worse(shares)
    if worst is None:
        return
    best = max(shares, key=lambda hand: shares[hand].share or 0.0)
    yield Message(
        "validate.hands_differ",
        {
            "hand": worst,
            "other": best,
            "hands": len(shares),
            "worst": percent(shares[worst].share or 0.0),
            "best": percent(shares[best].share or 0.0),
        },
    )


def _simpler_does(report: Validation) -> Iterator[Message]:
    """Whether a simpler method may be just as good, by McNemar's test on the same pictures."""
    truth = report.evaluation.truth
    right = report.evaluation.answers == truth
    best = max(report.baselines, key=lambda name: int((report.baselines[name] == truth).sum()))
    simpler = report.baselines[best] == truth
    shown = compare_answers(right, simpler).shown
    if shown and simpler.sum() > right.sum():
        yield Message("validate.worse_than", {"share": percent(float(simpler.mean()))})
    elif not shown:
        yield Message(f"validate.not_better_than.{best}", {"share": percent(float(simpler.mean()))})
