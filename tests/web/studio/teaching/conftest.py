"""For the tests of teaching: a project of small drawings, a studio on it in this process, a finished run."""

from __future__ import annotations

import contextlib
import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tiny_runs import TINY, Opened, Taught, fill, opened

from oxmark.data.draw import draw_dataset


@pytest.fixture(scope="session")
def open_studio() -> Callable[[Path], contextlib.AbstractContextManager[Opened]]:
    """A function that opens a studio on a folder."""
    return opened


@pytest.fixture(scope="session")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[bytes]]:
    """Eight small PNG files of each of O and X."""
    folder = draw_dataset(tmp_path_factory.mktemp("drawings") / "marks", counts=(4, 2, 2), hands=2, seed=4)
    return {sign: [_small(path) for path in sorted(folder.rglob(f"{sign}/*.png"))] for sign in "OX"}


def _small(path: Path) -> bytes:
    with Image.open(path) as picture:
        small = picture.convert("L").resize((picture.width // 6, picture.height // 6))
    buffer = io.BytesIO()
    small.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def project(tmp_path: Path, drawings: dict[str, list[bytes]]) -> Path:
    """A project that was never taught; the test's own."""
    return fill(tmp_path / "marks", drawings)


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory, drawings: dict[str, list[bytes]]) -> Taught:
    """A project that was taught once."""
    folder = fill(tmp_path_factory.mktemp("taught") / "marks", drawings)
    with opened(folder) as studio:
        begun = studio.teach()
        assert studio.wait_for_end()["state"] == "done"
        return Taught(folder, begun, studio.told, studio.get("/teach"), studio.get("/runs"))


@pytest.fixture(scope="session")
def taught(first: Taught) -> Path:
    """The project with one finished run. Read only."""
    return first.folder


@pytest.fixture(scope="session")
def tiny() -> dict[str, Any]:
    """Settings that make the recipe marks train in a second."""
    return TINY


@pytest.fixture
def again(taught: Path, tmp_path: Path) -> Path:
    """A copy of the project with a finished run; the test's own."""
    return Path(shutil.copytree(taught, tmp_path / "marks", symlinks=True))


@pytest.fixture
def studio(again: Path) -> Iterator[Opened]:
    """A studio on that copy."""
    with opened(again) as found:
        yield found


@pytest.fixture(scope="module")
def unchanged(taught: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """A studio on another copy, for tests that change nothing in it."""
    with opened(Path(shutil.copytree(taught, tmp_path_factory.mktemp("unchanged") / "marks"))) as found:
        yield found
