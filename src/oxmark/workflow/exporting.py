"""export: a model file in another form."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from oxmark.inference import model_file

if TYPE_CHECKING:
    from oxmark.exports.keras import ExportReport


def export(model: str | os.PathLike[str], out: str | os.PathLike[str]) -> ExportReport:
    """Write the network of a model file for Keras.

    Args:
        model: A model file or a run folder.
        out: A ``.keras`` or ``.h5`` file.

    Returns:
        What was written and what cannot be in there.

    Raises:
        MissingExtra: Keras is not installed.
        ModelFileError: The model cannot be opened.
        OutputError: The file cannot be written.

    Example:
        >>> export("runs/first", "ox_class_cnn.h5").path  # doctest: +SKIP
    """
    from oxmark.exports.keras import export_keras

    return export_keras(model_file(model), out)
