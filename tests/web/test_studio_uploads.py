"""Files that are no pictures are refused by name in the page, and no name is ever read as HTML."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bad_files import bad_files, good_picture
from driving import Studio
from playwright.sync_api import Browser, FilePayload, expect

HOSTILE = '<img src=x onerror="window.hacked = 1">'


@pytest.fixture
def studio(tmp_path: Path, browser: Browser) -> Iterator[Studio]:
    """A project that was made elsewhere, with names that a careless page would run."""
    for number, name in enumerate((HOSTILE, "동그라미", "__proto__")):
        (tmp_path / "marks" / name).mkdir(parents=True)
        (tmp_path / "marks" / name / f"{HOSTILE}.png").write_bytes(good_picture(number))
    made = Studio(tmp_path / "marks", browser)
    yield made
    made.page.close()
    made.kill()


def test_every_bad_file_is_refused_by_name_and_a_good_one_added(studio: Studio) -> None:
    page, before = studio.page, studio.kept()
    bad = bad_files()
    files = [
        FilePayload(name=name, mimeType="image/png", buffer=data)
        for name, data in {**bad, "good.png": good_picture(9)}.items()
    ]
    expect(studio.card("동그라미")).to_have_attribute("data-count", "1")
    studio.card("동그라미").locator(".pick").click()
    page.locator("input[type=file][multiple]").first.set_input_files(files)
    expect(page.locator(".tray")).to_contain_text("1 picture added", timeout=60_000)
    refused = page.locator(".refused-list li")
    expect(refused).to_have_count(len(bad))
    said = dict(zip(page.locator(".refused-name").all_inner_texts(), refused.all_inner_texts(), strict=True))
    assert sorted(said) == sorted(bad)
    for name, sentence in said.items():
        assert len(sentence) > len(name) + 20, sentence  # each with its reason
        assert str(studio.project.parent) not in sentence
    expect(studio.card("동그라미")).to_have_attribute("data-count", "2")
    after = studio.kept()
    assert len(after) == len(before) + 1
    assert before.items() <= after.items()
    studio.killed_and_back()


def test_names_are_shown_as_they_are_and_never_run(studio: Studio) -> None:
    page = studio.page
    expect(studio.page.locator(".card .name")).to_have_text([HOSTILE, "__proto__", "동그라미"])
    for place, shown in (("#teach", ".class-counts"), ("#try", ".correct-buttons"), ("#collect", ".card")):
        page.goto(studio.url + place)
        page.reload()
        expect(page.locator(f"{place} {shown}").first).to_contain_text(HOSTILE)
        assert page.evaluate("window.hacked") is None
    studio.page.locator(".card .strip").first.click()
    expect(page.locator(".tile, [data-picture]").first).to_be_visible()
    assert page.evaluate("window.hacked") is None
    assert (studio.complaints, studio.foreign) == ([], [])
