"""The examples in the docstrings do what they say."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import oxmark

MODULES = sorted(found.name for found in pkgutil.walk_packages(oxmark.__path__, "oxmark."))
MODULES.remove("oxmark.__main__")  # importing it runs the command line


@pytest.mark.parametrize("name", ["oxmark", *MODULES])
def test_examples(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    failed, _ = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert failed == 0, capsys.readouterr().out
