"""One shape for every error, and one table from exception to status."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.exceptions import HTTPException

from oxmark import errors
from oxmark.web.problems import INTERNAL, Problem, hiding, problem_of, without_paths


def leaves(kind: type[errors.OxmarkError]) -> list[type[errors.OxmarkError]]:
    return [kind, *(one for below in kind.__subclasses__() for one in leaves(below))]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.NotAPicture("a.png is empty."), 415, "not_a_picture"),
        (errors.BrokenPicture("a.png is cut off."), 422, "broken_picture"),
        (errors.PictureTooLarge("a.png is too large."), 413, "picture_too_large"),
        (errors.PictureError("a.png is a folder."), 422, "picture"),
        (errors.FolderError("no classes."), 422, "folder"),
        (errors.RunError("there already."), 409, "run"),
        (errors.DamagedModel("damaged."), 422, "model_file"),
        (errors.OutputError("the disk is full."), 507, "cannot_write"),
        (errors.MissingExtra("Keras", "keras"), 501, "missing_extra"),
        (HTTPException(404), 404, "not_found"),
        (HTTPException(405), 405, "method_not_allowed"),
        (Problem(409, "class_exists", "There is a class O."), 409, "class_exists"),
        (RuntimeError("a secret"), 500, "internal"),
    ],
)
def test_each_error_has_its_status(error: Exception, status: int, code: str) -> None:
    found = problem_of(error)
    assert (found.status_code, found.code) == (status, code)


def test_an_unexpected_error_says_nothing_of_itself() -> None:
    assert problem_of(RuntimeError("a secret")).body() == {"error": INTERNAL, "code": "internal"}


@pytest.mark.parametrize("kind", leaves(errors.OxmarkError))
def test_every_error_of_oxmark_is_told(kind: type[errors.OxmarkError]) -> None:
    more = {errors.BadPictures: ([],), errors.MissingExtra: ("web",)}.get(kind, ())
    found = problem_of(kind("What is wrong.", *more))
    assert 400 <= found.status_code < 600
    assert found.status_code != 500
    assert "What is wrong" in found.body()["error"]


def test_an_error_leaves_without_the_folders_path(tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught, hiding(tmp_path):
        raise errors.FolderError(f"{tmp_path}/O holds no pictures. Add some to {tmp_path}.")
    assert caught.value.body() == {
        "error": f"O holds no pictures. Add some to {tmp_path.name}.",
        "code": "folder",
    }


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("/home/anna/marks/O/1.png is empty.", "O/1.png is empty."),
        ("/home/anna/marks is empty.", "marks is empty."),
        ("see /home/anna/marks/O and /home/anna/marks/X.", "see O and X."),
        ("nothing to hide.", "nothing to hide."),
    ],
)
def test_paths_are_taken_out(text: str, hidden: str) -> None:
    assert without_paths(text, Path("/home/anna/marks")) == hidden
