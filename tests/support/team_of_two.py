"""Two processes that train together over gloo on the loopback address; what each found comes back by pickle.

Run as ``python team_of_two.py RANK FOLDER``: all cases at once, because starting torch takes seconds.
"""

from __future__ import annotations

import datetime
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import distributed

from oxmark.errors import TrainingError
from oxmark.recipes import Recipe, load_recipe
from oxmark.training import checkpoint, crossfit, loop
from oxmark.training.loop import Fitted, Prepared, fit
from oxmark.training.state import State, start
from oxmark.training.steps import step
from oxmark.training.team import ALONE, Team

CPU = torch.device("cpu")
TINY: dict[str, object] = {"size": 24, "width": 4, "epochs": 3, "batch": 5, "least_steps": 0}
MARKS = load_recipe("marks").with_settings(
    {**TINY, "outliers": 20, "outliers_per_batch": 3, "cross_fit": 0.7, "precision": "float32"}
)
TUTORIAL = load_recipe("tutorial").with_settings({**TINY, "steps_per_epoch": 6, "precision": "float32"})
WHOLE_BATCHES = {  # the recipe, pictures, outliers
    "tutorial": (TUTORIAL, 7, 0),
    "tutorial, one picture": (TUTORIAL, 1, 0),
    "marks": (MARKS, 6, 4),
    "marks, unequal shares": (MARKS, 7, 5),
    "marks, one picture": (MARKS, 1, 4),
    "marks, one outlier": (MARKS, 5, 1),
    "marks without outliers": (MARKS.with_settings({"outliers": 0}), 5, 0),
}


def noise(count: int, seed: int) -> Prepared:
    """Pictures of nothing in particular, each with one view, by four people."""
    generator = np.random.default_rng(seed)
    seen, view = (generator.random((2, count, 1, 24, 24)) > 0.8).astype(np.float32)
    rows = np.arange(count, dtype=np.int64)
    return Prepared(seen, rows % 2, view[:, None], rows // 2 % 4)


def gradients(name: str, team: Team) -> dict[str, Any]:
    """After one step on this worker's share of a batch: gradients, loss, right answers.

    Batch normalisation uses its running statistics here: those of a batch differ from those of its shares.
    """
    recipe, count, others = WHOLE_BATCHES[name]
    generator = torch.Generator().manual_seed(1)
    pictures, outliers = (torch.rand(n, 1, 24, 24, generator=generator) for n in (count, others))
    labels = torch.arange(count) % 2
    state = start(recipe, 2, 0, CPU, team=team, refuses=others > 0)
    state.network.eval()
    part, some = team.part(count), team.part(others)
    seen = torch.cat([pictures[part], outliers[some]])
    loss, right = step(
        state, recipe, seen, labels[part], torch.tensor([0.5, 2.0]), 0.0, share=team.share(count, others)
    )
    found = {n: None if p.grad is None else p.grad.clone() for n, p in state.network.named_parameters()}
    return {"gradients": found, "loss": float(loss), "right": float(right)}


def trained(team: Team, recipe: Recipe, **how: Any) -> Fitted:
    return fit(recipe, noise(21, 0), noise(7, 1), 2, seed=5, device="cpu", fingerprint="a", team=team, **how)


def facts(fitted: Fitted) -> dict[str, Any]:
    weights = {name: value.tobytes() for name, value in fitted.weights.items()}
    return {
        "weights": weights,
        "history": repr(fitted.history),
        "calibration": fitted.calibration,
        "kept": (fitted.kept_epoch, fitted.finished, fitted.ended, fitted.beside),
    }


def after(times: int) -> Callable[[], bool]:
    asked = iter(range(times))
    return lambda: next(asked, None) is None


def broken(team: Team, recipe: Recipe, folder: Path) -> list[dict[str, Any]]:
    """Stopped by the first worker alone in mid-epoch, and gone on with: both parts."""
    should_stop = after(3) if team.rank == 0 else lambda: False
    first = trained(team, recipe, keep=kept(folder), should_stop=should_stop)
    distributed.barrier()
    return [facts(first), facts(trained(team, recipe, run_folder=folder, resume=True, keep=kept(folder)))]


def kept(folder: Path) -> loop.Keep:
    """Only the first worker writes."""
    rank = distributed.get_rank()
    return lambda write: write(folder / checkpoint.FILE) if rank == 0 else None


def states_of(team: Team, recipe: Recipe) -> dict[str, bytes]:
    """Everything a checkpoint would hold, of this very worker, after the last step."""
    found: dict[str, bytes] = {}

    def keep(_write: object) -> None:
        [state] = [one for one in started if len(one.history) == recipe.epochs]
        for group in (state.network.state_dict(), state.average or {}):
            for name, value in group.items():
                found[name] = found.get(name, b"") + value.numpy().tobytes()
        found["generator"] = state.generator.get_state().numpy().tobytes()

    started: list[State] = []

    def begun(*given: Any, **named: Any) -> State:
        started.append(start(*given, **named))
        return started[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "start", begun)
        trained(team, recipe, keep=keep)
    return found


def sizes_of(team: Team, recipe: Recipe) -> dict[str, list[tuple[int, int]]]:
    """Pictures and outliers of this worker in every step, of the training and of those that calibrate it."""
    found: dict[str, list[tuple[int, int]]] = {"loop": [], "crossfit": []}

    def counted(name: str) -> Callable[..., Any]:
        def stepped(*given: Any, **named: Any) -> Any:
            _, _, pictures, labels, *_ = given
            found[name].append((len(labels), len(pictures) - len(labels)))
            return step(*given, **named)

        return stepped

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "step", counted("loop"))
        patch.setattr(crossfit, "step", counted("crossfit"))
        trained(team, recipe)
    return found


def not_a_number(team: Team) -> str:
    pictures = noise(21, 0)
    pictures.seen[3] = np.nan
    try:
        fit(TUTORIAL, pictures, noise(7, 1), 2, seed=5, device="cpu", team=team)
    except TrainingError as error:
        return str(error)
    return "it went on"


def cases(team: Team, folder: Path) -> dict[str, Any]:
    """All that is tried, by name."""
    small = MARKS.with_settings({"keep": "best", "validation_views": 1})
    return {
        "gradients": {name: gradients(name, team) for name in WHOLE_BATCHES},
        "marks": facts(trained(team, MARKS)),
        "best": facts(trained(team, small)),
        "tutorial": facts(trained(team, TUTORIAL)),
        "no outliers": facts(trained(team, MARKS.with_settings({"outliers": 0}))),
        "none in a batch": facts(trained(team, MARKS.with_settings({"outliers_per_batch": 0}))),
        "ended": facts(trained(team, MARKS, should_finish=lambda: team.rank == 0)),
        "broken": broken(team, MARKS, folder / "broken"),
        "states": states_of(team, MARKS),
        "sizes": sizes_of(team, MARKS),
        "not a number": not_a_number(team),
    }


def main(rank: int, folder: Path) -> None:
    """One of the two."""
    torch.set_num_threads(1)
    loop.TOGETHER = crossfit.TOGETHER = 2  # type: ignore[attr-defined]
    waiting = datetime.timedelta(seconds=20)  # if one worker goes another way, it is not waited for
    distributed.init_process_group("gloo", f"file://{folder}/store", waiting, rank=rank, world_size=2)
    team = Team(rank, 2)
    found = cases(team, folder)
    team.leave()
    found["alone"] = {name: gradients(name, ALONE) for name in WHOLE_BATCHES} if rank == 0 else {}
    (folder / f"{rank}.pickle").write_bytes(pickle.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
