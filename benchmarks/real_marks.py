"""What each model reads of real marks by people it has never seen.

    python benchmarks/real_marks.py --real FOLDER [--seeds 3]

FOLDER holds ``O`` and ``X`` with pictures of real marks. They are measured on, never trained or tuned on.
Every model is trained on drawn pictures alone (``oxmark draw``, 104 of them); seed s draws and trains.
Without --real only drawings by fresh hands are read: the same for everybody who runs this.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

import click
import numpy as np
from conditions import conditions
from PIL import Image

import oxmark
from oxmark.data.draw import draw_mark
from oxmark.evaluation.metrics import Evaluation

FRESH_HANDS = 60
FIRST_FRESH_SEED = 900_000
"""No data set of ``oxmark draw`` uses hands of these seeds here."""


def fresh_marks(folder: Path) -> Path:
    """O and X by fresh hands with pens of 1 to 40 px, one of each by every hand."""
    rng = np.random.default_rng(0)
    for number in range(FRESH_HANDS):
        pen = float(np.exp(rng.uniform(0, np.log(40))))
        for sign in ("O", "X"):
            place = folder / sign
            place.mkdir(parents=True, exist_ok=True)
            picture = draw_mark(sign, seed=FIRST_FRESH_SEED + number, pen_width=pen)
            Image.fromarray(picture).save(place / f"{number:03}.png")
    return folder


def line(name: str, seed: str, results: list[Evaluation]) -> str:
    """One row of the table."""
    cells = [f"{r.accuracy.right:>3} of {r.accuracy.total:<3} loss {r.loss or 0:.3f}" for r in results]
    return f"{name:<10} {seed:<5} " + "   ".join(cells)


@click.command()
@click.option("--real", type=click.Path(path_type=Path), help="Folder with O and X, real marks.")
@click.option("--seeds", default=3, show_default=True)
def main(real: Path | None, seeds: int) -> None:
    """Train, measure, print."""
    print(conditions("torch", "onnxruntime", "pillow"))
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        folders = [fresh_marks(work / "fresh")] + ([_only_o_and_x(real, work / "real")] if real else [])
        names = ["drawn, fresh hands", "real marks"][: len(folders)]
        print(f"{'model':<10} {'seed':<5} " + "   ".join(f"{name:<22}" for name in names))
        print(line("built-in", "-", [oxmark.evaluate(None, f, part="all") for f in folders]))
        for recipe in ("marks", "tutorial"):
            right = []
            for seed in range(seeds):
                marks = work / f"drawn-{seed}"
                if not marks.exists():
                    oxmark.draw_dataset(marks, seed=seed)
                run = oxmark.train(marks, recipe, seed=seed, out=work / f"{recipe}-{seed}")
                results = [oxmark.evaluate(run, folder, part="all") for folder in folders]
                right.append([result.accuracy.share or 0.0 for result in results])
                print(line(recipe, str(seed), results), flush=True)
            for name, shares in zip(names, zip(*right, strict=True), strict=True):
                low = min(shares)
                print(
                    f"{recipe}: {name}: mean {statistics.mean(shares):.1%}, worst {low:.1%} of {seeds} seeds"
                )


def _only_o_and_x(real: Path, folder: Path) -> Path:
    """Links to the two classes, so that other folders beside them do not count as classes."""
    folder.mkdir(parents=True)
    for sign in ("O", "X"):
        (folder / sign).symlink_to((real / sign).resolve(), target_is_directory=True)
    return folder


if __name__ == "__main__":
    main()
