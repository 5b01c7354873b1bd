"""Where pictures lie and answers go: this machine's folders, and every file system of pyarrow or fsspec by
URI.

A *name* is an absolute path, or a URI without credentials: ``/scans/a.png``, ``s3://scans/a.png``. It means
the same on every node, and it is what stands in the result.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from oxmark.errors import ClusterError, FolderError, PictureError


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
        self._systems: dict[str, Any] = {}  # what names begin with -> pyarrow.fs.FileSystem

    def name(self, given: str | os.PathLike[str]) -> str:
        """The name of a file or a folder that a user named: absolute, without credentials.

        Args:
            given: A path, relative to the current folder, or a URI, whose query may configure the file
                system, as in ``s3://bucket/scans?endpoint_override=storage.example.org``.

        Raises:
            FolderError: No file system for such a URI, or it cannot be reached.
        """
        text = os.fspath(given)
        if "://" not in text:
            return os.path.abspath(text)  # noqa: PTH100  Path.resolve would follow links
        if text.startswith("file://"):
            return self._opened(text)[1]
        system, path = self._opened(text)
        prefix = _prefix(text, path)
        self._systems.setdefault(prefix, system)
        return prefix + path

    def place(self, name: str) -> tuple[Any, str]:
        """The file system of a name, ``pyarrow.fs.FileSystem``, and the path on it."""
        if "://" not in name:
            if "" not in self._systems:
                from pyarrow import fs

                self._systems[""] = fs.LocalFileSystem()
            return self._systems[""], name
        for prefix, system in self._systems.items():
            if prefix and name.startswith(prefix):
                return system, name[len(prefix) :]
        system, path = self._opened(name)
        self._systems[_prefix(name, path)] = system
        return system, path

    def _opened(self, uri: str) -> tuple[Any, str]:
        from pyarrow import fs

        try:
            try:
                found: tuple[Any, str] = fs.FileSystem.from_uri(uri)
            except (ValueError, NotImplementedError):  # a scheme that pyarrow does not know
                import fsspec.core

                system, path = fsspec.core.url_to_fs(uri)
                found = fs.PyFileSystem(fs.FSSpecHandler(system)), path
        except (ImportError, ValueError, OSError) as error:
            raise FolderError(
                f"'{uri.partition('?')[0]}' cannot be opened: {_reason(error)}. Give a path, or a URI of a "
                "file system that pyarrow or an installed fsspec package knows, such as s3://, gs:// or "
                "hdfs://."
            ) from error
        return found

    # --- reading ---

    def exists(self, name: str) -> bool:
        """Whether there is a file or a folder of that name."""
        return self._kind(name) != "NotFound"

    def is_folder(self, name: str) -> bool:
        """Whether it is a folder."""
        return self._kind(name) == "Directory"

    def size(self, name: str) -> int:
        """Bytes of a file."""
        return int(self._info(name).size or 0)

    def _kind(self, name: str) -> str:
        kind: str = self._info(name).type.name
        return kind

    def _info(self, name: str) -> Any:
        system, path = self.place(name)
        with self._reached(name):
            return system.get_file_info(path)

    def listed(self, name: str) -> tuple[list[str], list[str]]:
        """The names of the folders and of the files in a folder, each sorted; both empty where there is none.

        Links to folders are left out on this machine: they may lead back.
        """
        from pyarrow import fs

        system, path = self.place(name)
        if "://" not in name:
            return _listed_here(path)
        prefix = name[: len(name) - len(path)]
        with self._reached(name):
            found = system.get_file_info(fs.FileSelector(path, allow_not_found=True))
        folders = sorted(prefix + info.path for info in found if info.type == fs.FileType.Directory)
        return folders, sorted(prefix + info.path for info in found if info.type == fs.FileType.File)

    def read(self, name: str) -> bytes:
        """The content of a file. Raises :class:`PictureError` with what is wrong."""
        system, path = self.place(name)
        try:
            with system.open_input_stream(path, compression=None) as stream:
                content: bytes = stream.read()
        except FileNotFoundError:
            raise PictureError(f"{name} does not exist. Check the spelling and the folder.") from None
        except PermissionError:
            raise PictureError(
                f"{name} may not be read: permission denied. Give yourself the right to read it."
            ) from None
        except OSError as error:
            raise PictureError(
                f"{name} cannot be read: {_reason(error)}. Check the storage and run again with "
                "--retry-errors."
            ) from error
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
            try:
                system.move(part, path)
            except OSError:  # some file systems do not replace: somebody else has written it by now
                if not self.exists(name):
                    raise
                system.delete_file(path)
                system.move(part, path)
        except BaseException:
            with contextlib.suppress(OSError):
                system.delete_file(part)
            raise

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
                    folders.append(entry.path)
                elif not entry.is_dir():
                    files.append(entry.path)
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


def _prefix(uri: str, path: str) -> str:
    """What stands before the path in a URI, without user, password and query."""
    parts = urlsplit(uri)
    host = parts.netloc.rpartition("@")[2]
    plain = f"{parts.scheme}://{host}{parts.path}".rstrip("/")
    return (
        plain[: len(plain) - len(path)] if plain.endswith(path.rstrip("/")) else f"{parts.scheme}://{host}/"
    )


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__
