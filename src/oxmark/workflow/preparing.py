"""Pictures on disk to what the network sees: decode once, run the preprocessing graph, keep the result."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt

from oxmark.data.dataset import Dataset
from oxmark.data.doctor import Evidence
from oxmark.data.ondisk import Pictures, Views
from oxmark.data.split import complete_parts
from oxmark.data.traits import Traits
from oxmark.data.traits_table import TraitsTable, digests_of
from oxmark.errors import BadPictures, PictureError
from oxmark.recipes import Recipe
from oxmark.workflow.gathering import Gathered, gather
from oxmark.workflow.progress import Progress


@dataclass(frozen=True, eq=False)
class PreparedSet:
    """A data set with all its parts and all its pictures ready for the network.

    Attributes:
        dataset: With train, validation and test parts; N samples.
        seen: float32 ``(N, 1, S, S)``, values 0..1, in the order of the samples; of very many pictures on
            disk (:mod:`oxmark.data.ondisk`).
        views: The same under V rendered conditions, float32 ``(N, V, 1, S, S)``; of test pictures, and of
            those left out because there are many, copies of what is seen.
        traits: What was measured of each picture, N of them.
        bad: Pictures that were skipped because they cannot be read.
        notes: What was done to the data, in sentences for the user.
        spent: Seconds that all threads together took to read the pictures, by piece of the work.
    """

    dataset: Dataset
    seen: Pictures
    views: Views
    traits: Sequence[Traits]
    bad: tuple[PictureError, ...]
    notes: tuple[str, ...]
    spent: Mapping[str, float] = field(default_factory=dict)

    @functools.cached_property
    def digests(self) -> tuple[str, ...]:
        """One a sample; equal pixels have equal digests."""
        return tuple(digests_of(self.traits))

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
    found = _put_together(dataset, gather(dataset, recipe, learned_from, progress or Progress(), seed))
    if found.bad and not skip_bad:
        raise BadPictures(bad_pictures(found.bad), found.bad)
    complete, notes = complete_parts(found.dataset, traits=found.traits, seed=seed)
    return replace(found, dataset=complete, notes=(*found.notes, *notes))


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
    return _put_together(dataset, gather(dataset, recipe, everything, progress or Progress(), seed))


def _put_together(dataset: Dataset, found: Gathered) -> PreparedSet:
    """What could be read, in the order of the samples."""
    errors = found.errors
    good = [place for place in range(len(dataset.samples)) if place not in errors]
    traits = found.traits.chosen(good) if isinstance(found.traits, TraitsTable) else found.traits
    return PreparedSet(
        dataset=replace(dataset, samples=tuple(dataset.samples[place] for place in good)),
        seen=found.seen,
        views=found.views,
        traits=cast("Sequence[Traits]", traits)
        if isinstance(traits, TraitsTable)
        else tuple(one for one in traits if isinstance(one, Traits)),
        bad=tuple(errors.values()),
        notes=found.notes,
        spent=found.spent,
    )


def bad_pictures(errors: Sequence[PictureError]) -> str:
    """The message that names each picture that cannot be read, with the cure."""
    count = "1 picture" if len(errors) == 1 else f"{len(errors)} pictures"
    lines = "\n".join(f"  {error}" for error in errors)
    return f"{count} cannot be read:\n{lines}\nMend or remove what is named, or leave it out with --skip-bad."
