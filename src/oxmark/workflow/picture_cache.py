"""What the network sees of very many pictures, kept on disk: decoded once, never all in memory.

A *pack* is a file with some hundred pictures and their traits, each under the digest of its file's content,
for one *preparation*: everything that decides the result. A pack never changes. It is written under another
name and renamed, and its digest is checked before it is used, so two trainings at once, a full disk or a
damaged file cost time and nothing else. Packs hold numbers, never code.

Packs lie in the user's own cache folder, which nobody else may read, because they are made from private
pictures. ``OXMARK_CACHE`` names another folder, or is ``off``: then they lie in temporary files without a
name, which go when the training ends.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import stat
import struct
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from oxmark.data.ondisk import Floats
from oxmark.data.traits import Traits
from oxmark.data.traits_table import RECORD, Records, recorded
from oxmark.machine import cores

VARIABLE = "OXMARK_CACHE"
FOLDER = "prepared-pictures"
MOST_BYTES = 10 << 30
"""What all packs together may take; the longest unused go first."""
LEAST_FREE = 1 << 30
"""So many bytes of the disk are left to others."""
PACK_BYTES = 32 << 20
"""About how large a pack is; so much is in memory while pictures are read."""

_HEADER = struct.Struct("<16sQQ32s")  # what it is, pictures, side, digest of all that follows
_MAGIC = b"oxmark pictures1"
_SUFFIX, _PART = ".pack", ".part"
_NEW_FILE = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
_ABANDONED = 3600.0  # seconds after which nobody is still writing a part


@dataclass(frozen=True, eq=False)
class Pack:
    """Some pictures: float32 ``(n, 1, S, S)``, and their records, ``(n,)``; on disk or in memory."""

    seen: Floats
    records: Records
    path: Path | None = None


def cache_folder() -> Path | None:
    """Where packs are kept; None where they are not.

    Example:
        >>> cache_folder()  # doctest: +SKIP
        PosixPath('/home/anna/.cache/oxmark/prepared-pictures')
    """
    chosen = os.environ.get(VARIABLE, "").strip()
    if chosen.lower() == "off":
        return None
    return (Path(chosen).expanduser() if chosen else _usual_folder()) / FOLDER


def _usual_folder() -> Path:
    """The platform's place for what can be made again."""
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "oxmark" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "oxmark"
    given = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(given) if given.startswith("/") else Path.home() / ".cache") / "oxmark"


class PictureCache:
    """The packs of one preparation: those that were there, and those that are added.

    Args:
        preparation: Names everything that decides what is made of a picture; hexadecimal.
        size: Side of what the network sees, in pixels.

    Attributes:
        packs: All that is known.
        notes: Why something could not be kept, in sentences for the user.
    """

    def __init__(self, preparation: str, size: int) -> None:
        self._preparation, self._size = preparation, size
        self.notes: tuple[str, ...] = ()
        self._folder = self._opened(cache_folder())
        self.packs = self._found() if self._folder else []
        self._keys, self._places = _sorted([pack.records["key"] for pack in self.packs])
        self._seen: list[Floats] = []
        self._records: list[Records] = []

    def find(self, keys: npt.NDArray[np.bytes_]) -> npt.NDArray[np.int64]:
        """Where pictures are, int64 ``(N, 2)``: the pack and the row in it; -1 for what is not there.

        What was added since counts after :meth:`finish`.
        """
        place = np.searchsorted(self._keys, keys)
        found = np.full((len(keys), 2), -1, np.int64)
        if len(self._keys):
            place = np.minimum(place, len(self._keys) - 1)
            there = self._keys[place] == keys
            found[there] = self._places[place[there]]
        return found

    def has(self, keys: Sequence[bytes]) -> bool:
        """Whether all of these were there when the cache was opened."""
        return bool((self.find(np.array(keys, "S16"))[:, 0] >= 0).all())

    def add(self, key: bytes, seen: Floats, traits: Traits | None) -> None:
        """Take in what the network sees of a picture, float32 ``(1, S, S)``, and its traits."""
        self._seen.append(seen)
        self._records.append(recorded(key, traits))
        if len(self._seen) * _bytes_each(self._size) >= PACK_BYTES:
            self._write()

    def finish(self) -> None:
        """Write what is left, remember that the packs were of use, and remove the oldest."""
        if self._seen:
            self._write()
        self._keys, self._places = _sorted([pack.records["key"] for pack in self.packs])

    def used(self, packs: Sequence[int]) -> None:
        """Note that these packs were of use, and make room: the longest unused of all preparations go."""
        for number in packs:
            if path := self.packs[number].path:
                with contextlib.suppress(OSError):
                    os.utime(path)
        if self._folder:
            clear(self._folder, MOST_BYTES)

    def _write(self) -> None:
        seen, records = np.stack(self._seen), np.stack(self._records)
        self._seen, self._records = [], []
        self.packs.append(self._kept(seen, records) or self._held(seen, records))

    def _kept(self, seen: Floats, records: Records) -> Pack | None:
        """The pack, written to the cache; None where that cannot be."""
        if self._folder is None:
            return None
        path = self._folder / f"{self._preparation}-{secrets.token_hex(8)}{_SUFFIX}"
        part = path.with_suffix(_PART)
        try:
            if shutil.disk_usage(self._folder).free < LEAST_FREE + seen.nbytes:
                raise OSError("the disk is nearly full")
            with os.fdopen(os.open(part, _NEW_FILE, 0o600), "wb") as stream:
                _put(stream, self._preparation, seen, records)
            part.replace(path)
            with path.open("rb") as stream:
                return _mapped(stream, path)
        except OSError as error:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            self._give_up(self._folder, error)
            return None

    def _held(self, seen: Floats, records: Records) -> Pack:
        """The pack, in a file without a name; in memory where there is no room for it either."""
        try:
            with tempfile.TemporaryFile() as stream:
                _put(stream, self._preparation, seen, records)
                stream.flush()
                return _mapped(stream, None)
        except OSError:
            return Pack(seen, records)

    def _give_up(self, folder: Path, error: OSError) -> None:
        reason = error.strerror or str(error)
        self._folder = None
        self.notes = (
            f"What is made of the pictures cannot be kept in {folder} ({reason.lower()}), so the next "
            f"training reads them all again. Free some space, or name another folder in {VARIABLE}.",
        )

    def _opened(self, folder: Path | None) -> Path | None:
        """The folder, made if need be, where it is this user's alone; else None, and a note says why."""
        if folder is None:
            return None
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            status = folder.lstat()
            if not stat.S_ISDIR(status.st_mode) or (hasattr(os, "geteuid") and status.st_uid != os.geteuid()):
                raise OSError("it belongs to somebody else")
            folder.chmod(0o700)
        except OSError as error:
            self._give_up(folder, error)
            return None
        return folder

    def _found(self) -> list[Pack]:
        """The packs of this preparation that are whole; others are removed."""
        paths = sorted(self._folder.glob(f"{self._preparation}-*{_SUFFIX}")) if self._folder else []
        with ThreadPoolExecutor(cores()) as pool:
            packs = list(pool.map(lambda path: _read(path, self._preparation, self._size), paths))
        return [pack for pack in packs if pack]


