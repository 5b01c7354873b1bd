"""The studio from an empty folder to a corrected mistake, with a real mouse in a real browser.

The tests stand in the order of the work and share one project. Between any two steps the server is killed
with SIGKILL and started again: what the page had confirmed must be there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from driving import Studio
from playwright.sync_api import Browser, expect

MINUTES = 60_000.0


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
