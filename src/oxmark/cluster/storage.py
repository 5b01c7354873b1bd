"""Where pictures lie and answers go: folders here, and by URI every file system of pyarrow and fsspec.

A *name* is an absolute path, or a URI without credentials: ``/scans/a.png``, ``s3://scans/a.png``. It means
the same on every node, and it is what stands in the result.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oxmark.data.decode import MAX_PIXELS
from oxmark.errors import ClusterError, FolderError, PictureError

MOST_BYTES = 4 * MAX_PIXELS
"""A larger file is no picture that is read: all its pixels would take less."""


class Storage:
    """The file systems of a job. Can be sent to other nodes, credentials included, by Ray alone.

    Example:
        >>> storage = Storage()
        >>> storage.name("/scans/../scans/a.png")
        '/scans/a.png'
        >>> storage.exists("/no/such/file")
        False
    """

    def __init__(self) -> None:
        self._opened: dict[str, _Opened] = {}  # by scheme and authority, "s3://scans"

    def name(self, given: str | os.PathLike[str]) -> str:
        """The name of a file or a folder that a user named: absolute, without credentials.

        Args:
            given: A path, relative to the current folder, or a URI as it is, nothing in it quoted. Its query
                may configure the file system: ``s3://scans/2024?endpoint_override=storage.example.org``.

        Raises:
            FolderError: No file system for such a URI, or it cannot be reached; or the same place was named
                with other settings before.
        """
        text = os.fspath(given)
        if "://" not in text:
            return os.path.abspath(text).replace(os.sep, "/")  # noqa: PTH100  Path.resolve would follow links
        uri, query = split_query(text)
        scheme, authority, path = _parts(uri)
        if scheme == "file":
            return path
        user, _, host = authority.rpartition("@")
        if scheme.startswith(_NAMED_BY_USER):
            user, host = "", authority
        key, settings = f"{scheme}://{host}", f"{user}?{query}" if user or query else ""
        known = self._opened.get(key)
        if known is None:
            self._opened[key] = _open(f"{scheme}://{authority}/", query, settings)
        elif settings and known.settings != settings:
            raise FolderError(
                f"{key} is named twice, with other settings each time. Give it the same ones, or none the "
                "second time."
            )
        return f"{key}{path.rstrip('/')}"

    def place(self, name: str) -> tuple[Any, str]:
        """The file system of a name, ``pyarrow.fs.FileSystem``, and the path on it."""
        if "://" not in name:
            return _local(), name
        scheme, authority, path = _parts(name)
        key = f"{scheme}://{authority}"
        if key not in self._opened:
            self._opened[key] = _open(f"{key}/", "", "")
        known = self._opened[key]
        return known.system, known.root + path

    # --- reading ---

    def exists(self, name: str) -> bool:
        """Whether there is a file or a folder of that name."""
        return self._kind(name) != "NotFound"

    def is_folder(self, name: str) -> bool:
        """Whether it is a folder."""
        return self._kind(name) == "Directory"

    def _kind(self, name: str) -> str:
        system, path = self.place(name)
        with self._reached(name):
            kind: str = system.get_file_info(path).type.name
        return kind

    def listed(self, name: str) -> tuple[list[str], list[str]]:
        """The names of the folders and of the files in a folder, each sorted; both empty where there is none.

        Links to folders are left out on this machine: they may lead back.
        """
        from pyarrow import fs

        system, path = self.place(name)
        if "://" not in name:
            return _listed_here(path)
        scheme, authority, _ = _parts(name)
        root = self._opened[f"{scheme}://{authority}"].root
        with self._reached(name):
            found = system.get_file_info(fs.FileSelector(path, allow_not_found=True))
        named = [(info.type, f"{scheme}://{authority}{info.path[len(root) :]}") for info in found]
        folders = sorted(one for kind, one in named if kind == fs.FileType.Directory)
        return folders, sorted(one for kind, one in named if kind == fs.FileType.File)

    def read(self, name: str) -> bytes:
        """The content of a file. Raises :class:`PictureError` with what is wrong."""
        system, path = self.place(name)
        try:
            with system.open_input_stream(path, compression=None) as stream:
                content: bytes = stream.read(MOST_BYTES + 1)
        except FileNotFoundError:
            raise PictureError(f"{name} does not exist. Check the spelling and the folder.") from None
        except PermissionError:
            raise PictureError(
                f"{name} may not be read: permission denied. Give yourself the right to read it."
            ) from None
        except Exception as error:  # of a file system of somebody else's
            raise PictureError(
                f"{name} cannot be read: {_reason(error)}. Check the storage and run again with "
                "--retry-errors."
            ) from error
        if len(content) > MOST_BYTES:
            raise PictureError(f"{name} is too large for a picture: more than {MOST_BYTES:,} bytes.")
        return content

    def opened(self, name: str) -> Any:
        """A file for reading here and there, ``pyarrow.NativeFile``. Raises OSError."""
        system, path = self.place(name)
        return system.open_input_file(path)

    def streamed(self, name: str) -> Any:
        """A file for reading from its beginning to its end, as it is stored. Raises OSError."""
        system, path = self.place(name)
        return system.open_input_stream(path, compression=None)

    # --- writing ---

    def make_folder(self, name: str) -> None:
        """Make a folder with its parents; it may be there already. Raises :class:`ClusterError`."""
        system, path = self.place(name)
        with self._reached(name):
            system.create_dir(path, recursive=True)

    @contextlib.contextmanager
    def replacing(self, name: str) -> Iterator[Any]:
        """A stream whose content takes the name at the end, in one step; on failure nothing is there.

        Two that write the same content under one name do no harm to each other.
        """
        system, path = self.place(name)
        folder, _, last = path.rpartition("/")
        part = f"{folder}/.{last}.{secrets.token_hex(4)}.part"
        try:
            with system.open_output_stream(part, compression=None) as stream:
                yield stream
            self._move(system, part, path)
        except BaseException:
            with contextlib.suppress(OSError):
                system.delete_file(part)
            raise

    def _move(self, system: Any, part: str, path: str) -> None:
        from pyarrow.fs import FileType

        try:
            system.move(part, path)
        except OSError:
            there, target = (info.type == FileType.File for info in system.get_file_info([part, path]))
            if not target:
                raise
            if not there:  # another run tidied up after us, and has answered this part itself
                return
            system.delete_file(path)  # some file systems do not replace
            system.move(part, path)

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        system, path = self.place(name)
        with contextlib.suppress(FileNotFoundError), self._reached(name):
            system.delete_file(path)

    @contextlib.contextmanager
    def _reached(self, name: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as error:
            text = f"{name} cannot be reached: {_reason(error)}. Check the place and your rights."
            raise ClusterError(text) from error


def _listed_here(path: str) -> tuple[list[str], list[str]]:
    folders, files = [], []
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path.replace(os.sep, "/"))
                elif not entry.is_dir():
                    files.append(entry.path.replace(os.sep, "/"))
    except (FileNotFoundError, PermissionError):  # as os.walk: what may not be looked into is left out
        return [], []
    return sorted(folders), sorted(files)


def shown(name: str) -> str:
    """A name for messages: relative to the current folder where it is below it.

    Example:
        >>> shown("s3://scans/a.png")
        's3://scans/a.png'
    """
    if "://" in name:
        return name
    path = Path(name)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else name


def split_query(uri: str) -> tuple[str, str]:
    """A URI and the settings after it, which are ``key=value`` pairs; a question mark alone is a part of it.

    Example:
        >>> split_query("s3://scans/a?scheme=http"), split_query("s3://scans/a?.png")
        (('s3://scans/a', 'scheme=http'), ('s3://scans/a?.png', ''))
    """
    found = re.fullmatch(r"(.*?)\?((?:[a-z_]+=[^&=]*)(?:&[a-z_]+=[^&=]*)*)", uri, re.DOTALL)
    return (found[1], found[2]) if found and "://" in uri else (uri, "")


def without_secrets(given: str) -> str:
    """What a user named, without credentials and settings: for messages.

    Example:
        >>> without_secrets("s3://anna:secret@scans/a?scheme=http")
        's3://scans/a'
    """
    uri = split_query(given)[0]
    scheme, authority, path = _parts(uri) if "://" in uri else ("", "", uri)
    return f"{scheme}://{authority.rpartition('@')[2]}{path}" if scheme else uri


@dataclass(frozen=True)
class _Opened:
    """A file system, what its paths begin with, and what the user said of it."""

    system: Any
    root: str
    settings: str


_NAMED_BY_USER = ("abfs", "wasb")
"""Schemes whose URIs have the container where others have a user."""


def _parts(uri: str) -> tuple[str, str, str]:
    """Scheme, authority and path of a URI, nothing unquoted.

    Example:
        >>> _parts("s3://scans/a b#1.png")
        ('s3', 'scans', '/a b#1.png')
    """
    scheme, _, rest = uri.partition("://")
    authority, slash, path = rest.partition("/")
    return scheme, authority, slash + path


def _open(root: str, query: str, settings: str) -> _Opened:
    """The file system of a URI without a path."""
    from pyarrow import fs

    try:
        try:
            system, path = fs.FileSystem.from_uri(f"{root}?{query}" if query else root)
        except (ValueError, NotImplementedError):  # a scheme that pyarrow does not know
            import fsspec.core

            found, path = fsspec.core.url_to_fs(root)
            system = fs.PyFileSystem(fs.FSSpecHandler(found))
    except (ImportError, ValueError, OSError) as error:
        place = without_secrets(root).rstrip("/")
        raise FolderError(
            f"'{place}' cannot be opened: {_reason(error)}. Give a path, or a URI of a file "
            "system that pyarrow or an installed fsspec package knows, such as s3://, gs:// or hdfs://."
        ) from error
    return _Opened(system, path.rstrip("/"), settings)


@functools.cache
def _local() -> Any:
    from pyarrow import fs

    return fs.LocalFileSystem()


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__
