"""What every peer does with its command line; the peers' own libraries are not needed for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from peers.command import Answers, Parts, pictures, run


def train(data: Path, out: Path, parts: Parts) -> Mapping[str, object]:
    out.write_bytes(b"12345")
    parts.done("fit")
    return {"steps": 3, "data": data.name}


def predict(model: Path, paths: list[Path]) -> Answers:
    return [(path.name, len(model.read_bytes()) / 10) for path in paths]


@pytest.mark.parametrize(
    ("verb", "place", "told"),
    [
        ("train", "out", {"steps": 3, "data": "model", "bytes": 5, "seconds": ["import", "fit"]}),
        ("predict", "o", {"pictures": 2, "first": ["1.png", 0.5], "seconds": ["import", "predict"]}),
        ("predict", "o/2.jpg", {"pictures": 1, "first": ["2.jpg", 0.5], "seconds": ["import", "predict"]}),
    ],
)
def test_one_line_of_json(
    verb: str,
    place: str,
    told: dict[str, object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "o").mkdir()
    for name in ("o/1.png", "o/2.jpg", "o/notes.txt", "model"):
        (tmp_path / name).write_bytes(b"12345")
    monkeypatch.setattr("sys.argv", ["peer", verb, "model", place])
    run(Parts("import"), train, predict)
    said = json.loads(capsys.readouterr().out)
    assert {**said, "seconds": list(said["seconds"])} == told


def test_pictures_of_a_folder_come_by_name(tmp_path: Path) -> None:
    names = [f"{number}.{suffix}" for number in (5, 2, 8, 1, 4, 7) for suffix in ("png", "jpg", "txt")]
    for name in names:
        (tmp_path / name).touch()
    found = [path.name for path in pictures(tmp_path)]
    assert found == sorted(name for name in names if not name.endswith("txt"))
