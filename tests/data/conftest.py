"""Small pictures and trees for the tests of oxmark.data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

MakeTree = Callable[..., Path]


@pytest.fixture
def make_tree(tmp_path: Path) -> MakeTree:
    """A function that makes ``tmp_path/marks`` from relative paths; pictures differ by their grey."""

    def make(*files: str, folder: str = "marks") -> Path:
        root = tmp_path / folder
        root.mkdir(parents=True, exist_ok=True)
        for number, name in enumerate(files):
            path = root / name
            if name.endswith("/"):
                path.mkdir(parents=True, exist_ok=True)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix.lower() in (".png", ".jpg", ".gif"):
                kind = {".png": "PNG", ".jpg": "JPEG", ".gif": "GIF"}[path.suffix.lower()]
                Image.new("L", (8, 6), number % 256).save(path, kind)
            else:
                path.write_text("text", encoding="utf-8")
        return root

    return make
