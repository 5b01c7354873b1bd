"""What lies in a project now: classes, pictures, hands. Read anew at each question, and quickly.

The names in a folder are read again only if the folder changed; the size and the time of each file are always
asked for. So whatever another program does to the pictures shows at the next question.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from oxmark.data.folder import part_folders
from oxmark.data.kinds import PICTURE_SUFFIXES
from oxmark.data.metadata import METADATA_NAME, read_hands
from oxmark.data.walk import Walk, shown_name
from oxmark.errors import FolderError
from oxmark.web.problems import Problem
from oxmark.web.studio.disk import leads_out, outside
from oxmark.web.studio.quick_walk import Folders, QuickWalk


def id_of(name: str) -> str:
    """The id of a class, a picture or a run.

    Args:
        name: The class name, the picture's path below the project with forward slashes, or the run's name.

    Returns:
        16 hexadecimal characters, equal for the composed and the decomposed form of a name.

    Example:
        >>> id_of("O/1.png")
        '1e7ba7bba1f4bbdd'
    """
    return hashlib.blake2b(shown_name(name).encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a class.

    Attributes:
        id: Names it in addresses.
        path: Where it is.
        name: Its path below the project, as shown.
        class_name: Its class.
        part: ``"train"``, ``"validation"``, ``"test"``, or None where the project has no parts.
        size: Of the file, in bytes.
        changed: When the file was last written, in nanoseconds.
    """

    id: str
    path: Path
    name: str
    class_name: str
    part: str | None
    size: int
    changed: int

    @property
    def stamp(self) -> tuple[Path, int, int]:
        """Different when the file is another one, or written anew."""
        return self.path, self.changed, self.size


@dataclass(frozen=True, slots=True)
class ClassFolders:
    """A class: its folders in all parts, and what is in them.

    Attributes:
        id: Names it in addresses.
        name: As shown.
        folders: Part (None without parts) and folder, in the order of the parts.
        pictures: The newest first.
    """

    id: str
    name: str
    folders: tuple[tuple[str | None, Path], ...]
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, eq=False)
class Listing:
    """A project at one moment.

    Attributes:
        root: The project.
        classes: In the order in which they are shown, by id.
        pictures: By id.
        parts: Folder by part; empty where the project has no parts.
        ids: Of the pictures, by their paths.
        hands: Who drew a picture, by its path.
        trouble: Why ``metadata.csv`` could not be read, or was not, as a link leads out of the project; else
            None.
        stamp: What it was made from; equal as long as nothing changes on disk.
    """

    root: Path
    classes: Mapping[str, ClassFolders]
    pictures: Mapping[str, Picture]
    parts: Mapping[str, Path]
    ids: Mapping[Path, str]
    hands: Mapping[Path, str]
    trouble: str | None
    stamp: tuple[object, ...]

    def class_of(self, id: str) -> ClassFolders:
        """The class with an id. Raises :class:`Problem` if there is none."""
        found = self.classes.get(id)
        if found is None:
            raise Problem(404, "no_such_class", "There is no such class any more. Reload the page.")
        return found

    def named(self, name: str) -> ClassFolders | None:
        """The class with a name."""
        return self.classes.get(id_of(name))

    @property
    def tables(self) -> tuple[Path, ...]:
        """Where a ``metadata.csv`` may be, the root's first."""
        return tuple(folder / METADATA_NAME for folder in (self.root, *self.parts.values()))

    def picture_at(self, name: str) -> Picture | None:
        """The picture with a path below the project, as shown."""
        found = self.pictures.get(id_of(name))
        return found if found and found.name == name else None


