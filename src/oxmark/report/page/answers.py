"""What the page shows of some answers: the confusion matrix with its pictures, mistakes, tables, charts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oxmark.report.charts.calibration import calibration_chart
from oxmark.report.charts.refusal import refusal_chart
from oxmark.report.document import AnswerJson, Answers, Picture, RefusalPoint, ShareJson
from oxmark.report.page.theme import LEVELS
from oxmark.report.page.wording import Text, name

MOST_CLASSES = 60
"""Rows of the confusion matrix; of more classes, those with the most wrong answers are shown."""
MOST_PICTURES = 60
"""Pictures behind one cell."""
MOST_MISTAKES = 24
FEWEST_SHOWN = 6
"""So many answers are shown as the least sure ones where none is wrong."""
MOST_ODDS = 3
MOST_THRESHOLDS = 12
"""Lines of the table under the curve of refusals, which shows all."""

Pictures = Mapping[str, Picture]


@dataclass(frozen=True)
class Row:
    """A line of a table of shares."""

    name: Text | str
    share: ShareJson
    marked: bool = False


@dataclass(frozen=True)
class Shown:
    """An answer and its picture.

    Attributes:
        file: Name of the file.
        picture: Its picture, if it was kept.
        truth: Name of the class.
        answer: Name of the class that was answered.
        sure: Probability of the answer, 0..1.
        odds: The most probable classes with their probabilities.
        refused: Whether the model answers "none of these".
        right: Whether the answer is the class.
    """

    file: str
    picture: Picture | None
    truth: str
    answer: str
    sure: float
    odds: tuple[tuple[str, float], ...]
    refused: bool
    right: bool


@dataclass(frozen=True)
class Cell:
    """A cell of the confusion matrix with something in it.

    Attributes:
        id: Of what it opens.
        row: From 0, of those shown.
        column: From 0.
        truth: Name of the row.
        answer: Name of the column.
        count: How many pictures.
        share: Of its row, 0..1.
        level: 1..5, the strength of its colour.
        right: Whether it lies on the diagonal.
        shown: Some of its answers.
        refused: How many of the answers are refused, as far as they are listed.
    """

    id: str
    row: int
    column: int
    truth: str
    answer: str
    count: int
    share: float
    level: int
    right: bool
    shown: tuple[Shown, ...]
    refused: int

    @property
    def more(self) -> int:
        """Pictures that are not shown."""
        return self.count - len(self.shown)


@dataclass(frozen=True)
class Matrix:
    """The confusion matrix.

    Attributes:
        names: Of the classes that are shown.
        rows: A cell, or None where nothing was answered so.
        cells: All cells with pictures: the wrong ones first, the fullest first.
        classes: How many classes there are.
    """

    names: list[str]
    rows: list[list[Cell | None]]
    cells: list[Cell]
    classes: int


def matrix(prefix: str, answers: Answers, classes: Sequence[str], pictures: Pictures) -> Matrix:
    """The confusion matrix, each cell with some of its answers.

    Args:
        prefix: Begins the ids of the cells.
        answers: All about them.
        classes: Names as they are shown.
        pictures: Id to picture.
    """
    counts = answers.get("confusion") or _counted(answers["answers"], len(classes))
    shown = _most_confused(counts)
    behind: dict[tuple[int, int], list[AnswerJson]] = {}
    for one in answers["answers"]:
        behind.setdefault((one["truth"], one["answer"]), []).append(one)
    without = 12 if len(behind) <= 100 else 2
    rows: list[list[Cell | None]] = []
    for row, truth in enumerate(shown):
        total = sum(counts[truth])
        line: list[Cell | None] = []
        for column, answer in enumerate(shown):
            count, listed = counts[truth][answer], behind.get((truth, answer), [])
            cell = Cell(
                id=f"{prefix}-{truth}-{answer}",
                row=row,
                column=column,
                truth=classes[truth],
                answer=classes[answer],
                count=count,
                share=count / total if total else 0.0,
                level=max(1, math.ceil(count / total * len(LEVELS))) if total else 1,
                right=truth == answer,
                shown=tuple(_shown(one, classes, pictures) for one in _some(listed, pictures, without)),
                refused=sum(one["known"] < 0.5 for one in listed),
            )
            line.append(cell if count else None)
        rows.append(line)
    cells = [cell for line in rows for cell in line if cell]
    cells.sort(key=lambda cell: (cell.right, -cell.count, cell.row, cell.column))
    return Matrix([classes[number] for number in shown], rows, cells, len(classes))


def _counted(answers: Sequence[AnswerJson], classes: int) -> list[list[int]]:
    counts = [[0] * classes for _ in range(classes)]
    for one in answers:
        counts[one["truth"]][one["answer"]] += 1
    return counts


def _most_confused(counts: list[list[int]]) -> list[int]:
    """Numbers of the classes that are shown, in their order."""
    wrong = [
        sum(line) + sum(other[number] for other in counts) - 2 * line[number]
        for number, line in enumerate(counts)
    ]
    order = sorted(range(len(counts)), key=lambda number: (-wrong[number], number))
    return sorted(order[:MOST_CLASSES])


def _some(listed: Sequence[AnswerJson], pictures: Pictures, without: int) -> list[AnswerJson]:
    """The answers whose picture was kept; and a few others where hardly any was."""
    kept = [one for one in listed if one["picture"] in pictures][:MOST_PICTURES]
    others = [one for one in listed if one["picture"] not in pictures]
    return kept + others[: max(0, without - len(kept))]


def _shown(one: AnswerJson, classes: Sequence[str], pictures: Pictures) -> Shown:
    odds = sorted(enumerate(one["probabilities"]), key=lambda pair: (-pair[1], pair[0]))[:MOST_ODDS]
    return Shown(
        file=name(one["file"]),
        picture=pictures.get(one["picture"] or ""),
        truth=classes[one["truth"]],
        answer=classes[one["answer"]],
        sure=max(one["probabilities"], default=0.0),
        odds=tuple((classes[number], probability) for number, probability in odds),
        refused=one["known"] < 0.5,
        right=one["truth"] == one["answer"],
    )


def mistakes(answers: Answers, classes: Sequence[str], pictures: Pictures) -> list[Shown]:
    """The worst mistakes; where nothing was wrong, the answers that were the least sure.

    Args:
        answers: All about them.
        classes: Names as they are shown.
        pictures: Id to picture.
    """
    listed = answers["answers"]
    worst = [place for place in answers.get("worst", []) if 0 <= place < len(listed)][:MOST_MISTAKES]
    if not worst:
        kept = [place for place, one in enumerate(listed) if one["picture"] in pictures]
        kept.sort(key=lambda place: (max(listed[place]["probabilities"], default=0.0), place))
        worst = kept[:FEWEST_SHOWN]
    return [_shown(listed[place], classes, pictures) for place in worst]


def answers_data(prefix: str, answers: Answers, classes: Sequence[str], pictures: Pictures) -> dict[str, Any]:
    """Everything that ``answers.html.j2`` shows.

    Args:
        prefix: Begins all ids.
        answers: All about them.
        classes: Names as they are shown.
        pictures: Id to picture.
    """
    calibration, refusal = answers.get("calibration"), answers.get("refusal")
    listed = mistakes(answers, classes, pictures)
    return {
        "id": prefix,
        "measured_on": answers["measured_on"],
        "accuracy": answers["accuracy"],
        "matrix": matrix(prefix, answers, classes, pictures),
        "mistakes": listed,
        "any_wrong": any(not one.right for one in listed),
        "per_class": share_rows(answers["per_class"]),
        "by_hand": share_rows(answers.get("by_hand") or {}),
        "calibration": calibration,
        "calibration_chart": calibration_chart(f"{prefix}-calibration", calibration["bins"], len(classes))
        if calibration and calibration["bins"]
        else "",
        "refusal": refusal,
        "thresholds": _thinned(refusal["points"]) if refusal else [],
        "refusal_chart": refusal_chart(f"{prefix}-refusal", refusal["points"])
        if refusal and refusal["points"]
        else "",
    }


def _thinned(points: Sequence[RefusalPoint]) -> list[RefusalPoint]:
    """Evenly spread ones, the first and the last among them."""
    last, most = len(points) - 1, min(len(points), MOST_THRESHOLDS)
    return [points[round(place * last / max(1, most - 1))] for place in range(most)]


def share_rows(shares: Mapping[str, ShareJson]) -> list[Row]:
    """Lines of a table, in the same order."""
    return [Row(name(key), share) for key, share in shares.items()]
