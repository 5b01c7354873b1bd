"""A process for short work that needs the packages of training.

``python -m oxmark.web.studio.teacher_errands`` is asked on stdin and answers on stdout, a JSON object a line
each. It ends when stdin does. The studio's own process stays small and quick: it never loads those packages.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oxmark.data.folder import read_folder
from oxmark.errors import OxmarkError, PictureError
from oxmark.inference import load
from oxmark.web.problems import problem_of
from oxmark.web.studio.greys import grey_json
from oxmark.workflow.progress import Progress

if TYPE_CHECKING:
    from oxmark.recipes import Recipe
    from oxmark.workflow.augmenting import Looked

VARIANTS = 11
_looked: dict[tuple[str, int, float], Looked] = {}
"""Training pictures as the network sees them, by the state of the pictures and the preprocessing."""


def augment(wish: Mapping[str, Any]) -> dict[str, Any]:
    """Variants of one training picture.

    Args:
        wish: ``project``, ``recipe`` (every knob), ``picture`` (path), ``seed``, and ``state``, which differs
            when the pictures do.

    Returns:
        ``pictures`` and ``source``: ``size``, and ``grey`` as base64 of uint8.
    """
    from oxmark.recipes import parse_recipe
    from oxmark.workflow.augmenting import variants_of

    recipe = parse_recipe(wish["recipe"], "the recipe")
    used = _used(Path(wish["project"]), recipe, str(wish["state"]))
    (row,) = variants_of([Path(wish["picture"])], None, used, seed=int(wish["seed"]), count=VARIANTS)
    return {"pictures": [grey_json(one) for one in row.variants], "source": grey_json(row.seen)}


def compare(wish: Mapping[str, Any]) -> dict[str, Any]:
    """Two models on the project's pictures.

    Args:
        wish: ``project``, and ``one`` and ``other``: run folders, null for the built-in model.

    Returns:
        ``sentence``, ``accuracies`` and ``differing``.
    """
    from oxmark.workflow.comparing import compare as compare_models

    one, other = (load(wish[name]) for name in ("one", "other"))
    parts = read_folder(wish["project"]).parts
    found = compare_models(one, other, wish["project"], part="test" if "test" in parts else "all")
    return {
        "sentence": found.sentence.as_json(),
        "accuracies": [answered.accuracy.as_json() for answered in found.evaluations],
        "differing": [
            {"file": differing.file, "class": differing.truth, "answers": list(differing.answers)}
            for differing in found.differing
        ],
    }


def export(wish: Mapping[str, Any]) -> dict[str, Any]:
    """A Keras file of a model.

    Args:
        wish: ``model`` (the file) and ``out`` (the file to write).

    Returns:
        ``notes``: what is not in the file.
    """
    from oxmark.workflow.exporting import export as export_model

    return {"notes": list(export_model(wish["model"], wish["out"]).notes)}


ERRANDS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "augment": augment,
    "compare": compare,
    "export": export,
}


def main() -> int:
    """Run errands until stdin ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    for line in sys.stdin:
        wish = json.loads(line)
        try:
            answer: dict[str, Any] = {"done": ERRANDS[wish["errand"]](wish)}
        except OxmarkError as error:
            found = problem_of(error)
            answer = {"failed": {"status": found.status_code, "code": found.code, "text": str(error)}}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    return 0


def _used(project: Path, recipe: Recipe, state: str) -> Recipe:
    """The recipe as a training would use it; unreadable pictures are no reason to show nothing."""
    from oxmark.workflow.augmenting import as_trained, looked_at

    if not recipe.keep_meaning or recipe.preprocess != "ink":
        return recipe
    key = state, recipe.size, recipe.margin
    if key not in _looked:
        _looked.clear()
        try:
            _looked[key] = looked_at(read_folder(project), recipe)
        except PictureError:
            return recipe
    return as_trained(_looked[key], recipe, Progress())


if __name__ == "__main__":
    sys.exit(main())
