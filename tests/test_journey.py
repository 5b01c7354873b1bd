"""The one true journey: every command in a process of its own, each with what the one before it left.

The tests of this file stand in the order of the work and share one folder; each reads what is there.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import oxmark
from oxmark.modelfile.check import read_checked
from oxmark.recipes import load_recipe

Done = subprocess.CompletedProcess[str]
COMMANDS = {
    "draw": "draw marks --hands 3 --counts 6,3,3 --seed 1",
    "show": "show marks --out marks.png",
    "augment": "augment marks --recipe tutorial --out augmentations.png",
    "recipe": "recipe marks --set epochs=2 --set size=32 --set width=8 --set batch=4 "
    "--set outliers=60 --set keep_meaning=false",
    "check": "check marks --json",
    "split": "split marks divided --parts 50,25,25 --json",
    "train": "train marks --recipe mine.toml --out run --seed 5",
    "evaluate": "evaluate run marks --out figures --json",
    "validate": "validate marks --folds 2 --out run --json",
    "compare": "compare run run marks --json",
    "explain": "explain run marks/test --out explained --json",
    "report": "report run",
    "verify": "verify run --json",
    "predict": "predict marks/test --model run/model.onnx --json --csv answers.csv --sheet answers.png",
    "predict one": "predict marks/test/O/o_010.png --model run",
    "export": "export run network.keras",
}
FILES = {  # what the order promises of a run folder, and the fewest bytes that it can be
    "model.onnx": 10_000,
    "recipe.toml": 2_000,
    "run.json": 500,
    "history.csv": 100,
    "checkpoint/state.safetensors": 10_000,
    "summary.txt": 300,
    "test.csv": 200,
    "metrics.json": 500,
    "curves.png": 5_000,
    "samples.png": 5_000,
    "augmentations.png": 5_000,
    "test.png": 5_000,
    "confusion.png": 3_000,
    "report.html": 50_000,
    "report.json": 20_000,
    "validation.json": 2_000,
    "out_of_fold.csv": 500,
    "validation.png": 3_000,
}


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the journey."""
    return tmp_path_factory.mktemp("journey")


@pytest.fixture(scope="session")
def journey(home: Path) -> dict[str, Done]:
    """All commands, run one after the other; what each left on stdout and stderr."""
    done: dict[str, Done] = {}
    for name, command in COMMANDS.items():
        done[name] = subprocess.run(
            [sys.executable, "-m", "oxmark", *command.split()],
            cwd=home,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        if name == "recipe":
            (home / "mine.toml").write_text(done[name].stdout, encoding="utf-8")
    return done


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def answers(journey: dict[str, Done]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in journey["predict"].stdout.splitlines()]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_succeeds_in_silence_or_plain_words(name: str, journey: dict[str, Done]) -> None:
    done = journey[name]
    assert done.returncode == 0, done.stderr
    for sign in ("Traceback", "Warning", "\x1b"):
        assert sign not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "stdout"),
    [
        ("draw", "marks\n"),
        ("augment", "augmentations.png\n"),
        ("train", "run/model.onnx\n"),
        ("export", "network.keras\n"),
    ],
)
def test_stdout_holds_the_result_and_nothing_else(name: str, stdout: str, journey: dict[str, Done]) -> None:
    assert journey[name].stdout == stdout
    assert journey[name].stderr != ""


def test_the_drawn_set_is_as_ordered(journey: dict[str, Done], home: Path) -> None:
    dataset = oxmark.read_folder(home / "marks")
    assert dataset.counts() == {
        part: {"O": number, "X": number} for part, number in (("train", 6), ("validation", 3), ("test", 3))
    }
    hands: dict[str, set[str]] = {}
    for sample in dataset.samples:
        hands.setdefault(sample.group or "", set()).add(sample.part or "")
    assert len(hands) == 3 and all(len(parts) == 1 for parts in hands.values())


def test_show_prints_the_table(journey: dict[str, Done]) -> None:
    words = journey["show"].stdout.split()
    assert [word for word in words if word in ("train", "validation", "test", "O", "X")] == (
        ["train", "O", "X", "validation", "O", "X", "test", "O", "X"]
    )
    assert journey["show"].stderr == "contact sheet: marks.png\n"


def test_the_printed_recipe_is_the_runs(journey: dict[str, Done], home: Path) -> None:
    assert journey["recipe"].stderr == ""
    recipe = load_recipe(home / "run" / "recipe.toml")
    assert recipe == load_recipe(home / "mine.toml")
    assert (recipe.epochs, recipe.size, recipe.width, recipe.batch) == (2, 32, 8, 4)


def test_training_tells_how_far_it_is_on_stderr(journey: dict[str, Done]) -> None:
    lines = journey["train"].stderr.splitlines()
    assert lines[0] == "reading the pictures (24)"
    assert lines[1] == "run folder: run"
    found = [line for line in lines if line.startswith("warning: ")]  # as soon as the doctor has them
    assert found[0].startswith("warning: Few pictures to learn from: O (6), X (6). ")
    others = [line for line in lines[2:] if line not in found]
    assert [line[:9] for line in others[:2]] == ["epoch 1/2", "epoch 2/2"]
    assert "read rightly" in others[2]


