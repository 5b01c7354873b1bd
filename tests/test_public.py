"""The names that oxmark offers: the list is pinned, each name loads, each verb explains itself."""

from __future__ import annotations

import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

import oxmark

OFFERED = [
    "Classifier",
    "Dataset",
    "Evaluation",
    "OxmarkError",
    "Prediction",
    "Recipe",
    "TrainingRun",
    "check",
    "compare",
    "draw_dataset",
    "evaluate",
    "explain",
    "export",
    "load",
    "load_recipe",
    "read_folder",
    "split",
    "train",
    "validate",
    "verify",
    "write_report",
]
MODULES = sorted(module.name for module in pkgutil.iter_modules(oxmark.__path__))
VERBS = [name for name in OFFERED if name.islower()]
METHODS = ["Classifier.predict", "Recipe.with_settings", "Classifier.view", "Classifier.stream"]


def public(name: str) -> Any:
    value: Any = oxmark
    for part in name.split("."):
        value = getattr(value, part)
    return value


def test_the_offer_is_this_list() -> None:
    assert oxmark.__all__ == OFFERED == sorted(OFFERED)
    assert dir(oxmark) == sorted([*OFFERED, "__version__"])


def test_no_module_has_the_name_of_a_function() -> None:
    """Importing it would put the module in the function's place."""
    assert set(MODULES).isdisjoint(OFFERED)


@pytest.mark.parametrize("name", OFFERED)
def test_each_name_loads_and_is_what_it_is_called(name: str) -> None:
    value = public(name)
    assert value.__name__ == name
    assert value.__module__.startswith("oxmark.")
    assert getattr(oxmark, name) is value


def test_star_import_gives_the_offer() -> None:
    code = "from oxmark import *; print(*sorted(n for n in dir() if not n.startswith('_')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == OFFERED


@pytest.mark.parametrize("name", ["predict", "Train", "inference_"])
def test_another_name_is_answered_with_the_offer(name: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(oxmark, name)
    assert str(caught.value) == f"module 'oxmark' has no attribute '{name}'; it offers {', '.join(OFFERED)}"


@pytest.mark.parametrize("name", [*VERBS, "Classifier", "Recipe", "Classifier.predict"])
def test_each_verb_has_an_example(name: str) -> None:
    text = inspect.getdoc(public(name)) or ""
    assert "Example:" in text and ">>> " in text


@pytest.mark.parametrize("name", [*OFFERED, *METHODS])
def test_each_name_explains_itself(name: str) -> None:
    value = public(name)
    text = inspect.getdoc(value) or ""
    assert len(text.splitlines()[0]) > 10
    if inspect.isfunction(value):
        assert _undescribed(value, text) == []


def _undescribed(function: Callable[..., object], text: str) -> list[str]:
    """Arguments that the text does not name; a method of one line may leave them out."""
    if "Args:" not in text:
        return []
    return [n for n in inspect.signature(function).parameters if n != "self" and f"{n}:" not in text]


@pytest.mark.parametrize("name", VERBS)
def test_each_verb_has_at_most_eight_arguments(name: str) -> None:
    parameters = inspect.signature(public(name)).parameters.values()
    assert len(parameters) <= 8
    assert sum(p.kind is not p.KEYWORD_ONLY for p in parameters) <= 3  # two models and a folder