class Lister:
    """Reads a project; remembers what has not changed.

    Args:
        root: The project.

    Example:
        >>> listing = Lister(Path("marks")).read(order=["X", "O"])  # doctest: +SKIP
        >>> [one.name for one in listing.classes.values()]  # doctest: +SKIP
        ['X', 'O']
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folders = Folders()
        self._last: Listing | None = None

    def read(self, order: Sequence[str] = ()) -> Listing:
        """What is there now.

        Args:
            order: Class names, those to be shown first; all others follow by name.

        Returns:
            The same object as before while nothing has changed.

        Raises:
            FolderError: A folder cannot be read, or the parts cannot be told.
        """
        walk = QuickWalk(self._folders)
        folders, _ = walk.list_folder(self._root)
        parts = part_folders(self._root, folders)
        found: list[tuple[str | None, Path, list[_File]]] = []
        for part, above in parts.items() if parts else [(None, self._root)]:
            inner = walk.list_folder(above)[0] if parts else folders
            found += [(part, folder, list(_files(walk, folder))) for folder in inner]
        tables = [self._root, *parts.values()]
        stamp = (
            tuple(order),
            tuple((folder, file) for _, folder, files in found for file in [None, *files]),
            tuple(_stat(folder / METADATA_NAME) for folder in tables),
        )
        if self._last is None or self._last.stamp != stamp:
            self._last = self._built(found, parts, tables, order, stamp)
        return self._last

    def _built(
        self,
        found: Iterable[tuple[str | None, Path, list[_File]]],
        parts: Mapping[str, Path],
        tables: Sequence[Path],
        order: Sequence[str],
        stamp: tuple[object, ...],
    ) -> Listing:
        pictures: dict[str, Picture] = {}
        by_class: dict[str, list[Picture]] = {}
        homes: dict[str, list[tuple[str | None, Path]]] = {}
        for part, folder, files in found:
            name = shown_name(folder.name)
            homes.setdefault(name, []).append((part, folder))
            inside = by_class.setdefault(name, [])
            for path, size, changed in files:
                one = self._known(path, name, part, size, changed)
                if one is None or one.id in pictures:
                    one = self._picture(path, name, part, size, changed, pictures)
                pictures[one.id] = one
                inside.append(one)
        classes = {}
        place = {name: number for number, name in enumerate(order)}
        for name in sorted(homes, key=lambda name: (place.get(name, len(place)), name)):
            newest_first = sorted(by_class[name], key=lambda one: (one.changed, one.name), reverse=True)
            classes[id_of(name)] = ClassFolders(id_of(name), name, tuple(homes[name]), tuple(newest_first))
        ids = {one.path: one.id for one in pictures.values()}
        hands, trouble = _hands(self._root, tables, ids)
        return Listing(self._root, classes, pictures, parts, ids, hands, trouble, stamp)

    def _known(self, path: Path, name: str, part: str | None, size: int, changed: int) -> Picture | None:
        """The picture as it was listed before, if nothing about it is new."""
        before = self._last.pictures.get(self._last.ids.get(path, "")) if self._last else None
        if before is None or (before.size, before.changed) != (size, changed):
            return None
        return before if (before.class_name, before.part) == (name, part) else None

    def _picture(
        self, path: Path, name: str, part: str | None, size: int, changed: int, taken: Mapping[str, Picture]
    ) -> Picture:
        shown = shown_name(path.relative_to(self._root).as_posix())
        own = id_of(shown)
        if own in taken:  # two files whose names are composed differently
            raw = b"\0" + os.fsencode(path.relative_to(self._root))
            own = hashlib.blake2b(raw, digest_size=8).hexdigest()
        return Picture(own, path, shown, name, part, size, changed)


_File = tuple[Path, int, int]  # where, bytes, nanoseconds
_Stat = tuple[int, int] | None


def _stat(path: Path) -> _Stat:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def _files(walk: Walk, folder: Path) -> Iterable[_File]:
    """The pictures of a class folder and its sub-folders."""
    for path in walk.files_below(folder):
        if path.suffix.lower() in PICTURE_SUFFIXES:
            status = _stat(path)
            if status is not None:
                yield path, *status


def _hands(
    root: Path, folders: Iterable[Path], pictures: Iterable[Path]
) -> tuple[Mapping[Path, str], str | None]:
    """Who drew a picture, and what keeps a table from being read. A table outside is left out."""
    trouble, inside = None, []
    for folder in folders:
        table = folder / METADATA_NAME
        if table.exists() and leads_out(table, root):
            trouble = str(outside(shown_name(table.relative_to(root).as_posix())).detail)
        else:
            inside.append(folder)
    try:
        return read_hands(inside, pictures)[0], trouble
    except FolderError as error:
        return {}, str(error)
