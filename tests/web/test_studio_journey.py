"""The studio from an empty folder to a corrected mistake, with a real mouse in a real browser.

The tests stand in the order of the work and share one project. Between any two steps the server is killed
with SIGKILL and started again: what the page had confirmed must be there.
"""

from __future__ import annotations

import csv
import hashlib
import itertools
import math
import random
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect, sync_playwright

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
MINUTES = 60_000.0
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
        return self.page.locator(f'.card[data-name="{name}"]')

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
    jitter = lambda: rng.uniform(-0.02, 0.02)  # noqa: E731
    if kind == "O":
        wide, begin = rng.uniform(0.85, 1.15), rng.uniform(0, 2 * math.pi)
        angles = [begin + 2 * math.pi * step / 24 for step in range(26)]
        return [[(x + wide * size * math.cos(a), y + size * math.sin(a)) for a in angles]]
    corners = {
        "X": [[(-1, -1), (1, 1)], [(1, -1), (-1, 1)]],
        "triangle": [[(0, -1), (1, 0.8), (-1, 0.8), (0, -1)]],
    }[kind]
    return [
        [point for a, b in itertools.pairwise(line) for point in between(a, b, x, y, size, jitter())]
        for line in corners
    ]


def between(a: Point, b: Point, x: float, y: float, size: float, off: float) -> list[Point]:
    steps = [step / 8 for step in range(9)]
    return [
        (x + size * (a[0] + (b[0] - a[0]) * t) + off * t, y + size * (a[1] + (b[1] - a[1]) * t))
        for t in steps
    ]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if not found:
        pytest.fail("These tests need a browser. Install it: apt-get install chromium fonts-nanum")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])  # root has none
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Studio]:
    made = Studio(tmp_path_factory.mktemp("studio") / "marks", browser)
    yield made
    made.kill()


def test_two_classes_are_made(studio: Studio) -> None:
    studio.page.get_by_role("button", name="Begin with O and X").click()
    expect(studio.card("X")).to_have_attribute("data-count", "0")
    studio.killed_and_back()
    assert list(studio.shown()) == ["O", "X"]


def test_the_first_drawing_asks_who_draws(studio: Studio) -> None:
    studio.draw("collect", "O", 0)
    studio.page.keyboard.press("1")
    studio.page.get_by_label("Name", exact=True).fill("mina")
    studio.page.get_by_role("button", name="Save the drawing", exact=True).click()
    expect(studio.card("O")).to_have_attribute("data-count", "1")
    assert [hand for _, hand in studio.kept().values()] == ["mina"]
    studio.killed_and_back()


@pytest.mark.parametrize(("kind", "key", "first"), [("O", "1", 1), ("X", "2", 0)])
def test_ten_of_each_are_drawn(studio: Studio, kind: str, key: str, first: int) -> None:
    for number in range(first, 10):
        studio.draw("collect", kind, number)
        studio.page.keyboard.press(key)
        expect(studio.card(kind)).to_have_attribute("data-count", str(number + 1))
        if number in (4, 9):
            studio.killed_and_back()
    digests = {digest for name, (digest, _) in studio.kept().items() if name.startswith(kind)}
    assert len(digests) == 10
    assert {hand for _, hand in studio.kept().values()} == {"mina"}


def test_z_takes_back_and_space_saves(studio: Studio) -> None:
    before = studio.kept()
    studio.draw("collect", "X", 99)
    studio.page.keyboard.press("Space")
    expect(studio.page.locator('.card[data-count="11"]')).to_have_count(1)
    studio.page.keyboard.press("z")
    expect(studio.page.locator('.card[data-count="11"]')).to_have_count(0)
    assert studio.kept() == before
    studio.killed_and_back()


def test_it_is_taught_and_a_kill_does_not_stop_that(studio: Studio) -> None:
    page = studio.page
    page.goto(studio.url + "#teach")
    page.get_by_role("button", name="Teach", exact=True).click()
    expect(page.get_by_text(re.compile(r"Epoch \d+ of \d+")).first).to_be_visible(timeout=MINUTES)
    studio.kill()
    studio.start()
    page.reload()
    expect(page.get_by_role("link", name="Try it")).to_be_visible(timeout=3 * MINUTES)
    expect(page.get_by_text(re.compile(r"95 % interval")).first).to_be_visible()
    assert len(list((studio.project / "runs").glob("*/model.onnx"))) == 1


@pytest.mark.parametrize(("kind", "answer"), [("O", "O"), ("X", "X"), ("triangle", "None of these")])
def test_a_new_drawing_is_answered(studio: Studio, kind: str, answer: str) -> None:
    studio.page.goto(studio.url + "#try")
    studio.page.reload()
    studio.draw("try", kind, 1234)
    expect(studio.page.locator(".answer-label")).to_have_text(answer)


def test_a_mistake_is_put_right_with_one_click(studio: Studio) -> None:
    studio.page.locator(".correct-buttons button").first.click()
    expect(studio.page.locator(".correct-buttons button.saved")).to_have_text(re.compile("O"))
    assert sum(name.startswith("O/") for name in studio.kept()) == 11
    studio.killed_and_back()
    assert studio.shown() == {"O": "11", "X": "10"}


def test_closed_and_opened_again_everything_is_there(studio: Studio, browser: Browser) -> None:
    before = studio.kept()
    assert (studio.complaints, studio.foreign) == ([], [])
    studio.page.close()
    assert studio.end() == 0
    studio.start()
    page = browser.new_page(viewport={"width": 1200, "height": 900}, locale="en-US")
    page.goto(studio.url)
    expect(page.locator('.card[data-name="O"]')).to_have_attribute("data-count", "11")
    expect(page.locator('.card[data-name="X"]')).to_have_attribute("data-count", "10")
    expect(page.get_by_text("Drawn by mina").first).to_be_visible()
    page.goto(studio.url + "#teach")
    expect(page.get_by_text("in use").first).to_be_visible()
    page.close()
    assert studio.kept() == before
