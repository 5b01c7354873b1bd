"""Small pictures, a recipe that trains in a second, and one trained run for the tests of oxmark.workflow."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from PIL import Image

from oxmark.data.draw import draw_dataset
from oxmark.data.folder import read_folder
from oxmark.recipes import Recipe, load_recipe
from oxmark.training.steps import TOGETHER
from oxmark.workflow.training_run import TrainingRun, train

Tree = Callable[..., Path]
PARTED = {"train": 4, "validation": 2, "test": 3}


@pytest.fixture(scope="session")
def recipe() -> Recipe:
    """The recipe marks, but two epochs of a tiny network, and little to refuse."""
    tiny = ["epochs=2", "size=32", "width=4", "batch=4", "validation_views=1", "keep_meaning=false"]
    return load_recipe(
        "marks",
        [*tiny, f"least_steps={2 * TOGETHER}", "outliers=30", "outliers_per_batch=4", "cross_fit=0.5"],
    )


@pytest.fixture(scope="session")
def pool(tmp_path_factory: pytest.TempPathFactory) -> list[list[bytes]]:
    """Twelve small PNG files of each of three signs, no two of them alike."""
    signs = ("O", "X", "triangle")
    drawings = draw_dataset(
        tmp_path_factory.mktemp("pool") / "signs", classes=signs, hands=3, counts=(8, 2, 2), seed=2
    )
    dataset = read_folder(drawings)
    return [[_small(s.path) for s in dataset.samples if s.label == label] for label in range(len(signs))]


def _small(path: Path) -> bytes:
    with Image.open(path) as picture:
        small = picture.convert("L").resize(
            (picture.width // 6, picture.height // 6), Image.Resampling.LANCZOS
        )
    buffer = io.BytesIO()
    small.save(buffer, "PNG")
    return buffer.getvalue()


def _make(root: Path, pool: list[list[bytes]], layout: Mapping[str, int]) -> Path:
    """Fill class folders: ``{"train/O": 4}`` makes train/O/1.png to 4.png; a class draws one sign."""
    names = sorted({folder.rpartition("/")[2] for folder in layout})
    left = {name: iter(enumerate(pool[number % len(pool)], start=1)) for number, name in enumerate(names)}
    for folder, count in layout.items():
        (root / folder).mkdir(parents=True)
        for _ in range(count):
            number, data = next(left[folder.rpartition("/")[2]])
            (root / folder / f"{number}.png").write_bytes(data)
    return root


@pytest.fixture
def tree(tmp_path: Path, pool: list[list[bytes]]) -> Tree:
    """A function that makes ``tmp_path/marks`` from class folders and numbers of pictures."""

    def make(layout: Mapping[str, int], name: str = "marks") -> Path:
        return _make(tmp_path / name, pool, layout)

    return make


@pytest.fixture
def parted(tree: Tree) -> Path:
    """O and X with all three parts: 4, 2 and 3 pictures of each class. The test's own, to be changed."""
    return tree({f"{part}/{sign}": count for part, count in PARTED.items() for sign in "OX"})


@pytest.fixture(scope="session")
def marks(tmp_path_factory: pytest.TempPathFactory, pool: list[list[bytes]]) -> Path:
    """As ``parted``, but shared by all tests. Read only."""
    layout = {f"{part}/{sign}": count for part, count in PARTED.items() for sign in "OX"}
    return _make(tmp_path_factory.mktemp("shared") / "marks", pool, layout)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, marks: Path, recipe: Recipe) -> TrainingRun:
    """A finished run on ``marks`` with seed 0. Read only."""
    return train(marks, recipe, out=tmp_path_factory.mktemp("trained") / "run", seed=0)
