"""The doctor's own process: examines a folder, measures how its drawings look, prints one JSON object.

::

    python -m oxmark.web.studio.examining FOLDER

Exit code 0, or 2 with ``{"error": SENTENCE}`` where there is nothing that could be examined.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from oxmark.errors import OxmarkError, PictureError, missing_extra

MEASURED = 60
"""So many pictures of a class, evenly spread, are measured."""


def main(arguments: Sequence[str]) -> int:
    """Examine the folder that is named; returns the exit code."""
    try:
        found, code = examined(Path(arguments[0])), 0
    except OxmarkError as error:
        found, code = {"error": str(error)}, 2
    except ModuleNotFoundError as error:
        cure = missing_extra(error)
        if cure is None:
            raise
        found, code = {"error": str(cure)}, 2
    sys.stdout.write(json.dumps(found) + "\n")
    return code


def examined(root: Path) -> dict[str, Any]:
    """What the doctor finds, and how the drawings of each class differ.

    Args:
        root: The project.

    Returns:
        ``checkup`` as ``oxmark check --json`` prints it; ``spreads``: class to figure to standard deviation
        over mean (:func:`~oxmark.web.studio.looks.spreads`).

    Raises:
        OxmarkError: It cannot be examined.

    Example:
        >>> sorted(examined(Path("marks")))  # doctest: +SKIP
        ['checkup', 'spreads']
    """
    from oxmark.workflow.checking import check

    return {"checkup": check(root).as_json(), "spreads": _spreads(root)}


def _spreads(root: Path) -> dict[str, dict[str, float]]:
    from oxmark.data.decode import decode
    from oxmark.data.folder import read_folder
    from oxmark.web.studio.looks import look_of, spreads

    dataset = read_folder(root)
    found = {}
    for label, name in enumerate(dataset.classes):
        paths = [sample.path for sample in dataset.samples if sample.label == label]
        looks = []
        for path in paths[:: -(-len(paths) // MEASURED) or 1]:
            try:
                looks.append(look_of(decode(path)))
            except PictureError:  # the doctor names it
                continue
        found[name] = spreads([look for look in looks if look is not None])
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
