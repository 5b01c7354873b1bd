"""Answers to what is drawn now: by which model, with what it saw, and what cannot be answered."""

from __future__ import annotations

import base64
import io
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from oxmark.inference import load
from oxmark.web.studio import trying
from oxmark.web.studio.listing import id_of

if TYPE_CHECKING:
    from tiny_runs import Opened


def png(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def answer(studio: Opened, data: bytes, query: str = "", status: int = 200) -> Any:
    response = studio.client.post(f"/api/answer{query}", content=data)
    assert response.status_code == status, response.text
    return response.json()


@pytest.fixture
def mark(drawings: dict[str, list[bytes]]) -> bytes:
    """An O that was drawn."""
    return drawings["O"][0]


def run_of(project: Path) -> Path:
    (run,) = (path for path in (project / "runs").iterdir() if path.is_dir())
    return run


def test_the_answer_is_the_model_files(mark: bytes, again: Path, studio: Opened) -> None:
    with Image.open(io.BytesIO(mark)) as picture:
        pixels = np.asarray(picture)
    for query, model in (
        ("", run_of(again)),
        ("?run=builtin", None),
        (f"?run={id_of(run_of(again).name)}", run_of(again)),
    ):
        wanted = load(model).predict(pixels)
        told = answer(studio, mark, query)
        assert told["run"] == ("builtin" if model is None else id_of(model.name))
        assert (told["label"], told["view"]) == (wanted.label, None)
        assert told["known"] == pytest.approx(wanted.known)
        assert told["probabilities"] == pytest.approx(wanted.probabilities)


def test_the_view_is_what_the_network_saw(mark: bytes, studio: Opened) -> None:
    with Image.open(io.BytesIO(mark)) as picture:
        width, height = picture.size
        wanted = load().view(np.asarray(picture))
    view = answer(studio, mark, "?run=builtin&view=1")["view"]
    seen = np.frombuffer(base64.b64decode(view["seen"]), np.uint8).reshape(view["size"], view["size"])
    assert np.abs(seen - 255 * (1 - wanted.seen)).max() <= 1  # dark ink on white
    assert (view["width"], view["height"], view["box"]) == (width, height, list(wanted.box))
    heat = np.array(view["heat"]["values"])
    assert heat.shape == (view["heat"]["h"], view["heat"]["w"])
    assert view["heat"]["classes"] == ["O", "X"]
    assert np.allclose(heat, wanted.heat[0] - wanted.heat[1], atol=1e-4)
    assert view["sentence"]["en"].startswith("evidence for O rather than X")
    assert view["sentence"]["ko"].startswith("클래스 O의 근거")


def test_an_empty_paper_is_none_of_these(studio: Opened) -> None:
    told = answer(studio, png(np.full((90, 120), 255, np.uint8)), "?run=builtin&view=1")
    assert told["label"] is None and told["known"] < 0.5
    assert told["view"]["sentence"]["en"].startswith("none of these")


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 415, "not_a_picture"),
        (b"a text", 415, "not_a_picture"),
        (png(np.zeros((9, 9), np.uint8))[:40], 422, "broken_picture"),
        (
            b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01\x00\x00\x00\x01\x00\x00\x08\x00\x00\x00\x00",
            413,
            "picture_too_large",
        ),
    ],
)
def test_what_is_no_picture(data: bytes, status: int, code: str, studio: Opened) -> None:
    told = answer(studio, data, status=status)
    assert told["code"] == code and "/" not in told["error"]


@pytest.mark.parametrize("run", ["0123456789abcdef", "../marks", ""])
def test_a_run_that_is_not_there(run: str, mark: bytes, studio: Opened) -> None:
    assert (
        studio.client.post("/api/answer", params={"run": run}, content=mark).json()["code"] == "no_such_run"
    )


def test_a_run_without_a_model(mark: bytes, again: Path, studio: Opened) -> None:
    (run_of(again) / "model.onnx").unlink()
    assert answer(studio, mark, f"?run={id_of(run_of(again).name)}", 409)["code"] == "run_unfinished"
    assert answer(studio, mark)["run"] == "builtin"


def test_a_damaged_model_is_told(mark: bytes, again: Path, studio: Opened) -> None:
    (run_of(again) / "model.onnx").write_bytes(b"damaged")
    for _ in range(2):  # the first one opens it, the second one knows
        told = answer(studio, mark, f"?run={id_of(run_of(again).name)}", status=422)
        assert told["code"] == "model_file" and str(again.parent) not in told["error"]
    assert answer(studio, mark)["run"] == "builtin"


def test_a_model_is_opened_once_and_again_when_it_is_another(
    mark: bytes, again: Path, studio: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    import oxmark.inference

    opened: list[object] = []
    real = oxmark.inference.load

    def noted(path: Path | None = None) -> oxmark.inference.Classifier:
        opened.append(path)
        return real(path)

    monkeypatch.setattr(oxmark.inference, "load", noted)
    for _ in range(3):
        answer(studio, mark)
    assert len(opened) == 1
    model = run_of(again) / "model.onnx"
    other = model.with_name("other.onnx")
    other.write_bytes(model.read_bytes())
    other.replace(model)
    answer(studio, mark)
    assert len(opened) == 2


def test_no_more_models_are_kept_open_than_few(again: Path, studio: Opened) -> None:
    answerer = studio.studio.teaching.answerer
    runs = [Path(shutil.copytree(run_of(again), again / f"copy-{n}")) for n in range(trying.KEPT + 2)]
    for run in runs:
        answerer.classifier(run)
    assert list(answerer._open) == runs[2:]


def test_too_many_at_the_same_time_are_told_to_come_again(
    mark: bytes, studio: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    answerer = studio.studio.teaching.answerer
    begun, go_on = threading.Semaphore(0), threading.Event()
    real = answerer._answer

    def waiting(data: bytes, run: str, view: bool) -> Any:
        begun.release()
        assert go_on.wait(60)
        return real(data, run, view)

    monkeypatch.setattr(answerer, "_answer", waiting)
    monkeypatch.setattr(trying, "MOST_WAITING", 3)
    with ThreadPoolExecutor(3) as pool:
        first = [pool.submit(answer, studio, mark) for _ in range(3)]
        for _ in range(trying.WORKERS):
            assert begun.acquire(timeout=60)
        while answerer._waiting < 3:
            threading.Event().wait(0.001)
        response = studio.client.post("/api/answer", content=mark)
        go_on.set()
        assert [one.result()["run"] for one in first] == 3 * [first[0].result()["run"]]
    assert (response.status_code, response.json()["code"]) == (503, "busy")
    assert response.headers["retry-after"] == "1"
    assert answerer._waiting == 0
    answer(studio, mark)
