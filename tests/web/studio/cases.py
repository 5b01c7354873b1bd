"""What the tests of the studio share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from oxmark.web.studio.project import Project

MakeTree = Callable[..., Path]
OpenProject = Callable[..., Project]
Reopened = Callable[[Project], Project]
Drawing = Callable[..., bytes]


def content(root: Path) -> dict[str, bytes]:
    """Every file of a project but the studio's own, by its path; folders that are empty with a slash."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if name.split("/")[0] in (".oxmark", "runs"):
            continue
        if path.is_file():
            found[name] = path.read_bytes()
        elif not any(path.iterdir()):
            found[f"{name}/"] = b""
    return found