@pytest.mark.parametrize("name", FILES)
def test_the_run_folder_holds_what_is_promised(name: str, journey: dict[str, Done], home: Path) -> None:
    path = home / "run" / name
    assert path.stat().st_size > FILES[name]
    if path.suffix == ".png":
        with Image.open(path) as picture:
            assert min(picture.size) > 200 and len(picture.convert("RGB").getcolors(2**24) or []) > 20


def test_nothing_else_is_left_anywhere(journey: dict[str, Done], home: Path) -> None:
    run = {path.relative_to(home / "run").as_posix() for path in (home / "run").rglob("*")}
    assert run == {*FILES, "checkpoint"}
    assert {path.name for path in home.iterdir()} == {
        "marks",
        "marks.png",
        "augmentations.png",
        "mine.toml",
        "run",
        "figures",
        "answers.csv",
        "answers.png",
        "network.keras",
        "divided",
        "explained",
    }


def test_cross_validation_says_the_same_everywhere(journey: dict[str, Done], home: Path) -> None:
    told = json.loads(journey["validate"].stdout)
    assert told == json.loads((home / "run" / "validation.json").read_text(encoding="utf-8"))
    table = rows(home / "run" / "out_of_fold.csv")
    assert told["accuracy"]["total"] == len(table) == 24
    assert told["accuracy"]["right"] == sum(int(row["right"]) for row in table)
    document = json.loads((home / "run" / "report.json").read_text(encoding="utf-8"))
    assert document["validation"]["accuracy"] == told["accuracy"]
    assert document["test"]["accuracy"] == json.loads(journey["evaluate"].stdout)["accuracy"]


def test_the_training_comes_out_the_same_again(journey: dict[str, Done]) -> None:
    told = json.loads(journey["verify"].stdout)
    assert told["same"] is True
    assert {line["what"]: line["outcome"] for line in told["lines"]}["model file"] == "same"


def test_the_parts_are_divided_as_ordered(journey: dict[str, Done], home: Path) -> None:
    counts = json.loads(journey["split"].stdout)["counts"]
    assert counts == oxmark.read_folder(home / "divided").counts()
    assert sum(sum(part.values()) for part in counts.values()) == 24


def test_a_model_is_not_better_than_itself(journey: dict[str, Done]) -> None:
    told = json.loads(journey["compare"].stdout)["comparison"]
    assert (told["p_value"], told["difference_shown"]) == (1.0, False)


def test_evaluate_finds_what_training_found(journey: dict[str, Done], home: Path) -> None:
    found = json.loads(journey["evaluate"].stdout)
    assert found == json.loads((home / "run" / "metrics.json").read_text())
    assert (found["accuracy"]["total"], found["left_out"], found["errors"]) == (6, [], [])
    assert found["sentence"].startswith(f"{found['accuracy']['right']} of 6 right")
    for name in ("test.csv", "metrics.json"):
        assert (home / "figures" / name).read_bytes() == (home / "run" / name).read_bytes()
    assert journey["evaluate"].stderr == "Pictures and tables are in figures\n"


def test_predict_answers_as_the_test_table_says(journey: dict[str, Done], home: Path) -> None:
    table = {f"marks/{row['file']}": row for row in rows(home / "run" / "test.csv")}
    told = {value["file"]: value for value in answers(journey)}
    assert set(told) == set(table) and len(told) == 6
    for file, value in told.items():
        row = table[file]
        assert value["known"] == pytest.approx(float(row["known"]), abs=2e-6)
        assert value["label"] == (row["answer"] if value["known"] >= 0.5 else None)
        for name in "OX":
            assert value["probabilities"][name] == pytest.approx(float(row[f"probability {name}"]), abs=2e-6)


def test_the_answers_table_says_the_same(journey: dict[str, Done], home: Path) -> None:
    for row, value in zip(rows(home / "answers.csv"), answers(journey), strict=True):
        assert (row["file"], row["label"], row["error"]) == (value["file"], value["label"] or "", "")
        assert float(row["probability O"]) == pytest.approx(value["probabilities"]["O"], abs=1e-6)


def test_one_file_is_answered_as_in_the_folder(journey: dict[str, Done]) -> None:
    value = next(value for value in answers(journey) if value["file"].endswith("o_010.png"))
    label = value["label"]
    share = f"{value['probabilities'][label] * 100:.1f} %" if label else ""
    assert journey["predict one"].stdout == f"{label or 'none of these'}\t{share}\t{value['file']}\n"
    assert journey["predict one"].stderr == "Answered by run/model.onnx: O, X\n"


def test_the_library_answers_as_the_command(journey: dict[str, Done], home: Path) -> None:
    classifier = oxmark.load(home / "run")
    for value in answers(journey):
        answer = classifier.predict(home / value["file"])
        assert answer.label == value["label"]
        assert answer.probabilities == pytest.approx(value["probabilities"], abs=1e-6)


def test_the_model_file_is_one_file_that_passes_the_check(journey: dict[str, Done], home: Path) -> None:
    _, checked = read_checked(home / "run" / "model.onnx")
    assert checked.classes == ("O", "X")


def test_the_keras_file_holds_the_network(journey: dict[str, Done], home: Path) -> None:
    with zipfile.ZipFile(home / "network.keras") as file:
        assert {"config.json", "metadata.json", "model.weights.h5"} <= set(file.namelist())
        assert json.loads(file.read("metadata.json"))["keras_version"]
    assert "'known'" in journey["export"].stderr
