"""Class folders on disk as an ordered list of samples. Names are read here, pictures are not.

Two layouts are understood::

    ROOT/<class>/*            one folder a class; the parts are made later (oxmark.data.split)
    ROOT/<part>/<class>/*     parts train, validation, test in their usual spellings, in any letter case

Files in sub-folders of a class folder belong to that class. A file ``metadata.csv`` in ROOT or in a part's
folder may add the hand that drew a picture. A folder that holds a file ``.nomedia`` is left out. Everything
that is no sample is listed with its reason; nothing is dropped in silence. Names are compared and shown in
Unicode's composed form (macOS stores Hangul decomposed), while paths stay as they are on disk.
"""

from __future__ import annotations

import dataclasses
import difflib
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from oxmark.data.dataset import PARTS, Dataset, Sample, check_trainable
from oxmark.data.kinds import PICTURE_SUFFIXES
from oxmark.data.metadata import METADATA_NAME, read_hands
from oxmark.data.walk import Skipped, Walk, shown_name
from oxmark.errors import FolderError

__all__ = ["PARTS", "Dataset", "Sample", "Skipped", "check_trainable", "read_folder"]

_LOOSE = "not in a class folder"
_NO_PICTURE = "not a picture by its name"
PART_SPELLINGS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}
"""What a folder is called, in small letters, to the part that it is."""
_LAYOUT = (
    "oxmark expects one folder for each class with its pictures inside, for example {root}/O/ and {root}/X/, "
    "or the same under {root}/train/, {root}/validation/ and {root}/test/."
)


def read_folder(root: str | os.PathLike[str]) -> Dataset:
    """Find classes, parts and pictures below a folder.

    A tree has parts when a folder with a part's name holds folders itself, or when all folders have such
    names. So ``train`` may be a class beside ``car`` and ``bus``.

    Args:
        root: The folder with the class folders or the part folders.

    Returns:
        The samples, and what was skipped and why. A class folder without pictures is a class without samples.

    Raises:
        FolderError: Missing, not a folder, empty, no class folders, no pictures at all, two spellings of one
            part, an unreadable folder, or an unusable ``metadata.csv``.

    Example:
        >>> read_folder("marks").classes  # doctest: +SKIP
        ('O', 'X')
    """
    top = Path(root)
    _check_is_folder(top)
    walk = Walk()
    folders, files = walk.list_folder(top)
    if not folders and not files and not walk.skipped:
        raise FolderError(f"{shown_name(str(top))} is empty. {_layout(top)}")
    parts = part_folders(top, folders)
    found = list(_samples_in_parts(walk, folders, parts) if parts else _samples_in(walk, folders, None))
    walk.skip_files(files, _LOOSE, METADATA_NAME)
    return _assemble(top, found, walk, [top, *parts.values()])


def _check_is_folder(top: Path) -> None:
    """Raise the sentence for a root that is missing or no folder."""
    name = shown_name(str(top))
    try:
        if top.is_dir():
            return
        exists = top.exists()
        siblings = [entry.name for entry in top.parent.iterdir() if entry.is_dir()] if not exists else []
    except PermissionError as error:
        raise FolderError(f"{name} may not be read: permission denied. Give yourself the right.") from error
    except (OSError, ValueError):
        exists, siblings = False, []
    if exists:
        raise FolderError(f"{name} is a file, not a folder. Give the folder that holds the class folders.")
    close = difflib.get_close_matches(top.name, siblings, n=1)
    hint = f"Did you mean {shown_name(str(top.with_name(close[0])))}?" if close else "Check the spelling."
    raise FolderError(f"There is no folder {name}. {hint}")


def _layout(top: Path) -> str:
    return _LAYOUT.format(root=shown_name(str(top)))


def part_folders(top: Path, folders: list[Path]) -> dict[str, Path]:
    """The part folders of a tree.

    Args:
        top: The folder that is read.
        folders: The visible folders in it.

    Returns:
        Folder by part, in the order train, validation, test; empty where the tree has no parts.

    Raises:
        FolderError: Two spellings of one part, or an unreadable folder.

    Example:
        >>> part_folders(Path("marks"), [Path("marks/O"), Path("marks/X")])
        {}
    """
    named = [(folder, PART_SPELLINGS.get(folder.name.lower())) for folder in folders]
    parted = any(part and _holds_folders(folder) for folder, part in named)
    if not parted and not all(part for _, part in named):
        return {}
    parts: dict[str, Path] = {}
    for folder, part in named:
        if part is None:
            continue
        if part in parts:
            raise FolderError(
                f"{shown_name(str(top))} has both {parts[part].name} and {folder.name}, two spellings of the "
                f"{part} part. Put their pictures together in one of them, or take one away."
            )
        parts[part] = folder
    return {part: parts[part] for part in PARTS if part in parts}


def _holds_folders(folder: Path) -> bool:
    return bool(Walk().list_folder(folder)[0])


_Found = tuple[str, str | None, Path]  # class name, part, path


def _samples_in_parts(walk: Walk, folders: list[Path], parts: dict[str, Path]) -> Iterator[_Found]:
    for folder in folders:
        if folder not in parts.values():
            walk.skip(folder, "a folder beside train, validation and test, and none of them")
    for part, folder in parts.items():
        inner, files = walk.list_folder(folder)
        yield from _samples_in(walk, inner, part)
        walk.skip_files(files, _LOOSE, METADATA_NAME)


def _samples_in(walk: Walk, class_folders: list[Path], part: str | None) -> Iterator[_Found]:
    for folder in class_folders:
        name = walk.note_class(folder)
        for path in walk.files_below(folder):
            if path.suffix.lower() in PICTURE_SUFFIXES:
                yield name, part, path
            else:
                walk.skip(path, _NO_PICTURE)


def _assemble(top: Path, found: list[_Found], walk: Walk, csv_folders: list[Path]) -> Dataset:
    """Give classes their numbers, samples their hands and everything its order."""
    if not found:
        raise FolderError(_no_pictures(top, walk))
    classes = tuple(sorted(walk.class_names))
    label_of = {name: label for label, name in enumerate(classes)}
    samples = [Sample(path, label_of[name], part, None) for name, part, path in found]
    known = {path for _, _, path in found} | {item.path for item in walk.skipped}
    hands, missing = read_hands(csv_folders, known)
    samples = [dataclasses.replace(sample, group=hands.get(sample.path)) for sample in samples]
    dataset = Dataset(top, classes, (), ())
    rank = {part: number for number, part in enumerate(PARTS)}
    samples.sort(key=lambda s: (rank.get(s.part or "", 0), s.label, dataset.relative(s), str(s.path)))
    skipped = sorted([*walk.skipped, *missing], key=lambda item: (shown_name(str(item.path)), item.reason))
    return Dataset(top, classes, tuple(samples), tuple(skipped))


def _no_pictures(top: Path, walk: Walk) -> str:
    name = shown_name(str(top))
    files = [item.path for item in walk.skipped if item.reason in (_LOOSE, _NO_PICTURE)]
    loose = [path for path in files if path.suffix.lower() in PICTURE_SUFFIXES]
    if loose:
        many = "1 picture, but it lies" if len(loose) == 1 else f"{len(loose)} pictures, but they lie"
        return f"{name} has {many} in no class folder (see {shown_name(loose[0].name)}). {_layout(top)}"
    found = Counter(path.suffix.lower() for path in files if path.suffix).most_common(1)
    instead = "".join(f"; most files there end in {suffix}" for suffix, _ in found)
    suffixes = ", ".join(sorted(PICTURE_SUFFIXES))
    return f"{name} holds no pictures ({suffixes}){instead}. {_layout(top)}"
