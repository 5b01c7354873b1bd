"""explain: answers as predict gives them, evidence that adds up, and a folder that destroys nothing."""

from __future__ import annotations

import csv
import dataclasses
import json
import math
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import oxmark
from oxmark.errors import MissingExtra, OutputError
from oxmark.inference import Picture, Prediction, View
from oxmark.workflow import explained_folder
from oxmark.workflow.explaining import Explanation, Explanations, _ninths, explain, explain_each
from oxmark.workflow.progress import Progress
from oxmark.workflow.training_run import TrainingRun

Tree = Callable[..., Path]


@pytest.fixture
def few(tmp_path: Path, marks: Path) -> Path:
    """The folder ``few`` with three pictures of O and two of X, one of them in the wrong folder."""
    for number, (sign, folder) in enumerate(zip("OOXOX", "OOXXX", strict=True)):
        source = sorted((marks / "train" / sign).iterdir())[number % 4]
        target = tmp_path / "few" / folder / f"{number}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    return tmp_path / "few"


# --- answers and evidence -----------------------------------------------------------------------------------


def test_answers_are_those_of_predict(trained: TrainingRun, marks: Path) -> None:
    found = explain(trained, [marks / "test"])
    classifier = oxmark.load(trained)
    assert isinstance(found, Explanations) and len(found) == 6 and found.errors == ()
    assert [one.path for one in found] == sorted((marks / "test").rglob("*.png"))
    for one in found:
        view = classifier.view(one.path)
        assert one.prediction == view.prediction == classifier.predict(one.path)
        np.testing.assert_array_equal(one.heat, view.heat)
        np.testing.assert_array_equal(one.seen, view.seen)
        assert (one.box, one.truth, one.drawn) == (view.box, one.path.parent.name, None)


def test_the_contrasts_mean_tells_the_odds(few: Path) -> None:
    for one in explain(None, [few]):
        values = one.prediction.probabilities
        odds = math.log(values[one.favoured] / values[one.against])
        assert float(one.contrast.mean()) == pytest.approx(odds, abs=1e-4)


def test_every_way_of_naming_the_model_gives_the_same(trained: TrainingRun, few: Path) -> None:
    ways = (trained, trained.folder, str(trained.model), oxmark.load(trained))
    texts = {json.dumps([one.as_json() for one in explain(way, [few])]) for way in ways}
    assert len(texts) == 1


