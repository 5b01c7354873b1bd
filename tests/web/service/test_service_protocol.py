"""The Open Inference Protocol, version 2: what a client may ask, and what it is told when it asks amiss."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import httpx2
import numpy as np
import numpy.typing as npt
import pytest

from oxmark.data.decode import decode
from oxmark.data.draw import draw_mark
from oxmark.inference import Classifier
from oxmark.web.problems import Problem
from oxmark.web.service.application import watched
from oxmark.web.service.gate import Gate
from oxmark.web.service.models import FileSource, Models, Wanted
from oxmark.web.service.service import Service
from oxmark.web.service.tensors import read_request

INFER = "/v2/models/ox/infer"


def rgba(seed: int = 1, size: tuple[int, int] = (30, 20)) -> npt.NDArray[np.uint8]:
    opaque = np.full((size[1], size[0], 4), 255, np.uint8)
    opaque[..., :3] = draw_mark("OX"[seed % 2], seed=seed, size=size, pen_width=3)
    return opaque


def tensor(pixels: npt.NDArray[np.uint8], **changes: Any) -> dict[str, Any]:
    data = pixels.tolist()
    return {"name": "pixels", "datatype": "UINT8", "shape": list(pixels.shape), "data": data, **changes}


def outputs(response: httpx2.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    return {output["name"]: output for output in response.json()["outputs"]}


# --- health and metadata ------------------------------------------------------------------------------------


def test_health_and_metadata(client: httpx2.Client, builtin: Classifier) -> None:
    version = builtin.digest[:12]
    assert client.get("/v2/health/live").json() == {"live": True}
    assert client.get("/v2/health/ready").json() == {"ready": True}
    server = client.get("/v2").json()
    assert (server["name"], server["extensions"]) == ("oxmark", ["binary_tensor_data"])
    for path in ("/v2/models/ox", f"/v2/models/ox/versions/{version}"):
        told = client.get(path).json()
        assert (told["name"], told["versions"]) == ("ox", [version])
        assert told["inputs"][0] == {"name": "pixels", "datatype": "UINT8", "shape": [-1, -1, -1, 4]}
        assert told["outputs"][0] == {"name": "probabilities", "datatype": "FP32", "shape": [-1, 2]}
        assert told["parameters"]["classes"] == ["O", "X"]
        assert client.get(f"{path}/ready").json() == {"name": "ox", "ready": True}


@pytest.mark.parametrize("path", ["", "/ready", "/infer"])
@pytest.mark.parametrize(("model", "code"), [("no", "no_such_model"), ("ox/versions/1", "no_such_version")])
def test_unknown_models_and_versions(path: str, model: str, code: str, client: httpx2.Client) -> None:
    method = "POST" if path == "/infer" else "GET"
    response = client.request(method, f"/v2/models/{model}{path}", content=b"{}" if path == "/infer" else b"")
    assert (response.status_code, response.json()["code"]) == (404, code)


def test_a_server_that_ends_is_alive_but_not_ready(client_of: Callable[..., httpx2.Client]) -> None:
    service = Service(Models([FileSource(Wanted("ox", None))]))
    client = client_of(watched(service))
    service.drain()
    assert client.get("/v2/health/live").status_code == 200
    for path in ("/v2/health/ready", "/v2/models/ox/ready"):
        response = client.get(path)
        assert (response.status_code, response.json()["code"]) == (503, "draining")
        assert response.headers["retry-after"] == "1"


# --- inference ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flat", [False, True])
def test_pixels_are_answered_as_the_classifier_does(
    flat: bool, client: httpx2.Client, builtin: Classifier
) -> None:
    batch = np.stack([rgba(1), rgba(2), np.full((20, 30, 4), 255, np.uint8)])
    expected = [builtin.predict(pixels) for pixels in batch]
    given = tensor(batch, data=batch.ravel().tolist()) if flat else tensor(batch)
    response = client.post(INFER, json={"id": "seven", "inputs": [given]})
    found = outputs(response)
    assert {name: response.json()[name] for name in ("id", "model_name", "model_version")} == {
        "id": "seven",
        "model_name": "ox",
        "model_version": builtin.digest[:12],
    }
    assert list(found) == ["probabilities", "known", "label"]
    assert found["probabilities"]["shape"] == [3, 2]
    values = [p for one in expected for p in one.probabilities.values()]
    assert found["probabilities"]["data"] == pytest.approx(values, abs=1e-7)
    assert found["known"]["data"] == pytest.approx([one.known for one in expected], abs=1e-7)
    assert found["label"]["data"] == [one.label or "" for one in expected] == ["X", "O", ""]


def test_files_are_answered_as_the_classifier_does(
    client: httpx2.Client, pictures: list[bytes], builtin: Classifier
) -> None:
    texts = [base64.b64encode(data).decode() for data in pictures]
    image = {"name": "image", "datatype": "BYTES", "shape": [len(texts)], "data": texts}
    found = outputs(client.post(INFER, json={"inputs": [image], "outputs": [{"name": "known"}]}))
    assert list(found) == ["known"]
    expected = [builtin.predict(decode(data)).known for data in pictures]
    assert found["known"]["data"] == pytest.approx(expected, abs=1e-7)


def test_what_the_network_saw_comes_if_asked_for(client: httpx2.Client, builtin: Classifier) -> None:
    view, names = builtin.view(rgba()), ["seen", "box", "heat", "label"]
    asked = [{"name": name} for name in names]
    found = outputs(client.post(INFER, json={"inputs": [tensor(rgba()[None])], "outputs": asked}))
    assert list(found) == names
    assert found["label"]["data"] == [view.prediction.label]
    for name, expected in (
        ("seen", view.seen[None, None]),
        ("box", np.array([view.box])),
        ("heat", view.heat[None]),
    ):
        assert found[name]["shape"] == list(expected.shape)
        np.testing.assert_allclose(found[name]["data"], expected.ravel(), atol=1e-7)


def test_binary_in_and_out(client: httpx2.Client, builtin: Classifier) -> None:
    pixels = np.stack([rgba(1), rgba(2)])
    given = tensor(pixels, parameters={"binary_data_size": pixels.nbytes})
    del given["data"]
    asked = [
        {"name": "label", "parameters": {"binary_data": True}},
        {"name": "known", "parameters": {"binary_data": False}},
        {"name": "probabilities", "parameters": {"binary_data": True}},
    ]
    text = json.dumps({"inputs": [given], "outputs": asked}).encode()
    headers = {"Inference-Header-Content-Length": str(len(text))}
    response = client.post(INFER, content=text + pixels.tobytes(), headers=headers)
    length = int(response.headers["Inference-Header-Content-Length"])
    assert response.headers["content-type"] == "application/octet-stream"
    told, rest = json.loads(response.content[:length]), response.content[length:]
    sizes = [output.get("parameters", {}).get("binary_data_size") for output in told["outputs"]]
    assert sizes == [10, None, 16]
    assert rest[:10] == b"\x01\0\0\0X\x01\0\0\0O"
    expected = [builtin.predict(one) for one in pixels]
    values = [p for one in expected for p in one.probabilities.values()]
    np.testing.assert_allclose(np.frombuffer(rest[10:], "<f4"), values, atol=1e-7)
    assert told["outputs"][1]["data"] == pytest.approx([one.known for one in expected], abs=1e-7)


def test_a_bad_picture_file_is_named(client: httpx2.Client, mark: bytes) -> None:
    texts = [base64.b64encode(data).decode() for data in (mark, b"hello")]
    image = {"name": "image", "datatype": "BYTES", "shape": [2], "data": texts}
    response = client.post(INFER, json={"inputs": [image]})
    assert (response.status_code, response.json()["code"]) == (415, "not_a_picture")
    assert response.json()["error"].startswith("Picture 2 of 2 is not a picture that oxmark reads")


def test_compressed_bodies_are_refused(client: httpx2.Client) -> None:
    response = client.post(INFER, content=b"\x1f\x8b", headers={"content-encoding": "gzip"})
    assert (response.status_code, response.json()["code"]) == (415, "compressed_body")


def test_a_long_body_of_json_waits_its_turn(client_of: Callable[..., httpx2.Client]) -> None:
    gate = Gate(1, pixels=5000)
    client = client_of(watched(Service(Models([FileSource(Wanted("ox", None))]), gate=gate)))
    body = {"inputs": [tensor(rgba()[None])]}
    with gate.admitted(1, 1000):
        response = client.post(INFER, json=body)
    assert (response.status_code, response.json()["code"]) == (503, "busy")
    assert client.post(INFER, json=body).status_code == 200


# --- what does not follow the protocol ----------------------------------------------------------------------

PIXEL = tensor(np.zeros((1, 1, 1, 4), np.uint8))
IMAGE = {"name": "image", "datatype": "BYTES", "shape": [1], "data": ["aGVsbG8="]}


def changed(**changes: Any) -> dict[str, Any]:
    kept = {name: value for name, value in {**PIXEL, **changes}.items() if value is not None}
    return {"inputs": [kept]}


BAD_REQUESTS: list[tuple[Any, str]] = [
    ([], "The body must be a JSON object."),
    ({}, "'inputs' must be a JSON list."),
    ({"inputs": []}, "One input is expected, 'pixels' or 'image', not 0."),
    ({"inputs": [PIXEL, PIXEL]}, "One input is expected, 'pixels' or 'image', not 2."),
    ({"inputs": [3]}, "The input must be a JSON object."),
    ({"inputs": [PIXEL], "id": 3}, "'id' must be a text."),
    ({"inputs": [PIXEL], "parameters": 3}, "'parameters' must be a JSON object."),
    (
        {"inputs": [PIXEL], "parameters": {"binary_data_output": 1}},
        "The parameter 'binary_data_output' must be",
    ),
    ({"inputs": [PIXEL], "outputs": {}}, "'outputs' must be a JSON list."),
    ({"inputs": [PIXEL], "outputs": [{"name": "logits"}]}, "Each output must be one of probabilities, known"),
    ({"inputs": [PIXEL], "outputs": [{"name": []}]}, "Each output must be one of"),
    ({"inputs": [PIXEL], "outputs": [{"name": "box"}, {"name": "box"}]}, "Each output must be one of"),
    (
        {"inputs": [PIXEL], "outputs": [{"name": "box", "parameters": {"classification": 1}}]},
        "The parameter 'cl",
    ),
    (changed(name="input"), "The input must be named 'pixels' or 'image'."),
    (changed(datatype="FP32"), "The datatype of this input must be UINT8."),
    (changed(shape=None), "'shape' must be a JSON list."),
    (changed(shape=[1, 1, 4]), "The shape of 'pixels' must be [batch, height, width, 4], RGBA."),
    (changed(shape=[1, 1, 1, 3]), "The shape of 'pixels' must be [batch, height, width, 4], RGBA."),
    (changed(shape=[0, 1, 1, 4]), "'shape' must hold whole numbers from 1."),
    (changed(shape=[1, 1.0, 1, 4]), "'shape' must hold whole numbers from 1."),
    (changed(shape=[1, True, 1, 4]), "'shape' must hold whole numbers from 1."),
    (changed(shape=[1, 10**30, 1, 4]), "'shape' must hold whole numbers from 1."),
    (changed(shape=[1, 1, 2, 4]), "The shape asks for 8 numbers, but 'data' holds 4."),
    (changed(data=None), "The input needs either 'data' or the parameter 'binary_data_size'."),
    (changed(data=3), "'data' must be a JSON list."),
    (changed(data=[]), "The shape asks for 4 numbers, but 'data' holds 0."),
    (changed(data=[0, 0, 0, 256]), "'data' must hold whole numbers from 0 to 255."),
    (changed(data=[0, 0, 0, -1]), "'data' must hold whole numbers from 0 to 255."),
    (changed(data=[0, 0, 0, 0.5]), "'data' must hold whole numbers from 0 to 255."),
    (changed(data=[0, 0, 0, 10**40]), "'data' must hold whole numbers from 0 to 255."),
    (changed(data=["0", "0", "0", "0"]), "'data' must hold whole numbers from 0 to 255."),
    (changed(data=[[0, 0], [0]]), "The shape asks for 4 numbers, but 'data' holds 3."),
    (changed(data=[[0, 0], 0, 0]), "'data' must hold either lists or numbers on each level."),
    (changed(data=[True, 0, 0, 0]), "'data' must hold whole numbers from 0 to 255."),
    (changed(data=["x" * 2000, *[1] * 200_000]), "'data' must hold whole numbers from 0 to 255."),
    (
        changed(parameters={"binary_data_size": 4}),
        "'binary_data_size' must be the 0 bytes that follow the JSON.",
    ),
    (changed(parameters={"shared_memory_region": "a"}), "Shared memory is not offered."),
    (
        {"inputs": [{**IMAGE, "data": ["*"]}]},
        "In JSON each picture of 'image' must be a file's bytes as base64",
    ),
    (
        {"inputs": [{**IMAGE, "data": [3]}]},
        "In JSON each picture of 'image' must be a file's bytes as base64",
    ),
    ({"inputs": [{**IMAGE, "shape": [2]}]}, "The shape asks for 2 pictures, but there are 1."),
    ({"inputs": [{**IMAGE, "shape": [1, 1]}]}, "The shape of 'image' must be [number of pictures]."),
    ({"inputs": [{**IMAGE, "datatype": "UINT8"}]}, "The datatype of this input must be BYTES."),
]


@pytest.mark.parametrize(
    ("request_", "sentence"), BAD_REQUESTS, ids=[str(n) for n in range(len(BAD_REQUESTS))]
)
def test_a_bad_request_has_its_sentence(request_: Any, sentence: str, client: httpx2.Client) -> None:
    response = client.post(INFER, json=request_)
    assert response.status_code == 400
    assert response.json()["code"] == "bad_inference_request"
    assert response.json()["error"].startswith(sentence)
    assert response.json()["error"].endswith(" /docs shows what is expected.")


@pytest.mark.parametrize(
    "text", [b"", b"hello", b"\xff\xfe", b"[" * 100_000, b'{"inputs": [NaN', b"1" * 5000]
)
def test_what_is_no_json_is_said_to_be_none(text: bytes) -> None:
    with pytest.raises(Problem) as caught:
        read_request(text, None)
    assert caught.value.status_code == 400


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (changed(shape=[1, 8193, 8193, 4]), 413),
        (changed(shape=[257, 1, 1, 4]), 413),
        ({"inputs": [{**IMAGE, "shape": [257]}]}, 413),
        ({"inputs": [{**PIXEL, "data": [0] * 1_400_000}]}, 413),  # 4.2 MB of JSON
    ],
)
def test_sizes_are_refused_before_anything_is_allocated(given: Any, status: int) -> None:
    with pytest.raises(Problem) as caught:
        read_request(json.dumps(given).encode(), None)
    assert caught.value.status_code == status


HEADER = json.dumps(changed(data=None, parameters={"binary_data_size": 4})).encode()
FILES = json.dumps({"inputs": [{**IMAGE, "data": None, "parameters": {"binary_data_size": 9}}]}).encode()
BAD_BINARY = [
    (HEADER + b"1234", None),
    (HEADER + b"1234", "0"),
    (HEADER + b"1234", "-1"),
    (HEADER + b"1234", "x"),
    (HEADER + b"1234", "²"),
    (HEADER + b"1234", "9" * 5000),
    (HEADER + b"1234", str(len(HEADER) + 5)),
    (HEADER + b"123", str(len(HEADER))),
    (HEADER + b"12345", str(len(HEADER))),
    (json.dumps(changed()).encode() + b"1234", str(len(json.dumps(changed())))),
    (FILES + b"\x09\0\0\0hello", str(len(FILES))),
    (FILES + b"\x01\0\0\0a\x01\0\0\0", str(len(FILES))),
    (FILES + b"\x01\0\0\0a\x00\0\0\0", str(len(FILES))),  # two files where one is announced
    (FILES + b"\0\0\0\0\0\0\0\0\0", str(len(FILES))),
]


@pytest.mark.parametrize(("body", "length"), BAD_BINARY)
def test_bad_binary_bodies_are_refused(body: bytes, length: str | None) -> None:
    with pytest.raises(Problem) as caught:
        read_request(body, length)
    assert (caught.value.status_code, caught.value.code) == (400, "bad_inference_request")


def test_binary_files_are_unpacked() -> None:
    data = b"\x05\0\0\0hello"
    (file,) = read_request(FILES + data, str(len(FILES))).pictures
    assert file == b"hello"
