"""oxmark explain: a line for each picture on stdout, pictures of the evidence on request."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import oxmark as package
from oxmark.workflow.training_run import TrainingRun

Oxmark = Callable[..., Any]


def test_people_get_answer_file_verdict_and_place(oxmark: Oxmark, pictures: Path) -> None:
    shutil.copy("in/X/1.png", "in/O/3.png")
    shutil.copy("in/X/1.png", "in/4.png")
    ran = oxmark("explain", "builtin", "in")
    assert (ran.code, ran.err) == (0, "Answered by the built-in O/X model: O, X\n")
    lines = [line.split("\t") for line in ran.out.splitlines()]
    assert [(line[0], line[2], line[3]) for line in lines] == [
        ("X", "in/4.png", ""),
        ("O", "in/O/1.png", "right"),
        ("O", "in/O/2.png", "right"),
        ("X", "in/O/3.png", "wrong: O"),
        ("X", "in/X/1.png", "right"),
        ("X", "in/X/2.png", "right"),
    ]
    assert all(line[1].endswith(" %") for line in lines)
    assert all(line[4].startswith(f"evidence for {line[0]} rather than ") for line in lines)


def test_none_of_these_is_a_line_too(oxmark: Oxmark, pictures: Path) -> None:
    from PIL import Image

    Image.new("L", (60, 48), 255).save("blank.png")
    ran = oxmark("explain", "builtin", "blank.png")
    assert ran.out == (
        "none of these\t\tblank.png\t\tnone of these: known is 0.00, below 0.5. "
        "Evidence compares the classes, so there is none to show.\n"
    )


def test_programs_get_json(oxmark: Oxmark, pictures: Path, trained: TrainingRun) -> None:
    ran = oxmark("explain", trained.folder, "in", "--json")
    assert (ran.code, ran.err) == (0, f"Answered by {trained.model}: O, X\n")
    classifier = package.load(trained)
    for value, path in zip(ran.json(), sorted(pictures.rglob("*.png")), strict=True):
        view = classifier.view(path)
        assert list(value) == [
            "file", "label", "probabilities", "known", "truth", "right", "against", "box", "heat",
        ]  # fmt: skip
        assert (value["label"], value["truth"]) == (view.prediction.label, path.parent.name)
        assert value["box"] == [round(edge, 4) for edge in view.box]
        assert value["heat"] == [[[round(float(v), 4) for v in row] for row in rows] for rows in view.heat]


@pytest.mark.parametrize("as_json", [True, False])
def test_pictures_are_drawn_and_said_where(as_json: bool, oxmark: Oxmark, pictures: Path) -> None:
    ran = oxmark("explain", "builtin", "in", "--out", "new/heat", *(["--json"] if as_json else []))
    assert (ran.code, ran.err.splitlines()[-1]) == (
        0,
        "explained pictures: new/heat; a sheet of them: new/heat/explained.png",
    )
    names = ["O-1.png", "O-2.png", "X-1.png", "X-2.png"]
    assert sorted(path.name for path in Path("new/heat").iterdir()) == [
        *names,
        "explained.csv",
        "explained.png",
    ]
    if as_json:
        assert [value["drawn"] for value in ran.json()] == [f"new/heat/{name}" for name in names]


def test_a_folder_with_something_else_is_refused(oxmark: Oxmark, pictures: Path) -> None:
    ran = oxmark("explain", "builtin", "in/O", "--out", "in")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines()[-1] == (
        "oxmark: in holds something that oxmark explain did not make (O), and nothing there is "
        "overwritten. Choose a new folder with --out."
    )


def test_an_unreadable_picture_among_good_ones_ends_with_1(oxmark: Oxmark, pictures: Path) -> None:
    (pictures / "O" / "1b.png").write_bytes(b"")
    ran = oxmark("explain", "builtin", "in/O", "--json", "--out", "heat")
    values = ran.json()
    assert ran.code == 1
    assert [value["file"] for value in values] == ["in/O/1.png", "in/O/1b.png", "in/O/2.png"]
    assert set(values[1]) == {"file", "error"}
    assert ran.err.splitlines()[1:] == [
        f"cannot be read: {values[1]['error']}",
        "explained pictures: heat; a sheet of them: heat/explained.png",
        "1 of 3 pictures could not be read.",
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["builtin", "none.png"], 2, "1 of 1 pictures could not be read."),
        (["builtin", "none.png", "--out", "heat"], 2, "1 of 1 pictures could not be read."),
        (["builtin", "empty"], 2, "No pictures found in empty."),
        (["builtin", "empty", "--out", "heat"], 2, "No pictures found in empty."),
        (["builtin"], 2, "Error: Missing argument 'PATH...'."),
        (["none.onnx", "in"], 2, None),
        (["in", "in"], 2, "oxmark: The folder in holds no model.onnx. Name a model file or a run folder."),
    ],
)
def test_exit_codes(
    arguments: list[str], code: int, said: str | None, oxmark: Oxmark, pictures: Path
) -> None:
    Path("empty").mkdir()
    ran = oxmark("explain", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert "none.onnx" in ran.err if said is None else ran.err.splitlines()[-1] == said
    assert not Path("heat").exists()


def test_a_folder_named_builtin_is_that_folder(oxmark: Oxmark, pictures: Path, trained: TrainingRun) -> None:
    shutil.copytree(trained.folder, "builtin")
    ran = oxmark("explain", "builtin", "in/O/1.png")
    assert ran.err == f"Answered by {Path('builtin') / 'model.onnx'}: O, X\n"


def test_the_help_says_what_model_may_be(oxmark: Oxmark) -> None:
    text = " ".join(oxmark("explain", "--help").out.split())
    assert "the word builtin for the built-in O/X model" in text
    assert "explain" in json.dumps(oxmark("--help").out)
