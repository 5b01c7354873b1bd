"""Which models are served under which names, and what happens when a file is replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from oxmark.errors import DamagedModel, ModelFileError, RunError, ServingError
from oxmark.inference import Classifier
from oxmark.web.problems import Problem
from oxmark.web.service.models import Change, FileSource, GivenSource, Models, Wanted, wanted_models

WORDS = [
    (["builtin"], [Wanted("builtin", None)]),
    (["ox=builtin"], [Wanted("ox", None)]),
    (["model.onnx"], [Wanted("model", Path("model.onnx"))]),
    (["far/away/digits-2.v3.onnx"], [Wanted("digits-2.v3", Path("far/away/digits-2.v3.onnx"))]),
    (["runs/first"], [Wanted("first", Path("runs/first"))]),
    (["."], [Wanted("here", Path())]),
    (["a=runs/first", "runs/first"], [Wanted("a", Path("runs/first")), Wanted("first", Path("runs/first"))]),
    (["a=동그라미.onnx"], [Wanted("a", Path("동그라미.onnx"))]),
    (["b=c.onnx"], [Wanted("b", Path("c.onnx"))]),
    (["d=e.onnx=f.onnx"], [Wanted("d", Path("e.onnx=f.onnx"))]),
]


@pytest.mark.parametrize(("words", "wanted"), WORDS)
def test_words_name_models(
    words: list[str], wanted: list[Wanted], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    (here / "runs" / "first").mkdir(parents=True)
    monkeypatch.chdir(here)
    assert wanted_models(words) == wanted


def test_a_file_with_an_equals_sign_is_a_file_if_it_is_there(tmp_path: Path) -> None:
    Path("size=3.onnx").touch()
    with pytest.raises(ServingError, match=r"'size=3' cannot be a model's name in an address"):
        wanted_models(["size=3.onnx"])
    assert wanted_models(["a=size=3.onnx"]) == [Wanted("a", Path("size=3.onnx"))]
    Path("builtin").touch()
    assert wanted_models(["builtin"]) == [Wanted("builtin", Path("builtin"))]


BAD_WORDS = [
    (
        ["동그라미.onnx"],
        "'동그라미' cannot be a model's name in an address: letters a-z, digits, '-', '_' and '.' can. Give "
        "it one: mymodel=동그라미.onnx",
    ),
    (
        ["a b=x.onnx"],
        "'a b' cannot be a model's name in an address: letters a-z, digits, '-', '_' and '.' can. Give "
        "it one: mymodel=x.onnx",
    ),
    (
        ["a.onnx", "old/a.onnx"],
        "Two models would have the name a. Give one of them another: a-2=old/a.onnx",
    ),
]


@pytest.mark.parametrize(("words", "sentence"), BAD_WORDS)
def test_a_bad_name_has_its_sentence(words: list[str], sentence: str) -> None:
    with pytest.raises(ServingError) as caught:
        wanted_models(words)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("name", ["", "..", ".hidden", "a/b", "a?b", "-a", "a" * 101])
def test_a_name_fits_into_an_address(name: str) -> None:
    with pytest.raises(ServingError, match="cannot be a model's name"):
        wanted_models([f"{name}=builtin"])


# --- choosing -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def several() -> Models:
    return Models([FileSource(Wanted(name, None)) for name in ("one", "two")])


def test_choosing(several: Models, builtin: Classifier) -> None:
    version = builtin.digest[:12]
    assert several.names == ["one", "two"]
    assert several.choose("two").name == "two"
    assert several.choose("two", version).version == version
    assert Models([FileSource(Wanted("ox", None))]).choose(None).name == "ox"


@pytest.mark.parametrize(
    ("name", "version", "status", "code"),
    [
        (None, None, 422, "model_needed"),
        ("", None, 404, "no_such_model"),
        ("three", None, 404, "no_such_model"),
        ("one", "1", 404, "no_such_version"),
        ("one", "", 404, "no_such_version"),
    ],
)
def test_choosing_in_vain(
    name: str | None, version: str | None, status: int, code: str, several: Models
) -> None:
    with pytest.raises(Problem) as caught:
        several.choose(name, version)
    assert (caught.value.status_code, caught.value.code) == (status, code)


# --- files that are replaced --------------------------------------------------------------------------------


def test_a_bad_file_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"hello")
    for path, error in ((tmp_path / "bad.onnx", ModelFileError), (tmp_path / "none.onnx", ModelFileError)):
        with pytest.raises(error, match=path.name):
            FileSource(Wanted("a", path))
    with pytest.raises(RunError, match="holds no model"):
        FileSource(Wanted("a", tmp_path))


def test_a_replaced_file_is_taken_up(model_files: dict[str, Path], model_bytes: dict[str, bytes]) -> None:
    path = model_files["OX"]
    source = FileSource(Wanted("m", path))
    before = source.current()
    assert source.look() is None
    model_files["AB"].replace(path)
    assert source.current() is before
    assert source.look() == Change("m", None)
    after = source.current()
    assert (before.classifier.classes, after.classifier.classes) == (("O", "X"), ("A", "B"))
    assert before.version != after.version
    assert source.look() is None
    path.write_bytes(model_bytes["OX"])  # in place, too
    assert source.look() == Change("m", None)
    assert source.current().version == before.version


def test_a_run_folders_model_is_looked_at(tmp_path: Path, model_files: dict[str, Path]) -> None:
    run = tmp_path / "run"
    run.mkdir()
    model_files["OX"].replace(run / "model.onnx")
    source = FileSource(Wanted("run", run))
    model_files["AB"].replace(run / "model.onnx")
    assert source.look() == Change("run", None)
    assert source.current().classifier.classes == ("A", "B")


@pytest.mark.parametrize("what", ["another file", "cut off", "nothing", "a folder"])
def test_a_bad_new_file_changes_nothing(
    what: str, model_files: dict[str, Path], model_bytes: dict[str, bytes]
) -> None:
    path = model_files["OX"]
    source = FileSource(Wanted("m", path))
    path.unlink()
    if what == "another file":
        path.write_bytes(b"hello")
    elif what == "cut off":
        path.write_bytes(model_bytes["AB"][:-100])
    elif what == "a folder":
        path.mkdir()
    change = source.look()
    assert change is not None and change.error is not None and "OX.onnx" in change.error
    assert source.current().classifier.classes == ("O", "X")
    assert source.look() is None, "it is said once"
    if what == "a folder":
        path.rmdir()
    model_files["AB"].replace(path)
    assert source.look() == Change("m", None)


def test_a_model_that_cannot_answer_is_refused(
    model_files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Classifier, picture: object) -> None:
        raise DamagedModel("OX.onnx opens, but cannot answer.")

    monkeypatch.setattr(Classifier, "predict", fail)
    with pytest.raises(DamagedModel, match=r"OX\.onnx opens, but cannot answer"):
        FileSource(Wanted("m", model_files["OX"]))


def test_a_given_model_is_asked_each_time(builtin: Classifier) -> None:
    given = [builtin]
    source = GivenSource("studio", lambda: given[0])
    assert source.current().classifier is builtin
    assert source.look() is None
