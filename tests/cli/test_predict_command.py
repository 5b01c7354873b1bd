"""oxmark predict: a line for each picture on stdout, failures named on stderr, and refused models."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image

import oxmark as package
from oxmark.workflow.training_run import TrainingRun

Oxmark = Callable[..., Any]


def files(values: list[dict[str, Any]]) -> list[str]:
    return [value["file"] for value in values]


def test_people_get_label_probability_and_file(oxmark: Oxmark, pictures: Path) -> None:
    ran = oxmark("predict", "in/X/1.png", "in/O")
    assert (ran.code, ran.err) == (0, "Answered by the built-in O/X model: O, X\n")
    lines = [line.split("\t") for line in ran.out.splitlines()]
    assert [(line[0], line[2]) for line in lines] == [
        ("X", "in/X/1.png"),
        ("O", "in/O/1.png"),
        ("O", "in/O/2.png"),
    ]
    assert all(line[1].endswith(" %") and 50 <= float(line[1][:-2]) <= 100 for line in lines)


def test_programs_get_json(oxmark: Oxmark, pictures: Path, trained: TrainingRun) -> None:
    ran = oxmark("predict", "in", "--model", trained.folder, "--json")
    answers = package.load(trained).predict(sorted(pictures.rglob("*.png")))
    assert ran.err == f"Answered by {trained.model}: O, X\n"
    for value, answer in zip(ran.json(), answers, strict=True):
        assert (value["label"], value["known"]) == (answer.label, round(answer.known, 6))
        assert value["probabilities"] == {n: round(p, 6) for n, p in answer.probabilities.items()}


def test_a_folder_and_a_file_of_a_run_are_the_same_model(
    oxmark: Oxmark, pictures: Path, trained: TrainingRun
) -> None:
    outs = {
        oxmark("predict", "in", "--json", "--model", model).out for model in (trained.folder, trained.model)
    }
    assert len(outs) == 1


# --- pictures that cannot be read ---------------------------------------------------------------------------


def test_an_unreadable_picture_among_good_ones_ends_with_1(oxmark: Oxmark, pictures: Path) -> None:
    (pictures / "O" / "1b.png").write_bytes(b"")
    ran = oxmark("predict", "in", "--json")
    values = ran.json()
    assert ran.code == 1
    assert files(values) == ["in/O/1.png", "in/O/1b.png", "in/O/2.png", "in/X/1.png", "in/X/2.png"]
    assert set(values[1]) == {"file", "error"}
    assert "in/O/1b.png" in values[1]["error"]
    assert ran.err.splitlines()[1:] == [
        f"cannot be read: {values[1]['error']}",
        "1 of 5 pictures could not be read.",
    ]


@pytest.mark.parametrize(
    ("paths", "code", "lines", "said"),
    [
        (["none.png"], 2, 0, "1 of 1 pictures could not be read."),
        (["none.png", "in/O/1.png"], 1, 1, "1 of 2 pictures could not be read."),
        (["empty"], 2, 0, "No pictures found in empty."),
        (["empty", "hidden"], 2, 0, "No pictures found in empty, hidden."),
        (["empty", "in/O"], 0, 2, "Answered by the built-in O/X model: O, X"),
    ],
)
def test_exit_codes(
    paths: list[str], code: int, lines: int, said: str, oxmark: Oxmark, pictures: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "hidden" / ".git").mkdir(parents=True)
    for name in (".a.png", ".git/b.png", "notes.txt"):
        shutil.copy(pictures / "O" / "1.png", tmp_path / "hidden" / name)
    ran = oxmark("predict", *paths)
    assert (ran.code, len(ran.out.splitlines())) == (code, lines)
    assert ran.err.splitlines()[-1] == said
    assert "none.png" in ran.err or "none.png" not in paths


# --- table and sheet ----------------------------------------------------------------------------------------


def test_the_table_holds_answers_and_errors(oxmark: Oxmark, pictures: Path) -> None:
    (pictures / "X" / "3.png").write_text("text")
    ran = oxmark("predict", "in", "--csv", "new/answers.csv", "--json")
    with Path("new/answers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["file", "label", "known", "probability O", "probability X", "error"]
    for row, value in zip(rows, ran.json(), strict=True):
        assert (row["file"], row["error"]) == (value["file"], value.get("error", ""))
        assert row["label"] == value.get("label", "")
        if "label" in value:
            assert float(row["probability O"]) == pytest.approx(value["probabilities"]["O"], abs=1e-6)
    assert ran.err.splitlines()[-2:] == ["table: new/answers.csv", "1 of 5 pictures could not be read."]


def test_the_sheet_is_drawn(oxmark: Oxmark, pictures: Path) -> None:
    ran = oxmark("predict", "in", "--sheet", "new/sheet.png")
    assert (ran.code, ran.err.splitlines()[-1]) == (0, "sheet: new/sheet.png")
    with Image.open("new/sheet.png") as sheet:
        assert min(sheet.size) > 150


@pytest.mark.parametrize(("option", "name"), [("--csv", "a.csv"), ("--sheet", "a.png")])
def test_a_place_that_cannot_be_written_to_ends_with_2(
    option: str, name: str, oxmark: Oxmark, pictures: Path
) -> None:
    Path("file").write_text("mine")
    ran = oxmark("predict", "in", option, f"file/{name}")
    assert ran.code == 2
    reason = "a part of that path is a file, not a folder; choose another place."
    assert ran.err.splitlines()[-1] == f"oxmark: cannot write file/{name}: {reason}"


# --- models that are refused --------------------------------------------------------------------------------


def truncated(path: Path, good: bytes) -> None:
    path.write_bytes(good[: len(good) // 2])


def empty(path: Path, good: bytes) -> None:
    path.write_bytes(b"")


def a_picture(path: Path, good: bytes) -> None:
    Image.new("L", (4, 4)).save(path, "PNG")


def foreign(path: Path, good: bytes) -> None:
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [value], [value])
    path.write_bytes(helper.make_model(graph, producer_name="pytorch").SerializeToString())


def changed(path: Path, good: bytes, change: Callable[[onnx.ModelProto], object]) -> None:
    model = onnx.load_from_string(good)
    change(model)
    path.write_bytes(model.SerializeToString())


def huge(path: Path, good: bytes) -> None:
    """A constant of 40 TB, described in 30 bytes."""

    def add(model: onnx.ModelProto) -> None:
        one = helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0])
        shape = helper.make_tensor("shape", TensorProto.INT64, [1], [10**13])
        model.graph.initializer.extend([one, shape])
        model.graph.node.insert(0, helper.make_node("Expand", ["one", "shape"], ["wall"]))

    changed(path, good, add)


def elsewhere(path: Path, good: bytes) -> None:
    """Weights that lie in another file of the machine."""

    def move(model: onnx.ModelProto) -> None:
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="../../../etc/passwd")

    changed(path, good, move)


def strange(path: Path, good: bytes) -> None:
    def add(model: onnx.ModelProto) -> None:
        model.graph.node.append(helper.make_node("Spy", ["pixels"], ["out"], domain="com.evil"))

    changed(path, good, add)


AGAIN = ". Copy it again from where it came from, or make it anew with: oxmark train DATA"
MAKE = ". Make a model with: oxmark train DATA"
UNSAFE = "model.onnx was not opened, because it may not be safe: "
TRUST = ". Use a model from someone you trust, or make your own with: oxmark train DATA"
MODELS = [
    (
        truncated,
        rf"model.onnx is damaged: a part of the model says [\d,]+ bytes where [\d,]+ are left{AGAIN}",
    ),
    (empty, f"model.onnx is damaged: it is empty{AGAIN}"),
    (a_picture, f"model.onnx is not an oxmark model: it looks like a PNG picture{MAKE}"),
    (
        foreign,
        "model.onnx is not an oxmark model: it is an ONNX model written by 'pytorch', without the metadata "
        f"that oxmark writes{MAKE}",
    ),
    (huge, f"{UNSAFE}it uses operator 'Expand', which is not allowed in a model file{TRUST}"),
    (
        elsewhere,
        f"{UNSAFE}constant 'constant_1' wants its data from another file, which is not allowed{TRUST}",
    ),
    (strange, f"{UNSAFE}it uses operator 'Spy' of 'com.evil', and only ONNX's own are allowed{TRUST}"),
]


@pytest.mark.parametrize("command", ["predict", "evaluate"])
@pytest.mark.parametrize(("make", "message"), MODELS)
def test_a_model_that_cannot_be_trusted_is_refused_in_a_sentence(
    make: Callable[[Path, bytes], None],
    message: str,
    command: str,
    oxmark: Oxmark,
    pictures: Path,
    trained: TrainingRun,
) -> None:
    make(Path("model.onnx"), trained.model.read_bytes())
    words = {
        "predict": ["predict", "in", "--model", "model.onnx"],
        "evaluate": ["evaluate", "model.onnx", "in"],
    }
    ran = oxmark(*words[command])
    assert (ran.code, ran.out) == (2, "")
    assert re.fullmatch(f"oxmark: {message}\n", ran.err), ran.err


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            "none.onnx",
            "cannot read none.onnx: there is no such file. Check the name, or make a model with: oxmark "
            "train DATA",
        ),
        ("in", "The folder in holds no model.onnx. Name a model file or a run folder."),
    ],
)
def test_a_model_that_is_not_there(model: str, message: str, oxmark: Oxmark, pictures: Path) -> None:
    ran = oxmark("predict", "in", "--model", model)
    assert (ran.code, ran.out, ran.err) == (2, "", f"oxmark: {message}\n")


def test_names_are_printed_as_they_are(oxmark: Oxmark, pictures: Path) -> None:
    (pictures / "X").rename(pictures / "가위표 [bold]")
    ran = oxmark("predict", "in", "--json")
    assert files(ran.json())[-1] == "in/가위표 [bold]/2.png"
    assert "가위표" in ran.out  # not as \\u escapes
    assert json.loads(ran.out.splitlines()[0])["label"] == "O"
