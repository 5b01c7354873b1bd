"""The model file: preprocessing graph, network graph and metadata, joined into one ONNX file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from oxmark.modelfile.builder import GraphBuilder, float_output, pixels_input
from oxmark.modelfile.network import Kind as NetworkKind
from oxmark.modelfile.network import Weights, add_network
from oxmark.modelfile.preprocess import Kind as PreprocessKind
from oxmark.modelfile.preprocess import add_preprocess

FORMAT = "1"


def model_bytes(
    *,
    preprocess: PreprocessKind,
    size: int,
    margin: float,
    network: NetworkKind,
    weights: Weights,
    metadata: Mapping[str, str],
) -> bytes:
    """Assemble a model file. The same arguments give the same bytes.

    Args:
        preprocess: Which preprocessing graph.
        size: Side of what the network sees, in pixels.
        margin: Empty border around the ink, as a fraction of its longer side.
        network: Which architecture.
        weights: Its weights, as ``oxmark.training.network`` gives them.
        metadata: As :func:`metadata` makes it.

    Returns:
        The file's bytes, as docs/model-file.md specifies them.
    """
    builder = GraphBuilder()
    add_preprocess(builder, preprocess, size, margin)
    add_network(builder, network, weights)
    classes = len(json.loads(metadata["oxmark.classes"]))
    outputs = [
        float_output("probabilities", "batch", classes),
        float_output("known", "batch"),
        float_output("seen", "batch", 1, size, size),
        float_output("box", "batch", 4),
        float_output("heat", "batch", classes, "heat_height", "heat_width"),
    ]
    model = builder.model("oxmark", [pixels_input()], outputs, dict(metadata))
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def network_bytes(network: NetworkKind, weights: Weights, size: int, classes: int) -> bytes:
    """The network alone, from ``seen`` on: for pictures that the preprocessing graph has seen already.

    Args:
        network: Which architecture.
        weights: Its weights, as ``oxmark.training.network`` gives them.
        size: Side of what the network sees, in pixels.
        classes: Number of classes.

    Returns:
        An ONNX graph that takes ``seen``, float32 ``(batch, 1, size, size)``, and gives ``probabilities``,
        ``known`` and ``heat`` as the model file would. It is for this process, not for saving.
    """
    builder = GraphBuilder()
    add_network(builder, network, weights)
    outputs = [
        float_output("probabilities", "batch", classes),
        float_output("known", "batch"),
        float_output("heat", "batch", classes, "heat_height", "heat_width"),
    ]
    model = builder.model("oxmark network", [float_output("seen", "batch", 1, size, size)], outputs)
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def metadata(
    *,
    classes: Sequence[str],
    recipe: str,
    trained_on: Mapping[str, object],
    quality: Mapping[str, object],
    version: str,
) -> dict[str, str]:
    """The metadata of a model file, keys and text.

    Args:
        classes: Names in the order of the probabilities.
        recipe: The recipe as TOML.
        trained_on: ``counts`` (part to class to number) and ``pictures`` (part to digests).
        quality: Each figure with its interval and what it was measured on; may be empty.
        version: Of oxmark.
    """

    def text(value: object) -> str:
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    return {
        "oxmark.format": FORMAT,
        "oxmark.classes": json.dumps(list(classes), ensure_ascii=False),
        "oxmark.recipe": recipe,
        "oxmark.trained_on": text(trained_on),
        "oxmark.quality": text(quality),
        "oxmark.version": version,
    }
