"""axe-core finds no serious violation anywhere in the page: light, dark, English, Korean, on a phone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from driving import Studio
from playwright.sync_api import Browser, Locator, Page, expect

AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
GRAVE = ("serious", "critical")
LOOKS = [("en-US", "light", 1200), ("ko-KR", "dark", 1200), ("ko-KR", "light", 360), ("en-US", "dark", 360)]


def violations(page: Page) -> list[str]:
    """What axe-core finds, worst kinds only, in words."""
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("axe.run()")
    assert found["passes"], "axe looked at nothing"
    return [
        f"{one['id']}: {node['html'][:160]}"
        for one in found["violations"]
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, drawn: Path, browser: Browser) -> Iterator[Studio]:
    project = tmp_path_factory.mktemp("accessible") / "marks"
    shutil.copytree(drawn, project)
    made = Studio(project, browser)
    yield made
    made.kill()


@pytest.fixture(params=LOOKS, ids=lambda look: "-".join(map(str, look)))
def page(request: pytest.FixtureRequest, studio: Studio, browser: Browser) -> Iterator[Page]:
    locale, scheme, width = request.param
    context = browser.new_context(
        locale=locale,
        color_scheme=scheme,
        viewport={"width": width, "height": 800},
        reduced_motion="reduce",
    )
    yield context.new_page()
    context.close()


def shown(page: Page, studio: Studio, place: str, sign: str) -> Locator:
    page.goto(f"{studio.url}#{place}")
    found = page.locator(f"#{place} {sign}").first
    expect(found).to_be_visible()
    return found


@pytest.mark.parametrize(
    ("place", "sign"), [("collect", ".card"), ("teach", ".teach-button"), ("try", "canvas")]
)
def test_each_place(page: Page, studio: Studio, place: str, sign: str) -> None:
    shown(page, studio, place, sign)
    assert violations(page) == []
    wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1], "the page is wider than the window"


def test_the_pictures_of_a_class_and_a_dialog(page: Page, studio: Studio) -> None:
    shown(page, studio, "collect", ".card .strip").click()
    expect(page.locator("#collect .tile").first).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []


def test_the_knobs_of_teaching(page: Page, studio: Studio) -> None:
    shown(page, studio, "teach", "details summary").click()
    expect(page.locator("#teach input[type=range]").first).to_be_visible()
    assert violations(page) == []


def test_the_check_sees_a_violation(page: Page, studio: Studio) -> None:
    shown(page, studio, "collect", ".card")
    page.evaluate("document.body.append(Object.assign(document.createElement('input'), {type: 'text'}))")
    assert any(one.startswith("label:") for one in violations(page))


def test_an_empty_project(tmp_path: Path, browser: Browser) -> None:
    made = Studio(tmp_path / "new", browser)
    expect(made.page.get_by_role("button", name="Begin with O and X")).to_be_visible()
    assert violations(made.page) == []
    made.page.close()
    made.kill()
