"""The same verbs past one machine, on Ray: the same recipe, the same model file, the same answers.

Ray schedules, ships and repeats the work; nothing of that is ours. It comes with ``oxmark[cluster]``::

    predict     a collection of any size becomes Parquet, each file in it once
    train       several workers train one network in step
    validate    the networks of a cross-validation, side by side

Each loads on first use.

Example:
    >>> import oxmark.cluster  # doctest: +SKIP
    >>> oxmark.cluster.predict("scans", out="answers").tally.labels  # doctest: +SKIP
    {'O': 10432, 'X': 8960}
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oxmark.cluster.predicting import predict
    from oxmark.cluster.training import train
    from oxmark.cluster.validating import validate

__all__ = ["predict", "train", "validate"]

_HOMES = {"predict": "predicting", "train": "training", "validate": "validating"}


def __getattr__(name: str) -> object:
    """Load a verb on first use."""
    if name not in _HOMES:
        raise AttributeError(
            f"module 'oxmark.cluster' has no attribute {name!r}; it offers {', '.join(__all__)}"
        )
    return getattr(importlib.import_module(f"oxmark.cluster.{_HOMES[name]}"), name)
