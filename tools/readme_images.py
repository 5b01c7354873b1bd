"""Make ``docs/images``: pictures that oxmark itself drew, small enough for a page.

    make images

The commands of the README run in a temporary folder; what they leave is made narrower and put on a palette.
"""

from __future__ import annotations

import io
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click
from PIL import Image

TARGET = Path(__file__).resolve().parent.parent / "docs" / "images"
WIDEST = 1200
"""Pixels across; a page shows no more."""
LARGEST = 120_000
"""Bytes of one file, at most."""
COLOURS = (256, 128, 64, 32)

COMMANDS = """
draw marks
show marks --out marks.png
augment marks --out augmentations.png
train marks --out runs/first
draw others --hands 24 --counts 12,0,0 --seed 7
predict others --model runs/first --sheet answers.png
"""
PICTURES = {
    "marks.png": "marks.png",
    "augmentations.png": "augmentations.png",
    "curves.png": "runs/first/curves.png",
    "test.png": "runs/first/test.png",
    "confusion.png": "runs/first/confusion.png",
    "answers.png": "answers.png",
    "report.png": "report.png",
    "studio-collect.png": "studio/studio-collect.png",
    "studio-teach.png": "studio/studio-teach.png",
    "studio-try.png": "studio/studio-try.png",
}
"""Name in ``docs/images`` to what the commands leave."""


@click.command()
@click.option("--studio", "studio_only", is_flag=True, help="Make the pictures of the studio only.")
def main(studio_only: bool) -> None:
    """Run the commands in a temporary folder and put the pictures they make into docs/images."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        if not studio_only:
            for line in COMMANDS.strip().splitlines():
                click.echo(f"$ oxmark {line}", err=True)
                _oxmark(shlex.split(line), Path(folder))
            _photograph(Path(folder) / "runs" / "first" / "report.html", Path(folder) / "report.png")
        _photograph_studio(Path(folder) / "studio")
        for name, source in PICTURES.items():
            if studio_only and not source.startswith("studio/"):
                continue
            data = small_png(Path(folder) / source)
            (TARGET / name).write_bytes(data)
            click.echo(f"{TARGET / name}  {len(data) / 1000:.0f} kB")


def small_png(source: Path) -> bytes:
    """A picture at most ``WIDEST`` across, on the largest palette with which it stays below ``LARGEST``.

    Raises:
        click.ClickException: Even the smallest palette makes too large a file.
    """
    with Image.open(source) as picture:
        shown = picture.convert("RGB")
    if shown.width > WIDEST:
        height = round(shown.height * WIDEST / shown.width)
        shown = shown.resize((WIDEST, height), Image.Resampling.LANCZOS)
    for colours in COLOURS:
        buffer = io.BytesIO()
        palette = shown.quantize(colours, dither=Image.Dither.NONE)
        palette.save(buffer, "PNG", optimize=True)
        if buffer.tell() <= LARGEST:
            return buffer.getvalue()
    raise click.ClickException(f"{source.name} is larger than {LARGEST:,} bytes even with {colours} colours.")


def _photograph(page: Path, target: Path) -> None:
    """The top of the report, as a browser shows it."""
    from playwright.sync_api import sync_playwright

    browsers = ("chromium", "chromium-browser", "google-chrome")
    found = next((place for name in browsers if (place := shutil.which(name))), None)
    if found is None:
        raise click.ClickException("no browser found; install one: apt-get install chromium fonts-nanum")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        shown = browser.new_page(viewport={"width": 1100, "height": 760}, color_scheme="light")
        shown.goto(page.as_uri())
        shown.screenshot(path=target)
        browser.close()


def _photograph_studio(folder: Path) -> None:
    """The studio, drawn in and taught by ``studio_images.py`` beside this file."""
    tools = Path(__file__).resolve().parent
    places = os.pathsep.join([str(tools.parent / "tests" / "support"), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, str(tools / "studio_images.py"), str(folder)]
    subprocess.run(command, env={**os.environ, "PYTHONPATH": places}, check=True)


def _oxmark(arguments: list[str], folder: Path) -> None:
    command = [sys.executable, "-m", "oxmark", *arguments]
    done = subprocess.run(command, cwd=folder, env={**os.environ, "NO_COLOR": "1"}, check=False)
    if done.returncode != 0:
        raise click.ClickException(f"oxmark {shlex.join(arguments)} failed with exit code {done.returncode}.")


if __name__ == "__main__":
    main()
