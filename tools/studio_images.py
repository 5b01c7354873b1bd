"""Photograph the studio for the documents: draw, teach, try, with a real mouse.

PYTHONPATH=tests/support python tools/studio_images.py FOLDER
"""

from __future__ import annotations

import shutil
from pathlib import Path

import click
from driving import Studio
from playwright.sync_api import expect, sync_playwright

import oxmark

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
WINDOW = {"width": 1200, "height": 800}
TEACHING = 300_000.0
"""Milliseconds that a training may take."""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def main(folder: Path) -> None:
    """Leave studio-collect.png, studio-teach.png and studio-try.png in FOLDER."""
    browser_file = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if browser_file is None:
        raise click.ClickException("This needs Chromium: make browser")
    oxmark.draw_dataset(folder / "drawn", hands=5, counts=(14, 5, 5), seed=3)
    project = folder / "marks"
    hands = (folder / "drawn" / "metadata.csv").read_text(encoding="utf-8")
    for part in ("train", "validation", "test"):
        shutil.copytree(folder / "drawn" / part, project, dirs_exist_ok=True)
        hands = hands.replace(f"{part}/", "")
    (project / "metadata.csv").write_text(hands, encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_file, args=["--no-sandbox"])
        studio = Studio(project, browser)
        try:
            photograph(studio, folder)
        finally:
            studio.end()
            browser.close()


def photograph(studio: Studio, folder: Path) -> None:
    """Draw, teach and try, with a picture of each place."""
    page = studio.page
    page.set_viewport_size({"width": WINDOW["width"], "height": WINDOW["height"]})
    for kind, key, count in (("X", "2", 25), ("O", "1", 25)):
        studio.draw("collect", kind, 5)
        page.keyboard.press(key)
        if kind == "X":
            page.get_by_label("Name", exact=True).fill("mina")
            page.get_by_role("button", name="Save the drawing", exact=True).click()
        expect(studio.card(kind)).to_have_attribute("data-count", str(count))
    studio.draw("collect", "O", 8)
    expect(page.locator(".toast")).to_have_count(0, timeout=30_000)
    looking = page.get_by_text("Looking at the pictures")
    expect(looking.filter(visible=True)).to_have_count(0, timeout=60_000)
    page.screenshot(path=folder / "studio-collect.png")
    page.goto(studio.url + "#teach")
    page.get_by_role("button", name="Teach", exact=True).click()
    expect(page.get_by_role("link", name="Try it")).to_be_visible(timeout=TEACHING)
    page.screenshot(path=folder / "studio-teach.png")
    page.goto(studio.url + "#try")
    studio.draw("try", "X", 12)
    expect(page.locator(".answer-label")).to_have_text("X")
    page.wait_for_timeout(1500)  # the bars have come to rest
    page.screenshot(path=folder / "studio-try.png")


if __name__ == "__main__":
    main()
