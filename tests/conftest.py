"""For all tests: one small drawn data set, and a working folder of their own."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

hypothesis.settings.register_profile("repeatable", derandomize=True)
hypothesis.settings.load_profile("repeatable")  # a commit passes or fails, it does not do both
os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy and torch: the tests' arrays are small


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--soak``: the tests in ``tests/soak`` try thousands of cases."""
    parser.addoption("--soak", action="store_true", help="try thousands of cases in tests/soak")


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drawn set of O and X by three hands, 6, 3 and 3 pictures a class in its parts. Only read it."""
    from oxmark.data.draw import draw_dataset

    folder = tmp_path_factory.mktemp("drawn") / "marks"
    return draw_dataset(folder, counts=(6, 3, 3), hands=3, seed=1)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative paths lead into ``tmp_path``, so no test writes into the checkout."""
    monkeypatch.chdir(tmp_path)
