"""Classes are made, renamed, ordered and deleted: folders, in every part at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from oxmark.data.kinds import PICTURE_SUFFIXES
from oxmark.data.walk import Walk, disk_name, is_hidden, shown_name
from oxmark.web.problems import Problem
from oxmark.web.studio.hands import carry_rows
from oxmark.web.studio.listing import ClassFolders, Listing
from oxmark.web.studio.names import checked_class_name
from oxmark.web.studio.project import Project
from oxmark.words import Message, Value

_MOST_NAMED = 3


class Classes:
    """What can be done with the classes of a project.

    Args:
        project: Open.

    Example:
        >>> Classes(project).create("O").name  # doctest: +SKIP
        'O'
    """

    def __init__(self, project: Project) -> None:
        self._project = project

    def create(self, text: str) -> ClassFolders:
        """Make a class; where there are parts, in the training part.

        Raises:
            Problem: A bad name, or one that is taken.
            OutputError: The disk cannot be written to.
        """
        name = checked_class_name(text)
        project = self._project
        with project.lock:
            listing = project.listing()
            top = listing.parts.get("train", listing.root / "train") if listing.parts else listing.root
            _check_free(listing, name, [top])
            draft = project.journal.draft()
            draft.bring_folder(top / name)
            draft.set("order", [*_names(listing), name])
            project.journal.do(draft, Message("studio.collect.class_added", {"name": name}))
            return self._found(name)

    def rename(self, id: str, text: str) -> ClassFolders:
        """Give a class another name, in every part; the rows of its pictures follow.

        Raises:
            Problem: No such class, a bad name, one that is taken, or a link that leads out of the project.
            OutputError: The disk cannot be written to.
        """
        name = checked_class_name(text)
        project = self._project
        with project.lock:
            listing = project.listing()
            one = listing.class_of(id)
            if one.name == name and all(folder.name == name for _, folder in one.folders):
                return one
            self._check_ours(one)
            tops = [folder.parent for _, folder in one.folders]
            if len(set(tops)) < len(tops):
                raise Problem(
                    409,
                    "two_folders",
                    f"The class '{one.name}' has two folders whose names look alike. Put their pictures "
                    "together in a file manager first.",
                )
            _check_free(listing, name, tops, besides=one)
            draft = project.journal.draft()
            for _, folder in one.folders:
                draft.move(folder, folder.parent / name)
            carry_rows(draft, listing, {old: _renamed(old, one, name) for old in _files(one)})
            draft.set("order", [name if other == one.name else other for other in _names(listing)])
            values = {"source": one.name, "target": name}
            project.journal.do(draft, Message("studio.collect.class_renamed", values))
            return self._found(name)

    def delete(self, id: str) -> None:
        """Take a class out of sight with its pictures and their rows, in every part.

        Raises:
            Problem: No such class, files in it that are no pictures, or a link that leads out of the project.
            OutputError: The disk cannot be written to.
        """
        project = self._project
        with project.lock:
            listing = project.listing()
            one = listing.class_of(id)
            self._check_ours(one)
            _check_only_pictures(one)
            draft = project.journal.draft()
            for _, folder in one.folders:
                draft.discard(folder)
            carry_rows(draft, listing, dict.fromkeys(_files(one)))
            values: dict[str, Value] = {"name": one.name, "count": len(one.pictures)}
            project.journal.do(draft, Message("studio.collect.class_deleted", values))

    def order(self, ids: Sequence[str]) -> Listing:
        """Show the classes in another order; those not named follow as they were.

        Raises:
            Problem: One of them is not there.
            OutputError: The disk cannot be written to.
        """
        project = self._project
        with project.lock:
            listing = project.listing()
            first = [listing.class_of(id).name for id in dict.fromkeys(ids)]
            wanted = [*first, *(name for name in _names(listing) if name not in first)]
            if wanted != _names(listing):
                draft = project.journal.draft()
                draft.set("order", wanted)
                project.journal.do(draft, Message("studio.collect.ordered"))
            return project.listing()

    def _found(self, name: str) -> ClassFolders:
        found = self._project.listing().named(name)
        if found is None:
            raise Problem(409, "changed_on_disk", "Somebody took the class away at this moment. Look again.")
        return found

    def _check_ours(self, one: ClassFolders) -> None:
        for _, folder in one.folders:
            self._project.disk.check_inside(folder)


def _names(listing: Listing) -> list[str]:
    return [one.name for one in listing.classes.values()]


def _files(one: ClassFolders) -> list[Path]:
    """Every visible file of a class: a row may name one that is no picture, too."""
    return [file for _, folder in one.folders for file in Walk().files_below(folder)]


def _renamed(file: Path, one: ClassFolders, name: str) -> Path:
    """Where a file of a class will be under its new name."""
    folder = next(folder for _, folder in one.folders if file.is_relative_to(folder))
    return folder.parent / name / file.relative_to(folder)


def _check_free(
    listing: Listing, name: str, tops: Sequence[Path], besides: ClassFolders | None = None
) -> None:
    """Raise :class:`Problem` if a class, or anything else in the folders, has the name on some disk."""
    for other in listing.classes.values():
        if other != besides and disk_name(other.name) == disk_name(name):
            raise Problem(
                409, "class_exists", f"There is a class '{other.name}' already. Choose another name."
            )
    own = {folder for _, folder in besides.folders} if besides else set()
    for top in tops:
        for entry in top.iterdir() if top.is_dir() else ():
            if disk_name(entry.name) == disk_name(name) and entry not in own:
                raise Problem(
                    409,
                    "name_taken",
                    f"The project has something else called '{shown_name(entry.name)}'. Choose another name.",
                )


def _check_only_pictures(one: ClassFolders) -> None:
    """Raise :class:`Problem` if a class folder has files of the user's that are no pictures."""
    others: list[str] = []
    for _, folder in one.folders:
        walk = Walk()
        others += [
            file.name for file in walk.files_below(folder) if file.suffix.lower() not in PICTURE_SUFFIXES
        ]
        others += [item.path.name for item in walk.skipped if not _is_systems(item.path)]
    if others:
        named = ", ".join(shown_name(name) for name in others[:_MOST_NAMED])
        more = ", …" if len(others) > _MOST_NAMED else ""
        raise Problem(
            409,
            "other_files",
            f"The class '{one.name}' also holds files that are no pictures ({named}{more}), which the studio "
            "never touches. Move them elsewhere first.",
        )


def _is_systems(path: Path) -> bool:
    """Whether a file manager made it: it goes with the folder."""
    name = path.name
    made = name in (".DS_Store", ".directory", ".localized") or name.startswith("._")
    return path.is_file() and (made or (is_hidden(name) and not name.startswith(".")))
