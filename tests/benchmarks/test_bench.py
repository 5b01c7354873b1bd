"""The command: one row measured on a few pictures, and what it says to wrong words."""

from __future__ import annotations

import json
from pathlib import Path

import bench
import pytest
from click.testing import CliRunner


def test_a_row_is_measured_and_written(tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    words = [
        "--only",
        "predict-folder-28",
        "--runs",
        "2",
        "--small",
        "3",
        "--large",
        "1",
        "--json",
        str(file),
    ]
    done = CliRunner().invoke(bench.main, words)
    assert done.exit_code == 0, done.output
    assert "### oxmark predict FOLDER of 28x28 PNG (predict-folder-28)" in done.stdout
    assert "run 2: predict-folder-28: " in done.stderr
    told = json.loads(file.read_text())
    figures = told["rows"]["predict-folder-28"]["figures"]
    assert [len(one["values"]) for one in figures.values()] == [2] * 5
    ours, bare, share = (
        figures[name]["values"] for name in ("oxmark predict", "bare loop", "share of the bare loop")
    )
    assert share == pytest.approx([b / o for o, b in zip(ours, bare, strict=True)])
    assert [reach["title"] for reach in told["reaches"]] == ["predict FOLDER of 28x28 PNG / bare loop"]
    assert {"processor", "cores", "versions", "commit", "date", "load before", "asked for"} <= set(
        told["conditions"]
    )


def test_rows_are_listed() -> None:
    done = CliRunner().invoke(bench.main, ["--rows", "--only", "validate"])
    assert done.stdout.split() == ["validate", *["oxmark", "validate,", "5", "folds,", "104", "drawings"]]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--training", "many"], "--training takes numbers with commas between, not many."),
        (
            ["--training", "10"],
            "--training takes sizes of 40 pictures or more: parts of them validate and test.",
        ),
        (["--only", "fly"], "No row begins with fly. There are: "),
        (["--runs", "0"], "0 is not in the range x>=1."),
    ],
)
def test_wrong_words_are_answered(words: list[str], message: str) -> None:
    done = CliRunner().invoke(bench.main, words)
    assert (done.exit_code, message in done.stderr) == (2, True), done.stderr


def test_peers_that_are_not_there_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "has_peers", lambda: False)
    done = CliRunner().invoke(bench.main, ["--only", "train-peer"])
    assert (done.exit_code, "Run: make bench-peers. Or give --without-peers." in done.stderr) == (2, True)
