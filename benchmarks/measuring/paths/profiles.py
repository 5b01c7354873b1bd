"""Where a training's time went, as its ``run.json`` tells it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

STEPS = ("augment", "forward", "backward", "optimizer")
"""The phases that optimisation steps are made of."""
NEEDED = ("start", "import", "decode", *STEPS)
"""What no training can do without; everything else is the rest."""


def facts_of(run: Path) -> dict[str, Any]:
    """What ``run.json`` says."""
    return dict(json.loads((run / "run.json").read_text(encoding="utf-8")))


def phases_of(facts: Mapping[str, Any]) -> dict[str, float]:
    """Seconds by phase; those of processes and threads beside carry that in their names.

    Runs from before phases were kept have coarser stages, which stand for them.

    Example:
        >>> phases_of({"profile": {"wall": 3.0, "phases": {"start": 1.0}, "beside": {"decode": 0.5}}})
        {'start': 1.0, 'decode (beside)': 0.5}
    """
    profile = facts.get("profile")
    if profile is None:
        return dict(facts.get("seconds", {}))
    return {
        **profile["phases"],
        **{f"{name} (beside)": value for name, value in profile.get("beside", {}).items()},
    }


def rest_of(facts: Mapping[str, Any]) -> float | None:
    """Seconds that are neither start, import, decoding nor optimisation steps; None if not kept."""
    needed = _together(facts, NEEDED)
    return None if needed is None else float(facts["profile"]["wall"]) - needed


def step_seconds(facts: Mapping[str, Any]) -> float | None:
    """Seconds in forward, backward and optimizer, all steps together; None if not kept."""
    return _together(facts, ("forward", "backward", "optimizer"))


def _together(facts: Mapping[str, Any], names: Sequence[str]) -> float | None:
    """Seconds of several phases; None where phases were not kept."""
    if "profile" not in facts:
        return None
    phases = facts["profile"]["phases"]
    return sum(float(phases.get(name, 0.0)) for name in names)
