"""The rows of training and validating on the 104 drawings."""

from __future__ import annotations

import shutil
from collections.abc import Callable

from measuring.counting import STEPS, step_operations
from measuring.paths.profiles import facts_of, phases_of, rest_of, step_seconds
from measuring.processes import oxmark, run_process
from measuring.row import Figures, Row
from measuring.work import Work

UNITS = {"all in": "s", "fit": "s", "rest": "s", "cores busy": "", "resident": "MB", "anonymous": "MB"}
STEP_UNITS = {"all of fit, per step": "ms", "step": "ms", "rate in the step": "GFLOP/s"}


def training(recipe: str) -> Callable[[Work, int], Figures]:
    """Train once on the drawings, from the command to the last file."""

    def measure(work: Work, run: int) -> Figures:
        out = work.folder / f"{recipe}-{run}"
        command = oxmark("train", work.marks, "--recipe", recipe, "--out", out)
        done = run_process(command, watched=True)
        facts = facts_of(out)
        shutil.rmtree(out)
        work.profiles.setdefault(f"train-{recipe}", []).append(phases_of(facts))
        found = {
            "all in": done.seconds,
            "cores busy": done.cores,
            "resident": done.resident,
            "anonymous": done.anonymous,
        }
        fit, rest = facts.get("seconds", {}).get("fit"), rest_of(facts)
        found |= {} if fit is None else {"fit": fit}
        found |= {} if rest is None else {"rest": rest}
        return found | (_steps(fit, step_seconds(facts)) if recipe == "tutorial" else {})

    return measure


def _steps(fit: float | None, steps: float | None) -> dict[str, float]:
    """Milliseconds a step and the rate of its arithmetic, from what is known."""
    found = {} if fit is None else {"all of fit, per step": 1000 * fit / STEPS}
    if steps is not None:
        rate = step_operations(all_gradients=True) * STEPS / steps / 1e9
        found |= {"step": 1000 * steps / STEPS, "rate in the step": rate}
    return found


def validating(work: Work, run: int) -> Figures:
    """Five folds on the drawings, without the learning curve."""
    out = work.folder / f"validated-{run}"
    done = run_process(oxmark("validate", work.marks, "--out", out), watched=True)
    shutil.rmtree(out)
    return {
        "all in": done.seconds,
        "cores busy": done.cores,
        "resident": done.resident,
        "anonymous": done.anonymous,
    }


def training_rows() -> list[Row]:
    """The two recipes, and the validation."""
    tutorial = {**UNITS, **STEP_UNITS}
    plain = {name: unit for name, unit in UNITS.items() if name not in {"fit", "rest"}}
    return [
        Row(
            "train-tutorial",
            "oxmark train --recipe tutorial, 104 drawings",
            tutorial,
            training("tutorial"),
            dear=True,
        ),
        Row("train-marks", "oxmark train, 104 drawings", UNITS, training("marks"), dear=True),
        Row("validate", "oxmark validate, 5 folds, 104 drawings", plain, validating, dear=True),
    ]
