"""Projects to work on, and drawings to put into them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from oxmark.web.studio.project import Project

from .cases import Drawing, MakeTree, OpenProject, Reopened


@pytest.fixture
def drawing() -> Drawing:
    """A function that draws a small ring; another number gives another file."""

    def draw(number: int = 0, kind: str = "PNG", **saved: object) -> bytes:
        picture = Image.new("L", (64, 48), 255)
        ImageDraw.Draw(picture).ellipse(
            (8 + number % 7, 6, 40 + number % 11, 40), outline=number % 200, width=4
        )
        picture.putpixel((number % 64, number // 64 % 48), 250)
        file = io.BytesIO()
        picture.save(file, kind, **saved)
        return file.getvalue()

    return draw


@pytest.fixture
def tree(tmp_path: Path, drawing: Drawing) -> MakeTree:
    """A function that makes ``tmp_path/marks`` from relative paths: drawings by their suffix, or text."""

    def make(*files: str) -> Path:
        root = tmp_path / "marks"
        root.mkdir(exist_ok=True)
        for number, name in enumerate(files):
            path = root / name
            (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
            if path.suffix == ".png":
                path.write_bytes(drawing(number))
            elif not name.endswith("/"):
                path.write_text("mine", encoding="utf-8")
        return root

    return make


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[OpenProject]:
    """A function that opens a project, ``tmp_path/marks`` if none is named; all are closed at the end."""
    projects: list[Project] = []

    def open_it(root: Path | None = None) -> Project:
        projects.append(Project(root or tmp_path / "marks"))
        return projects[-1]

    yield open_it
    for project in projects:
        project.close()


@pytest.fixture
def reopened(opened: OpenProject) -> Reopened:
    """A function that closes a project and opens it again."""

    def again(project: Project) -> Project:
        project.close()
        return opened(project.root)

    return again
