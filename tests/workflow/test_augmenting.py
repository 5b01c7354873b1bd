"""augment: one picture, what the network sees of it, and what training makes of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from oxmark.data.decode import decode
from oxmark.errors import FolderError, NotAPicture, OutputError, PictureError, RecipeError
from oxmark.recipes import Recipe
from oxmark.report import augmentation
from oxmark.report.augmentation import AugmentationRow
from oxmark.workflow.augmenting import VARIANTS, augment, variants_of

Rows = list[AugmentationRow]


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> Rows:
    """What the sheet is given to draw; it is drawn as well."""
    given: Rows = []
    draw = augmentation.augmentation_sheet

    def watched(path: Path, *, rows: Rows, title: str) -> None:
        given.extend(rows)
        draw(path, rows=rows, title=title)

    monkeypatch.setattr(augmentation, "augmentation_sheet", watched)
    return given


def test_a_picture_gives_one_row(marks: Path, recipe: Recipe, tmp_path: Path, rows: Rows) -> None:
    picture = marks / "train" / "O" / "1.png"
    assert augment(picture, recipe, out=tmp_path / "new" / "sheet.png") == tmp_path / "new" / "sheet.png"
    (row,) = rows
    assert row.name == "1.png"
    assert np.array_equal(row.original, decode(picture))
    assert (row.seen.shape, row.variants.shape) == ((32, 32), (VARIANTS, 32, 32))
    assert len({variant.tobytes() for variant in row.variants}) == VARIANTS
    with Image.open(tmp_path / "new" / "sheet.png") as drawn:
        assert drawn.width > 8 * 100


@pytest.mark.parametrize("recipe_name", ["marks", "tutorial"])
def test_the_sheet_shows_dark_ink_on_light(recipe_name: str, marks: Path, rows: Rows) -> None:
    augment(marks / "train" / "X" / "1.png", recipe_name)
    assert np.median(rows[0].seen) > 0.7 > rows[0].seen.min()
    assert Path("augmentations.png").is_file()


def test_a_folder_gives_a_training_picture_of_each_class(marks: Path, recipe: Recipe, rows: Rows) -> None:
    augment(marks, recipe)
    assert len(rows) == 2
    for row, sign in zip(rows, "OX", strict=True):
        assert np.array_equal(row.original, decode(marks / "train" / sign / row.name))


def test_a_folder_without_parts_will_do(marks: Path, recipe: Recipe, rows: Rows) -> None:
    augment(marks / "test", recipe)
    assert len(rows) == 2


@pytest.mark.parametrize(("seed", "same"), [(0, True), (1, False)])
def test_the_seed_decides(seed: int, same: bool, marks: Path, recipe: Recipe) -> None:
    paths = [marks / "train" / "O" / "1.png"]
    one, other = (variants_of(paths, None, recipe, seed=number)[0].variants for number in (0, seed))
    assert np.array_equal(one, other) is same


def test_what_was_prepared_is_not_prepared_again(marks: Path, recipe: Recipe) -> None:
    seen = np.full((1, 1, 32, 32), 0.25, np.float32)
    (row,) = variants_of([marks / "train" / "O" / "1.png"], seen, recipe, seed=0)
    assert np.array_equal(row.seen, np.full((32, 32), 0.75, np.float32))


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("torn.png", NotAPicture, "{path} "),
        ("none.png", PictureError, "{path}"),
        ("empty", FolderError, "{path} is empty. "),
    ],
)
def test_what_cannot_be_shown(
    name: str, kind: type[Exception], message: str, recipe: Recipe, tmp_path: Path
) -> None:
    (tmp_path / "torn.png").write_bytes(b"torn")
    (tmp_path / "empty").mkdir()
    with pytest.raises(kind) as caught:
        augment(tmp_path / name, recipe)
    assert message.format(path=tmp_path / name) in str(caught.value)
    assert not Path("augmentations.png").exists()


def test_without_training_pictures_others_are_shown(parted: Path, recipe: Recipe, rows: Rows) -> None:
    shutil.rmtree(parted / "train")
    augment(parted, recipe)
    assert len(rows) == 2


def test_an_unknown_recipe_and_a_bad_place_are_told(marks: Path, recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"^There is no recipe 'mark'\. Did you mean 'marks'\?"):
        augment(marks, "mark")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="a part of that path is a file, not a folder"):
        augment(marks, recipe, out=tmp_path / "file" / "below" / "sheet.png")
