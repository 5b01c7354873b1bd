"""The runs: listed whatever lies in their folder, named, used, compared, taken away and brought back."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from oxmark.web.studio import trying_current
from oxmark.web.studio.listing import id_of
from oxmark.web.studio.runs_page import policy
from oxmark.web.studio.runs_routes import attachment

if TYPE_CHECKING:
    from tiny_runs import Opened, Taught


def run_of(project: Path) -> Path:
    (run,) = (
        path for path in (project / "runs").iterdir() if path.is_dir() and (path / "model.onnx").exists()
    )
    return run


def test_a_finished_run_says_all_about_itself(first: Taught) -> None:
    run, builtin = first.runs["runs"]
    folder = run_of(first.folder)
    facts, metrics = (json.loads((folder / f"{name}.json").read_text()) for name in ("run", "metrics"))
    assert run["id"] == id_of(folder.name) != builtin["id"]
    assert (run["recipe"], run["epochs"], run["kept_epoch"]) == ("marks", 3, 3)
    assert (run["name"], run["title"]) == ("marks 1", {"en": "marks 1", "ko": "marks 1"})
    assert run["pictures"] == {part: sum(found.values()) for part, found in facts["pictures"].items()}
    low, high = metrics["accuracy"]["interval_95"]
    assert (run["accuracy"]["right"], run["accuracy"]["low"]) == (metrics["accuracy"]["right"], low)
    assert run["accuracy"]["high"] == high
    assert [said["en"] for said in run["verdict"][:2]] == [said["text"] for said in facts["verdict"][:2]]
    assert "oxmark" not in run["verdict"][2]["en"] and "oxmark" in facts["verdict"][2]["text"]
    assert all(said["ko"] != said["en"] for said in run["verdict"])


def test_the_builtin_model_is_the_last_and_has_a_name_in_both_languages(first: Taught) -> None:
    builtin = first.runs["runs"][-1]
    assert (builtin["id"], builtin["builtin"], builtin["state"]) == ("builtin", True, "finished")
    assert builtin["title"] == {"en": "Built-in O/X model", "ko": "기본 제공 O/X 모델"}
    assert builtin["classes"] == ["O", "X"] and builtin["accuracy"]["total"] > 0


# --- folders of all kinds -----------------------------------------------------------------------------------

Change = Callable[[Path], Any]


def empty(run: Path) -> None:
    for path in run.rglob("*"):
        if path.is_file():
            path.unlink()


def folder_of_facts(run: Path) -> None:
    (run / "run.json").unlink()
    (run / "run.json").mkdir()


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def link_out(path: Path) -> None:
    elsewhere = path.parents[3] / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


ODD: dict[str, Change] = {
    "empty": empty,
    "no facts": lambda run: (run / "run.json").unlink(),
    "torn facts": lambda run: (run / "run.json").write_text('{"status": "fin'),
    "facts of something else": lambda run: (run / "run.json").write_text('["a", 1]'),
    "facts of another type": lambda run: (run / "run.json").write_text('{"status": 3, "classes": "OX"}'),
    "facts that are no text": lambda run: (run / "run.json").write_bytes(b"\xff\xfe\x00"),
    "facts that are a folder": folder_of_facts,
    "facts without an end": lambda run: (run / "run.json").write_text("[" * 100_000),
    "facts in a pipe": lambda run: pipe(run / "run.json"),
    "facts of many bytes": lambda run: os.truncate(run / "run.json", 2**34),
    "linked facts": lambda run: link_out(run / "run.json"),
    "a linked model": lambda run: link_out(run / "model.onnx"),
    "not finished": lambda run: edit(run, status="training"),
    "no model": lambda run: (run / "model.onnx").unlink(),
}
WEAK: dict[str, Change] = {
    "torn recipe": lambda run: (run / "recipe.toml").write_text("name = "),
    "a recipe without an end": lambda run: (run / "recipe.toml").write_text("a = " + "[" * 100_000),
    "infinite epochs": lambda run: (run / "recipe.toml").write_text('name = "a"\nepochs = inf\n'),
    "a recipe in a pipe": lambda run: pipe(run / "recipe.toml"),
    "metrics without an end": lambda run: (run / "metrics.json").write_text("[" * 100_000),
    "infinite metrics": lambda run: (run / "metrics.json").write_text(
        '{"accuracy": {"right": 1, "total": 1, "share": NaN, "interval_95": [0, Infinity]}}'
    ),
    "linked metrics": lambda run: link_out(run / "metrics.json"),
    "a history in a pipe": lambda run: pipe(run / "history.csv"),
    "a sentence of another file": lambda run: edit(
        run, verdict=[{"code": "/etc/passwd.x", "values": {}, "text": "!"}]
    ),
    "a sentence without its values": lambda run: edit(
        run, verdict=[{"code": "words.example", "values": {}, "text": "!"}]
    ),
    "no history": lambda run: (run / "history.csv").unlink(),
    "history of something else": lambda run: (run / "history.csv").write_text("a,b\n1,2\n"),
    "torn metrics": lambda run: (run / "metrics.json").write_text('{"accuracy": {"right": "x"}}'),
    "a sentence from the future": lambda run: edit(
        run, verdict=[{"code": "no.such", "values": {}, "text": "!"}]
    ),
    "a sentence without a code": lambda run: edit(run, verdict=[{"text": "!"}], trouble=[{}]),
}


def edit(run: Path, **values: Any) -> None:
    facts = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**facts, **values}))


@pytest.mark.parametrize("name", ODD)
def test_what_cannot_be_read_is_called_broken(name: str, again: Path, studio: Opened) -> None:
    ODD[name](run_of(again))
    run, _ = studio.get("/runs")["runs"]
    assert run["state"] == "broken" and not run["resumable"]
    assert studio.get("/runs")["current"] == "builtin"
    for path in ("model.onnx", "model.keras"):
        assert studio.get(f"/runs/{run['id']}/{path}", 409)["code"] == "run_unfinished"
    assert studio.send("POST", f"/runs/{run['id']}/use", status=409)["code"] == "run_unfinished"
    assert studio.send("DELETE", f"/runs/{run['id']}")["undo"]["en"] == "The run 'marks 1' was deleted."


@pytest.mark.parametrize("name", WEAK)
def test_what_is_damaged_beside_the_model_is_left_out(name: str, again: Path, studio: Opened) -> None:
    WEAK[name](run_of(again))
    run, _ = studio.get("/runs")["runs"]
    assert (run["state"], studio.get("/runs")["current"]) == ("finished", run["id"])


def test_a_name_that_is_no_text_is_shown_all_the_same(again: Path, studio: Opened) -> None:
    (again / "runs" / os.fsdecode(b"\xff\xfe")).mkdir()
    names = {run["name"] for run in studio.get("/runs")["runs"]}
    assert names == {"\\udcff\\udcfe", "marks 1", "Built-in O/X model"}


@pytest.mark.parametrize("instead", [lambda path: None, Path.touch])
def test_runs_that_were_taken_away_are_no_runs(
    instead: Callable[[Path], None], again: Path, studio: Opened
) -> None:
    shutil.rmtree(again / "runs")
    instead(again / "runs")
    assert [run["id"] for run in studio.get("/runs")["runs"]] == ["builtin"]
    assert studio.studio.teaching.current_classifier()[0] == "Built-in O/X model"


def states(studio: Opened) -> dict[str, str]:
    return {run["id"]: run["state"] for run in studio.get("/runs")["runs"]}


def test_a_model_that_cannot_be_opened_is_broken_and_the_next_one_answers(
    again: Path, two: tuple[str, str], studio: Opened
) -> None:
    newer, older = two
    assert studio.get("/runs")["current"] == newer
    folder = next(path for path in (again / "runs").iterdir() if id_of(path.name) == newer)
    before = (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(b"garbage")
    assert states(studio) == {newer: "broken", older: "finished", "builtin": "finished"}
    assert studio.get("/runs")["current"] == older
    assert studio.send("POST", f"/runs/{newer}/use", status=422)["code"] == "model_file"
    assert studio.studio.teaching.current_classifier()[0] == "by hand"
    (folder / "model.onnx").write_bytes(before)
    assert states(studio)[newer] == "finished" and studio.get("/runs")["current"] == newer


def test_where_the_project_is_stays_on_the_machine(again: Path, studio: Opened) -> None:
    shutil.rmtree(again / ".oxmark" / "new", ignore_errors=True)
    (again / ".oxmark" / "new").touch()
    told = studio.send("POST", "/runs/builtin/use", status=507)
    assert told["code"] == "cannot_write" and str(again.parent) not in told["error"]


def test_the_service_does_not_look_at_the_runs_for_each_picture(
    studio: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    teaching = studio.studio.teaching
    looked: list[None] = []
    real = teaching.answerer.current

    def noted() -> Any:
        looked.append(None)
        return real()

    monkeypatch.setattr(teaching.answerer, "current", noted)
    monkeypatch.setattr(trying_current, "FRESH", 60.0)
    for _ in range(5):
        name = teaching.current_classifier()[0]
    assert (name, len(looked)) == ("marks 1", 1)
    monkeypatch.setattr(trying_current, "FRESH", -1.0)
    teaching.current_classifier()
    assert len(looked) == 2


def test_what_is_no_run_folder_is_not_listed(again: Path, studio: Opened) -> None:
    (again / "runs" / "notes.txt").write_text("mine")
    (again / "runs" / ".hidden").mkdir()
    (again / "runs" / "elsewhere").symlink_to(again / "O", target_is_directory=True)
    assert len(studio.get("/runs")["runs"]) == 2


# --- names, and which one answers ---------------------------------------------------------------------------


@pytest.fixture
def two(again: Path) -> tuple[str, str]:
    """The ids of two runs, the second of which is older."""
    run = run_of(again)
    older = Path(shutil.copytree(run, run.with_name("by hand")))
    os.utime(older / "recipe.toml", (1_000_000_000, 1_000_000_000))
    return id_of(run.name), id_of(older.name)


def test_runs_are_listed_newest_first_and_the_newest_answers(two: tuple[str, str], studio: Opened) -> None:
    found = studio.get("/runs")
    assert [run["id"] for run in found["runs"]] == [*two, "builtin"]
    assert found["current"] == two[0]
    assert found["runs"][1]["name"] == "by hand"


def test_the_chosen_run_answers_until_it_is_gone(
    two: tuple[str, str], again: Path, open_studio: Any, studio: Opened
) -> None:
    newer, older = two
    assert studio.send("POST", f"/runs/{older}/use")["current"] == older
    name, classifier = studio.studio.teaching.current_classifier()
    assert (name, classifier.classes) == ("by hand", ("O", "X"))
    studio.send("DELETE", f"/runs/{older}")
    assert studio.get("/runs")["current"] == newer
    studio.send("POST", "/undo")
    assert studio.get("/runs")["current"] == older
    assert studio.send("POST", "/runs/builtin/use")["current"] == "builtin"
    assert studio.studio.teaching.current_classifier()[0] == "Built-in O/X model"


def test_a_name_is_kept(again: Path, open_studio: Any) -> None:
    with open_studio(again) as studio:
        run = studio.get("/runs")["current"]
        assert studio.send("PATCH", f"/runs/{run}", {"name": " 굵은 펜 "})["name"] == "굵은 펜"
    with open_studio(again) as studio:
        assert studio.get("/runs")["runs"][0]["name"] == "굵은 펜"
        told = studio.client.get(f"/api/runs/{run}/model.onnx").headers["content-disposition"]
    assert told.endswith("filename*=UTF-8''%EA%B5%B5%EC%9D%80%20%ED%8E%9C.onnx")


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 61, "\u202e"])
def test_names_that_cannot_be_used(name: str, unchanged: Opened) -> None:
    run = unchanged.get("/runs")["current"]
    assert unchanged.send("PATCH", f"/runs/{run}", {"name": name}, 422)["code"] == "bad_name"
    assert unchanged.get("/runs")["runs"][0]["name"] == "marks 1"


@pytest.mark.parametrize("name", ["../../etc", "a/b", "C:\\x", '";\r\nx'])
def test_no_name_becomes_a_place_or_a_header(name: str) -> None:
    told = attachment(b"", name, ".onnx").headers["content-disposition"]
    assert "/" not in told and "\\" not in told and '"' not in told and "\n" not in told


def test_a_file_keeps_the_whole_name_of_its_run() -> None:
    told = attachment(b"", "O/X 2", ".onnx").headers["content-disposition"]
    assert told.endswith("filename*=UTF-8''O_X%202.onnx")


ASKED = [
    ("PATCH", "/runs/{id}", {"name": "a"}),
    ("POST", "/runs/{id}/use", None),
    ("POST", "/runs/{id}/resume", None),
    ("DELETE", "/runs/{id}", None),
    ("GET", "/runs/{id}/model.onnx", None),
    ("GET", "/runs/{id}/model.keras", None),
    ("GET", "/runs/{id}/report", None),
    ("GET", "/runs/compare?one={id}&other=builtin", None),
]


@pytest.mark.parametrize("id", ["0123456789abcdef", "%2e%2e"])
@pytest.mark.parametrize(("method", "path", "body"), ASKED)
def test_a_run_that_is_not_there(method: str, path: str, body: Any, id: str, unchanged: Opened) -> None:
    response = unchanged.client.request(method, f"/api{path.format(id=id)}", json=body)
    assert (response.status_code, response.json()["code"] in ("no_such_run", "not_found")) == (404, True)


@pytest.mark.parametrize(
    ("method", "path", "body"), [one for one in ASKED if one[1].endswith(("{id}", "report"))]
)
def test_the_builtin_model_is_neither_renamed_nor_deleted(
    method: str, path: str, body: Any, unchanged: Opened
) -> None:
    assert unchanged.send(method, path.format(id="builtin"), body, 404)["code"] == "no_such_run"


# --- what is taken away -------------------------------------------------------------------------------------


def test_a_deleted_run_comes_back_whole(again: Path, studio: Opened) -> None:
    run = run_of(again)
    before = {path.relative_to(run): path.read_bytes() for path in run.rglob("*") if path.is_file()}
    id = studio.get("/runs")["current"]
    undo = studio.send("DELETE", f"/runs/{id}")["undo"]
    assert undo["ko"] == "'marks 1' 학습 결과를 삭제했습니다."
    assert not run.exists() and studio.get("/runs")["current"] == "builtin"
    assert studio.get("/project")["undo"] == undo
    studio.send("POST", "/undo")
    assert {path.relative_to(run): path.read_bytes() for path in run.rglob("*") if path.is_file()} == before
    assert studio.get("/runs")["runs"][0]["name"] == "marks 1"


# --- files --------------------------------------------------------------------------------------------------


def test_the_model_file_is_handed_out_as_it_is(again: Path, studio: Opened) -> None:
    run = studio.get("/runs")["current"]
    answer = studio.client.get(f"/api/runs/{run}/model.onnx")
    assert answer.content == (run_of(again) / "model.onnx").read_bytes()
    assert answer.headers["content-disposition"] == (
        "attachment; filename=model.onnx; filename*=UTF-8''marks%201.onnx"
    )
    assert studio.client.get("/api/runs/builtin/model.onnx").content[:4] != b""


def test_a_file_that_is_no_model_is_not_handed_out(again: Path, studio: Opened) -> None:
    (run_of(again) / "model.onnx").write_bytes(b"something else")
    run = studio.get("/runs")["runs"][0]["id"]
    told = studio.get(f"/runs/{run}/model.onnx", 422)
    assert told["code"] == "model_file" and str(again) not in told["error"]


def test_a_keras_file_opens_and_its_draft_is_gone(again: Path, studio: Opened) -> None:
    run = studio.get("/runs")["current"]
    answer = studio.client.get(f"/api/runs/{run}/model.keras")
    assert (answer.status_code, answer.content[:2]) == (200, b"PK")
    assert list((again / ".oxmark" / "teaching" / "exports").iterdir()) == []


def test_without_keras_the_cure_is_told(unchanged: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import util

    real = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name, *rest: None if name == "keras" else real(name, *rest))
    told = unchanged.get(f"/runs/{unchanged.get('/runs')['current']}/model.keras", 501)
    assert told["code"] == "missing_extra" and "pip install 'oxmark[keras]'" in told["error"]


def test_the_report_runs_its_own_script_and_nothing_else(again: Path, studio: Opened) -> None:
    path = run_of(again) / "report.html"
    run = studio.get("/runs")["current"]
    answer = studio.client.get(f"/api/runs/{run}/report")
    told = answer.headers["content-security-policy"]
    assert answer.content == path.read_bytes()
    assert told.startswith("sandbox allow-scripts; default-src 'none'; img-src data:; style-src 'sha256-")
    assert "unsafe" not in told and "allow-same-origin" not in told and "frame-ancestors 'none'" in told
    path.unlink()
    assert studio.get(f"/runs/{run}/report", 404)["code"] == "no_report"


OWN = "'sha256-" + "a" * 43 + "='"
META = (
    '<meta http-equiv="Content-Security-Policy" content="default-src {first}; img-src data:; '
    "style-src {style}; script-src {script}; base-uri 'none'\">"
)
PLAIN = {"first": "'none'", "style": OWN, "script": OWN}


def test_the_test_page_would_run() -> None:
    assert policy(META.format(**PLAIN).encode()).startswith("sandbox allow-scripts;")


@pytest.mark.parametrize(
    "page",
    [
        "",
        "<script>alert(1)</script>",
        META.format(**{**PLAIN, "first": "*"}),
        META.format(**{**PLAIN, "style": "'unsafe-inline'"}),
        META.format(**{**PLAIN, "script": "'unsafe-inline'"}),
        META.format(**{**PLAIN, "script": f"{OWN} *"}),
        META.format(**{**PLAIN, "script": "'sha256-a'; connect-src *; x '"}),
        " " * 5000 + META.format(**PLAIN),
    ],
)
def test_a_page_of_somebody_else_runs_nothing(page: str) -> None:
    assert policy(page.encode()) == (
        "sandbox; default-src 'none'; img-src data:; style-src 'none'; script-src 'none'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


# --- two runs -----------------------------------------------------------------------------------------------


def test_two_runs_are_compared_on_pictures_that_neither_learned_from(studio: Opened) -> None:
    run = studio.get("/runs")["current"]
    found = studio.get(f"/runs/compare?one={run}&other=builtin")
    assert set(found["sentence"]) == {"en", "ko"}
    assert [row["run"] for row in found["rows"]] == [run, "builtin"]
    assert found["rows"][0]["accuracy"]["total"] == found["rows"][1]["accuracy"]["total"] > 0
    pictures = studio.get(f"/classes/{id_of('O')}/pictures")["pictures"]
    ids = {one["id"] for name in "OX" for one in studio.get(f"/classes/{id_of(name)}/pictures")["pictures"]}
    assert pictures and all(one["picture"] in ids for one in found["differing"])
    assert all(one["class"] in "OX" and len(one["answers"]) == 2 for one in found["differing"])
    same = studio.get(f"/runs/compare?one={run}&other={run}")
    assert same["sentence"]["en"] == "Both are the same model file, so there is nothing to compare."


def test_runs_with_other_classes_cannot_be_compared(again: Path, studio: Opened) -> None:
    (again / "triangle").mkdir()
    (again / "triangle" / "1.png").write_bytes((again / "O" / "1.png").read_bytes())
    run = studio.get("/runs")["current"]
    told = studio.get(f"/runs/compare?one={run}&other=builtin", 422)
    assert told["code"] == "folder" and str(again.parent) not in told["error"]