def clear(folder: Path, most: int = 0) -> int:
    """Remove the longest unused packs until the others take at most ``most`` bytes.

    Args:
        folder: From :func:`cache_folder`; it may be missing.
        most: In bytes; 0 removes all.

    Returns:
        Bytes that were removed.
    """
    files = []
    for path in [*folder.glob(f"*{_SUFFIX}"), *folder.glob(f"*{_PART}")]:
        with contextlib.suppress(OSError):
            status = path.stat()
            if path.suffix == _SUFFIX or status.st_mtime < time.time() - _ABANDONED:
                files.append((status.st_mtime_ns, status.st_size, path))
    over = sum(size for _, size, _ in files) - most
    removed = 0
    for _, size, path in sorted(files):
        if removed >= over:
            break
        with contextlib.suppress(OSError):  # in use (Windows), or removed by another training
            path.unlink()
            removed += size
    return removed


def _sorted(
    keys: Sequence[npt.NDArray[np.bytes_]],
) -> tuple[npt.NDArray[np.bytes_], npt.NDArray[np.int64]]:
    """All keys in order, ``(M,)``, and where each is: pack and row, int64 ``(M, 2)``."""
    places = [np.stack([np.full(len(one), n), np.arange(len(one))], axis=1) for n, one in enumerate(keys)]
    if not keys:
        return np.zeros(0, "S16"), np.zeros((0, 2), np.int64)
    together = np.concatenate(keys)
    order = np.argsort(together, kind="stable")
    return together[order], np.concatenate(places)[order]


def _bytes_each(size: int) -> int:
    return size * size * 4 + RECORD.itemsize


def _put(stream: BinaryIO, preparation: str, seen: Floats, records: Records) -> None:
    digest = hashlib.blake2b(digest_size=32, key=bytes.fromhex(preparation))
    for part in (seen, records):
        digest.update(part.tobytes())
    stream.write(_HEADER.pack(_MAGIC, len(seen), seen.shape[-1], digest.digest()))
    seen.tofile(stream)
    records.tofile(stream)


def _read(path: Path, preparation: str, size: int) -> Pack | None:
    """A pack whose digest is right; what is damaged is removed."""
    try:
        with path.open("rb") as stream:
            header = stream.read(_HEADER.size)
            magic, count, side, digest = _HEADER.unpack(header.ljust(_HEADER.size, b"\0"))
            whole = magic == _MAGIC and side == size and count > 0
            whole = whole and os.fstat(stream.fileno()).st_size == _HEADER.size + count * _bytes_each(size)
            if whole and _digest(stream, preparation) == digest:
                return _mapped(stream, path)
        path.unlink()
    except OSError:
        return None
    return None


def _digest(stream: BinaryIO, preparation: str) -> bytes:
    """The digest of all that follows, read in pieces: mapped, it would count as memory of this process."""
    digest = hashlib.blake2b(digest_size=32, key=bytes.fromhex(preparation))
    for piece in _pieces(stream):
        digest.update(piece)
    return digest.digest()


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    while piece := stream.read(1 << 20):
        yield piece


def _mapped(stream: BinaryIO, path: Path | None) -> Pack:
    """Maps a pack; copy-on-write, so that nothing done to an array can reach the file."""
    stream.seek(0)
    _, count, size, _ = _HEADER.unpack(stream.read(_HEADER.size))
    whole = np.memmap(stream, np.uint8, "c")
    split = _HEADER.size + count * size * size * 4
    seen = np.asarray(whole[_HEADER.size : split]).view(np.float32).reshape(count, 1, size, size)
    return Pack(seen, np.asarray(whole[split:]).view(RECORD), path)
