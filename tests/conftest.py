"""For all tests: one small drawn data set, and a working folder of their own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")

hypothesis.settings.register_profile("repeatable", derandomize=True)
hypothesis.settings.load_profile("repeatable")  # a commit passes or fails, it does not do both
os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy and torch: the tests' arrays are small


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--soak``: the tests in ``tests/soak`` try thousands of cases."""
    parser.addoption("--soak", action="store_true", help="try thousands of cases in tests/soak")


@pytest.fixture(scope="session", autouse=True)
def _one_processor() -> Iterator[None]:
    """Trainings within a test do all their work themselves: their pictures are so few that another process
    would spend its time on importing. Tests of several processes say that there are more. Commands that tests
    run see the machine as it is.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "sched_getaffinity", lambda _process: {0}, raising=False)
        yield


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drawn set of O and X by three hands, 6, 3 and 3 pictures a class in its parts. Only read it."""
    from oxmark.data.draw import draw_dataset

    folder = tmp_path_factory.mktemp("drawn") / "marks"
    return draw_dataset(folder, counts=(6, 3, 3), hands=3, seed=1)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. For one file: while it is open, its event loop keeps asyncio.run from others."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if not found:
        pytest.fail("These tests need a browser. Install it: apt-get install chromium fonts-nanum")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])  # root has none
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative paths lead into ``tmp_path``, so no test writes into the checkout."""
    monkeypatch.chdir(tmp_path)
