"""POST /predict: the answers are the classifier's own; whatever cannot be answered is named."""

from __future__ import annotations

import io
import os
import struct
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from PIL import Image

from oxmark.data.decode import decode
from oxmark.inference import Classifier, Prediction
from oxmark.web.guard import Rules
from oxmark.web.service.application import watched
from oxmark.web.service.gate import Gate
from oxmark.web.service.models import FileSource, GivenSource, Models, Wanted
from oxmark.web.service.service import Service

Answers = Callable[..., httpx2.Client]


def service(*names: str, gate: Gate | None = None) -> Service:
    """The built-in model under each of these names."""
    return Service(Models([FileSource(Wanted(name, None)) for name in names or ("ox",)]), gate=gate)


def png_header(width: int, height: int) -> bytes:
    """A PNG file of that size that ends after its header."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))


def assert_same(answer: dict[str, Any], expected: Prediction) -> None:
    assert answer["label"] == expected.label
    assert answer["known"] == pytest.approx(expected.known, abs=1e-6)
    assert list(answer["probabilities"]) == list(expected.probabilities)
    assert answer["probabilities"] == pytest.approx(expected.probabilities, abs=1e-6)


# --- one picture as the body --------------------------------------------------------------------------------


def test_answers_are_the_classifiers(
    client: httpx2.Client, pictures: list[bytes], builtin: Classifier
) -> None:
    for data in pictures:
        response = client.post("/predict", content=data)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == "application/json"
        assert response.headers["oxmark-model"] == "ox"
        assert response.headers["oxmark-model-version"] == builtin.digest[:12]
        assert set(response.json()) == {"label", "probabilities", "known"}
        assert_same(response.json(), builtin.predict(decode(data)))


def test_blank_paper_has_no_label(client: httpx2.Client) -> None:
    stream = io.BytesIO()
    Image.new("L", (40, 40), 255).save(stream, "PNG")
    assert client.post("/predict", content=stream.getvalue()).json()["label"] is None


@pytest.mark.parametrize(
    "kind",
    [None, "image/png", "text/plain", "application/json", "application/x-www-form-urlencoded", "nonsense"],
)
def test_the_bytes_decide_not_the_content_type(kind: str | None, client: httpx2.Client, mark: bytes) -> None:
    headers = {} if kind is None else {"content-type": kind}
    assert client.post("/predict", content=mark, headers=headers).json()["label"] == "O"


BAD_BODIES = [
    (
        b"",
        415,
        "not_a_picture",
        "The picture given as bytes is empty (0 bytes). Read it again from its source.",
    ),
    (
        b"hello",
        415,
        "not_a_picture",
        "The picture given as bytes is not a picture that oxmark reads: it looks like a text file. Save the "
        "picture as PNG or JPEG.",
    ),
    (
        b"\x89PNG\r\n\x1a\n",
        422,
        "broken_picture",
        "The picture given as bytes is truncated: the file ends before the picture does. Read it again from "
        "its source.",
    ),
    (
        png_header(30_000, 30_000),
        413,
        "picture_too_large",
        "The picture given as bytes has 30000 x 30000 pixels; oxmark reads at most 64 megapixels (67,108,864 "
        "pixels). Save it smaller.",
    ),
    (
        b"\xff\xd8\xff\xd9" * 40,
        422,
        "broken_picture",
        "The picture given as bytes is damaged: it starts as a JPEG picture, but cannot be decoded. Read it "
        "again from its source.",
    ),
]


@pytest.mark.parametrize(("data", "status", "code", "sentence"), BAD_BODIES)
def test_a_bad_body_has_its_sentence(
    data: bytes, status: int, code: str, sentence: str, client: httpx2.Client
) -> None:
    response = client.post("/predict", content=data)
    assert response.status_code == status
    assert response.json() == {"error": sentence, "code": code}


# --- forms --------------------------------------------------------------------------------------------------


def test_a_form_is_answered_in_its_order(
    client: httpx2.Client, pictures: list[bytes], builtin: Classifier
) -> None:
    files = [("any", (f"{number}.x", data)) for number, data in enumerate(pictures)]
    answers = client.post("/predict", files=files).json()["answers"]
    assert [answer["file"] for answer in answers] == [f"{number}.x" for number in range(len(pictures))]
    for data, answer in zip(pictures, answers, strict=True):
        assert_same(answer, builtin.predict(decode(data)))


def test_one_bad_file_does_not_spoil_a_form(client: httpx2.Client, mark: bytes) -> None:
    files = [("a", ("good.png", mark)), ("b", ("bad.txt", b"hello")), ("c", ("동그라미.png", mark))]
    response = client.post("/predict", files=files)
    good, bad, hangul = response.json()["answers"]
    assert response.status_code == 200
    assert (good["label"], hangul["label"], hangul["file"]) == ("O", "O", "동그라미.png")
    assert bad == {
        "file": "bad.txt",
        "error": "bad.txt is not a picture that oxmark reads: it looks like a text file. Save the picture as "
        "PNG or JPEG.",
        "code": "not_a_picture",
    }


def test_where_no_file_can_be_read_the_status_tells_it(client: httpx2.Client) -> None:
    one = client.post("/predict", files=[("a", ("a.txt", b"hello"))])
    assert (one.status_code, one.json()["code"]) == (415, "not_a_picture")
    assert one.json()["error"] == one.json()["answers"][0]["error"]
    several = client.post("/predict", files=[("a", ("a.png", png_header(3, 3))), ("a", ("b.txt", b"hello"))])
    assert several.status_code == 422
    assert several.json()["error"].startswith("None of the 2 pictures can be read. The first: a.png is ")
    assert [answer["code"] for answer in several.json()["answers"]] == ["broken_picture", "not_a_picture"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "<b>.png", "a" * 3000])
def test_a_files_name_is_only_a_name(name: str, client: httpx2.Client, mark: bytes) -> None:
    (answer,) = client.post("/predict", files=[("a", (name, mark))]).json()["answers"]
    assert answer["file"] == name
    assert answer["label"] == "O"


def test_large_files_of_a_form_stay_in_memory(client: httpx2.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: object) -> None:
        raise AssertionError("a picture was written to disk")

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", refuse)
    stream = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (900, 900, 3), np.uint8)).save(stream, "BMP")
    assert len(stream.getvalue()) > 2_000_000
    (answer,) = client.post("/predict", files=[("a", ("a.bmp", stream.getvalue()))]).json()["answers"]
    assert "known" in answer


BOUNDARY = "multipart/form-data; boundary=x"
FIELD = b'--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nox\r\n--x--\r\n'
BAD_FORMS = [
    ("multipart/form-data", b"--x--", 400, "bad_form"),
    (BOUNDARY, b"hello", 400, "bad_form"),
    (BOUNDARY, b"--x\r\nContent-Disposition: form-data\r\n\r\nA\r\n--x--\r\n", 400, "bad_form"),
    (BOUNDARY, b"--x--\r\n", 422, "no_picture"),
    (BOUNDARY, b"", 422, "no_picture"),
    (BOUNDARY, FIELD, 422, "not_a_file"),
    ("Multipart/Form-Data;boundary=x", FIELD, 422, "not_a_file"),
]


@pytest.mark.parametrize(("kind", "body", "status", "code"), BAD_FORMS)
def test_a_bad_form_is_refused(kind: str, body: bytes, status: int, code: str, client: httpx2.Client) -> None:
    response = client.post("/predict", content=body, headers={"content-type": kind})
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert set(response.json()) == {"error", "code"}


def test_a_request_is_bounded_in_number_and_pixels(client: httpx2.Client, mark: bytes) -> None:
    many = client.post("/predict", files=[("a", (f"{n}.png", mark)) for n in range(257)])
    assert (many.status_code, many.json()["code"]) == (413, "too_many_pictures")
    large = client.post("/predict", files=[("a", (f"{n}.png", png_header(8000, 8000))) for n in range(5)])
    assert (large.status_code, large.json()["code"]) == (413, "too_many_pixels")
    assert "320,000,000 pixels altogether" in large.json()["error"]


# --- models -------------------------------------------------------------------------------------------------


def test_several_models_must_be_named(client_of: Answers, mark: bytes) -> None:
    client = client_of(watched(service("one", "two")))
    unnamed = client.post("/predict", content=mark)
    assert (unnamed.status_code, unnamed.json()["code"]) == (422, "model_needed")
    assert "?model=NAME: one, two." in unnamed.json()["error"]
    for name in ("one", "two"):
        assert client.post(f"/predict?model={name}", content=mark).headers["oxmark-model"] == name
    unknown = client.post("/predict?model=three", content=mark)
    assert unknown.status_code == 404
    assert unknown.json() == {
        "error": "This server has no model of that name. It has: one, two.",
        "code": "no_such_model",
    }


def test_a_given_model_answers_as_it_is_at_the_moment(
    client_of: Answers, mark: bytes, builtin: Classifier
) -> None:
    given: list[Classifier] = [builtin]
    client = client_of(watched(Service.of_current("studio", lambda: given[0])))
    assert client.post("/predict", content=mark).json()["label"] == "O"
    given[0] = Failing(builtin)
    assert client.post("/predict", content=mark).status_code == 500


class Failing(Classifier):
    """A model whose graph fails, or answers what is no number."""

    def __init__(self, real: Classifier, known: float | None = None) -> None:
        self.classes, self.digest, self._known = real.classes, "0" * 64, known

    def predict(self, pictures: Any) -> Any:
        if self._known is None:
            raise RuntimeError("Non-zero status code returned while running a node of /home/anna/model.onnx")
        return Prediction("O", {"O": 1.0, "X": 0.0}, self._known)


@pytest.mark.parametrize("known", [None, float("nan"), float("inf")])
def test_a_failing_model_is_named(
    known: float | None, client_of: Answers, mark: bytes, builtin: Classifier
) -> None:
    failing = Failing(builtin, known)
    client = client_of(watched(Service(Models([GivenSource("bad", lambda: failing)]))))
    for response in (client.post("/predict", content=mark), client.post("/predict", files={"a": mark})):
        assert response.status_code == 500
        assert response.json() == {
            "error": "The model bad failed on this picture. Ask with another model, or replace its file.",
            "code": "model_failed",
        }


# --- at the door --------------------------------------------------------------------------------------------


def test_over_capacity_is_said_at_once(client_of: Answers, mark: bytes) -> None:
    gate = Gate(1, pictures=1)
    client = client_of(watched(service(gate=gate)))
    with gate.admitted(1, 784):
        refused = client.post("/predict", content=mark)
    assert (refused.status_code, refused.json()["code"]) == (503, "busy")
    assert int(refused.headers["retry-after"]) >= 1
    assert client.post("/predict", content=mark).status_code == 200


@pytest.mark.parametrize("threads", [1, 2])
def test_one_thread_and_several_answer_alike(
    threads: int, client_of: Answers, pictures: list[bytes], builtin: Classifier
) -> None:
    client = client_of(watched(service(gate=Gate(threads))))
    for data in pictures[:4]:
        assert_same(client.post("/predict", content=data).json(), builtin.predict(decode(data)))


def test_a_long_body_is_refused_before_it_is_read(client_of: Answers) -> None:
    client = client_of(watched(service(), Rules(max_body=1000)))
    response = client.post("/predict", content=os.urandom(1001))
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")


def test_nothing_is_left_on_disk(client: httpx2.Client, mark: bytes, tmp_path: Path) -> None:
    client.post("/predict", files={"a": ("new.png", mark)})
    assert list(tmp_path.iterdir()) == []
