"""How long a training still takes, from what was measured: its own epochs, and the ends of earlier runs."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from statistics import median

from oxmark.web.studio.teaching_course import Course

RECENT = 12
"""So many of the latest epochs are measured; machines get busy, and quiet again."""
AFTERWARDS = ("measure", "check", "draw", "report")
"""The stages after the training itself."""
USUAL: Mapping[str, float] = {"measure": 0.3, "check": 0.5, "draw": 1.6, "report": 1.0}
"""Seconds that these take for some dozens of pictures on two cores of 2.6 GHz; for a project's first run."""


def seconds_left(course: Course, before: Mapping[str, float] | None, now: float) -> float | None:
    """An estimate of the seconds until the run is finished.

    Args:
        course: How far it is.
        before: Seconds that each stage took in the newest finished run of the project; None without one.
        now: Seconds since 1970.

    Returns:
        Seconds, not negative; None while too little is measured, that is before the second epoch ended.

    Example:
        >>> seconds_left(course, None, time.time())  # doctest: +SKIP
        14.2
    """
    if not course.at_work or len(course.ends) < 2:
        return None
    recent = course.ends[-RECENT - 1 :]
    epoch = median(b - a for a, b in itertools.pairwise(recent))
    calibrating = _calibrating(course) * epoch
    after = {name: float((before or USUAL).get(name, USUAL[name])) for name in AFTERWARDS}
    spent = max(0.0, now - course.stage_at)
    if course.stage == "fit":
        epochs = _epochs_left(course) * epoch - (now - course.ends[-1])
        return max(0.0, epochs) + calibrating + sum(after.values())
    if course.stage == "calibrate":
        return max(0.0, calibrating - spent) + sum(after.values())
    if course.stage not in AFTERWARDS:
        return None
    place = AFTERWARDS.index(course.stage)
    later = sum(after[name] for name in AFTERWARDS[place + 1 :])
    return max(0.0, after[course.stage] - spent) + later


def _epochs_left(course: Course) -> int:
    return 1 if course.state == "finishing" else max(0, course.epochs - course.epoch)


def _calibrating(course: Course) -> float:
    """In epochs: the networks that calibrate learn for a share of the recipe, never longer than this one."""
    share, factor = course.calibrating
    longest = course.epoch + (_epochs_left(course) if course.stage == "fit" else 0)
    return min(share * course.epochs, longest) * factor
