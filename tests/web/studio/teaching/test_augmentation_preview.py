"""What training makes of a picture, from a process that is kept."""

from __future__ import annotations

import base64
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from oxmark.web.studio import teaching_errands
from oxmark.web.studio.listing import id_of

if TYPE_CHECKING:
    from tests.web.studio.teaching.conftest import Opened


def grey(picture: dict[str, Any]) -> Any:
    size = picture["size"]
    return np.frombuffer(base64.b64decode(picture["grey"]), np.uint8).reshape(size, size)


def changes(found: Any) -> float:
    """How far variants are from their picture, in grey values on average."""
    source = grey(found["source"]).astype(float)
    return float(np.mean([np.abs(grey(one) - source).mean() for one in found["pictures"]]))


def ask(studio: Opened, status: int = 200, **wish: Any) -> Any:
    return studio.send("POST", "/augmentation", wish, status)


def test_one_process_shows_variants_of_one_picture(studio: Opened) -> None:
    found = ask(studio, settings={"size": 32}, seed=3)
    process = studio.studio.teaching.errands._process
    assert len(found["pictures"]) == 11
    assert all(grey(one).shape == (32, 32) for one in found["pictures"])
    assert len({one["grey"] for one in found["pictures"]}) == 11
    assert grey(found["source"]).max() == 255 and grey(found["source"]).min() < 100  # dark on light
    assert ask(studio, settings={"size": 32}, seed=3) == found
    other = ask(studio, settings={"size": 32}, seed=4, picture=found["source"]["picture"])
    assert other["source"] == found["source"] and other["pictures"] != found["pictures"]
    still = dict.fromkeys(("rotation", "shift", "zoom", "shear", "flip_horizontal", "flip_vertical"), 0)
    still |= dict.fromkeys(("bend", "thickness", "fade", "noise", "specks", "cut", "crop"), 0)
    same = ask(studio, settings={"size": 32, **still}, picture=found["source"]["picture"])
    assert changes(same) < changes(other) / 4  # resampled, but where it was
    assert studio.studio.teaching.errands._process is process


def test_a_process_that_died_is_replaced(studio: Opened) -> None:
    ask(studio)
    errands = studio.studio.teaching.errands
    assert errands._process is not None
    os.kill(errands._process.pid, signal.SIGKILL)
    response = studio.client.post("/api/augmentation", json={})
    assert response.status_code in (200, 500)  # asked before its death was noticed, or after
    assert len(ask(studio)["pictures"]) == 11


def test_what_takes_too_long_is_ended(studio: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teaching_errands, "LONGEST", 0.0)
    assert ask(studio, 503)["code"] == "busy"
    assert studio.studio.teaching.errands._process is None


def test_too_many_wait(studio: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teaching_errands, "MOST_WAITING", 0)
    assert ask(studio, 503)["code"] == "busy"


@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [
        ({"recipe": "other"}, 422, "no_such_recipe"),
        ({"settings": {"rotation": 500}}, 422, "recipe"),
        ({"picture": "0123456789abcdef"}, 404, "no_such_picture"),
        ({"unknown": 1}, 422, "bad_request"),
    ],
)
def test_wishes_that_cannot_be_granted(wish: dict[str, Any], status: int, code: str, studio: Opened) -> None:
    assert ask(studio, status, **wish)["code"] == code


def test_without_pictures_there_is_nothing_to_show(tmp_path: Path, open_studio: Any) -> None:
    with open_studio(tmp_path / "new") as studio:
        assert ask(studio, 422)["code"] == "too_few_pictures"


def test_a_broken_picture_is_told_without_its_place(again: Path, studio: Opened) -> None:
    (again / "O" / "0.png").write_bytes(b"\x89PNG\r\n\x1a\n torn")
    told = ask(studio, 422, picture=id_of("O/0.png"), settings={"keep_meaning": False})
    assert told["code"] == "broken_picture" and str(again.parent) not in told["error"]
