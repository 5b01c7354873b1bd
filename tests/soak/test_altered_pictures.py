"""Altered pictures sent to the service: every one is answered or refused by name, and memory stays flat."""

from __future__ import annotations

import collections
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from memory import megabytes
from mutating import mutated
from PIL import Image
from starlette.testclient import TestClient

from oxmark.web.app import create_app
from oxmark.web.service.models import Wanted
from oxmark.web.service.service import Service

GROWTH = 48
"""Megabytes that the allocator may keep."""


def originals() -> list[bytes]:
    """A drawing in every format that is read, small and with several modes."""
    grey = Image.fromarray(np.pad(np.zeros((6, 40), np.uint8), 16, constant_values=255))
    made = []
    kinds: list[tuple[str, Image.Image, dict[str, Any]]] = [
        ("PNG", grey, {}),
        ("PNG", grey.convert("RGBA"), {"optimize": True}),
        ("PNG", grey.convert("P"), {}),
        ("PNG", grey.convert("I;16"), {}),
        ("JPEG", grey.convert("RGB"), {"quality": 90}),
        ("JPEG", grey, {"progressive": True}),
        ("BMP", grey.convert("1"), {}),
        ("GIF", grey, {}),
        ("WEBP", grey.convert("RGB"), {"lossless": True}),
        ("TIFF", grey, {"compression": "tiff_lzw"}),
        ("TIFF", grey.convert("F"), {}),
    ]
    for form, picture, options in kinds:
        stream = io.BytesIO()
        picture.save(stream, form, **options)
        made.append(stream.getvalue())
    return made


@pytest.mark.parametrize("body", ["raw", "form"])
def test_altered_pictures_are_answered_or_refused(body: str, cases: Callable[[int], int]) -> None:
    number, pictures = cases(5000), originals()
    statuses: collections.Counter[int] = collections.Counter()
    warm = 0.0
    app = create_app(service=Service.of_files([Wanted("builtin", None)]))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        for seed in range(number):
            data = mutated(pictures[seed % len(pictures)], seed)
            sent: dict[str, Any] = (
                {"content": data} if body == "raw" else {"files": {"file": (f"{seed}.png", data)}}
            )
            answer = client.post("/predict", **sent)
            statuses[answer.status_code] += 1
            told = answer.json()
            if answer.status_code == 200:
                one = told if body == "raw" else told["answers"][0]
                assert abs(sum(one["probabilities"].values()) - 1) < 1e-4, seed
            else:
                assert answer.status_code in (413, 415, 422), (seed, told)
                assert told["error"].endswith("."), seed
                assert body == "raw" or f"{seed}.png" in told["error"], seed
            if seed == number // 4:
                warm = megabytes()
    assert statuses[200] > 0.1 * number
    assert statuses[415] + statuses[422] > 0.1 * number
    assert megabytes() - warm < GROWTH
