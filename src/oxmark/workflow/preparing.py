"""Pictures on disk to what the network sees: decode once, run the preprocessing graph, keep the result."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from oxmark.data.conditions import on_white, rendered
from oxmark.data.dataset import Dataset, Sample
from oxmark.data.decode import WORKERS, decode
from oxmark.data.doctor import Evidence
from oxmark.data.likeness import coarse
from oxmark.data.split import complete_parts
from oxmark.data.traits import Traits, traits_of
from oxmark.errors import BadPictures, PictureError
from oxmark.modelfile.preprocess import preprocess_session
from oxmark.recipes import Recipe
from oxmark.workflow.progress import Progress, done_for_each

MOST_VIEWED = 400
"""Of so many pictures, evenly spread, views are rendered; more would take long and show little else."""
SAME_MARK = 0.5
Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class PreparedSet:
    """A data set with all its parts and all its pictures ready for the network.

    Attributes:
        dataset: With train, validation and test parts; N samples.
        seen: float32 ``(N, 1, S, S)``, values 0..1, in the order of the samples.
        views: The same under V rendered conditions, float32 ``(N, V, 1, S, S)``; of test pictures, and of
            those left out because there are many, copies of what is seen.
        traits: What was measured of each picture, N of them.
        bad: Pictures that were skipped because they cannot be read.
        notes: What was done to the data, in sentences for the user.
    """

    dataset: Dataset
    seen: npt.NDArray[np.float32]
    views: npt.NDArray[np.float32]
    traits: tuple[Traits, ...]
    bad: tuple[PictureError, ...]
    notes: tuple[str, ...]

    @property
    def digests(self) -> tuple[str, ...]:
        """One a sample; equal pixels have equal digests."""
        return tuple(traits.digest for traits in self.traits)

    @property
    def digest_by_path(self) -> dict[Path, str]:
        """The digest of each picture that was read, by where it lies."""
        paths = (sample.path for sample in self.dataset.samples)
        return dict(zip(paths, self.digests, strict=True))

    @property
    def evidence(self) -> Evidence:
        """For the doctor."""
        return Evidence(self.dataset, self.traits, self.seen)

    def rows(self, part: str) -> npt.NDArray[np.int64]:
        """The rows of one part, int64 ``(n,)``."""
        return np.array([i for i, s in enumerate(self.dataset.samples) if s.part == part], np.int64)

    def groups(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64] | None:
        """A number for whoever drew each of some rows, int64 ``(n,)``; None when that is not known of all."""
        names = [self.dataset.samples[row].group for row in rows]
        if not names or None in names:
            return None
        everybody = sorted({sample.group for sample in self.dataset.samples if sample.group is not None})
        number = {name: place for place, name in enumerate(everybody)}  # the same in every part
        return np.array([number[name] for name in names if name is not None], np.int64)

    def labels(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Class numbers of some rows, int64 ``(n,)``."""
        return np.array([self.dataset.samples[row].label for row in rows], np.int64)


@dataclass(frozen=True, eq=False)
class Read:
    """One picture: what the network sees of it, as it is and under V rendered conditions, and its traits."""

    seen: npt.NDArray[np.float32]
    views: npt.NDArray[np.float32]
    traits: Traits


def prepare(
    dataset: Dataset, recipe: Recipe, *, seed: int, skip_bad: bool, progress: Progress | None = None
) -> PreparedSet:
    """Read every picture once and make it what the network sees; make the parts that are missing.

    Args:
        dataset: As read from the folder.
        recipe: Chooses the preprocessing.
        seed: For parts that must be made.
        skip_bad: Leave unreadable pictures out instead of refusing.
        progress: Told how far it is.

    Raises:
        BadPictures: Some pictures cannot be read; all of them are named.
        FolderError: The parts cannot be made.
    """
    learned_from = [sample.part != "test" for sample in dataset.samples]
    results = read_pictures(dataset, recipe, learned_from, progress or Progress(), seed)
    bad = tuple(result for result in results if isinstance(result, PictureError))
    if bad and not skip_bad:
        raise BadPictures(bad_pictures(bad), bad)
    found = _put_together(dataset, recipe, results)
    complete, notes = complete_parts(found.dataset, traits=found.traits, seed=seed)
    return replace(found, dataset=complete, notes=notes)


