"""A run's model as a file to take away."""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from oxmark.errors import require_packages
from oxmark.files import output_error
from oxmark.web.studio.runs_reading import MODEL
from oxmark.web.studio.teaching_process import aside

if TYPE_CHECKING:
    from oxmark.web.studio.teaching import Teaching


def model_bytes(teaching: Teaching, id: str) -> bytes:
    """The model file of a run, or the built-in one.

    Raises:
        Problem: No such run, or one without a model.
        ModelFileError: The file is no model of oxmark; such are not handed on.
    """
    from oxmark.modelfile.check import read_checked

    return read_checked(model_path(teaching, id))[0]


def model_path(teaching: Teaching, id: str) -> Path:
    """Where the model file of a run is. Raises :class:`Problem`."""
    from importlib import resources

    folder = teaching.shelf.answering(id)
    if folder is None:
        return Path(str(resources.files("oxmark.builtin").joinpath("ox.onnx")))
    return folder / MODEL


async def keras_file(teaching: Teaching, id: str) -> bytes:
    """The network of a run as Keras writes it.

    Raises:
        Problem: No such run, one without a model, or one that Keras has no layers for.
        MissingExtra: Keras is not installed.
        OutputError: It cannot be written.
    """
    model = await aside(model_path, teaching, id)
    require_packages("The Keras export", "keras", "h5py")
    out = teaching.desk.folder / "exports" / f"{secrets.token_hex(8)}.keras"
    teaching.project.disk.check_inside(out.parent)
    try:
        await teaching.errands.run("export", {"model": str(model), "out": str(out)})
        return await aside(_read, out)
    finally:
        await aside(_remove, out)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise output_error(path, error) from error


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
