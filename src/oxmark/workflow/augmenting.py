"""augment: one picture and what training makes of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from oxmark.data.dataset import Dataset
from oxmark.data.decode import decode
from oxmark.data.folder import read_folder
from oxmark.modelfile.preprocess import preprocess_session
from oxmark.recipes import Recipe, load_recipe
from oxmark.workflow.album import shown
from oxmark.workflow.progress import Progress

if TYPE_CHECKING:
    from oxmark.report.augmentation import AugmentationRow

VARIANTS = 8


def augment(
    data: str | os.PathLike[str],
    recipe: str | os.PathLike[str] | Recipe = "marks",
    *,
    out: str | os.PathLike[str] = "augmentations.png",
    seed: int = 0,
    progress: Progress | None = None,
) -> Path:
    """Draw the original, what the network sees, and eight variants of a picture or of one of each class.

    Args:
        data: A picture, or a folder of class folders (one training picture of each class is taken).
        recipe: Chooses the preprocessing and the changes.
        out: The PNG to write.
        seed: Chooses the pictures and the changes.
        progress: Told, for a folder, which changes training leaves out because they change the meaning.

    Returns:
        The PNG.

    Raises:
        OxmarkError: The picture or folder cannot be read, or the PNG cannot be written.

    Example:
        >>> augment("marks", "tutorial", out="tutorial.png")  # doctest: +SKIP
    """
    from oxmark.report.augmentation import augmentation_sheet

    chosen = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
    paths = [Path(data)]
    if Path(data).is_dir():
        dataset = read_folder(data)
        paths = _one_of_each_class(dataset, seed)
        if chosen.keep_meaning and chosen.preprocess == "ink":
            chosen = as_trained(looked_at(dataset, chosen), chosen, progress or Progress())
    rows = variants_of(paths, None, chosen, seed=seed)
    augmentation_sheet(out, rows=rows, title=f"What training makes of a picture, recipe {chosen.name}")
    return Path(out)


def variants_of(
    paths: Sequence[Path],
    seen: npt.NDArray[np.float32] | None,
    recipe: Recipe,
    *,
    seed: int,
    count: int = VARIANTS,
) -> list[AugmentationRow]:
    """The rows of an augmentation sheet.

    Args:
        paths: N pictures.
        seen: What the network sees of them, float32 ``(N, 1, S, S)``; None runs the preprocessing.
        recipe: Chooses the changes.
        seed: Chooses the changes.
        count: Variants of each.
    """
    from oxmark.report.augmentation import AugmentationRow

    originals = [decode(path) for path in paths]
    if seen is None:
        seen = _seen(originals, recipe)
    changed = changed_at_random(seen, recipe, seed=seed, count=count)
    return [
        AugmentationRow(original, shown(one[0], recipe), shown(variants, recipe), path.name)
        for path, original, one, variants in zip(paths, originals, seen, changed, strict=True)
    ]


def changed_at_random(
    seen: npt.NDArray[np.float32], recipe: Recipe, *, seed: int, count: int = VARIANTS
) -> npt.NDArray[np.float32]:
    """What training makes of pictures, float32 ``(N, count, S, S)``, 0..1.

    Args:
        seen: What the network sees of N pictures, float32 ``(N, 1, S, S)``.
        recipe: Chooses the changes.
        seed: Chooses the changes.
        count: Variants of each.
    """
    import torch

    from oxmark.training.augment import augment as change

    generator = torch.Generator().manual_seed(seed)
    batches = [torch.from_numpy(np.repeat(one[None], count, axis=0)) for one in seen]
    return np.stack([change(batch, recipe, generator).numpy()[:, 0] for batch in batches])


Looked = tuple[npt.NDArray[np.float32], npt.NDArray[np.int64], tuple[str, ...]]
"""Some training pictures as the network sees them, their labels, and the names of all classes."""


def looked_at(dataset: Dataset, recipe: Recipe) -> Looked:
    """As many training pictures of each class as are compared to find changes that change the meaning.

    Args:
        dataset: What is trained on.
        recipe: Chooses the preprocessing.

    Raises:
        PictureError: One of these pictures cannot be read.
    """
    from oxmark.training.meaning import MOST

    samples = dataset.part("train") or dataset.samples
    by_class = [[s for s in samples if s.label == label][:MOST] for label in range(len(dataset.classes))]
    some = [sample for samples in by_class for sample in samples]
    seen = _seen([decode(sample.path) for sample in some], recipe)
    return seen, np.array([sample.label for sample in some], np.int64), dataset.classes


def as_trained(looked: Looked, recipe: Recipe, progress: Progress) -> Recipe:
    """The recipe without the changes that training leaves out, as far as these pictures show.

    Args:
        looked: From :func:`looked_at`, with a recipe of the same preprocessing.
        recipe: What the user wants.
        progress: Told what is left out, and why.
    """
    from oxmark.training.meaning import keep_meaning

    used, notes = keep_meaning(recipe, *looked)
    for note in notes:
        progress.note(note)
    return used


def _seen(pictures: Sequence[npt.NDArray[np.uint8]], recipe: Recipe) -> npt.NDArray[np.float32]:
    """What the network sees of some pictures, float32 ``(N, 1, S, S)``."""
    session = preprocess_session(recipe.preprocess, recipe.size, recipe.margin)
    return np.concatenate([session.run(["seen"], {"pixels": pixels[None]})[0] for pixels in pictures])


def _one_of_each_class(dataset: Dataset, seed: int) -> list[Path]:
    samples = dataset.part("train") or dataset.samples
    rng = np.random.default_rng(seed)
    classes = [[s.path for s in samples if s.label == label] for label in range(len(dataset.classes))]
    return [some[int(rng.integers(len(some)))] for some in classes if some]
