"""Whether a file is an oxmark model that is safe to open, told from its bytes alone.

A model file may come from anyone. ONNX Runtime computes constants when it loads a file and would try to
allocate a constant of 40 TB that takes 30 bytes to describe, so everything here happens before a session is
made, with nothing heavier than NumPy. The order: size, protobuf, whose file it is, metadata, then safety
(:mod:`oxmark.modelfile.rules`) and the size of what is computed from constants
(:mod:`oxmark.modelfile.folding`).

What it promises: loading a file that passes needs memory in proportion to the file's size. What it cannot: a
hostile file that passes may still be slow, need much memory for some picture, or answer nonsense.
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import NamedTuple

from oxmark.errors import DamagedModel, ModelFileError, UnsafeModel
from oxmark.modelfile.folding import check_folding
from oxmark.modelfile.metadata import FORMAT, check_metadata
from oxmark.modelfile.rules import ALLOWED_OPS, check_rules
from oxmark.modelfile.signatures import looks_like
from oxmark.modelfile.verdicts import Verdicts, quoted, quoted_path
from oxmark.modelfile.wire import Model, read_model

__all__ = ["ALLOWED_OPS", "FORMAT", "MAX_FILE_BYTES", "Checked", "check", "read_checked"]

MAX_FILE_BYTES = 64 * 2**20
"""Size of a model file in bytes, at most. Three times the 19 MB of the largest recipe's weights, and small
enough to be read and unpacked on any machine that can show a picture."""


class Checked(NamedTuple):
    """What :func:`check` found in a file that passed.

    Attributes:
        metadata: All of the file's metadata, by key.
        classes: Names of the classes, 2 to 1000 of them, in the order of the output ``probabilities``.
        format: Version of the model-file format; 1.
        model: The file's contents. Its tensors are views into the bytes that were checked.
    """

    metadata: dict[str, str]
    classes: tuple[str, ...]
    format: int
    model: Model


def check(data: bytes, path: Path | None = None) -> Checked:
    """Check a model file's bytes before anything is done with them.

    Args:
        data: The whole file.
        path: Where it came from; messages name it.

    Returns:
        Class names, metadata and contents.

    Raises:
        NotAnOxmarkModel: A file of something else: a picture, a text, another program's model.
        DamagedModel: An oxmark model by its looks, but truncated, altered or incomplete.
        UnsafeModel: It asks for more than a model file may: sizes, operators, other files.
        ModelFileError: It was written by a newer oxmark.

    Example:
        >>> check(b"\\x89PNG\\r\\n\\x1a\\n", Path("cat.png"))
        Traceback (most recent call last):
        oxmark.errors.NotAnOxmarkModel: cat.png is not an oxmark model: it looks like a PNG picture. ...
    """
    verdicts = Verdicts(path)
    if len(data) > MAX_FILE_BYTES:
        raise _too_large(verdicts, len(data))
    model = _read(data, verdicts)
    _refuse_foreign(model, verdicts)
    classes = check_metadata(model.metadata, verdicts)
    check_rules(model, len(classes), verdicts)
    check_folding(model.graph, verdicts)
    return Checked(metadata=dict(model.metadata), classes=classes, format=FORMAT, model=model)


def read_checked(path: str | Path) -> tuple[bytes, Checked]:
    """Read a model file and check it; its size is looked at before it is read.

    Args:
        path: The file.

    Returns:
        The file's bytes, and what :func:`check` found in them.

    Raises:
        ModelFileError: The file is missing or cannot be read, or anything that :func:`check` raises.

    Example:
        >>> data, checked = read_checked("runs/marks/model.onnx")  # doctest: +SKIP
        >>> checked.classes  # doctest: +SKIP
        ('O', 'X')
    """
    path = Path(path)
    verdicts = Verdicts(path)
    try:
        status = path.stat()
        if stat.S_ISREG(status.st_mode) and status.st_size <= MAX_FILE_BYTES:
            with path.open("rb") as file:
                data = file.read(MAX_FILE_BYTES + 1)  # one more, should it have grown since
            return data, check(data, path)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if stat.S_ISDIR(status.st_mode):
        raise ModelFileError(
            f"{path} is a folder, expected a model file. Name the file in it: {path / 'model.onnx'}", path
        )
    if not stat.S_ISREG(status.st_mode):
        raise ModelFileError(f"{path} is a device or a pipe, expected a model file. Name a model.onnx.", path)
    raise _too_large(verdicts, status.st_size)


def _read(data: bytes, verdicts: Verdicts) -> Model:
    """The file's contents; errors of the reader become sentences with the file's name and the cure."""
    if not data:
        raise verdicts.damaged("it is empty")
    try:
        model = read_model(data)
    except UnsafeModel as error:
        raise verdicts.unsafe(str(error)) from error
    except DamagedModel as error:
        if what := looks_like(data):
            raise verdicts.foreign(f"it looks like {what}") from error
        raise verdicts.damaged(str(error)) from error
    if model.producer != "oxmark" and not (model.ir_version and model.graph.nodes):
        what = looks_like(data)
        raise verdicts.foreign(f"it looks like {what}" if what else "it holds no ONNX graph")
    return model


def _refuse_foreign(model: Model, verdicts: Verdicts) -> None:
    if any(key.startswith("oxmark.") for key in model.metadata):
        return
    if model.producer == "oxmark" or not model.opsets:
        raise verdicts.damaged("it ends before its metadata")
    maker = f"written by {quoted(model.producer)}" if model.producer else "of an unnamed program"
    raise verdicts.foreign(f"it is an ONNX model {maker}, without the metadata that oxmark writes")


def _too_large(verdicts: Verdicts, size: int) -> UnsafeModel:
    return verdicts.unsafe(f"it has {size:,} bytes, where a model file has at most {MAX_FILE_BYTES:,}")


def _unreadable(path: Path, error: OSError | ValueError) -> ModelFileError:
    if isinstance(error, FileNotFoundError):
        said = "there is no such file. Check the name, or make a model with: oxmark train DATA"
        return ModelFileError(f"cannot read {quoted_path(path)}: {said}", path)
    if isinstance(error, PermissionError):
        said = "permission denied. Change the file's permissions, or copy it to a place that you may read"
    elif isinstance(error, OSError):
        said = f"{error.strerror or error}. Check the name and the disk, or copy the file elsewhere"
    else:
        said = f"{error}. Check the name"
    return ModelFileError(f"cannot read {quoted_path(path)}: {said}.", path)
