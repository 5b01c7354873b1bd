"""The data set as the rest of oxmark sees it: an ordered, unchangeable list of samples."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from oxmark.data.walk import Skipped, shown_name
from oxmark.errors import FolderError

PARTS = ("train", "validation", "test")
"""The split parts, in the order in which they are always listed."""

_FEWEST_WITHOUT_PARTS = 3


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture of the data set.

    Attributes:
        path: Where it is, as on disk.
        label: The index of its class, 0-based, into :attr:`Dataset.classes`.
        part: ``"train"``, ``"validation"``, ``"test"``, or ``None`` where the tree has no parts.
        group: The hand that drew it (column ``drawer`` of ``metadata.csv``), or ``None`` if not known.
    """

    path: Path
    label: int
    part: str | None
    group: str | None


@dataclass(frozen=True)
class Dataset:
    """An ordered, unchangeable list of samples.

    Attributes:
        root: The folder that was read.
        classes: The class names, sorted, case kept; a sample's label is an index into them.
        samples: By part, then label, then relative path: the same order on every machine.
        skipped: What was found and left out, each with its reason.

    Example:
        >>> dataset = read_folder("marks")  # doctest: +SKIP
        >>> dataset.counts()  # doctest: +SKIP
        {'train': {'O': 38, 'X': 38}, 'validation': {'O': 8, 'X': 8}, 'test': {'O': 6, 'X': 6}}
    """

    root: Path
    classes: tuple[str, ...]
    samples: tuple[Sample, ...]
    skipped: tuple[Skipped, ...]

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts that have samples, in the order train, validation, test; empty without parts."""
        present = {sample.part for sample in self.samples}
        return tuple(part for part in PARTS if part in present)

    def part(self, name: str) -> tuple[Sample, ...]:
        """The samples of one part.

        Args:
            name: ``"train"``, ``"validation"`` or ``"test"``.

        Returns:
            Its samples in order; none where the part is missing.

        Raises:
            ValueError: Another name.
        """
        if name not in PARTS:
            raise ValueError(f"got part {name!r}, expected one of {', '.join(PARTS)}")
        return tuple(sample for sample in self.samples if sample.part == name)

    def counts(self) -> dict[str, dict[str, int]]:
        """How many samples there are: part (``"all"`` without parts) -> class -> number.

        Every class is there in every part, in order, with 0 where it has none.
        """
        names = [*self.parts, *(["all"] if any(sample.part is None for sample in self.samples) else [])]
        table = {name: dict.fromkeys(self.classes, 0) for name in names}
        for sample in self.samples:
            table[sample.part or "all"][self.classes[sample.label]] += 1
        return table

    def relative(self, sample: Sample) -> str:
        """The sample's path below ``root`` with forward slashes, for showing and as a key.

        It is in composed Unicode; open the file by ``sample.path``.
        """
        return shown_name(sample.path.relative_to(self.root).as_posix())


def check_trainable(dataset: Dataset) -> None:
    """Check that a network can be trained on this: two classes at least, each with training pictures.

    Args:
        dataset: As read, with or without parts.

    Raises:
        FolderError: One class only; no train part; a class without training pictures, or, where parts must
            still be made, with fewer than 3 pictures. The message names each class concerned.

    Example:
        >>> check_trainable(read_folder("marks"))  # doctest: +SKIP
    """
    root = shown_name(str(dataset.root))
    if len(dataset.classes) < 2:
        raise FolderError(_one_class(dataset))
    counts = dataset.counts()
    if dataset.parts and "train" not in counts:
        have = " and ".join(dataset.parts)
        raise FolderError(
            f"{root} has {have} pictures, but no training pictures. Add a folder {root}/train with one "
            "folder for each class."
        )
    needed, what = (1, "training pictures") if dataset.parts else (_FEWEST_WITHOUT_PARTS, "pictures")
    have_now = counts.get("train") or counts.get("all") or dict.fromkeys(dataset.classes, 0)
    short = [_short_class(name, number) for name, number in have_now.items() if number < needed]
    if short:
        least = f"at least {needed}" if needed > 1 else "some"
        raise FolderError(
            f"{root}: every class needs {least} {what}, but {', '.join(short)}. Add pictures, or take the "
            "folder away if it is not a class."
        )


def _short_class(name: str, number: int) -> str:
    return f"{name!r} has {number or 'none'}"


def _one_class(dataset: Dataset) -> str:
    """The message for a single class, with a hint where the class folders stand one level deeper."""
    root = shown_name(str(dataset.root))
    (only,) = dataset.classes
    text = f"{root} has one class only, {only!r}; telling classes apart needs at least two."
    depth = 2 if dataset.parts else 1
    below = {Path(dataset.relative(sample)).parts for sample in dataset.samples}
    inner = sorted({names[depth] for names in below if len(names) > depth + 1})
    if len(inner) >= 2 and not dataset.parts:
        return f"{text} {root}/{only} holds the folders {', '.join(inner)}: did you mean {root}/{only}?"
    return f"{text} Add a folder for each other class."
