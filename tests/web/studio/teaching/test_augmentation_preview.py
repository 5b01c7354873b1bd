"""What training makes of a picture, from a process that is kept."""

from __future__ import annotations

import base64
import os
import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from oxmark.web.studio import teaching_errands
from oxmark.web.studio.listing import id_of

if TYPE_CHECKING:
    from tiny_runs import Opened


def grey(picture: dict[str, Any]) -> Any:
    size = picture["size"]
    return np.frombuffer(base64.b64decode(picture["grey"]), np.uint8).reshape(size, size)


def changes(found: Any) -> float:
    """How far variants are from their picture, in grey values on average."""
    source = grey(found["source"]).astype(float)
    return float(np.mean([np.abs(grey(one) - source).mean() for one in found["pictures"]]))


def ask(studio: Opened, status: int = 200, **wish: Any) -> Any:
    return studio.send("POST", "/augmentation", wish, status)


def test_one_process_shows_variants_of_one_picture(unchanged: Opened) -> None:
    found = ask(unchanged, settings={"size": 32}, seed=3)
    process = unchanged.studio.teaching.errands._process
    assert len(found["pictures"]) == 11
    assert all(grey(one).shape == (32, 32) for one in found["pictures"])
    assert len({one["grey"] for one in found["pictures"]}) == 11
    assert grey(found["source"]).max() == 255 and grey(found["source"]).min() < 100  # dark on light
    assert ask(unchanged, settings={"size": 32}, seed=3) == found
    other = ask(unchanged, settings={"size": 32}, seed=4, picture=found["source"]["picture"])
    assert other["source"] == found["source"] and other["pictures"] != found["pictures"]
    still = dict.fromkeys(("rotation", "shift", "zoom", "shear", "flip_horizontal", "flip_vertical"), 0)
    still |= dict.fromkeys(("bend", "thickness", "fade", "noise", "specks", "cut", "crop"), 0)
    same = ask(unchanged, settings={"size": 32, "margin": 0.125, **still}, picture=found["source"]["picture"])
    assert changes(same) < changes(other) / 4  # resampled, but where it was
    assert unchanged.studio.teaching.errands._process is process


def test_a_process_that_died_is_replaced(unchanged: Opened) -> None:
    ask(unchanged)
    errands = unchanged.studio.teaching.errands
    assert errands._process is not None
    os.kill(errands._process.pid, signal.SIGKILL)
    response = unchanged.client.post("/api/augmentation", json={})
    assert response.status_code in (200, 500)  # asked before its death was noticed, or after
    assert len(ask(unchanged)["pictures"]) == 11


def test_what_takes_too_long_is_ended(unchanged: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teaching_errands, "LONGEST", 0.0)
    assert ask(unchanged, 503)["code"] == "busy"
    assert unchanged.studio.teaching.errands._process is None


def test_too_many_wait(unchanged: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teaching_errands, "MOST_WAITING", 0)
    assert ask(unchanged, 503)["code"] == "busy"


@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [
        ({"recipe": "other"}, 422, "no_such_recipe"),
        ({"settings": {"rotation": 500}}, 422, "recipe"),
        ({"picture": "0123456789abcdef"}, 404, "no_such_picture"),
        ({"unknown": 1}, 422, "bad_request"),
    ],
)
def test_wishes_that_cannot_be_granted(
    wish: dict[str, Any], status: int, code: str, unchanged: Opened
) -> None:
    assert ask(unchanged, status, **wish)["code"] == code


def test_without_pictures_there_is_nothing_to_show(tmp_path: Path, open_studio: Any) -> None:
    with open_studio(tmp_path / "new") as studio:
        assert ask(studio, 422)["code"] == "too_few_pictures"


def test_a_broken_picture_is_told_without_its_place(unchanged: Opened) -> None:
    root = unchanged.studio.project.root
    torn = root / "O" / "torn.png"
    torn.write_bytes(b"\x89PNG\r\n\x1a\n torn")
    told = ask(unchanged, 422, picture=id_of("O/torn.png"), settings={"keep_meaning": False})
    torn.unlink()
    assert told["code"] == "broken_picture" and str(root.parent) not in told["error"]


def test_a_class_without_a_picture_is_no_defect(unchanged: Opened) -> None:
    folder = unchanged.studio.project.root / "A new one"
    folder.mkdir()
    found = ask(unchanged, settings={"size": 24})
    folder.rmdir()
    assert len(found["pictures"]) == 11


def test_parts_that_appear_twice_are_told_without_their_place(unchanged: Opened) -> None:
    root = unchanged.studio.project.root
    folders = [root / "val", root / "validation"]
    for folder in folders:
        shutil.copytree(root / "O", folder / "O")
    told = ask(unchanged, 422)
    for folder in folders:
        shutil.rmtree(folder)
    assert told["code"] == "folder" and str(root.parent) not in told["error"]
