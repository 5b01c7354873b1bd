"""The metadata of a model file, format 1: which keys there must be, and what may be in them."""

from __future__ import annotations

import json
import tomllib
import unicodedata
from collections.abc import Callable
from typing import NoReturn

from oxmark.modelfile.verdicts import Verdicts, quoted

FORMAT = 1
"""The newest version of the model-file format that this oxmark reads."""

LIMITS: dict[str, int] = {
    "oxmark.format": 10,
    "oxmark.classes": 2**20,
    "oxmark.recipe": 2**16,
    "oxmark.trained_on": 2**22,  # a short hash of every picture: 100,000 pictures fit
    "oxmark.quality": 2**20,
    "oxmark.version": 100,
}
"""The keys every model file has, with the most characters each may have."""

_OTHER_LIMIT, _OTHER_KEYS = 2**16, 64
_MIN_CLASSES, _MAX_CLASSES, _MAX_NAME = 2, 1000, 255  # 255: the longest folder name there is


def check_metadata(metadata: dict[str, str], verdicts: Verdicts) -> tuple[str, ...]:
    """Check all metadata, and give the class names.

    Args:
        metadata: All metadata of the file, by key.
        verdicts: Makes the errors.

    Returns:
        The class names, in the order of the output ``probabilities``.

    Raises:
        ModelFileError: The format is newer than :data:`FORMAT`.
        DamagedModel: A key is missing or not well formed.
        UnsafeModel: A text is longer than allowed, or there are too many.
    """
    _check_format(metadata.get("oxmark.format"), verdicts)
    _check_sizes(metadata, verdicts)
    classes = _class_names(_parsed(metadata, "oxmark.classes", _json, "JSON", verdicts), verdicts)
    _parsed(metadata, "oxmark.recipe", tomllib.loads, "TOML", verdicts)
    for key in ("oxmark.trained_on", "oxmark.quality"):
        if not isinstance(_parsed(metadata, key, _json, "JSON", verdicts), dict):
            raise verdicts.damaged(f"its metadata {key} is not a JSON object")
    if not metadata["oxmark.version"].strip():
        raise verdicts.damaged("its metadata oxmark.version is empty")
    return classes


def _check_format(value: str | None, verdicts: Verdicts) -> None:
    """The format comes first: of a newer one we know nothing else."""
    if value is None:
        raise verdicts.damaged("its metadata has no oxmark.format")
    if not (value.isascii() and value.isdigit() and len(value) <= LIMITS["oxmark.format"]) or int(value) == 0:
        raise verdicts.damaged(f"its metadata oxmark.format is {quoted(value)}, expected '{FORMAT}'")
    if int(value) > FORMAT:
        raise verdicts.newer(int(value), FORMAT)


def _check_sizes(metadata: dict[str, str], verdicts: Verdicts) -> None:
    missing = [key for key in LIMITS if key not in metadata]
    if missing:
        raise verdicts.damaged(f"its metadata lacks {', '.join(missing)}")
    if len(metadata) > len(LIMITS) + _OTHER_KEYS:
        raise verdicts.unsafe(
            f"it has {len(metadata):,} metadata entries, at most {len(LIMITS) + _OTHER_KEYS} are allowed"
        )
    for key, value in metadata.items():
        limit = LIMITS.get(key, _OTHER_LIMIT)
        if len(value) > limit or len(key) > _OTHER_LIMIT:
            raise verdicts.unsafe(
                f"its metadata {quoted(key)} has {len(value):,} characters, at most {limit:,} are allowed"
            )


def _parsed(
    metadata: dict[str, str], key: str, parse: Callable[[str], object], language: str, verdicts: Verdicts
) -> object:
    try:
        return parse(metadata[key])
    except (ValueError, RecursionError) as error:
        raise verdicts.damaged(f"its metadata {key} is not valid {language}") from error


def _class_names(value: object, verdicts: Verdicts) -> tuple[str, ...]:
    what = f"a list of {_MIN_CLASSES} to {_MAX_CLASSES} names"
    if not isinstance(value, list) or not _MIN_CLASSES <= len(value) <= _MAX_CLASSES:
        found = f"has {len(value):,} entries" if isinstance(value, list) else "is no list"
        raise verdicts.damaged(f"its metadata oxmark.classes {found}, expected {what}")
    for name in value:
        if not isinstance(name, str) or not _is_name(name):
            raise verdicts.damaged(
                f"its metadata oxmark.classes has the entry {quoted(str(name))}, expected {what}"
            )
    twice = next((name for name in value if value.count(name) > 1), None)
    if twice is not None:
        raise verdicts.damaged(
            f"its metadata oxmark.classes has {quoted(twice)} more than once, expected {what}"
        )
    return tuple(value)


def _is_name(name: str) -> bool:
    """Not blank or endless; no control characters or lone surrogates, which terminals and files refuse."""
    return (
        len(name.strip()) > 0
        and len(name) <= _MAX_NAME
        and all(unicodedata.category(c) not in ("Cc", "Cs") for c in name)
    )


def _json(text: str) -> object:
    return json.loads(text, parse_constant=_no_constant)


def _no_constant(name: str) -> NoReturn:
    """JSON has no NaN and no infinity, and a browser would not read them."""
    raise ValueError(f"{name} is not JSON")