def test_only_folders_named_like_a_class_tell_the_truth(
    few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(few / "O", tmp_path / "few" / "o")
    shutil.copy(few / "O" / "0.png", few / "loose.png")
    found = explain(None, [few])
    folders = {"O": "O", "X": "X", "o": None, "few": None}
    assert [one.truth for one in found] == [folders[one.path.parent.name] for one in found]
    assert {one.right for one in found if one.truth is None} == {None}
    monkeypatch.chdir(few / "X")
    assert {one.truth for one in explain(None, ["."])} == {"X"}


def test_unreadable_pictures_are_collected(few: Path) -> None:
    (few / "O" / "broken.png").write_bytes(b"no picture")
    found = explain(None, [few, "none.png"])
    assert len(found) == 5
    assert [str(error.path) for error in found.errors] == [str(few / "O" / "broken.png"), "none.png"]
    assert all(error.__traceback__ is None for error in found.errors)


def test_nothing_is_no_error(tmp_path: Path) -> None:
    found = explain(None, [tmp_path], out=tmp_path / "out")
    assert (tuple(found), found.errors) == ((), ())
    assert not (tmp_path / "out").exists()


def test_one_by_one_in_order_while_files_are_read(few: Path) -> None:
    (few / "O" / "1.png").write_bytes(b"")
    assert [one.path for one in explain_each(None, [few])] == sorted(few.rglob("*.png"))


def test_progress_is_told(few: Path) -> None:
    class Told(Progress):
        def __init__(self) -> None:
            self.heard: list[object] = []

        def begin(self, what: str, total: int) -> None:
            self.heard.append((what, total))

        def advance(self, done: int) -> None:
            self.heard.append(done)

        def end(self) -> None:
            self.heard.append("end")

    told = Told()
    explain(None, [few], progress=told)
    assert told.heard == [("explaining the pictures", 5), 1, 2, 3, 4, 5, "end"]


# --- what is said -------------------------------------------------------------------------------------------


def explanation(
    heat: Any, probabilities: Sequence[float], *, known: float = 1.0, truth: str | None = None
) -> Explanation:
    """With made-up evidence; the classes are A, B, C."""
    values = dict(zip("ABC", probabilities, strict=False))
    label = max(values, key=lambda name: values[name]) if known >= 0.5 else None
    return Explanation(
        Path("A/1.png"), Prediction(label, values, known), np.zeros((8, 8), np.float32),
        (0.0, 0.0, 8.0, 8.0), np.array(heat, np.float32), truth,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("probabilities", "known", "truth", "favoured", "against", "right"),
    [
        ((0.7, 0.2, 0.1), 1.0, None, "A", "B", None),
        ((0.7, 0.1, 0.2), 1.0, "A", "A", "C", True),
        ((0.7, 0.2, 0.1), 1.0, "C", "A", "C", False),  # a wrong answer is compared with the truth
        ((0.2, 0.7, 0.1), 0.4, "C", "B", "A", False),  # "none of these" compares nothing
        ((0.5, 0.5), 1.0, None, "A", "B", None),
    ],
)
def test_what_is_compared_with_what(
    probabilities: tuple[float, ...], known: float, truth: str | None, favoured: str, against: str,
    right: bool | None,
) -> None:  # fmt: skip
    heat = np.arange(len(probabilities) * 4).reshape(-1, 2, 2) ** 2
    one = explanation(heat, probabilities, known=known, truth=truth)
    assert (one.favoured, one.against, one.right) == (favoured, against, right)
    np.testing.assert_array_equal(one.contrast, heat["ABC".index(favoured)] - heat["ABC".index(against)])


def spot(row: int, column: int, side: int = 6, value: float = 9.0) -> np.ndarray[Any, Any]:
    found = np.zeros((side, side))
    found[row, column] = value
    return found


@pytest.mark.parametrize(
    ("evidence", "sentence"),
    [
        (spot(0, 0), "most at the upper left (100 % in this ninth); 0 % of all speaks against it"),
        (spot(5, 3), "most at the bottom (100 % in this ninth); 0 % of all speaks against it"),
        (
            spot(2, 3) + spot(0, 5, value=-3.0),
            "most in the middle (100 % in this ninth); 25 % of all speaks against it",
        ),
        (
            spot(3, 16, side=17) + 0.01,
            "most at the upper right (78 % in this ninth); 0 % of all speaks against it",
        ),
        (np.ones((6, 6)), "spread over the whole; 0 % of all speaks against it"),
        (np.ones((1, 1)), "spread over the whole; 0 % of all speaks against it"),
    ],
)
def test_where_the_evidence_lies(evidence: Any, sentence: str) -> None:
    one = explanation([evidence, np.zeros_like(evidence)], (0.9, 0.1))
    assert str(one.sentence) == f"evidence for A rather than B: {sentence}"


def test_a_model_without_evidence_says_so() -> None:
    assert str(explanation(np.zeros((2, 1, 1)), (0.9, 0.1)).sentence) == (
        "this model file offers no evidence. Train again with this version of oxmark to get it."
    )


def test_none_of_these_says_why_there_is_nothing() -> None:
    one = explanation([spot(0, 0), spot(1, 1)], (0.9, 0.1), known=0.123)
    assert str(one.sentence) == (
        "none of these: known is 0.12, below 0.5. Evidence compares the classes, so there is none to show."
    )


@pytest.mark.parametrize("shape", [(1, 1), (2, 5), (3, 3), (6, 6), (17, 17)])
def test_ninths_share_everything(shape: tuple[int, int]) -> None:
    evidence = np.random.default_rng(0).random(shape)
    shares = _ninths(evidence)
    assert shares.shape == (3, 3) and shares.sum() == pytest.approx(1)
    fine = evidence.repeat(3, axis=0).repeat(3, axis=1)
    h, w = shape
    expected = fine.reshape(3, h, 3, w).sum(axis=(1, 3)) / fine.sum()
    np.testing.assert_allclose(shares, expected)


def test_json_is_rounded_and_finite() -> None:
    one = explanation([[[1.23456789, float("nan")]], [[0, -1e-9]]], (0.9123456789, 0.1))
    found = dataclasses.replace(one, drawn=Path("out/1.png")).as_json()
    assert json.loads(json.dumps(found, allow_nan=False)) == {
        "file": "A/1.png", "label": "A", "probabilities": {"A": 0.912346, "B": 0.1}, "known": 1.0,
        "truth": None, "right": None, "against": "B", "box": [0.0, 0.0, 8.0, 8.0],
        "heat": [[[1.2346, 0.0]], [[0.0, 0.0]]], "drawn": "out/1.png",
    }  # fmt: skip


# --- the folder ---------------------------------------------------------------------------------------------


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "explained.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def names_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_a_png_for_each_picture_a_sheet_and_a_table(few: Path, tmp_path: Path) -> None:
    found = explain(None, [few], out=tmp_path / "out")
    own = ["O-0.png", "O-1.png", "X-2.png", "X-3.png", "X-4.png"]
    assert names_in(tmp_path / "out") == sorted([*own, "explained.csv", "explained.png"])
    assert [one.drawn and one.drawn.name for one in found] == own
    for name in (*own, "explained.png"):
        with Image.open(tmp_path / "out" / name) as picture:
            assert picture.format == "PNG" and picture.width > 700
    rows = table(tmp_path / "out")
    assert [row["picture"] for row in rows] == own
    for row, one in zip(rows, found, strict=True):
        assert (row["file"], row["class"]) == (str(one.path), one.truth)
        assert row["answer"] == (one.prediction.label or "")
        assert row["right"] == str(int(bool(one.right)))
        assert float(row["probability O"]) == pytest.approx(one.prediction.probabilities["O"], abs=1e-6)
        assert row["evidence"] == str(one.sentence)


def test_the_sheet_has_wrong_ones_first(few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: dict[str, Any] = {}

    def sheet(path: Path, **given: Any) -> None:
        drawn.update(given)

    monkeypatch.setattr("oxmark.report.explanations.explanation_sheet", sheet)
    monkeypatch.setattr(explained_folder, "FIRST", 3)
    explain(None, [few], out=tmp_path / "out")
    shown = [(one.name, one.right) for one in drawn["pictures"]]
    assert shown[0] == ("3.png", False) and len(shown) == 3
    assert drawn["title"].startswith("5 pictures, answered by the built-in O/X model: ")
    assert drawn["title"].endswith(" of 5 right")
    assert drawn["note"].startswith("3 of 5 are shown, wrong ones first.")


def test_all_pictures_of_a_folder_have_one_scale(
    few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scales, waiting = [], []
    monkeypatch.setattr(explained_folder, "FIRST", 2)

    def page(path: Path, *, picture: object, scale: float) -> None:
        scales.append(scale)
        waiting.append(path.name)

    monkeypatch.setattr("oxmark.report.explanations.explanation_page", page)
    for number, _ in enumerate(explain_each(None, [few], out=tmp_path / "out"), start=1):
        assert len(waiting) == (number if number >= 2 else 0), "only the first few wait"
    assert len(scales) == 5 and len(set(scales)) == 1


def test_names_never_clash(few: Path, tmp_path: Path) -> None:
    for name in ("a/1.png", "b/1.png", "a-1.png", "A/1.bmp", "explained.png", "b/.1.png"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        with Image.open(few / "O" / "0.png") as picture:
            picture.save(tmp_path / "in" / name)
    shutil.copy(few / "O" / "0.png", tmp_path / "in" / f"{'동그라미' * 20}.png")
    given = [tmp_path / "in", tmp_path / "in" / "a" / "1.png", tmp_path / "in" / "b" / ".1.png"]
    found = explain(None, [*given, few / "O", few / "X"], out=tmp_path / "out")
    names = [one.drawn.name for one in found if one.drawn]
    assert len({name.casefold() for name in names}) == len(names) == 7 + 1 + 5
    assert {"explained-2.png", "1.png", "1-2.png", "O-0.png", "X-2.png"} <= set(names)
    assert all((tmp_path / "out" / name).is_file() for name in names)
    assert max(len(name.encode()) for name in names) < 200


def test_its_own_files_are_replaced_and_not_explained(few: Path, tmp_path: Path) -> None:
    out = few / "heat"
    explain(None, [few], out=out)
    (few / "O" / "0.png").unlink()
    (out / ".DS_Store").write_bytes(b"")
    found = explain(None, [few], out=out)
    own = ["O-1.png", "X-2.png", "X-3.png", "X-4.png"]
    assert [one.drawn and one.drawn.name for one in found] == own
    assert found.errors == ()
    assert names_in(out) == sorted([".DS_Store", *own, "explained.csv", "explained.png"])


@pytest.mark.parametrize("name", ["mine.png", "explained.txt", "O-0.png/inside.png"])
@pytest.mark.parametrize("before", [True, False])
def test_files_of_others_are_never_touched(name: str, before: bool, few: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    if before:
        explain(None, [few], out=out)
        (out / "O-0.png").unlink()
    (out / name).parent.mkdir(parents=True, exist_ok=True)
    (out / name).write_text("mine")
    had = names_in(out)
    with pytest.raises(OutputError) as refused:
        explain(None, [few], out=out)
    assert str(refused.value) == (
        f"{out} holds something that oxmark explain did not make ({name.partition('/')[0]}), and nothing "
        "there is overwritten. Choose a new folder with --out."
    )
    assert names_in(out) == had and (out / name).read_text() == "mine"


def test_a_foreign_table_does_not_make_files_ours(few: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "photo.png").write_text("mine")
    (tmp_path / "out" / "explained.csv").write_text("file,picture\na,photo.png\n")
    with pytest.raises(OutputError, match=r"photo\.png"):
        explain(None, [few], out=tmp_path / "out")


def test_a_file_in_the_way_is_named(few: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OutputError, match="a part of that path is a file"):
        explain(None, [few], out=tmp_path / "out")


def test_what_was_explained_before_a_stop_is_drawn(few: Path, tmp_path: Path) -> None:
    explanations = explain_each(None, [few], out=tmp_path / "out")
    next(explanations)
    next(explanations)
    explanations.close()
    assert names_in(tmp_path / "out") == ["O-0.png", "O-1.png", "explained.csv", "explained.png"]
    assert len(table(tmp_path / "out")) == 2


def test_drawing_without_matplotlib_is_refused_early(
    few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match="Drawing explanations"):
        explain_each(None, [few], out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_model_of_before_draws_without_colours(
    trained: TrainingRun, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier = oxmark.load(trained)
    view = classifier.view

    def without_evidence(picture: Picture) -> View:
        """However little it was trained, it answers O."""
        seen = view(picture)
        prediction = dataclasses.replace(seen.prediction, label="O")
        return dataclasses.replace(seen, prediction=prediction, heat=np.zeros((2, 1, 1), np.float32))

    monkeypatch.setattr(classifier, "view", without_evidence)
    found = explain(classifier, [few], out=tmp_path / "out")
    answered = [one for one in found if one.prediction.label]
    assert {str(one.sentence)[:38] for one in answered} == {"this model file offers no evidence. Tr"}
    with Image.open(tmp_path / "out" / "O-0.png") as picture:
        assert np.ptp(np.asarray(picture)[200:, :, :].astype(int), axis=2)[:200].max() < 20
