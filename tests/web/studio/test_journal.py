"""The journal: how far back, what a restart keeps, and what it makes of a foreign or a damaged one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from oxmark.errors import FolderError
from oxmark.web.problems import Problem
from oxmark.web.studio import journal
from oxmark.web.studio.classes import Classes
from oxmark.web.studio.listing import id_of
from oxmark.web.studio.pictures import Pictures
from oxmark.web.studio.project import Project
from oxmark.words import Message

from .cases import Drawing, MakeTree, OpenProject, Reopened, content

WHAT = Message("words.example", {"count": 2})


def kept(project: Project, folder: str) -> list[str]:
    return sorted(path.name for path in (project.disk.home / folder).iterdir())


def test_a_run_folder_goes_and_comes_back(opened: OpenProject, reopened: Reopened) -> None:
    project = opened()
    run = project.runs / "first"
    run.mkdir()
    (run / "model.onnx").write_bytes(b"a model")
    project.journal.move_to_trash(run, WHAT)
    assert not run.exists()
    project = reopened(project)
    assert str(project.journal.what()) == "2 pictures."
    assert str(project.journal.undo()) == "2 pictures."
    assert (run / "model.onnx").read_bytes() == b"a model"
    with pytest.raises(Problem) as caught:
        project.journal.undo()
    assert caught.value.body() == {"error": "There is nothing to take back.", "code": "nothing_to_undo"}


@pytest.mark.parametrize("gone", ["runs/none", "../elsewhere"])
def test_only_what_is_in_the_project_goes(gone: str, opened: OpenProject, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("mine")
    project = opened()
    with pytest.raises((Problem, ValueError)):
        project.journal.move_to_trash(project.root / gone, WHAT)
    assert (tmp_path / "elsewhere").read_text() == "mine"
    assert (project.journal.what(), kept(project, "journal")) == (None, [])


def test_so_many_levels_and_the_trash_goes_at_the_next_start(
    opened: OpenProject, reopened: Reopened, tree: MakeTree, drawing: Drawing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "LEVELS", 3)
    project = opened(tree(*(f"O/{number}.png" for number in range(5))))
    for number in range(5):
        Pictures(project).delete(id_of(f"O/{number}.png"))
    assert len(kept(project, "trash")) == 5  # nothing is deleted while the studio is open
    assert len(kept(project, "journal")) == 3
    project = reopened(project)
    assert len(kept(project, "trash")) == 3
    for _ in range(3):
        project.journal.undo()
    assert content(project.root).keys() == {"O/2.png", "O/3.png", "O/4.png"}
    assert project.journal.what() is None


def test_numbers_are_never_given_twice(opened: OpenProject, reopened: Reopened, tree: MakeTree) -> None:
    project = opened(tree("O/1.png"))
    for _ in range(3):
        Pictures(project).delete(id_of("O/1.png"))
        project.journal.undo()
    Pictures(project).delete(id_of("O/1.png"))
    assert kept(project, "journal") == ["00000004.done.json"]
    project = reopened(project)
    project.journal.undo()
    assert content(project.root).keys() == {"O/1.png"}


def test_what_others_took_away_need_not_be_taken_back(
    opened: OpenProject, tree: MakeTree, drawing: Drawing
) -> None:
    project = opened(tree("O/"))
    one = Pictures(project).add(id_of("O"), drawing(), hand="anna")
    one.path.unlink()
    project.journal.undo()
    assert content(project.root) == {"O/": b""}


def test_a_place_that_is_taken_is_not_overwritten(
    opened: OpenProject, tree: MakeTree, drawing: Drawing
) -> None:
    project = opened(tree("O/1.png"))
    Pictures(project).delete(id_of("O/1.png"))
    (project.root / "O" / "1.png").write_bytes(drawing(9))
    with pytest.raises(Problem) as caught:
        project.journal.undo()
    assert caught.value.body() == {
        "error": "This cannot be taken back: something else has the name O/1.png now. Put everything back "
        "as it was, then try again.",
        "code": "undo_blocked",
    }
    assert (project.root / "O" / "1.png").read_bytes() == drawing(9)
    (project.root / "O" / "1.png").unlink()
    project.journal.undo()
    assert (project.root / "O" / "1.png").read_bytes() == drawing(0)


def test_rows_that_others_wrote_since_stay(opened: OpenProject, tree: MakeTree) -> None:
    root = tree("O/1.png", "O/2.png")
    (root / "metadata.csv").write_text("file_name,drawer\nO/1.png,anna\n")
    project = opened(root)
    Pictures(project).delete(id_of("O/1.png"))
    (root / "metadata.csv").write_text("file_name,drawer\nO/2.png,bo\n")
    project.journal.undo()
    assert (root / "metadata.csv").read_text() == "file_name,drawer\nO/1.png,anna\nO/2.png,bo\n"


def move(source: str, target: str) -> dict[str, Any]:
    return {"step": "move", "source": source, "target": target, "new": False}


HOSTILE: dict[str, Any] = {
    "no json": "{",
    "no object": [],
    "no steps": {"what": WHAT.as_json()},
    "nested too deeply": "[" * 100_000,
    "values that are none": {"what": {"code": "words.example", "values": []}, "steps": []},
    "a code that is none": {"what": {"code": 5, "values": {}}, "steps": []},
    "a text that cannot be sent": {
        "what": {"code": "studio.collect.added", "values": {"name": "\ud800"}},
        "steps": [],
    },
    "a path that cannot be": {"what": WHAT.as_json(), "steps": [move("\ud800/1", "O/1.png")]},
    "no sentence": {"what": Message("studio.collect.none").values, "steps": []},
    "a sentence that is not there": {"what": {"code": "studio.no.such", "values": {}}, "steps": []},
    "up": {"what": WHAT.as_json(), "steps": [move("O/1.png", "../stolen.png")]},
    "from up": {"what": WHAT.as_json(), "steps": [move("../outside/secret", "O/1.png")]},
    "absolute": {"what": WHAT.as_json(), "steps": [move("O/1.png", "/tmp/stolen.png")]},
    "through a link": {"what": WHAT.as_json(), "steps": [move("O/1.png", "link/stolen.png")]},
    "a table outside": {
        "what": WHAT.as_json(),
        "steps": [
            {"step": "rows", "table": "../x.csv", "out": [], "into": [[0, "a"]], "before": "", "after": "b"}
        ],
    },
    "another step": {"what": WHAT.as_json(), "steps": [{"step": "run", "source": "rm"}]},
}


@pytest.mark.parametrize("state", ["doing", "done", "undoing", "other"])
@pytest.mark.parametrize("case", HOSTILE)
def test_a_foreign_journal_does_nothing(
    case: str, state: str, opened: OpenProject, tree: MakeTree, tmp_path: Path
) -> None:
    root = tree("O/1.png", ".oxmark/journal/")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("mine")
    (root / "link").symlink_to(tmp_path / "outside")
    text = HOSTILE[case] if isinstance(HOSTILE[case], str) else json.dumps(HOSTILE[case])
    (root / ".oxmark" / "journal" / f"00000007.{state}.json").write_text(text)
    before, outside = content(root), content(tmp_path / "outside")
    project = opened(root)
    assert (content(root), content(tmp_path / "outside")) == (before, outside)
    assert project.journal.what() is None
    assert kept(project, "journal") == [f"00000007.{state}.unreadable"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["marks", "outside"]


def test_an_entry_under_another_name_is_none(opened: OpenProject, tree: MakeTree) -> None:
    root = tree("O/1.png", ".oxmark/journal/")
    (root / ".oxmark" / "journal" / "7.doing.json").write_text(
        json.dumps({"what": WHAT.as_json(), "steps": [move("O/1.png", "O/2.png")]})
    )
    project = opened(root)
    assert ([*content(root)], kept(project, "journal")) == (["O/1.png"], ["7.doing.unreadable"])


@pytest.mark.parametrize("state", ["doing", "undoing"])
@pytest.mark.parametrize("wrong", ["no column", "a link"])
def test_what_was_cut_short_waits_until_the_table_is_mended(
    wrong: str, state: str, opened: OpenProject, tree: MakeTree, tmp_path: Path
) -> None:
    root = tree("O/1.png")
    table, text = root / "metadata.csv", "file_name,drawer\nO/1.png,anna\n"
    table.write_text(text)
    project = opened(root)
    Pictures(project).delete(id_of("O/1.png"))
    project.close()
    journal_file = root / ".oxmark" / "journal" / "00000001.done.json"
    journal_file.rename(journal_file.with_name(f"00000001.{state}.json"))
    before = table.read_text()
    table.unlink()
    (tmp_path / "outside.csv").write_text(text)
    said = "metadata.csv is a link that leads out"
    if wrong == "a link":
        table.symlink_to(tmp_path / "outside.csv")
    else:
        table.write_text("who,what\n")
        said = "metadata.csv has no column 'file_name'. Add it"
    for _ in range(2):
        with pytest.raises(FolderError, match=f"marks was closed amid a change, .*: {said}"):
            opened(root)
    table.unlink()
    table.write_text(before)
    project = opened(root)
    assert (tmp_path / "outside.csv").read_text() == text
    if state == "doing":
        project.journal.undo()
    assert content(root).keys() == {"O/1.png", "metadata.csv"}
    assert table.read_text() == text


def test_no_empty_folder_stays_in_the_trash(opened: OpenProject, tree: MakeTree, drawing: Drawing) -> None:
    project = opened(tree("O/1.png"))
    pictures, classes = Pictures(project), Classes(project)
    pictures.add(id_of("O"), drawing(9), hand="anna")
    classes.create("X")
    classes.rename(id_of("X"), "Y")
    classes.order([id_of("Y"), id_of("O")])
    assert kept(project, "trash") == []
    classes.delete(id_of("Y"))  # an empty class is put aside all the same
    assert kept(project, "trash") == ["00000005"]
    project.journal.undo()
    assert (kept(project, "trash"), project.classes()) == ([], ("Y", "O"))


def test_an_unreadable_entry_keeps_what_it_put_aside(
    opened: OpenProject, reopened: Reopened, tree: MakeTree
) -> None:
    project = opened(tree("O/1.png"))
    Pictures(project).delete(id_of("O/1.png"))
    (project.disk.home / "journal" / "00000001.done.json").write_text("{")
    project = reopened(project)
    assert [path.name for path in (project.disk.home / "trash").rglob("*.png")] == ["1.png"]
