"""What to draw next: from facts to advice, and from a project to facts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from oxmark.data.doctor.finding import make_finding
from oxmark.web.studio.advice import facts_of, weakest
from oxmark.web.studio.doctor import Diagnosis
from oxmark.web.studio.hints import ALIKE, MOST, Facts, Weakest, hints

from .cases import MakeTree, OpenProject

ENOUGH = {"O": 30, "X": 30}
MANY_HANDS = {"O": {"anna": 15, "bo": 15}, "X": {"anna": 15, "bo": 15}}
WELL: dict[str, Any] = {"counts": ENOUGH, "hands": MANY_HANDS}

RULES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing yet": ({"counts": {}}, ["Make the first class and draw a few pictures of it."]),
    "one class": (
        {"counts": {"O": 40}},
        ["Make a second class: the network learns to tell classes apart."],
    ),
    "one empty class": (
        {"counts": {"O": 0}},
        ["Make a second class: the network learns to tell classes apart.",
         "Draw 'O': it has no pictures yet."],
    ),
    "empty classes": (
        {"counts": {"O": 3, "X": 0, "Y": 0}},
        ["Draw 'X': it has no pictures yet.", "Draw 'Y': it has no pictures yet."],
    ),
    "few": (
        {"counts": {"O": 5, "X": 4}, "hands": MANY_HANDS},
        ["Draw more of 'X': it has 4 different pictures, and up to 22 each one helps much."],
    ),
    "one": (
        {"counts": {"O": 5, "X": 1}, "hands": MANY_HANDS},
        ["Draw more of 'X': it has 1 picture, and up to 22 each one helps much."],
    ),
    "few to learn from, in parts": (
        {"counts": {"O": 15, "X": 14}, "hands": MANY_HANDS, "parted": True},
        ["Draw more of 'X': it has 14 different pictures, and up to 15 each one helps much."],
    ),
    "copies do not count": (
        {**WELL, "doubtful": {"O": 9}},
        ["Draw more of 'O': it has 21 different pictures, and up to 22 each one helps much."],
    ),
    "all is well": (WELL, []),
    "the weakest class": (
        {**WELL, "weakest": Weakest("X", 5, 8)},
        ["Draw more of 'X', above all like those that were misread: the model in use read 5 of 8 rightly, "
         "fewer than of any other class."],
    ),
    "a class that is gone": ({**WELL, "weakest": Weakest("Z", 5, 8)}, []),
    "nobody known": (
        {"counts": ENOUGH, "hands": {"O": {}, "X": {}}},
        ["Say who is drawing: nobody knows of these pictures who drew them, so it cannot be tested whether "
         "strangers are read, too."],
    ),
    "one hand": (
        {"counts": ENOUGH, "hands": {"O": {"anna": 30}, "X": {"anna": 30}}},
        ["Let another person draw: all 60 pictures are by anna."],
    ),
    "one known hand among unknown ones": (
        {"counts": ENOUGH, "hands": {"O": {"anna": 30}, "X": {"anna": 29}}},
        [],
    ),
    "one hand for a class": (
        {"counts": ENOUGH, "hands": {"O": {"anna": 30}, "X": {"anna": 15, "bo": 15}}},
        ["Let another person draw 'O': all its 30 pictures are by anna."],
    ),
    "one hand in all parts": (
        {"counts": {"O": 15, "X": 15}, "in_all": {"O": 20, "X": 20}, "parted": True,
         "hands": {"O": {"anna": 20}, "X": {"anna": 20}}},
        ["Let another person draw: all 40 pictures are by anna."],
    ),
    "one hand for a part of a class": (
        {"counts": ENOUGH, "hands": {"O": {"anna": 29}, "X": {"anna": 15, "bo": 15}}},
        [],
    ),
    "hands by class": (
        {"counts": ENOUGH, "hands": {"O": {"a": 30}, "X": {"b": 30}},
         "findings": frozenset({"hand_for_class"})},
        ["Let each person draw every class: here most classes have hands of their own, so the hand would "
         "tell the class."],
    ),
    "too few hands": (
        {**WELL, "findings": frozenset({"hands_too_few"})},
        ["Let more people draw: 2 are too few to learn from some and to test on others."],
    ),
    "uneven": (
        {"counts": {"O": 100, "X": 30}, "hands": MANY_HANDS},
        ["Draw more of 'X': 'O' has more than 3 times its pictures."],
    ),
    "three times is not more": ({"counts": {"O": 90, "X": 30}, "hands": MANY_HANDS}, []),
    "one pen": (
        {**WELL, "spreads": {"O": {"thickness": 0.03, "size": 0.2, "darkness": 0.2}}},
        ["Draw 'O' with thinner and with thicker lines, too: all its lines are about as thick."],
    ),
    "one size": (
        {**WELL, "spreads": {"X": {"thickness": 0.3, "size": 0.05, "darkness": 0.2}}},
        ["Draw 'X' smaller and larger, too: all are about the same size."],
    ),
    "one grey": (
        {**WELL, "spreads": {"X": {"thickness": 0.3, "size": 0.2, "darkness": 0.0}}},
        ["Draw 'X' with lighter ink, too: all its lines are about as dark."],
    ),
    "at the limits": ({**WELL, "spreads": {"X": dict(ALIKE)}}, []),
    "nothing measured": ({**WELL, "spreads": {"X": {}}}, []),
    "a model that can refuse": (
        {**WELL, "can_refuse": True},
        ["Try a sign that is none of these, such as a triangle or a tick: the model should answer 'none of "
         "these'."],
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_rules(rule: str) -> None:
    facts, said = RULES[rule]
    assert [str(hint.text) for hint in hints(Facts(**facts))] == said


def test_the_most_helpful_come_first_and_each_class_once() -> None:
    facts = Facts(
        counts={"O": 10, "X": 9, "Y": 8},
        hands={"O": {"anna": 10}, "X": {"anna": 9}, "Y": {"bo": 8}},
        spreads={name: {"thickness": 0.01} for name in "OXY"},
        weakest=Weakest("O", 1, 3),
        can_refuse=True,
    )
    told = [(hint.kind, hint.class_name) for hint in hints(facts)]
    assert told == [("few", "Y"), ("weakest", "O"), ("hand", "X")]
    assert len(hints(facts, most=9)) == 4 > MOST


def test_every_hint_is_in_korean() -> None:
    for facts, _ in RULES.values():
        assert all(
            any("가" <= letter <= "힣" for letter in hint.text.text("ko")) for hint in hints(Facts(**facts))
        )


METRICS: dict[str, tuple[Any, Weakest | None]] = {
    "one is worst": ({"O": {"right": 8, "total": 8}, "X": {"right": 5, "total": 8}}, Weakest("X", 5, 8)),
    "all right": ({"O": {"right": 8, "total": 8}, "X": {"right": 8, "total": 8}}, None),
    "equally bad": ({"O": {"right": 4, "total": 8}, "X": {"right": 2, "total": 4}}, None),
    "not measured": ({"O": {"right": 0, "total": 0}, "X": {"right": 1, "total": 2}}, Weakest("X", 1, 2)),
    "nothing measured": ({"O": {"right": 0, "total": 0}}, None),
    "no classes": ({}, None),
    "something else": ([], None),
    "no numbers": ({"O": {"right": "a", "total": 3}}, None),
}


@pytest.mark.parametrize("case", METRICS)
def test_the_weakest_class_of_a_run(case: str, tmp_path: Path) -> None:
    per_class, expected = METRICS[case]
    (tmp_path / "metrics.json").write_text(json.dumps({"per_class": per_class}))
    assert weakest(tmp_path / "metrics.json") == expected


@pytest.mark.parametrize("text", ["", "[]", "{", '{"per_class": null}'])
def test_a_damaged_run_says_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / "metrics.json").write_text(text)
    assert weakest(tmp_path / "metrics.json") is None
    assert weakest(tmp_path / "none.json") is None


def test_the_facts_of_a_project(opened: OpenProject, tree: MakeTree) -> None:
    root = tree(
        "train/O/1.png", "train/O/2.png", "train/O/3.png", "train/X/4.png", "test/X/5.png", "test/X/6.png"
    )
    (root / "metadata.csv").write_text(
        "file_name,drawer\ntrain/O/1.png,bo\ntrain/O/2.png,anna\ntest/X/5.png,bo\n"
    )
    project = opened(root)
    for name, outliers in {"old": 500, "new": 0}.items():
        (project.runs / name).mkdir()
        (project.runs / name / "model.onnx").write_bytes(b"model")
        (project.runs / name / "recipe.toml").write_text(f"outliers = {outliers}\n")
        (project.runs / name / "metrics.json").write_text(
            json.dumps({"per_class": METRICS["one is worst"][0]})
        )
    (project.runs / "unfinished").mkdir()
    findings = (
        make_finding("copies", sets=[("train/O/1.png", "train/O/2.png", "gone.png")]),
        make_finding("near_copies", sets=[("test/X/5.png", "test/X/6.png")]),
        make_finding("blank", ["train/X/4.png"]),
        make_finding("no_drawer"),
    )
    facts = facts_of(project.listing(), Diagnosis("done", findings=findings), project.runs)
    assert (facts.counts, facts.in_all) == ({"O": 3, "X": 1}, {"O": 3, "X": 3})
    assert facts.doubtful == {"O": 1, "X": 1}
    assert facts.different == {"O": 2, "X": 0}
    assert facts.hands == {"O": {"anna": 1, "bo": 1}, "X": {"bo": 1}}
    assert facts.findings == {"copies", "near_copies", "blank", "no_drawer"}
    assert (facts.parted, facts.weakest) == (True, Weakest("X", 5, 8))
    assert not facts.can_refuse
    assert facts_of(project.listing(), Diagnosis(), project.runs, "old").can_refuse
    assert not facts_of(project.listing(), Diagnosis(), project.runs, "gone").can_refuse
    builtin = facts_of(project.listing(), Diagnosis(), project.runs, "builtin")
    assert (builtin.weakest, builtin.can_refuse) == (None, False)
    (project.runs / "new" / "model.onnx").unlink()
    assert facts_of(project.listing(), Diagnosis(), project.runs).can_refuse
