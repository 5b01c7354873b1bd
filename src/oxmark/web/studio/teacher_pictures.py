"""The pictures of a project as they are when a training begins, so that drawing goes on meanwhile.

A training reads its pictures twice, at its beginning and for its report. What is drawn, moved or deleted in
between must not concern it. So each picture is linked (copied, where the disk knows no links) into a tree of
the same form; the studio replaces files, it never writes into one, so a link keeps the old content.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from oxmark.data.folder import read_folder
from oxmark.data.metadata import METADATA_NAME
from oxmark.errors import FolderError
from oxmark.files import make_folder, output_error


def keep_pictures(project: Path, home: Path) -> Path:
    """Make the tree.

    Args:
        project: The data set.
        home: Where; what an earlier attempt left there is replaced.

    Returns:
        The data set in it, named like the project, so that what a training says of it fits the project.

    Raises:
        FolderError: The project cannot be read, or changed while it was read.
        OutputError: The tree cannot be written.

    Example:
        >>> keep_pictures(Path("marks"), Path("kept")).as_posix()  # doctest: +SKIP
        'kept/marks'
    """
    shutil.rmtree(home, ignore_errors=True)
    root = home / (project.resolve().name or "project")
    dataset = read_folder(project)
    tables = {project / METADATA_NAME}
    for sample in dataset.samples:
        _link(sample.path, root / sample.path.relative_to(project))
        top = sample.path.relative_to(project).parts[0]
        tables.add(project / top / METADATA_NAME)
    for table in sorted(tables):
        if table.is_file():
            _link(table, root / table.relative_to(project))
    return root


def _link(source: Path, target: Path) -> None:
    make_folder(target.parent)
    try:
        os.link(source.resolve(), target)
    except FileNotFoundError as error:
        raise FolderError(f"{source} was taken away while the training began. Begin it again.") from error
    except OSError:  # another disk, or one without links
        try:
            shutil.copyfile(source, target)
        except OSError as error:
            raise output_error(target, error) from error
