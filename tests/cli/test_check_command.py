"""oxmark check: what a person reads, what a program reads, and the exit code."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

Oxmark = Callable[..., Any]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, drawn: Path) -> Path:
    """The drawn set, its pictures a sixth as wide. Only read it."""
    root = tmp_path_factory.mktemp("small") / "marks"
    for path in drawn.rglob("*_*"):
        target = (root / path.relative_to(drawn)).with_suffix(".png")
        target.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(path) as picture:
            picture.convert("L").reduce(6).save(target)
    table = (drawn / "metadata.csv").read_text().replace(".jpg", ".png")
    (root / "metadata.csv").write_text(table)
    return root


def test_a_folder_with_warnings_only_ends_with_0(oxmark: Oxmark, small: Path) -> None:
    ran = oxmark("check", small)
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0] == f"{small}: 24 pictures (train 12, validation 6, test 6) of O, X"
    assert lines[2] == "warning  Few pictures to learn from: O (6), X (6)."
    assert lines[3].startswith("         why   Below 15 training pictures a class,")
    assert any(line.startswith("         cure  Draw more of these classes") for line in lines)
    assert lines[-1] == "24 pictures, 2 classes: nothing must be mended; 2 things are worth a look."
    assert all(line == line.rstrip() and len(line) <= 110 for line in lines[1:])
    assert ran.err.splitlines()[0] == "reading the pictures (24)"


@pytest.fixture
def spoiled(small: Path, tmp_path: Path) -> Path:
    """The small set with an empty file, and eight pictures that stand in test, too."""
    root = Path(shutil.copytree(small, tmp_path / "in"))
    (root / "train" / "O" / "0.png").write_bytes(b"")
    for sign in "OX":
        for path in sorted((root / "train" / sign).glob(f"{sign.lower()}_*"))[:4]:
            shutil.copy(path, root / "test" / sign / f"leak_{path.name}")
    return root


def test_what_must_be_mended_ends_with_1(oxmark: Oxmark, spoiled: Path) -> None:
    ran = oxmark("check", "in")
    lines = ran.out.splitlines()
    assert ran.code == 1
    assert "error    1 picture file is empty (0 bytes)." in lines
    assert "         train/O/0.png" in lines
    assert "error    8 pictures stand in two parts, pixel by pixel the same." in lines
    assert sum(" = test/" in line for line in lines) == 5
    assert "         and 3 more" in lines
    assert lines[-1] == "33 pictures, 2 classes: 2 things must be mended."


def test_json_has_everything_on_one_line(oxmark: Oxmark, spoiled: Path) -> None:
    ran = oxmark("check", "in", "--json")
    (value,) = ran.json()
    assert (ran.code, value["worst"], value["data"]) == (1, "error", "in")
    empty, copies = value["findings"][:2]
    assert (empty["code"], empty["files"]) == ("empty", ["train/O/0.png"])
    assert (copies["code"], len(copies["sets"]), len(copies["files"])) == ("copies_in_two_parts", 8, 16)
    assert set(empty) == {"code", "severity", "what", "why", "cure", "files", "details", "sets", "values"}


def test_with_fix_the_exit_code_is_that_of_the_copy(oxmark: Oxmark, spoiled: Path) -> None:
    ran = oxmark("check", "in", "--fix", "out")
    assert ran.code == 0
    assert ran.out.splitlines()[-4:] == [
        "33 pictures, 2 classes: 2 things must be mended.",
        "",
        "Mended copy: out; left out: 9. out/mended.txt says what was done and why.",
        "24 pictures, 2 classes: nothing must be mended; 1 thing is worth a look.",
    ]
    assert oxmark("check", "out").code == 0


def test_what_cannot_be_mended_ends_with_1(oxmark: Oxmark, spoiled: Path) -> None:
    shutil.rmtree(spoiled / "train" / "X")
    assert oxmark("check", "in", "--fix", "out").code == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none"], "oxmark: There is no folder none."),
        (["in", "--fix", "in/new"], "oxmark: cannot write in/new: it lies within in"),
        (["in", "--fix", "full"], "oxmark: cannot write full: the folder is not empty"),
    ],
)
def test_what_cannot_be_started_ends_with_2(
    arguments: list[str], message: str, oxmark: Oxmark, spoiled: Path, tmp_path: Path
) -> None:
    (tmp_path / "full" / "a").mkdir(parents=True)
    ran = oxmark("check", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines()[-1].startswith(message)


def test_findings_about_nearly_all_pictures_do_not_list_them(
    oxmark: Oxmark, small: Path, tmp_path: Path
) -> None:
    root = Path(shutil.copytree(small, tmp_path / "in"))
    header, *rows = (root / "metadata.csv").read_text().splitlines()
    rows = [row.partition(",")[0] + ",anna" for row in rows]
    (root / "metadata.csv").write_text("\n".join([header, *rows]))
    ran = oxmark("check", "in")
    assert "         24 of 24 pictures" in ran.out.splitlines()
    assert ran.code == 0
