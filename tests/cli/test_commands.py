"""All commands: what they answer with --json, their exit codes, and what they say to mistakes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from oxmark.cli.main import COMMANDS, main
from oxmark.recipes import Recipe
from oxmark.workflow.training_run import TrainingRun

Oxmark = Callable[..., Any]
TINY = ("--set", "epochs=1", "--set", "size=32", "--set", "width=4")


@pytest.fixture
def words(drawn: Path, trained: TrainingRun, pictures: Path) -> dict[str, str]:
    """What stands for what in the tables below."""
    return {"DATA": str(drawn), "RUN": str(trained.folder), "PICTURES": str(pictures)}


JSON = [
    (["draw", "new", "--counts", "1,1,1", "--hands", "1"], [{"data", "classes", "counts", "hands"}]),
    (["show", "DATA"], [{"part", "class", "pictures", "sizes", "formats", "modes", "hands"}] * 6),
    (["augment", "DATA"], [{"sheet", "recipe"}]),
    (
        ["train", "DATA", *TINY, "--out", "new"],
        [{"run", "model", "kept_epoch", "test", "verdict", "trouble"}],
    ),
    (
        ["evaluate", "RUN", "DATA"],
        [
            {
                "part",
                "accuracy",
                "per_class",
                "confusion",
                "loss",
                "refused",
                "left_out",
                "sentence",
                "errors",
            }
        ],
    ),
    (["predict", "PICTURES", "--model", "RUN"], [{"file", "label", "probabilities", "known"}] * 4),
    (["export", "RUN", "new.keras"], [{"file", "parameters", "notes"}]),
]


@pytest.mark.parametrize(("arguments", "keys"), JSON)
def test_json_is_one_object_a_line(
    arguments: list[str], keys: list[set[str]], oxmark: Oxmark, words: dict[str, str]
) -> None:
    ran = oxmark(*(words.get(word, word) for word in arguments), "--json")
    assert ran.code == 0, ran.err
    assert [set(value) for value in ran.json()] == keys


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (["draw", "new", "--counts", "1,1,1", "--hands", "1"], ["new"]),
        (["augment", "DATA", "--out", "new.png"], ["new.png"]),
        (["train", "DATA", *TINY, "--out", "new"], ["new/model.onnx"]),
        (["export", "RUN", "new.h5"], ["new.h5"]),
    ],
)
def test_what_makes_a_file_prints_its_name_and_nothing_else(
    arguments: list[str], lines: list[str], oxmark: Oxmark, words: dict[str, str]
) -> None:
    ran = oxmark(*(words.get(word, word) for word in arguments))
    assert (ran.code, ran.out.splitlines()) == (0, lines)
    assert ran.err
    assert Path(lines[0]).exists()


def test_demo_answers_with_json_too(oxmark: Oxmark, monkeypatch: pytest.MonkeyPatch) -> None:
    from oxmark.workflow import demonstration

    result = demonstration.Demonstration(Path("demo"), "12 of 12 right", (Path("demo/answers.png"),))
    monkeypatch.setattr(demonstration, "demonstrate", lambda out, seed, progress: result)
    ran = oxmark("demo", "--json")
    told = {"folder": "demo", "sentence": "12 of 12 right", "pictures": ["demo/answers.png"]}
    assert ran.json() == [{**told, "report": "demo/run/report.html"}]
    assert oxmark("demo").out == "demo/answers.png\ndemo/run/report.html\n"


# --- mistakes -----------------------------------------------------------------------------------------------

MISTAKES = [
    (["tran"], "There is no command 'tran'. Did you mean 'train'?"),
    (["predcit", "a.png"], "There is no command 'predcit'. Did you mean 'predict'?"),
    (["zzz"], "There is no command 'zzz'."),
    (["train", "<DATA>", "--sed", "1"], "No such option"),
    (
        ["train", "<DATA>", "--seed", "-1"],
        "Invalid value for '--seed': -1 is not in the range 0<=x<=4294967295.",
    ),
    (["train"], "Missing argument 'DATA'."),
    (["predict"], "Missing argument 'PATH...'."),
    (["evaluate", "<RUN>", "<DATA>", "--part", "tests"], "Invalid value for '--part': 'tests' is not one of"),
    (["draw", "new", "--counts", "many"], "'many' is no list of numbers like 38,8,6."),
    (["draw", "new", "--hands", "0"], "Invalid value for '--hands': 0 is not in the range 1<=x<=1000."),
    (
        ["draw", "new", "--counts", "6,3"],
        "oxmark: counts must be three whole numbers, pictures per class in train (at least 1), validation "
        "and test (at least 0), such as 38, 8, 6, but they are 6, 3.",
    ),
    (
        ["train", "<DATA>", "--set", "epoch=3"],
        "oxmark: recipe marks cannot be used: there is no knob 'epoch' (is 'epochs' meant?).",
    ),
    (
        ["train", "<DATA>", "--set", "epochs"],
        "oxmark: 'epochs' is no setting. Write key=value, for example epochs=20.",
    ),
    (
        ["train", "<DATA>", "--recipe", "tutorail"],
        "oxmark: There is no recipe 'tutorail'. Did you mean 'tutorial'? Name marks, tutorial or a .toml "
        "file.",
    ),
    (
        ["recipe", "mine.toml"],
        "oxmark: The recipe file mine.toml does not exist. Make one with: oxmark recipe marks > mine.toml",
    ),
    (
        ["train", "<DATA>", "--device", "cude", *TINY],
        "oxmark: There is no device 'cude'. Choose auto, cpu, cuda or cuda:1.",
    ),
    (
        ["train", "<DATA>", "--out", "<RUN>"],
        "oxmark: <RUN> holds a finished run, which is never overwritten. Choose another with --out.",
    ),
    (["show", "none"], "oxmark: There is no folder none. Check the spelling."),
    (
        ["augment", "<PICTURES>", "--out", "<PICTURES>/O/1.png/sheet.png"],
        "oxmark: cannot write <PICTURES>/O/1.png/sheet.png: a part of that path is a file, not a folder; "
        "choose another place.",
    ),
    (
        ["export", "<RUN>", "model.pb"],
        "oxmark: Cannot export to model.pb: expected a name that ends in .keras or .h5. Type for example: "
        "oxmark export MODEL model.keras",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), MISTAKES)
def test_mistakes_end_with_2_and_a_sentence(
    arguments: list[str], message: str, oxmark: Oxmark, words: dict[str, str]
) -> None:
    def full(text: str) -> str:
        for word, meaning in words.items():
            text = text.replace(f"<{word}>", meaning)
        return text

    ran = oxmark(*map(full, arguments))
    assert (ran.code, ran.out) == (2, "")
    assert full(message) in " ".join(ran.err.split())
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("option", "close"), [("--recip", "--recipe"), ("--sed", "--seed"), ("--jso", "--json")]
)
def test_an_unknown_option_is_met_with_the_close_one(option: str, close: str, oxmark: Oxmark) -> None:
    last = oxmark("train", "data", option, "1").err.splitlines()[-1]
    assert f"{option}" in last and close in last.partition("Did you mean")[2]


def test_without_a_command_the_help_is_shown(oxmark: Oxmark) -> None:
    ran = oxmark()
    assert (ran.code, ran.out) == (2, "")
    assert "oxmark train marks" in ran.err


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_lists_the_commands_in_the_order_of_the_work(option: str, oxmark: Oxmark) -> None:
    ran = oxmark(option)
    lines = ran.out.partition("Commands:")[2].split("\n")
    assert (ran.code, [line.split()[0] for line in lines if line]) == (0, list(COMMANDS))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_for_all_it_takes(name: str, oxmark: Oxmark) -> None:
    ran = oxmark(name, "--help")
    assert (ran.code, ran.err) == (0, "")
    command = main.get_command(click.Context(main), name)
    assert command is not None and command.help and command.short_help
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, option.name


# --- debugging and stopping ---------------------------------------------------------------------------------


def test_oxmark_debug_shows_the_traceback(oxmark: Oxmark, monkeypatch: pytest.MonkeyPatch) -> None:
    from oxmark import cli
    from oxmark.errors import FolderError

    monkeypatch.setenv("OXMARK_DEBUG", "1")
    with pytest.raises(FolderError, match="There is no folder none"):
        cli.run(["show", "none"])
    monkeypatch.setenv("OXMARK_DEBUG", "")
    assert oxmark("show", "none").code == 2


def test_ctrl_c_ends_with_130(oxmark: Oxmark, monkeypatch: pytest.MonkeyPatch) -> None:
    from oxmark.workflow import looking

    def stop(data: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(looking, "look", stop)
    ran = oxmark("show", "marks")
    assert (ran.code, ran.out, ran.err.split()) == (130, "", ["Stopped."])


# --- recipe -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["marks", "tutorial"])
def test_a_printed_recipe_reads_back(name: str, oxmark: Oxmark, tmp_path: Path) -> None:
    ran = oxmark("recipe", name, "--set", "epochs=7")
    assert (ran.code, ran.err) == (0, "")
    (tmp_path / "mine.toml").write_text(ran.out, encoding="utf-8")
    assert "epochs = 7" in ran.out
    assert oxmark("recipe", "mine.toml").out == ran.out
    assert sum(line.startswith("#") for line in ran.out.splitlines()) >= len(Recipe.model_fields)


def test_resume_takes_the_runs_own_recipe(oxmark: Oxmark, drawn: Path) -> None:
    ran = oxmark("train", drawn, "--out", "nothing", "--resume")
    assert ran.code == 2
    assert ran.err == ("oxmark: nothing holds no run to resume. Train without --resume to begin one.\n")


def test_json_of_training_is_what_metrics_json_holds(oxmark: Oxmark, drawn: Path) -> None:
    (value,) = oxmark("train", drawn, *TINY, "--out", "run", "--json").json()
    assert value["test"] == json.loads(Path("run/metrics.json").read_text())
    assert (value["run"], value["model"], value["kept_epoch"]) == ("run", "run/model.onnx", 1)
