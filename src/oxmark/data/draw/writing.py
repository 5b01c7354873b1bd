"""A folder that appears complete or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from oxmark.errors import OutputError
from oxmark.files import make_folder, output_error


@contextlib.contextmanager
def new_folder(out: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary folder; on success its content stands under ``out``, on failure nothing does.

    Args:
        out: The folder to make; it may exist if it is empty.

    Yields:
        The folder to fill, on the same disk as ``out``.

    Raises:
        OutputError: ``out`` is not an empty folder, or cannot be written to.
    """
    target = Path(out)
    standing = _is_empty_folder(target)
    # An empty folder keeps its place and rights (it may be a mounted disk), so the work is done inside it.
    temporary = (make_folder(target) if standing else target.parent) / f".{secrets.token_hex(4)}.part"
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if standing:
            for entry in sorted(temporary.iterdir()):
                entry.rename(target / entry.name)
            temporary.rmdir()
        else:
            temporary.rename(target)
    except OSError as error:
        raise output_error(target, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _is_empty_folder(target: Path) -> bool:
    """Whether ``target`` is there and empty; an error if it is there and anything else."""
    try:
        if not target.exists():
            return False
        if not target.is_dir():
            raise OutputError(f"cannot write {target}: it is a file; name a folder that does not exist yet.")
        if any(target.iterdir()):
            raise OutputError(
                f"cannot write {target}: the folder is not empty; name another one, or delete this one first."
            )
    except OSError as error:
        raise output_error(target, error) from error
    return True
