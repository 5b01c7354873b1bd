"""Make the built-in O/X model, ``src/oxmark/builtin/ox.onnx``, from drawn pictures alone.

    make builtin

It draws many hands, trains the default recipe on them and keeps the run's model file. Nothing else goes in:
no pictures of real people, and no weights from elsewhere.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import click

import oxmark
from oxmark.cli.output import progress_on_stderr, say

TARGET = Path(__file__).resolve().parent.parent / "src" / "oxmark" / "builtin" / "ox.onnx"
HANDS, COUNTS, SEED = 60, (360, 60, 60), 2026
SETTINGS = ("epochs=24", "batch=32")


@click.command()
def main() -> None:
    """Draw, train, and put the model file in its place."""
    with tempfile.TemporaryDirectory() as folder:
        marks = oxmark.draw_dataset(Path(folder) / "marks", hands=HANDS, counts=COUNTS, seed=SEED)
        recipe = oxmark.load_recipe("marks", SETTINGS)
        with progress_on_stderr() as progress:
            run = oxmark.train(
                marks, recipe, out=Path(folder) / "run", seed=SEED, device="cpu", progress=progress
            )
        shutil.copyfile(run.model, TARGET)
    say(f"{TARGET}: {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
