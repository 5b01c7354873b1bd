"""Writing files so that nothing already on disk is lost: to a sibling first, then by rename."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from oxmark.errors import OutputError


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary sibling of ``path``; on success it takes the name ``path``, on failure it goes.

    The sibling keeps the suffix, so that a library that chooses a format by it writes the right one.
    Missing parent folders are made.

    Args:
        path: The file to write.

    Yields:
        The path to write to instead.

    Raises:
        OutputError: The place cannot be written to; the message says why and what to do.

    Example:
        >>> with replacing("answers.csv") as temporary:  # doctest: +SKIP
        ...     temporary.write_text("file,label\\n")
    """
    target = Path(path)
    temporary = target.with_name(f".{secrets.token_hex(4)}.part{target.suffix}")
    try:
        _make(target.parent)
        yield temporary
        temporary.replace(target)
    except BrokenPipeError:  # whoever read our output left; that is not this file's fault
        raise
    except OSError as error:
        raise output_error(target, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Write ``data`` to ``path`` by rename. Raises :class:`OutputError`."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write ``text`` as UTF-8 with ``\\n`` line ends to ``path`` by rename. Raises :class:`OutputError`."""
    write_bytes(path, text.encode())


def make_folder(path: str | os.PathLike[str]) -> Path:
    """Make a folder with its parents; it may be there already. Raises :class:`OutputError`."""
    folder = Path(path)
    try:
        _make(folder)
    except OSError as error:
        raise output_error(folder, error) from error
    return folder


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:  # a file has that name
        raise NotADirectoryError(errno.ENOTDIR, "not a folder", str(folder)) from error


def output_error(path: Path, error: OSError) -> OutputError:
    """The sentence for a failed write: which file, why, and the cure."""
    cures = {
        errno.ENOSPC: "the disk is full; free some space or choose another place",
        errno.EDQUOT: "your disk quota is used up; free some space or choose another place",
        errno.EROFS: "the disk is read-only; choose another place",
        errno.EACCES: "permission denied; choose a folder you may write to",
        errno.EPERM: "permission denied; choose a folder you may write to",
        errno.ENOTDIR: "a part of that path is a file, not a folder; choose another place",
        errno.EEXIST: "something with that name is in the way; choose another place",
        errno.EISDIR: "a folder with that name is in the way; choose another place",
        errno.ENAMETOOLONG: "the name is too long for this disk; choose a shorter one",
    }
    reason = cures.get(error.errno or 0, f"{error.strerror or error}; choose another place")
    return OutputError(f"cannot write {path}: {reason}.")
