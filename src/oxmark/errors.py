"""Everything oxmark raises on purpose, in one tree.

::

    OxmarkError
    ├── DataError                 something about the pictures
    │   ├── FolderError           the folder: missing, empty, one class only, a name that fits nothing
    │   ├── PictureError          one picture; ``.path`` names it
    │   │   ├── NotAPicture       the bytes are no picture that we read
    │   │   ├── BrokenPicture     a picture, but truncated or damaged
    │   │   └── PictureTooLarge   more than 64 megapixels; refused from the header
    │   └── BadPictures           several of the above at once; ``.errors`` lists them
    ├── RecipeError               a recipe: unknown key, value out of range, unreadable TOML
    ├── RunError                  a run folder: already there, unfinished, nothing to resume
    ├── TrainingError             training could not go on (no device, loss no longer a number)
    ├── ModelFileError            a model file; ``.path`` names it
    │   ├── NotAnOxmarkModel      a valid file of something else
    │   ├── DamagedModel          truncated or altered
    │   └── UnsafeModel           asks for more than a model file may (sizes, operators, other files)
    ├── ServingError              the local server: port in use, no token where one is needed
    ├── ClusterError              a Ray cluster: nobody answers there, or its nodes share no folder
    ├── OutputError               could not write: read-only, disk full, something in the way
    └── MissingExtra              an optional part is not installed; says the exact pip command

Catch the base class to catch them all::

    try:
        run = oxmark.train("marks/")
    except oxmark.OxmarkError as error:
        print(error)

Each message says what was received, what was expected and what to do, so printing it is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any


class OxmarkError(Exception):
    """Base of every error that oxmark raises on purpose."""


class DataError(OxmarkError):
    """Something about the pictures or their folder."""


class FolderError(DataError):
    """The folder cannot be used as it is: missing, empty, one class only, a name that fits nothing."""


class PictureError(DataError):
    """One picture cannot be used.

    Attributes:
        path: The picture's path, or ``None`` when it came as bytes or as an array.
    """

    def __init__(self, message: str, path: Path | None = None) -> None:
        super().__init__(message)
        self.path = path

    def kept(self) -> PictureError:
        """Itself, without the frames that it was raised in and without its cause.

        For a result that is kept: those frames hold the half-decoded picture, up to 256 MB each.

        Example:
            >>> PictureError("it is empty").kept()
            PictureError('it is empty')
        """
        self.__cause__ = self.__context__ = None
        return self.with_traceback(None)


class NotAPicture(PictureError):
    """The bytes are no picture in a format that oxmark reads."""


class BrokenPicture(PictureError):
    """A picture by its header, but truncated or damaged."""


class PictureTooLarge(PictureError):
    """More pixels than allowed; known from the header, before any decoding."""


class BadPictures(DataError):
    """Several pictures cannot be used.

    Attributes:
        errors: One :class:`PictureError` a picture, in the folder's order.
    """

    def __init__(self, message: str, errors: Sequence[PictureError]) -> None:
        super().__init__(message)
        self.errors = tuple(errors)

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle, which would make it from the message alone: errors come back from other processes."""
        return type(self), (str(self), self.errors), self.__dict__


class RecipeError(OxmarkError):
    """A recipe cannot be used: unknown key, value out of range, unreadable TOML."""


class RunError(OxmarkError):
    """A run folder cannot be used: already there, unfinished, or nothing to resume."""


class TrainingError(OxmarkError):
    """Training could not start or go on."""


class ModelFileError(OxmarkError):
    """A model file cannot be used.

    Attributes:
        path: The file, or ``None`` when it came as bytes.
    """

    def __init__(self, message: str, path: Path | None = None) -> None:
        super().__init__(message)
        self.path = path


class NotAnOxmarkModel(ModelFileError):
    """A file of something else: another ONNX model, a picture, a text."""


class DamagedModel(ModelFileError):
    """A model file that was truncated or altered."""


class UnsafeModel(ModelFileError):
    """A model file that asks for more than one may: huge sizes, foreign operators, other files."""


class ServingError(OxmarkError):
    """The local server cannot start: the port is in use, or an address asks for a token."""


class ClusterError(OxmarkError):
    """A Ray cluster cannot be used: no such address, nobody answers, or its nodes do not share a folder."""


class OutputError(OxmarkError):
    """Something could not be written: read-only, disk full, or a file is in the way."""


_EXTRAS = {
    **dict.fromkeys(("pydantic", "torch", "onnx", "safetensors"), "train"),
    **dict.fromkeys(
        ("sklearn", "scipy", "matplotlib", "imagehash", "skimage", "cleanlab", "jinja2"), "train"
    ),
    **dict.fromkeys(("keras", "h5py"), "keras"),
    **dict.fromkeys(("ray", "pyarrow", "fsspec"), "cluster"),
    **dict.fromkeys(("fastapi", "starlette", "uvicorn", "python_multipart", "prometheus_client"), "web"),
}


class MissingExtra(OxmarkError):
    """An optional part of oxmark is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        cure = f"Install it with: pip install 'oxmark[{extra}]'"
        super().__init__(f"{what} needs an optional part that is not installed. {cure}")
        self.what, self.extra = what, extra

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle, which would make it from the message alone."""
        return type(self), (self.what, self.extra), self.__dict__


def missing_extra(error: ModuleNotFoundError) -> MissingExtra | None:
    """The cure for a module that is not there, if one of oxmark's extras brings it.

    Example:
        >>> print(missing_extra(ModuleNotFoundError(name="torch")))
        This command (the package torch) needs an optional part that is not installed. \
Install it with: pip install 'oxmark[train]'
    """
    package = (error.name or "").partition(".")[0]
    return (
        MissingExtra(f"This command (the package {package})", _EXTRAS[package])
        if package in _EXTRAS
        else None
    )


def require_packages(what: str, *packages: str) -> None:
    """Say early which extra is missing, before work is done in vain.

    Args:
        what: What needs them, as the beginning of a sentence.
        packages: Names to import, each brought by one of oxmark's extras.

    Raises:
        MissingExtra: The first one that is not installed, with the command that installs it.
    """
    from importlib.util import find_spec

    for name in packages:
        if find_spec(name) is None:
            raise MissingExtra(f"{what} (the package {name})", _EXTRAS[name])
