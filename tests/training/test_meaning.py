"""Flips and turns that turn one class into another are found and switched off, and no others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pytest

from oxmark.recipes import Recipe, load_recipe
from oxmark.training.meaning import SMALL_TURN, _reversed, keep_meaning

Array = npt.NDArray[np.float32]
Drawn = Callable[..., tuple[Array, npt.NDArray[np.int64]]]
LEFT, TOP = "mirrored left to right", "mirrored top to bottom"
HALF, TURNED = "mirrored both ways, which is half a turn", "turned by 45 degrees"


def recipe_with(**changes: object) -> Recipe:
    known = {"flip_horizontal": 0.5, "flip_vertical": 0.5, "rotation": 45.0, "keep_meaning": True}
    return load_recipe("marks").with_settings({**known, **changes})


def sentences(what: str, one: str, other: str) -> set[str]:
    """Either class may be the one that is named first."""
    return {
        f"Pictures are not {what}: those of '{a}' would look like '{b}'. "
        "To do it all the same: --set keep_meaning=false."
        for a, b in ((one, other), (other, one))
    }


CASES: list[tuple[str, str, dict[str, float]]] = [
    ("bd", LEFT, {"flip_horizontal": 0.0}),
    ("69", HALF, {"flip_horizontal": 0.0, "flip_vertical": 0.0}),
    ("+x", TURNED, {"rotation": SMALL_TURN}),
    ("un", TOP, {"flip_vertical": 0.0}),
]


@pytest.mark.parametrize("each", [5, 8, 20])
@pytest.mark.parametrize(("names", "what", "off"), CASES, ids=[case[0] for case in CASES])
def test_what_turns_one_letter_into_another_is_switched_off(
    names: str, what: str, off: dict[str, float], each: int, letters: Drawn
) -> None:
    recipe = recipe_with()
    found, notes = keep_meaning(recipe, *letters(names, each), names)
    assert found == recipe.with_settings(off)
    assert len(notes) == 1 and notes[0] in sentences(what, *names)


@pytest.mark.parametrize("each", [5, 8, 20])
@pytest.mark.parametrize("names", [("O", "X"), ("triangle", "square", "star"), ("O", "X", "triangle")])
def test_signs_that_stay_what_they_are_may_be_changed(names: Sequence[str], each: int, signs: Drawn) -> None:
    recipe = recipe_with()
    assert keep_meaning(recipe, *signs(names, each), names) == (recipe, ())


def test_several_changes_may_be_switched_off_each_with_its_sentence(letters: Drawn) -> None:
    names = "bd+x"
    found, notes = keep_meaning(recipe_with(), *letters(names, 10), names)
    assert found == recipe_with(flip_horizontal=0.0, rotation=SMALL_TURN)
    assert notes[0] in sentences(LEFT, "b", "d") and notes[1] in sentences(TURNED, "+", "x")
    assert len(notes) == 2


@pytest.mark.parametrize(
    ("names", "changes"),
    [
        ("bd", {"flip_horizontal": 0.0}),
        ("69", {"flip_vertical": 0.0}),  # one mirror alone is no half turn
        ("+x", {"rotation": SMALL_TURN}),
        ("un", {"flip_vertical": 0.0}),
    ],
)
def test_what_the_recipe_does_not_do_is_not_mentioned(
    names: str, changes: dict[str, float], letters: Drawn
) -> None:
    recipe = recipe_with(**changes)
    assert keep_meaning(recipe, *letters(names, 8), names) == (recipe, ())


@pytest.mark.parametrize("names", ["bd", "69", "+x", "un"])
def test_forced_everything_stays_on(names: str, letters: Drawn) -> None:
    recipe = recipe_with(keep_meaning=False)
    assert keep_meaning(recipe, *letters(names, 8), names) == (recipe, ())


def test_the_tutorial_is_left_as_it_is(letters: Drawn) -> None:
    recipe = load_recipe("tutorial", ["keep_meaning=true"])
    assert keep_meaning(recipe, *letters("bd", 8), "bd") == (recipe, ())


def test_it_repeats_itself_and_changes_nothing_given(letters: Drawn) -> None:
    seen, labels = letters("bd", 6)
    before = seen.copy()
    one, other = (keep_meaning(recipe_with(), seen, labels, "bd") for _ in range(2))
    assert one == other and (seen == before).all()


def with_nothing_in(seen: Array, rows: int) -> Array:
    return np.concatenate([seen, np.zeros((rows, *seen.shape[1:]), np.float32)])


@pytest.mark.parametrize("each", [1, 2, 3])
def test_very_few_pictures_or_empty_ones_do_no_harm(each: int, letters: Drawn) -> None:
    seen, labels = letters("b+", each)
    found, notes = keep_meaning(recipe_with(), seen, labels, "b+")
    assert bool(notes) is (found != recipe_with())
    empty = with_nothing_in(seen, 2), np.append(labels, [0, 1])
    assert isinstance(keep_meaning(recipe_with(), *empty, "b+")[0], Recipe)


def test_of_many_pictures_some_are_enough(letters: Drawn) -> None:
    """Unequal classes too: 60 of one, 8 of the other."""
    seen, labels = letters("bd", 60)
    rows = np.r_[0:60, 60:68]
    found, notes = keep_meaning(recipe_with(), seen[rows], labels[rows], "bd")
    assert found.flip_horizontal == 0 and found.flip_vertical == 0.5 and len(notes) == 1


@pytest.mark.parametrize(
    ("form", "back"),
    [((True, False, 0.0), (True, False, 0.0)), ((False, False, 36.0), (False, False, -36.0))],
)
def test_a_mirror_undoes_itself_and_a_turn_is_undone_the_other_way(
    form: tuple[bool, bool, float], back: tuple[bool, bool, float]
) -> None:
    assert _reversed(form) == back
