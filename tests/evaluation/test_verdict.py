"""The verdict: three sentences that promise no more than the figures show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from oxmark.data.dataset import Dataset, Sample
from oxmark.evaluation.intervals import shown, what_it_shows
from oxmark.evaluation.metrics import Evaluation
from oxmark.evaluation.verdict import OUT_OF_FOLD, _so_many, strangers, unnamed, verdict


def measured(
    right: tuple[int, ...], total: tuple[int, ...], *, part: str = "test", refused: int = 0
) -> Evaluation:
    """So many right of so many of each class; what is wrong is answered with the next class."""
    truth = np.repeat(np.arange(len(total)), total)
    within = np.concatenate([np.arange(count) for count in total])
    wrong = within >= np.repeat(right, total)
    answers = np.where(wrong, (truth + 1) % len(total), truth)
    known = np.where(np.arange(len(truth)) < refused, 0.1, 0.9).astype(np.float32)
    return Evaluation(
        classes=("O", "X", "가위")[: len(total)],
        files=tuple(f"{i}.png" for i in range(len(truth))),
        truth=truth.astype(np.int64),
        probabilities=np.eye(len(total), dtype=np.float32)[answers],
        known=known,
        part=part,
    )


ALL_12 = measured((6, 6), (6, 6))
NONE = measured((0, 0), (0, 0))
VALIDATE = "oxmark validate marks"

GOOD = [
    (
        ALL_12,
        "All 12 pictures that the model had never seen were read rightly, which shows that it reads at least "
        "73.5 % of such pictures (95 % confidence).",
    ),
    (
        measured((6, 4), (6, 6)),
        "10 of 12 pictures that the model had never seen were read rightly (83.3 %), which shows that it "
        "reads 51.6 to 97.9 % of such pictures (95 % confidence).",
    ),
    (
        measured((52, 52), (52, 52), part=OUT_OF_FOLD),
        "All 104 pictures were read rightly by models that had never seen them, which shows that such a "
        "model reads at least 96.5 % of such pictures (95 % confidence).",
    ),
    (
        measured((50, 47), (52, 52), part=OUT_OF_FOLD),
        "97 of 104 pictures were read rightly by models that had never seen them (93.3 %), which shows that "
        "such a model reads 86.6 to 97.3 % of such pictures (95 % confidence).",
    ),
    (NONE, "There are no test pictures, so nobody knows how good this model is."),
]


@pytest.mark.parametrize(("evaluation", "sentence"), GOOD)
def test_first_how_good_it_is(evaluation: Evaluation, sentence: str) -> None:
    assert str(verdict(evaluation, hands=None, data="marks")[0]) == sentence


LUCK = "Even a model that misreads 26 of 100 has such luck once in 40 tries; "
WORSE = "so it may read marks by strangers worse."
FOLDS = measured((52, 51), (52, 52), part=OUT_OF_FOLD)
FOLD = "Each picture was answered in the one fold that had not learned from it, "
LUCK_5 = "yet even models that misread 5 of 100 have such luck once in 40 tries; "
SURE = [
    (ALL_12, None, f"{LUCK}and nobody noted who drew the pictures, so it may read marks by strangers worse."),
    (
        ALL_12,
        0,
        f"{LUCK}and it learned from other drawings by the same people, so it may read marks by strangers "
        "worse.",
    ),
    (
        ALL_12,
        1,
        f"{LUCK}and only one person drew here whom it had never seen, so it may read the next one worse.",
    ),
    (
        ALL_12,
        3,
        f"{LUCK}but 3 people drew here whom it had never seen, and reading strangers is the test that "
        "counts.",
    ),
    (
        FOLDS,
        None,
        f"{FOLD}{LUCK_5}and nobody noted who drew the pictures, so marks by strangers may be read worse.",
    ),
    (
        FOLDS,
        0,
        f"{FOLD}{LUCK_5}and the same people drew for several folds, so marks by strangers may be read worse.",
    ),
    (FOLDS, 1, f"{FOLD}{LUCK_5}and one person drew them all, so marks by strangers may be read worse."),
    (
        FOLDS,
        5,
        "Each picture was answered in the one fold that had learned from nothing by its drawer (5 people in "
        "all), and reading strangers is the test that counts; yet even models that misread 5 of 100 have "
        "such luck once in 40 tries.",
    ),
    (
        measured((3, 4), (6, 6)),
        3,
        "That is not shown to be better than guessing: who always answers 'O' gets 6 of these 12 right.",
    ),
    (
        measured((8, 2), (10, 2)),  # 10 of 12, but ten of them are O
        3,
        "That is not shown to be better than guessing: who always answers 'O' gets 10 of these 12 right.",
    ),
    (
        measured((2, 2), (2, 2)),  # all right, and yet
        3,
        "That is not shown to be better than guessing: who always answers 'O' gets 2 of these 4 right.",
    ),
    (
        NONE,
        3,
        "What it answers to the pictures it learned from proves nothing: those it may know by heart.",
    ),
]


@pytest.mark.parametrize(("evaluation", "hands", "sentence"), SURE)
def test_second_how_sure_that_is(evaluation: Evaluation, hands: int | None, sentence: str) -> None:
    assert str(verdict(evaluation, hands=hands, data="marks")[1]) == sentence


NEXT = [
    (
        NONE,
        None,
        "Put pictures of every class into a test part, none of them copies of others, or let every picture "
        f"be the test once: {VALIDATE}",
    ),
    (
        ALL_12,
        3,
        "12 pictures cannot tell a good model from a lucky one; let every picture be the test once: "
        f"{VALIDATE}",
    ),
    (
        measured((6, 4), (6, 6)),
        None,
        "Class 'X' did worst with 4 of 6 right (of all such, 22.3 to 95.7 %), too few to be sure; let every "
        f"picture be the test once: {VALIDATE}",
    ),
    (
        measured((5, 5), (6, 6)),
        None,
        "No class did worse than the others, but 12 pictures are too few to be sure; let every picture be "
        f"the test once: {VALIDATE}",
    ),
    (
        measured((100, 96), (100, 100)),
        None,
        "Class 'X' did worst with 96 of 100 right (of all such, 90.1 to 98.9 %); look at what was misread, "
        "and add such drawings to learn from.",
    ),
    (
        measured((51, 51), (52, 52), part=OUT_OF_FOLD),
        None,
        "No class did worse than the others; look at all that was misread, and add such drawings to learn "
        "from.",
    ),
    (
        measured((6, 5), (6, 6), refused=2),  # more are refused than wrong
        None,
        "2 of 12 were answered with 'none of these' although they are of these classes; look at what they "
        "have in common, and add such drawings to learn from.",
    ),
    (
        measured((6, 0, 5), (6, 0, 6), part=OUT_OF_FOLD),  # a class without pictures is no weak class
        None,
        "Class '가위' did worst with 5 of 6 right (of all such, 35.9 to 99.6 %); look at what was misread, "
        "and add such drawings to learn from.",
    ),
    (
        measured((6, 0, 6), (6, 0, 6), part=OUT_OF_FOLD),
        None,
        "Now let other people draw a few marks each, note who drew what in the column drawer of "
        "metadata.csv, and measure again.",
    ),
    (
        measured((52, 52), (52, 52), part=OUT_OF_FOLD),
        5,
        "Now look for what it cannot do: other pens, other paper, photographs in bad light.",
    ),
    (
        measured((3, 4), (6, 6)),
        None,
        "See first whether the pictures are sound and in the right folders: oxmark check marks",
    ),
    (
        measured((5, 4), (6, 6)),  # not shown to be good, but it may well be
        None,
        "12 pictures cannot tell a good model from a lucky one; let every picture be the test once: "
        f"{VALIDATE}",
    ),
    (
        measured((30, 25), (52, 52), part=OUT_OF_FOLD),
        5,
        "See first whether the pictures are sound and in the right folders: oxmark check marks",
    ),
]


@pytest.mark.parametrize(("evaluation", "hands", "sentence"), NEXT)
def test_third_what_to_do_next(evaluation: Evaluation, hands: int | None, sentence: str) -> None:
    assert str(verdict(evaluation, hands=hands, data="marks")[2]) == sentence


def test_the_command_can_be_pasted() -> None:
    assert str(verdict(ALL_12, hands=None, data="my marks")[2]).endswith("oxmark validate 'my marks'")


@pytest.mark.parametrize(
    "evaluation", [ALL_12, NONE, FOLDS, measured((6, 4), (6, 6)), measured((3, 4), (6, 6))]
)
@pytest.mark.parametrize("hands", [None, 0, 1, 3])
def test_it_can_be_told_in_korean(evaluation: Evaluation, hands: int | None) -> None:
    for message in verdict(evaluation, hands=hands, data="marks"):
        assert "{" not in message.text("ko") and any("가" <= letter <= "힣" for letter in message.text("ko"))


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.265, ("26", "100")),
        (0.996, ("100", "100")),
        (0.01, ("1", "100")),
        (0.0007, ("7", "10,000")),
        (0.0, ("0", "100")),
    ],
)
def test_shares_in_whole_numbers(share: float, text: tuple[str, str]) -> None:
    assert _so_many(share) == text


@pytest.mark.parametrize(
    ("right", "total"), [(0, 0), (6, 12), (12, 12), (980, 1000), (1000, 1000), (5000, 5000)]
)
def test_the_single_sentence_has_a_korean_form(right: int, total: int) -> None:
    message = shown(right, total)
    assert str(message) == what_it_shows(right, total)
    assert message.text("ko").endswith("다.") or message.text("ko").endswith("니다.")


# --- who drew what ------------------------------------------------------------------------------------------


def drawn_by(**hands: list[str | None]) -> Dataset:
    """A data set with these drawers in its parts."""
    samples = [
        Sample(Path(f"{part}/{number}.png"), 0, part, hand)
        for part, names in hands.items()
        for number, hand in enumerate(names)
    ]
    return Dataset(Path(), ("O", "X"), tuple(samples), ())


@pytest.mark.parametrize(
    ("dataset", "number"),
    [
        (drawn_by(train=["a", "b"], test=["c", "d", "c"]), 2),
        (drawn_by(train=["a", "b"], validation=["c"], test=["c", "d"]), 1),
        (drawn_by(train=["a"], test=["a"]), 0),
        (drawn_by(train=["a", None], test=["b"]), 1),
        (drawn_by(train=["a"], test=["b", None]), 1),
        (drawn_by(train=["a"], test=[None]), None),
        (drawn_by(train=[None], test=[None]), None),
        (drawn_by(train=["a"]), 0),
    ],
)
def test_who_drew_in_the_test_part_only(dataset: Dataset, number: int | None) -> None:
    assert strangers(dataset) == number


@pytest.mark.parametrize(
    ("dataset", "number"),
    [
        (drawn_by(train=["a", "b"], test=["c"]), 0),
        (drawn_by(train=["a", None], validation=[None], test=["b"]), 2),  # may be by b
        (drawn_by(train=["a"], test=["b", None]), 1),
        (drawn_by(train=[None], test=[None]), 2),
    ],
)
def test_how_many_pictures_are_by_nobody_known(dataset: Dataset, number: int) -> None:
    assert unnamed(dataset) == number


def test_a_picture_that_was_not_measured_says_nothing_about_who_drew() -> None:
    dataset = drawn_by(train=["a"], test=["b", None, "c"])
    assert (strangers(dataset), unnamed(dataset)) == (2, 1)
    measured_files = ["test/0.png"]
    assert strangers(dataset, files=measured_files) == 1
    assert unnamed(dataset, files=measured_files) == 0
    assert strangers(dataset, files=["test/1.png"]) is None


@pytest.mark.parametrize(
    ("evaluation", "hands", "count", "sentence"),
    [
        (ALL_12, 3, 1, f"{LUCK}and of one picture nobody noted who drew it, {WORSE}"),
        (ALL_12, 0, 4, f"{LUCK}and of 4 pictures nobody noted who drew them, {WORSE}"),
        (ALL_12, None, 12, f"{LUCK}and nobody noted who drew the pictures, {WORSE}"),
        (
            FOLDS,
            5,
            2,
            f"{FOLD}{LUCK_5}and of 2 pictures nobody noted who drew them, so marks by strangers may be read "
            "worse.",
        ),
    ],
)
def test_a_few_pictures_by_nobody_known(
    evaluation: Evaluation, hands: int | None, count: int, sentence: str
) -> None:
    said = verdict(evaluation, hands=hands, unnamed=count, data="marks")
    assert str(said[1]) == sentence
    assert "그림 12개는" not in said[1].text("ko")


def test_who_drew_is_noted_before_harder_pictures_are_looked_for() -> None:
    said = verdict(measured((52, 52), (52, 52)), hands=5, unnamed=1, data="marks")
    assert str(said[2]).startswith("Now let other people draw a few marks each, note who drew what")
