"""Trouble is seen in the course of a training: each kind once, with its cure; healthy courses are silent."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest

from oxmark.evaluation import trouble as module
from oxmark.evaluation.trouble import Trouble, Watch
from oxmark.recipes import Recipe, load_recipe
from oxmark.training.loop import Epoch

Course = list[Epoch]
LN2 = math.log(2)


def recipe(name: str = "marks", **settings: object) -> Recipe:
    return load_recipe(name).with_settings({"epochs": 30, **settings})


def course(
    loss: Callable[[int], float],
    accuracy: Callable[[int], float],
    validation_loss: Callable[[int], float],
    validation_accuracy: Callable[[int], float],
    commonest: Callable[[int], float],
    epochs: int = 30,
) -> Course:
    return [
        Epoch(n, loss(n), accuracy(n), validation_loss(n), validation_accuracy(n), 0.01, commonest(n))
        for n in range(1, epochs + 1)
    ]


def told(
    history: Sequence[Epoch],
    used: Recipe | None = None,
    *,
    train: Sequence[int] = (38, 38),
    validation: Sequence[int] = (8, 8),
    steps: int = 8,
) -> list[Trouble]:
    watch = Watch(used or recipe(), train, validation, steps=steps, data="marks")
    return [trouble for entry in history for trouble in watch.after(entry)]


def falling(n: int) -> float:
    return 0.05 + 0.7 * math.exp(-n / 4)


def rising(n: int) -> float:
    return 1 - 0.5 * math.exp(-n / 4)


HEALTHY = course(falling, rising, falling, rising, lambda n: 1.0 if n < 6 else 0.5)
COLLAPSED = course(lambda n: 0.693, lambda n: 0.5, lambda n: 0.693, lambda n: 0.5, lambda n: 1.0)
FLAT = course(lambda n: 0.69, lambda n: 0.55, lambda n: 0.69, lambda n: 0.55, lambda n: 0.6)
HARDLY = course(lambda n: 0.6, lambda n: 0.7, lambda n: 0.6, lambda n: 0.6, lambda n: 0.6)
DIVERGING = course(
    lambda n: 0.2 if n < 15 else 0.55, lambda n: 0.8, lambda n: 0.4, lambda n: 0.8, lambda n: 0.5
)
BY_HEART = course(falling, rising, lambda n: 0.9, lambda n: 0.7, lambda n: 0.6)
HOPELESS = course(falling, rising, lambda n: 2.0, lambda n: 0.25, lambda n: 0.6)
TOO_SURE = course(falling, rising, lambda n: 0.3 + 0.05 * max(0, n - 6), lambda n: 0.9, lambda n: 0.5)

SEEN = [
    (COLLAPSED, 10, "100 % of the validation pictures get the same answer, though they are of 2 classes."),
    (FLAT, 10, "the training loss is 0.69, no better than guessing (0.69)."),
    (HARDLY, 20, "the training loss has hardly fallen; it is 0.60, and guessing gives 0.69."),
    (DIVERGING, 16, "the training loss was down to 0.20 and is 0.55 now."),
    (BY_HEART, 20, "100 % of the training pictures are read rightly, but only 11 of 16 validation pictures."),
    (HOPELESS, 10, "95 % of the training pictures are read rightly, but only 4 of 16 validation pictures."),
    (TOO_SURE, 20, "the validation loss was about 0.30 around epoch 1 and has risen to 0.95."),
]


@pytest.mark.parametrize(("history", "epoch", "sentence"), SEEN)
def test_each_trouble_is_told_once_when_it_can_be_seen(history: Course, epoch: int, sentence: str) -> None:
    (one,) = told(history)
    assert (one.epoch, str(one.what)) == (epoch, f"Epoch {epoch}: {sentence}")


NOT_KEPT = "--set keep_meaning=true"
CURES = [
    (COLLAPSED, recipe(learning_rate=0.2), "Its steps are probably too large: try --set learning_rate=0.08"),
    (COLLAPSED, recipe(learning_rate=0.01), "Its steps are probably too small: try --set learning_rate=0.08"),
    (
        FLAT,
        recipe("tutorial", learning_rate=0.01),
        "Its steps are probably too large: try --set learning_rate=0.001",
    ),
    (
        FLAT,
        recipe(optimizer="adamw", learning_rate=1e-5),
        "Its steps are probably too small: try --set learning_rate=0.001",
    ),
    (
        FLAT,
        recipe("tutorial"),
        "This recipe probably shows too little of the marks, or its flips and turns make the classes look "
        "alike: try --recipe marks",
    ),
    (
        HARDLY,
        recipe(keep_meaning=False),
        f"Its flips and turns probably make the classes look alike: try {NOT_KEPT}",
    ),
    (
        HARDLY,
        recipe(),
        "Pictures probably stand in the wrong folders, or look alike whatever their class: see with oxmark "
        "check marks",
    ),
    (
        HARDLY,
        recipe(keep_meaning=False, rotation=0, flip_horizontal=0, flip_vertical=0),
        "Pictures probably stand in the wrong folders, or look alike whatever their class: see with oxmark "
        "check marks",
    ),
    (DIVERGING, recipe(), "Its steps are probably too large: try --set learning_rate=0.008"),
    (DIVERGING, recipe(learning_rate=0.4), "Its steps are probably too large: try --set learning_rate=0.08"),
    (
        BY_HEART,
        recipe("tutorial"),
        "It probably learns its pictures by heart: try --recipe marks, which finds the mark and changes it "
        "in more ways",
    ),
    (
        BY_HEART,
        recipe(rotation=0),
        "It probably learns its pictures by heart, as they are hardly changed: try --set rotation=45 "
        "--set zoom=0.4 --set shear=15",
    ),
    (
        BY_HEART,
        recipe(),
        "It probably knows too few ways of drawing: add 38 or more pictures of each class, drawn by other "
        "people",
    ),
    (
        TOO_SURE,
        recipe(),
        "It has probably learned its pictures by heart since, and grown too sure of its answers: "
        "try --set keep=best",
    ),
    (
        TOO_SURE,
        recipe(keep="best"),
        "It has probably learned its pictures by heart since; the best epoch is kept anyway, and this ends "
        "sooner: --set epochs=1",
    ),
    (TOO_SURE, recipe(learning_rate=0.4), "Its steps are probably too large: try --set learning_rate=0.08"),
    (
        TOO_SURE,
        recipe("tutorial"),
        "It probably learns its pictures by heart: try --recipe marks, which finds the mark and changes it "
        "in more ways",
    ),
]


@pytest.mark.parametrize(("history", "used", "cure"), CURES)
def test_the_cure_fits_the_recipe(history: Course, used: Recipe, cure: str) -> None:
    (one,) = told(history, used)
    assert str(one.cure) == cure


@pytest.mark.parametrize(("steps", "cure"), [(2, "try --set epochs=150"), (4, "try --set epochs=75")])
def test_few_steps_are_the_first_suspect_after_the_rate(steps: int, cure: str) -> None:
    (one,) = told(FLAT, recipe("tutorial"), steps=steps)
    assert str(one.cure) == f"{30 * steps} steps are probably too few to learn it: {cure}"
    (one,) = told(FLAT, recipe("tutorial", learning_rate=0.1), steps=steps)
    assert "learning_rate=0.001" in str(one)


@pytest.mark.parametrize("option", ["learning_rate=0.08", "epochs=75", "keep_meaning=true", "keep=best"])
def test_options_that_are_proposed_exist(option: str) -> None:
    load_recipe("marks", [option, "rotation=45", "zoom=0.4", "shear=15"])


def test_a_second_trouble_names_another_cure() -> None:
    history = course(falling, rising, lambda n: 0.3 + 0.1 * n, lambda n: 0.5, lambda n: 0.6)
    first, second = told(history, recipe("tutorial"))
    assert [t.what.code for t in (first, second)] == ["trouble.far_worse", "trouble.validation_rises"]
    assert "--recipe marks" in str(first) and "--set keep=best" in str(second)


# --- silence ------------------------------------------------------------------------------------------------


def without_validation(history: Course) -> Course:
    nan = math.nan
    return [Epoch(e.epoch, e.loss, e.accuracy, nan, nan, e.learning_rate) for e in history]


def one_epoch(history: Course, at: int, **values: float) -> Course:
    """The same with one epoch that is not like the others."""
    return [
        Epoch(**{**entry.__dict__, **values}) if entry.epoch == at else entry  # a dataclass without slots
        for entry in history
    ]


SILENT = {
    "healthy": HEALTHY,
    "healthy without validation": without_validation(HEALTHY),
    "by heart, but nothing to see it by": without_validation(BY_HEART),
    "one wild epoch": one_epoch(HEALTHY, 25, loss=5.0, validation_loss=5.0, validation_accuracy=0.5),
    "two of sixteen wrong": course(falling, rising, falling, lambda n: 0.875, lambda n: 0.5),
    "a quarter behind, early": course(
        falling, rising, falling, lambda n: 0.7 if n < 18 else 0.95, lambda n: 0.5
    ),
    "one class for long": course(
        falling, rising, falling, rising, lambda n: 1.0 if n < 9 else 0.5
    ),
    "losses that differ by little": course(
        falling, rising, lambda n: 0.01 + 0.002 * n, lambda n: 1.0, lambda n: 0.5
    ),
    "one validation picture that is misread": course(
        falling, rising, lambda n: 0.2 if n < 15 else 0.6, lambda n: 0.9, lambda n: 0.5
    ),
    "training losses that jump": course(
        lambda n: 0.05 if n < 15 else 0.25, rising, falling, rising, lambda n: 0.5
    ),
    "best late": course(falling, rising, lambda n: 0.5 if n != 20 else 0.1, lambda n: 0.9, lambda n: 0.5),
}  # fmt: skip


@pytest.mark.parametrize("name", SILENT)
def test_it_is_silent_about(name: str) -> None:
    assert told(SILENT[name]) == []


@pytest.mark.parametrize(
    ("validation", "share", "tells"),
    [
        ((8, 8), 0.9375, True),
        ((8, 8), 0.875, False),
        ((18, 2), 1.0, False),
        ((18, 6), 1.0, True),
        ((), 1.0, False),
    ],
)
def test_collapse_is_measured_by_what_is_true(validation: Sequence[int], share: float, tells: bool) -> None:
    history = course(lambda n: 0.6, lambda n: 0.6, lambda n: 0.6, lambda n: 0.6, lambda n: share)
    found = told(history[:15], train=(38, 38), validation=validation)
    assert [t.what.code for t in found] == (["trouble.collapse"] if tells else [])


def test_who_reads_the_training_pictures_has_not_collapsed() -> None:
    history = course(falling, rising, lambda n: 0.9, lambda n: 0.5, lambda n: 1.0)
    assert [t.what.code for t in told(history)] == ["trouble.far_worse"]


@pytest.mark.parametrize(("wrong", "tells"), [(2, False), (4, False), (5, True)])
def test_so_few_mistakes_may_be_chance(wrong: int, tells: bool) -> None:
    """Where 97 % of the training pictures are read rightly."""
    history = course(falling, lambda n: 0.97, lambda n: 0.5, lambda n: 1 - wrong / 16, lambda n: 0.5)
    assert bool(told(history)) is tells


def test_of_many_pictures_a_smaller_rise_counts() -> None:
    history = course(falling, rising, lambda n: 0.2 if n < 15 else 0.6, lambda n: 0.9, lambda n: 0.5)
    (one,) = told(history, validation=(32, 32))
    assert one.what.code == "trouble.validation_rises"


@pytest.mark.parametrize(("epochs", "tells"), [(5, False), (6, True)])
def test_trainings_that_are_tried_out_are_left_alone(epochs: int, tells: bool) -> None:
    history = course(
        lambda n: 0.693, lambda n: 0.5, lambda n: 0.693, lambda n: 0.5, lambda n: 1.0, epochs=epochs
    )
    assert bool(told(history, recipe(epochs=epochs), steps=100)) is tells


@pytest.mark.parametrize(("steps", "epoch"), [(100, 10), (5, 12), (2, 30), (1, 30)])
def test_nothing_is_judged_before_a_healthy_training_has_begun_to_learn(steps: int, epoch: int) -> None:
    assert [t.epoch for t in told(FLAT, steps=steps)] == [epoch]


def test_with_many_classes_guessing_costs_more() -> None:
    loss = 0.9 * math.log(10)
    history = course(lambda n: loss, lambda n: 0.2, lambda n: 2.0, lambda n: 0.2, lambda n: 0.3)
    assert told(history[:15], train=(10,) * 10, validation=(3,) * 10) == []
    (one,) = told(history, train=(10,) * 10, validation=(3,) * 10)
    assert str(one.what).endswith("it is 2.07, and guessing gives 2.30.")


# --- what becomes of it -------------------------------------------------------------------------------------


def test_the_same_course_gives_the_same_trouble_however_it_is_told() -> None:
    """A resumed training shows all epochs again."""
    assert told(BY_HEART) == told(list(BY_HEART))
    watch = Watch(recipe(), (38, 38), (8, 8), steps=8, data="marks")
    first = [t for e in BY_HEART[:25] for t in watch.after(e)]
    assert len(first) == 1 and [t for e in BY_HEART[25:] for t in watch.after(e)] == []


def test_it_can_be_told_in_both_languages_and_as_json() -> None:
    (one,) = told(BY_HEART)
    assert str(one) == one.text() == f"{one.what} {one.cure}"
    assert one.text("ko").startswith("에포크 20: 학습 그림은 100 %를 맞히지만, ")
    assert one.as_json() == {"epoch": 20, "what": one.what.as_json(), "cure": one.cure.as_json()}


def test_every_optimizer_has_a_usual_rate() -> None:
    annotation = Recipe.model_fields["optimizer"].annotation
    assert set(module.USUAL_RATE) == set(annotation.__args__)  # type: ignore[union-attr]
    for name in ("marks", "tutorial"):
        shipped = load_recipe(name)
        assert shipped.learning_rate == module.USUAL_RATE[shipped.optimizer]
