"""Large pictures sent side by side: bounded in pixels, so the memory stays that of a few."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx2
from memory import megabytes
from PIL import Image

SIDE = 7000
"""Pixels; 49 megapixels are 196 MB as RGBA, from a file of a few kilobytes."""
PEAK = 480
"""Megabytes of the whole process; 377 were measured, and 599 with two side by side."""


def large() -> bytes:
    """A drawing in one bit a pixel."""
    picture = Image.new("1", (SIDE, SIDE), 1)
    picture.paste(0, (1000, 3000, 6000, 3600))
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def test_large_pictures_side_by_side_take_the_memory_of_few(cases: Callable[[int], int]) -> None:
    picture, number = large(), cases(1000) // 20
    command = [sys.executable, "-m", "oxmark", "serve", "builtin", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        url = json.loads(server.stdout.readline())["address"]
        with httpx2.Client(timeout=300) as client, ThreadPoolExecutor(number) as pool:
            answers = list(pool.map(lambda _: client.post(f"{url}/predict", content=picture), range(number)))
        peak = megabytes(server.pid, "VmHWM")
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert {answer.headers.get("retry-after") for answer in answers if answer.status_code == 503} <= {"1"}
    assert sum(answer.status_code == 200 for answer in answers) >= 1
    assert peak < PEAK, f"{number} pictures of {len(picture) / 1e3:.0f} kB: {peak:.0f} MB"
