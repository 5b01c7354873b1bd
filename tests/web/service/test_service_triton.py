"""The referee of the protocol: NVIDIA's own HTTP client, against a real server.

It runs in a process of its own, because it brings gevent along.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx2
import numpy as np
import pytest

from oxmark.data.decode import decode
from oxmark.inference import Classifier
from oxmark.web.service.application import watched
from oxmark.web.service.models import FileSource, Models, Wanted
from oxmark.web.service.service import Service

CLIENT = """
import base64, json, sys
import numpy as np
import tritonclient.http as triton

address, folder, version = sys.argv[1:]
client = triton.InferenceServerClient(address)
told = {
    "live": client.is_server_live(),
    "ready": client.is_server_ready(),
    "model ready": client.is_model_ready("ox"),
    "version ready": client.is_model_ready("ox", version),
    "other ready": client.is_model_ready("other"),
    "server": client.get_server_metadata()["name"],
    "metadata": client.get_model_metadata("ox", version)["versions"],
}
pixels = np.load(f"{folder}/pixels.npy")
files = [open(f"{folder}/{number}", "rb").read() for number in range(3)]
answers = {}
for name, binary_in, binary_out in [("json", False, False), ("binary", True, True), ("mixed", True, False)]:
    tensor = triton.InferInput("pixels", list(pixels.shape), "UINT8")
    tensor.set_data_from_numpy(pixels, binary_data=binary_in)
    names = ("probabilities", "known", "label", "heat")
    wanted = [triton.InferRequestedOutput(n, binary_data=binary_out) for n in names]
    answers[name] = client.infer("ox", [tensor], outputs=wanted, request_id="7")
tensor = triton.InferInput("pixels", list(pixels.shape), "UINT8")
tensor.set_data_from_numpy(pixels)
answers["all outputs"] = client.infer("ox", [tensor], model_version=version)
image = triton.InferInput("image", [3], "BYTES")
image.set_data_from_numpy(np.array(files, dtype=np.object_))
answers["files"] = client.infer("ox", [image])
image = triton.InferInput("image", [3], "BYTES")
image.set_data_from_numpy(np.array([base64.b64encode(f) for f in files], dtype=np.object_), binary_data=False)
answers["files in json"] = client.infer("ox", [image])
told["ids"] = [answers[name].get_response().get("id") for name in answers]
told["answers"] = {
    name: {
        "probabilities": answer.as_numpy("probabilities").tolist(),
        "known": answer.as_numpy("known").tolist(),
        "label": [l.decode() if isinstance(l, bytes) else l for l in answer.as_numpy("label").tolist()],
    }
    for name, answer in answers.items()
}
told["heat"] = list(answers["binary"].as_numpy("heat").shape)
for algorithm in ("gzip", "deflate"):
    try:
        client.infer("ox", [tensor], request_compression_algorithm=algorithm)
    except triton.InferenceServerException as error:
        told[algorithm] = [error.status(), error.message()]
try:
    bad = triton.InferInput("pixels", [1, 1, 1, 3], "UINT8")
    bad.set_data_from_numpy(np.zeros((1, 1, 1, 3), np.uint8))
    client.infer("ox", [bad])
except triton.InferenceServerException as error:
    told["error"] = [error.status(), error.message()]
print(json.dumps(told))
"""


def test_the_real_client_gets_the_classifiers_answers(
    client_of: Callable[..., httpx2.Client], pictures: list[bytes], builtin: Classifier, tmp_path: Path
) -> None:
    client = client_of(watched(Service(Models([FileSource(Wanted("ox", None))]))))
    version, files = builtin.digest[:12], pictures[:3]
    pixels = np.stack([decode(pictures[0]), 255 - decode(pictures[0]), np.full((28, 28, 4), 255, np.uint8)])
    np.save(tmp_path / "pixels.npy", pixels)
    for number, data in enumerate(files):
        (tmp_path / str(number)).write_bytes(data)
    arguments = [str(client.base_url.netloc, "ascii"), str(tmp_path), version]
    done = subprocess.run(
        [sys.executable, "-c", CLIENT, *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    answers = told.pop("answers")
    assert told == {
        "live": True,
        "ready": True,
        "model ready": True,
        "version ready": True,
        "other ready": False,
        "server": "oxmark",
        "metadata": [version],
        "ids": ["7", "7", "7", None, None, None],
        "heat": [3, *builtin.view(pixels[0]).heat.shape],
        "gzip": ["415", "Compressed bodies are not read. Send the body as it is."],
        "deflate": ["415", "Compressed bodies are not read. Send the body as it is."],
        "error": [
            "400",
            "The shape of 'pixels' must be [batch, height, width, 4], RGBA. /docs shows what is expected.",
        ],
    }
    for name, answer in answers.items():
        given = [decode(data) for data in files] if name.startswith("files") else list(pixels)
        expected = [builtin.predict(one) for one in given]
        values = [list(one.probabilities.values()) for one in expected]
        assert np.array(answer["probabilities"]) == pytest.approx(np.array(values), abs=1e-6), name
        assert answer["known"] == pytest.approx([one.known for one in expected], abs=1e-6), name
        assert answer["label"] == [one.label or "" for one in expected], name
