"""The network of a model file, written by Keras itself as ``.keras`` or ``.h5``.

The operators between ``seen`` and ``probabilities`` are translated one by one into stock Keras layers, so a
new architecture of the same kinds of layers needs nothing new here. The file holds the network alone. To
predict with it, let the model file prepare the picture (its output ``seen``), then ask Keras::

    import keras, onnxruntime

    model = onnxruntime.InferenceSession("model.onnx")
    network = keras.saving.load_model("ox_class_cnn.keras")
    pixels = ...  # uint8 (1, height, width, 4), RGBA
    (seen,) = model.run(["seen"], {"pixels": pixels})  # float32 (1, 1, size, size), 0..1
    network.predict(seen.transpose(0, 2, 3, 1))  # float32 (1, classes), the model's own probabilities

A network that ends in a sigmoid (``tutorial`` with two classes) gives one column, P(class 1).
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from oxmark.errors import MissingExtra, OutputError, OxmarkError
from oxmark.exports.layers import Array, Translation, cannot
from oxmark.files import replacing
from oxmark.modelfile.check import Checked, read_checked
from oxmark.modelfile.session import open_session

TOLERANCE = 1e-5
"""The written file's probabilities may differ this much from the model file's."""


@dataclass(frozen=True)
class ExportReport:
    """What was written, and what a user of the file must know.

    Attributes:
        path: The file.
        parameters: Number of weights and biases in it.
        layers: A line of text for each layer: name, class of Keras, parameters.
        notes: Sentences: what is not in the file, how to prepare its input, what its output means.
    """

    path: Path
    parameters: int
    layers: str
    notes: tuple[str, ...]


def export_keras(model: str | os.PathLike[str], out: str | os.PathLike[str]) -> ExportReport:
    """Write the network of a model file as a Keras file.

    It takes float32 ``(N, size, size, 1)``, values 0..1, and gives the calibrated probabilities, float32
    ``(N, classes)``; a network with a sigmoid gives ``(N, 1)``, the probability of class 1. The file gets its
    name only after Keras has opened it again and got the model file's own probabilities from it.

    Args:
        model: The model file.
        out: The file to write, ``.keras`` or ``.h5``; one that is there is replaced, by rename.

    Returns:
        What was written.

    Raises:
        OutputError: Another suffix, or the place cannot be written to.
        ModelFileError: The model cannot be opened, or has an operator without a Keras layer.
        MissingExtra: Keras is not installed.

    Example:
        >>> export_keras("model.onnx", "ox_class_cnn.h5").parameters  # doctest: +SKIP
        4750049
    """
    source, target = Path(model), Path(out)
    if target.suffix not in (".keras", ".h5"):
        raise OutputError(
            f"Cannot export to {target}: expected a name that ends in .keras or .h5. "
            f"Type for example: oxmark export MODEL {target.stem}.keras"
        )
    data, checked = read_checked(source)
    seen, answers = _sample(data, source)
    translation = Translation(checked.model.graph, source)
    if translation.column is not None:
        answers = answers[:, [translation.column]]
    keras = _import_keras()
    with _quiet(), keras.device("cpu"):  # a GPU may round to fewer bits
        network = _build(keras, translation, seen.shape[1:])
        with replacing(target) as temporary:
            _save(network, temporary)
            given = keras.saving.load_model(temporary, compile=False)(seen, training=False)
            given = keras.ops.convert_to_numpy(given)
            if given.shape != answers.shape or not np.allclose(given, answers, rtol=0, atol=TOLERANCE):
                raise cannot(source, "Keras gets other probabilities from the written file")
    layers = [f"{x.name:<12} {type(x).__name__:<24} {x.count_params():>11,}" for x in network.layers]
    notes = _notes(checked, seen.shape, translation.column)
    return ExportReport(target, network.count_params(), "\n".join(layers), notes)


# --- from ONNX operators to Keras layers --------------------------------------------------------------------


def _sample(data: bytes, path: Path) -> tuple[Array, Array]:
    """The model file's own answers to fixed random pictures, from pale to strong, from fine to coarse.

    Returns:
        What the network sees, float32 ``(5, size, size, 1)``, and probabilities, float32 ``(5, classes)``.
    """
    generator, session = np.random.default_rng(0), open_session(data, str(path))
    ink = []
    for strength, block in ((255, 1), (255, 8), (255, 32), (60, 16), (10, 4)):
        drawn = generator.integers(0, strength + 1, (128 // block, 96 // block, 4)).astype(np.uint8)
        ink.append(drawn.repeat(block, 0).repeat(block, 1))
    try:
        seen, answers = session.run(["seen", "probabilities"], {"pixels": 255 - np.stack(ink)})
        return seen.transpose(0, 2, 3, 1), answers
    except Exception as error:  # ONNX Runtime's own errors share no base class
        raise cannot(path, f"ONNX Runtime cannot run it ({error})") from error


def _import_keras() -> Any:
    """Keras, on torch unless it is loaded already or KERAS_BACKEND says otherwise."""
    if "keras" not in sys.modules:
        os.environ.setdefault("KERAS_BACKEND", "torch")
    try:
        import h5py  # noqa: F401  Keras needs it for both formats
        import keras
    except ModuleNotFoundError as error:
        if error.name in ("keras", "h5py"):
            raise MissingExtra("Exporting to Keras", "keras") from error
        raise OxmarkError(
            f"Keras cannot start: KERAS_BACKEND is '{os.environ.get('KERAS_BACKEND')}', and {error.name} "
            "is not installed. Install it, or set KERAS_BACKEND=torch."
        ) from error
    return keras


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without Keras's remark that .h5 is an older format, and its warnings about NumPy 2."""
    logger = logging.getLogger("absl")
    before, logger.disabled = logger.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        logger.disabled = before


def _build(keras: Any, translation: Translation, shape: tuple[int, ...]) -> Any:
    """The Keras network for inputs ``(N, *shape)``, with its weights."""
    layers = [getattr(keras.layers, kind)(**given, dtype="float32") for kind, given, _ in translation.layers]
    network = keras.Sequential([keras.Input(shape, dtype="float32", name="seen"), *layers], name="oxmark")
    for layer, (_, _, weights) in zip(layers, translation.layers, strict=True):
        layer.set_weights(weights)
    return network


def _save(network: Any, path: Path) -> None:
    """Let Keras write, if there is room: HDF5 does not survive a disk that gets full under it."""
    path.write_bytes(os.urandom(4 * network.count_params() + 2**18))  # no zeros: some disks compress them
    path.unlink()
    network.save(path)


def _notes(checked: Checked, seen: tuple[int, ...], column: int | None) -> tuple[str, ...]:
    names = ", ".join(checked.classes[:8]) + (", ..." if len(checked.classes) > 8 else "")
    meaning = f"{len(checked.classes)} columns: the probabilities of {names}, in this order"
    if column is not None:
        meaning = f"one column: the probability of {checked.classes[column]} (of {names})"
    return (
        "The file holds the network alone: 'known', how far a picture is a mark of any class, is not in it.",
        "Prepare its input with the model file: take the output 'seen' and transpose it to NHWC, "
        f"float32 (pictures, {', '.join(map(str, seen[1:]))}), values 0..1.",
        f"Its output is float32 with {meaning}.",
    )
