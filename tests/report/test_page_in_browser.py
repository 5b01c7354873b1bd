"""The page as a browser shows it: it asks for nothing, cells open their pictures, language, theme, paper."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from oxmark.report.document import Document
from oxmark.report.page import report_page

MakeDocument = Callable[..., Document]
HOSTILE = ("<script>window.hacked = 1</script>", '"><img src=x onerror="window.hacked = 2">', "동그라미")


class Opened:
    """A page opened from the disk, and all that it did which it must not."""

    def __init__(self, page: Page, file: Path) -> None:
        self.page, self.file = page, file
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(file.as_uri())


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, make_document: MakeDocument) -> dict[str, Path]:
    """The pages that the tests open, written once."""
    documents = {
        "usual": make_document(each=6, wrong=2, size=60),
        "hostile": make_document(HOSTILE, wrong=4),
        "large": make_document(each=52, wrong=6, size=160),
    }
    folder = tmp_path_factory.mktemp("pages")
    for name, document in documents.items():
        (folder / f"{name}.html").write_text(report_page(document), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in documents}


Open = Callable[..., Opened]


@pytest.fixture
def open_page(browser: Browser, files: dict[str, Path]) -> Iterator[Open]:
    """Opens a page in a context of its own; asks afterwards whether it behaved."""
    opened: list[Opened] = []

    def open_one(name: str = "usual", **context: Any) -> Opened:
        settings = {"locale": "en-US", "color_scheme": "light", **context}
        opened.append(Opened(browser.new_context(**settings).new_page(), files[name]))
        return opened[-1]

    yield open_one
    for one in opened:
        one.page.context.close()
        assert one.complaints == []
        assert [url for url in one.requests if not url.startswith("data:")] == [one.file.as_uri()]


def selected(page: Page, section: str) -> tuple[list[str], list[str]]:
    """File names and picture addresses of what is open under a confusion matrix."""
    shown = page.locator(f"#{section} .cell-pictures:visible")
    names = shown.locator(".file").all_inner_texts()
    return names, [image.get_attribute("src") or "" for image in shown.locator("img").all()]


# --- nothing from outside -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["usual", "hostile", "large"])
def test_it_opens_without_complaint_or_request(open_page: Open, name: str) -> None:
    opened = open_page(name)
    assert opened.page.locator("section.chapter").count() == 12
    broken = "Array.from(document.images).filter(image => !image.naturalWidth).length"
    assert opened.page.evaluate(broken) == 0
    assert opened.file.stat().st_size < 3_000_000


def test_what_is_planted_does_not_run(browser: Browser, files: dict[str, Path], tmp_path: Path) -> None:
    """The policy, not only the escaping, keeps scripts and pictures of others out."""
    planted = (
        '<script>window.hacked = 3</script><img src="https://example.org/a.png" onerror="hacked = 4"></h1>'
    )
    page = files["usual"].read_text(encoding="utf-8").replace("</h1>", planted)
    (tmp_path / "planted.html").write_text(page, encoding="utf-8")
    context = browser.new_context()
    blocked = list[str]()
    context.on("requestfailed", lambda request: blocked.append(f"{request.url} {request.failure}"))
    opened = Opened(context.new_page(), tmp_path / "planted.html")
    assert opened.page.evaluate("window.hacked") is None
    assert [re.sub(".* ", "", line) for line in blocked] == ["csp"]
    assert "Content Security Policy" in " ".join(opened.complaints)
    context.close()


def test_hostile_names_stay_text(open_page: Open) -> None:
    page = open_page("hostile").page
    assert page.evaluate("window.hacked") is None
    assert page.locator("script").count() == 1
    heads = page.locator("#test table.matrix tbody th").all_inner_texts()
    assert tuple(heads) == HOSTILE
    page.locator("#test a.cell.wrong").first.click()
    expect(page.locator("#test .cell-pictures:visible summary")).to_contain_text(HOSTILE[0])


# --- the confusion matrix -----------------------------------------------------------------------------------


def test_cells_open_the_pictures_behind_them(open_page: Open, make_document: MakeDocument) -> None:
    page = open_page().page
    document = make_document(each=6, wrong=2, size=60)
    cells = page.locator("#test a.cell")
    assert cells.count() == 4
    for cell in cells.all():
        cell.click()
        row, column = cell.get_attribute("data-row"), cell.get_attribute("data-column")
        behind = [
            (one["file"].rpartition("/")[2], document["pictures"][one["picture"] or ""]["image"])
            for one in document["test"]["answers"]
            if (str(one["truth"]), str(one["answer"])) == (row, column)
        ]
        names, images = selected(page, "test")
        assert list(zip(names, images, strict=True)) == behind
        assert cell.get_attribute("aria-current") == "true"
        assert page.locator("#test a.cell[aria-current]").count() == 1
        assert len(behind) == int(cell.locator("b").inner_text())


def test_the_fullest_wrong_cell_is_open_at_first(open_page: Open) -> None:
    page = open_page().page
    names, _ = selected(page, "test")
    assert names == ["0000.png"]
    expect(page.locator("#test .choose")).to_be_hidden()
    page.locator("#test .cell-pictures:visible summary").click()
    expect(page.locator("#test .choose")).to_be_visible()


def test_cells_work_with_the_keyboard_alone(open_page: Open) -> None:
    page = open_page().page
    page.locator("#test a.cell").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    where = "[document.activeElement.dataset.row, document.activeElement.dataset.column]"
    assert page.evaluate(where) == ["1", "1"]
    page.keyboard.press("ArrowDown")  # there is nothing below
    assert page.evaluate(where) == ["1", "1"]
    page.keyboard.press("Enter")
    expect(page.locator("#test-1-1")).to_have_attribute("open", "")
    assert page.evaluate("document.activeElement.parentElement.id") == "test-1-1"


def test_the_two_matrices_do_not_disturb_each_other(open_page: Open) -> None:
    page = open_page().page
    before = selected(page, "validation")
    page.locator("#test a.cell").last.click()
    assert selected(page, "validation") == before


# --- language and theme -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("locale", "theme", "language", "heading"),
    [("en-US", "light", "en", "How training went"), ("ko-KR", "dark", "ko", "학습 과정")],
)
def test_it_begins_as_the_system_is(
    open_page: Open, locale: str, theme: Any, language: str, heading: str
) -> None:
    page = open_page(locale=locale, color_scheme=theme).page
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("#training-title").inner_text() == heading
    pressed = page.locator("button[aria-pressed=true]").all()
    assert [b.get_attribute("data-language") or b.get_attribute("data-theme-choice") for b in pressed] == [
        language,
        theme,
    ]


def test_each_language_is_shown_alone(open_page: Open) -> None:
    page = open_page().page
    for language, other in (("ko", "en"), ("en", "ko")):
        page.locator(f"button[data-language={language}]").click()
        assert page.locator(f"main span[lang={other}]:visible, svg text[lang={other}]:visible").count() == 0
        assert page.locator(f"main span[lang={language}]:visible").count() > 50
        assert page.locator(f"svg text[lang={language}]:visible").count() > 10
        assert page.locator(f"button[data-language={language}]").get_attribute("aria-pressed") == "true"
        assert page.locator(f"button[data-language={other}]").get_attribute("aria-pressed") == "false"


def test_a_choice_is_remembered(open_page: Open) -> None:
    page = open_page().page
    page.locator("button[data-language=ko]").click()
    page.locator("button[data-theme-choice=dark]").click()
    again = page.context.new_page()
    again.goto(page.url)
    assert again.locator("html").get_attribute("lang") == "ko"
    assert again.locator("html").get_attribute("data-theme") == "dark"


def test_where_nothing_can_be_remembered_the_switches_work_all_the_same(
    browser: Browser, files: dict[str, Path]
) -> None:
    context = browser.new_context(locale="en-US")
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('denied'); } })"
    )
    opened = Opened(context.new_page(), files["usual"])
    opened.page.locator("button[data-language=ko]").click()
    assert opened.page.locator("html").get_attribute("lang") == "ko"
    assert opened.complaints == []
    context.close()


def photographed(page: Page, path: Path) -> np.ndarray[Any, np.dtype[np.uint8]]:
    page.screenshot(path=path)
    return np.asarray(Image.open(path).convert("L"))


def test_both_languages_and_themes_look_as_they_should(open_page: Open, tmp_path: Path) -> None:
    page = open_page(viewport={"width": 1000, "height": 800}).page
    photos = {}
    for language in ("en", "ko"):
        for theme in ("light", "dark"):
            page.locator(f"button[data-language={language}]").click()
            page.locator(f"button[data-theme-choice={theme}]").click()
            photos[language, theme] = photographed(page, tmp_path / f"{language}-{theme}.png")
    for (_, theme), photo in photos.items():
        assert np.median(photo) > 240 if theme == "light" else np.median(photo) < 40
        assert photo.std() > 15  # something is on it
    for theme in ("light", "dark"):
        assert (photos["en", theme] != photos["ko", theme]).mean() > 0.005
    chart = page.locator("#training svg.chart").first.screenshot(path=tmp_path / "chart.png")
    assert len(chart) > 2000


@pytest.mark.parametrize("name", ["usual", "hostile"])
def test_it_fits_any_width(open_page: Open, name: str) -> None:
    page = open_page(name).page
    for width in (1280, 700, 340):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


# --- paper, and without scripts -----------------------------------------------------------------------------


def test_on_paper_all_is_open_light_and_without_switches(open_page: Open, tmp_path: Path) -> None:
    page = open_page(color_scheme="dark").page
    page.locator("button[data-theme-choice=dark]").click()
    page.emulate_media(media="print", color_scheme="dark")
    for hidden in (".switches", ".contents", ".choose >> nth=0"):
        expect(page.locator(hidden)).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert page.locator(".cell-pictures img:visible").count() == 24
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 2
    pdf = page.pdf(path=tmp_path / "report.pdf")
    assert pdf[:5] == b"%PDF-"
    assert 3 < len(re.findall(rb"/Type\s*/Page\b", pdf)) < 20


def test_it_reads_without_scripts(open_page: Open) -> None:
    page = open_page(java_script_enabled=False, locale="ko-KR").page
    expect(page.locator(".switches")).to_be_hidden()
    assert page.locator("#training-title").inner_text() == "How training went"
    assert page.locator("#test .cell-pictures:visible").count() == 4
    page.locator("#test-1-1 summary").click()
    expect(page.locator("#test-1-1 img").first).to_be_visible()