def prepare_whole(
    dataset: Dataset, recipe: Recipe, *, seed: int, progress: Progress | None = None
) -> PreparedSet:
    """Read every picture once for a cross-validation: no parts are made, and those that there are stay names.

    Views are rendered of pictures of all parts, because each is learned from in some fold. Unreadable
    pictures are left out; ``bad`` names them.

    Args:
        dataset: As read from the folder.
        recipe: Chooses the preprocessing.
        seed: For the views.
        progress: Told how far it is.
    """
    everything = [True] * len(dataset.samples)
    return _put_together(
        dataset, recipe, read_pictures(dataset, recipe, everything, progress or Progress(), seed)
    )


def _put_together(dataset: Dataset, recipe: Recipe, results: Sequence[Read | PictureError]) -> PreparedSet:
    """What could be read, in the order of the samples."""
    bad = tuple(result for result in results if isinstance(result, PictureError))
    good = [i for i, result in enumerate(results) if isinstance(result, Read)]
    ones = [result for result in results if isinstance(result, Read)]
    shape = (1, recipe.size, recipe.size)
    seen = np.stack([one.seen for one in ones]) if ones else np.zeros((0, *shape), np.float32)
    views = np.stack([one.views for one in ones]) if ones else np.zeros((0, recipe.views, *shape))
    return PreparedSet(
        dataset=replace(dataset, samples=tuple(dataset.samples[i] for i in good)),
        seen=seen,
        views=views.astype(np.float32, copy=False),
        traits=tuple(one.traits for one in ones),
        bad=bad,
        notes=(),
    )


def read_pictures(
    dataset: Dataset,
    recipe: Recipe,
    learned_from: Sequence[bool],
    progress: Progress,
    seed: int = 0,
) -> list[Read | PictureError]:
    """Read every picture once, several side by side.

    Args:
        dataset: N samples.
        recipe: Chooses the preprocessing.
        learned_from: N times whether views are rendered.
        progress: Told how far it is.
        seed: For the views.

    Returns:
        What was read, or its error, in the order of the samples.
    """
    session = preprocess_session(recipe.preprocess, recipe.size, recipe.margin)
    every = -(-sum(learned_from) // MOST_VIEWED)  # of very many pictures only every so manieth has views

    def see(pixels: Pixels) -> npt.NDArray[np.float32]:
        seen: npt.NDArray[np.float32] = session.run(["seen"], {"pixels": pixels[None]})[0][0]
        return seen

    def one(row: int) -> Read | PictureError:
        path = dataset.samples[row].path
        try:
            pixels = decode(path)
            small = on_white(pixels)
            traits = traits_of(path, pixels, small)
        except PictureError as error:
            return error
        seen = see(pixels)
        views = np.repeat(seen[None], recipe.views, axis=0)
        if recipe.views and learned_from[row] and row % every == 0:
            for number in range(recipe.views):
                rng = np.random.default_rng([seed, number, int(traits.digest[:8], 16)])
                view = see(rendered(small, rng))
                views[number] = view if _same_mark(view, seen) else seen
        return Read(seen, views, traits)

    return done_for_each("reading the pictures", one, range(len(dataset.samples)), progress, WORKERS)


def _same_mark(view: npt.NDArray[np.float32], seen: npt.NDArray[np.float32]) -> bool:
    """Whether the mark is still there in a rendered view: its coarse copy correlates with the original's."""
    one, other = coarse(np.stack([view, seen]))
    return float(one @ other) > SAME_MARK


def bad_pictures(errors: Sequence[PictureError]) -> str:
    """The message that names each picture that cannot be read, with the cure."""
    count = "1 picture" if len(errors) == 1 else f"{len(errors)} pictures"
    lines = "\n".join(f"  {error}" for error in errors)
    return f"{count} cannot be read:\n{lines}\nMend or remove what is named, or leave it out with --skip-bad."


def thumbnails(samples: Sequence[Sample], size: int = 180) -> list[npt.NDArray[np.uint8]]:
    """Small copies of some pictures for sheets, uint8 ``(h, w, 3 or 4)`` each, longer side ``size``."""
    from oxmark.report.pictures import thumbnail

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(lambda sample: thumbnail(decode(sample.path), size), samples))
