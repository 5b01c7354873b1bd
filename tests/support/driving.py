"""``oxmark studio`` as a person meets it: a process, a browser, a mouse."""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
import math
import random
import re
import signal
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, Locator, expect

Point = tuple[float, float]


class Studio:
    """``oxmark studio`` in a process of its own, and a browser's page on it."""

    def __init__(self, project: Path, browser: Browser) -> None:
        self.project = project
        self.port = 0
        self.start()
        self.page = browser.new_page(viewport={"width": 1200, "height": 900}, locale="en-US")
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._note(request.url))
        self.page.goto(self.url)

    def _note(self, url: str) -> None:
        if not url.startswith((self.url, "blob:", "data:")):
            self.foreign.append(url)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        command = [sys.executable, "-m", "oxmark", "studio", str(self.project), "--port", str(self.port)]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        said = self.process.stderr.readline()
        found = re.search(r"is at http://127\.0\.0\.1:(\d+)", said)
        assert found, said
        self.port = int(found[1])

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()

    def killed_and_back(self) -> None:
        """Kill the server, start it again, and compare what the page shows and what is on disk."""
        shown, kept = self.shown(), self.kept()
        self.kill()
        assert self.kept() == kept
        self.start()
        self.page.goto(self.url + "#collect")
        self.page.reload()
        for name, count in shown.items():
            expect(self.card(name)).to_have_attribute("data-count", count)
        assert list(self.shown()) == list(shown)
        assert self.kept() == kept

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code

    # --- what there is

    def shown(self) -> dict[str, str]:
        """Class to number of pictures, as the page says."""
        cards = self.page.locator(".card")
        return {
            str(card.get_attribute("data-name")): str(card.get_attribute("data-count"))
            for card in cards.all()
        }

    def kept(self) -> dict[str, tuple[str, str]]:
        """File to digest and hand, as the disk has it."""
        table = self.project / "metadata.csv"
        lines = table.read_text(encoding="utf-8").splitlines() if table.exists() else []
        rows = list(csv.DictReader(lines))
        hands = {row["file_name"]: row["drawer"] for row in rows}
        files = [one for one in self.project.glob("*/*.png") if one.parent.name != "runs"]
        named = {one.relative_to(self.project).as_posix(): one for one in sorted(files)}
        return {
            name: (hashlib.sha256(file.read_bytes()).hexdigest(), hands.get(name, ""))
            for name, file in named.items()
        }

    def card(self, name: str) -> Locator:
        return self.page.locator(f".card[data-name={json.dumps(name, ensure_ascii=False)}]")

    # --- what is done

    def stroke(self, place: str, points: list[Point]) -> None:
        """Move the mouse over the paper with the button down; points in 0..1 of its sides."""
        paper = self.page.locator(f"#{place} canvas").first
        paper.scroll_into_view_if_needed()
        box = paper.bounding_box()
        assert box
        at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
        self.page.mouse.move(*at[0])
        self.page.mouse.down()
        for one in at[1:]:
            self.page.mouse.move(*one)
        self.page.mouse.up()

    def draw(self, place: str, kind: str, seed: int) -> None:
        for points in strokes(kind, seed):
            self.stroke(place, points)


def strokes(kind: str, seed: int) -> list[list[Point]]:
    """A mark as a hand draws it: never twice the same."""
    rng = random.Random(f"{kind} {seed}")
    x, y, size = rng.uniform(0.42, 0.58), rng.uniform(0.42, 0.58), rng.uniform(0.18, 0.32)
    if kind == "O":
        wide, begin = rng.uniform(0.85, 1.15), rng.uniform(0, 2 * math.pi)
        angles = [begin + 2 * math.pi * step / 24 for step in range(26)]
        return [[(x + wide * size * math.cos(a), y + size * math.sin(a)) for a in angles]]
    corners: dict[str, list[list[Point]]] = {
        "X": [[(-1, -1), (1, 1)], [(1, -1), (-1, 1)]],
        "triangle": [[(0, -1), (1, 0.8), (-1, 0.8), (0, -1)]],
    }
    return [
        [
            point
            for a, b in itertools.pairwise(line)
            for point in between(a, b, x, y, size, rng.uniform(-0.02, 0.02))
        ]
        for line in corners[kind]
    ]


def between(a: Point, b: Point, x: float, y: float, size: float, off: float) -> list[Point]:
    steps = [step / 8 for step in range(9)]
    return [
        (x + size * (a[0] + (b[0] - a[0]) * t) + off * t, y + size * (a[1] + (b[1] - a[1]) * t))
        for t in steps
    ]
