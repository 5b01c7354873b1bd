"""Reading the files of runs and trainings, which anybody may have put there: no links, pipes or giants."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import IO, TypeAlias

MOST = 4 * 2**20
"""Bytes of a file of facts, at most; usual ones have some thousands."""

Stamp: TypeAlias = tuple[int, int, int]


def open_plain(path: Path, *, make: bool = False) -> IO[bytes]:
    """Open an ordinary file; anything else is as good as no file.

    Args:
        path: The file.
        make: Make it if it is not there, and open it for writing, too.

    Raises:
        FileNotFoundError: No such file, or a link, a folder, a pipe or a device.
        OSError: It cannot be opened.

    Example:
        >>> open_plain(Path("events.jsonl")).read()  # doctest: +SKIP
        b''
    """
    kind = os.O_RDWR | os.O_CREAT if make else os.O_RDONLY
    careful = [getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY")]
    if path.is_symlink():  # some systems cannot refuse links while they open
        raise _absent(path)
    handle = os.open(path, kind | sum(careful), 0o600)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _absent(path)
    return os.fdopen(handle, "r+b" if make else "rb")


def read_plain(path: Path, most: int = MOST) -> bytes:
    """The bytes of an ordinary file.

    Args:
        path: The file.
        most: Bytes that it may have.

    Raises:
        OSError: As :func:`open_plain`; or the file is larger.
    """
    with open_plain(path) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return data


def stamp(path: Path) -> Stamp | None:
    """What differs between two files of one path: bytes, nanoseconds, number; None without a plain file."""
    try:
        status = path.lstat()
    except OSError:
        return None
    found = status.st_size, status.st_mtime_ns, status.st_ino
    return found if stat.S_ISREG(status.st_mode) else None


def _absent(path: Path) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, "not an ordinary file", str(path))
