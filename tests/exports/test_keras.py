"""Keras files: stock Keras opens them in a fresh process and gives the model file's own probabilities."""

from __future__ import annotations

import dataclasses
import json
import logging
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
import torch
from onnx import helper, numpy_helper

from oxmark.errors import MissingExtra, ModelFileError, NotAnOxmarkModel, OutputError, OxmarkError
from oxmark.exports import keras as export
from oxmark.exports.keras import ExportReport, export_keras
from oxmark.exports.layers import Array
from oxmark.modelfile.write import metadata, model_bytes
from oxmark.recipes import load_recipe, to_toml
from oxmark.training.calibration import Calibration
from oxmark.training.network import MarksNetwork, build_network

Name = Literal["marks", "tutorial"]
Change = Callable[[onnx.GraphProto, dict[str, onnx.NodeProto]], object]
CLASSES = ("O", "X", "세모")

IN_A_FRESH_PROCESS = """
import json, sys
import numpy as np
import keras
for path in sys.argv[1:]:
    network = keras.saving.load_model(path, compile=False)
    np.save(path + ".given.npy", network.predict(np.load(path + ".seen.npy"), verbose=0))
    print(json.dumps({
        "oxmark": "oxmark" in sys.modules,
        "parameters": network.count_params(),
        "layers": [[layer.name, type(layer).__name__] for layer in network.layers],
        "input": [network.inputs[0].name, list(network.inputs[0].shape), str(network.inputs[0].dtype)],
    }))
"""


def model(path: Path, name: Name, classes: int, size: int | None = None) -> Path:
    """A model file with random weights, biases and, for ``marks``, running statistics."""
    recipe = load_recipe(name).with_settings({"width": 16, **({"size": size} if size else {})})
    generator = torch.Generator().manual_seed(classes)
    network = build_network(recipe, classes, generator)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.dim() == 1:
                parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
        if isinstance(network, MarksNetwork):
            network.head.weight.mul_(20)  # answers far from 1/2
        for norm in network.modules():
            if isinstance(norm, torch.nn.BatchNorm2d):
                norm.get_buffer("running_mean").normal_(0, 0.3, generator=generator)
                norm.get_buffer("running_var").uniform_(0.5, 2, generator=generator)
    texts = metadata(
        classes=CLASSES[:classes], recipe=to_toml(recipe), trained_on={}, quality={}, version="0.1.0"
    )
    data = model_bytes(
        preprocess=recipe.preprocess, size=recipe.size, margin=recipe.margin, network=recipe.network,
        weights=network.weights(Calibration(1.7, 0.8, 0.3)), metadata=texts,
    )  # fmt: skip
    path.write_bytes(data)
    return path


def run(path: Path) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """What ONNX Runtime answers to raw pixels: ``seen`` in NHWC and the probabilities."""
    generator = np.random.default_rng(11)
    session = onnxruntime.InferenceSession(path)
    seen, probabilities = [], []
    for _ in range(4):
        pixels = np.full((1, 120, 90, 4), 255, np.uint8)
        top, left = generator.integers(5, 40, 2)
        pixels[0, top : top + 60, left : left + 9, :3] = generator.integers(0, 200)
        pixels[0, top : top + 9, left : left + generator.integers(10, 45), :3] = generator.integers(0, 200)
        one, two = session.run(["seen", "probabilities"], {"pixels": pixels})
        seen.append(one.transpose(0, 2, 3, 1))
        probabilities.append(two)
    return np.concatenate(seen), np.concatenate(probabilities)


TUTORIAL = [
    ["conv1", "Conv2D"], ["pool1", "MaxPooling2D"], ["conv2", "Conv2D"], ["pool2", "MaxPooling2D"],
    ["conv3", "Conv2D"], ["pool3", "MaxPooling2D"], ["flatten", "Flatten"],
    ["dense1", "Dense"], ["dense2", "Dense"],
]  # fmt: skip
MARKS = [
    ["pad1", "ZeroPadding2D"], ["conv1", "Conv2D"], ["conv2", "Conv2D"], ["pool1", "MaxPooling2D"],
    ["conv3", "Conv2D"], ["pool2", "MaxPooling2D"], ["conv4", "Conv2D"], ["heat", "Conv2D"],
    ["average", "GlobalAveragePooling2D"], ["softmax1", "Softmax"],
]  # fmt: skip


CASES: list[tuple[Name, int, list[list[str]], list[int], int]] = [
    ("tutorial", 2, TUTORIAL, [1], 4_750_049),
    ("tutorial", 3, TUTORIAL, [0, 1, 2], 4_751_075),
    ("marks", 2, MARKS, [0, 1], 60_610),
    ("marks", 3, MARKS, [0, 1, 2], 60_675),
]
SUFFIXES = (".keras", ".h5")


@dataclasses.dataclass
class Opened:
    """One exported file: our report, and what stock Keras in a process of its own says of it."""

    report: ExportReport
    seen: npt.NDArray[np.float32]
    probabilities: npt.NDArray[np.float32]
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)
    given: npt.NDArray[np.float32] = dataclasses.field(default_factory=lambda: np.zeros(0, np.float32))


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Opened]:
    """Every case in both formats, all opened by one fresh process that knows nothing of oxmark."""
    folder = tmp_path_factory.mktemp("exported")
    files: dict[str, Opened] = {}
    for name, classes, *_ in CASES:
        source = model(folder / f"{name}-{classes}.onnx", name, classes)
        seen, probabilities = run(source)
        for suffix in SUFFIXES:
            file = f"{name}-{classes}{suffix}"
            files[file] = Opened(export_keras(source, folder / file), seen, probabilities)
            np.save(folder / f"{file}.seen.npy", seen)
    command = [sys.executable, "-c", IN_A_FRESH_PROCESS, *files]
    environment = {"KERAS_BACKEND": "torch", "HOME": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for file, line in zip(files, done.stdout.splitlines(), strict=True):
        files[file].facts, files[file].given = json.loads(line), np.load(folder / f"{file}.given.npy")
    return files


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(("name", "classes", "layers", "columns", "parameters"), CASES)
def test_stock_keras_gives_the_probabilities_of_the_model_file(
    opened: dict[str, Opened], suffix: str, name: Name, classes: int, layers: object, columns: list[int],
    parameters: int,
) -> None:  # fmt: skip
    file = opened[f"{name}-{classes}{suffix}"]
    assert file.probabilities.std(0).max() > 1e-3  # the pictures differ
    np.testing.assert_allclose(file.given, file.probabilities[:, columns], rtol=0, atol=1e-5)
    side = load_recipe(name).size
    assert file.facts == {
        "oxmark": False,
        "parameters": parameters,
        "layers": layers,
        "input": ["seen", [None, side, side, 1], "float32"],
    }
    assert file.report.parameters == parameters
    assert [line.split()[:2] for line in file.report.layers.splitlines()] == layers


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return model(tmp_path / "model.onnx", "tutorial", 2, size=22)


def test_the_report_says_what_a_user_of_the_file_must_know(tmp_path: Path, small: Path) -> None:
    report = export_keras(str(small), str(tmp_path / "ox.keras"))
    assert isinstance(report, ExportReport)
    assert report.path == tmp_path / "ox.keras"
    assert report.notes == (
        "The file holds the network alone: 'known', how far a picture is a mark of any class, is not in it.",
        "Prepare its input with the model file: take the output 'seen' and transpose it to NHWC, "
        "float32 (pictures, 22, 22, 1), values 0..1.",
        "Its output is float32 with one column: the probability of X (of O, X).",
    )
    several = export_keras(model(tmp_path / "3.onnx", "tutorial", 3, size=22), tmp_path / "3.keras")
    last = "Its output is float32 with 3 columns: the probabilities of O, X, 세모, in this order."
    assert several.notes[2] == last


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_warnings_and_nothing_logged(
    tmp_path: Path,
    small: Path,
    suffix: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with warnings.catch_warnings(record=True) as seen, caplog.at_level(logging.INFO):
        warnings.simplefilter("always")
        export_keras(small, tmp_path / f"ox{suffix}")
    assert (seen, caplog.messages, capfd.readouterr()) == ([], [], ("", ""))
    assert not logging.getLogger("absl").disabled


# --- refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ox.pb", "ox", "ox.KERAS", "ox.hdf5"])
def test_another_suffix_is_refused(tmp_path: Path, small: Path, name: str) -> None:
    with pytest.raises(OutputError) as caught:
        export_keras(small, tmp_path / name)
    assert str(caught.value) == (
        f"Cannot export to {tmp_path / name}: expected a name that ends in .keras or .h5. "
        "Type for example: oxmark export MODEL ox.keras"
    )
    assert not (tmp_path / name).exists()


def test_a_file_of_something_else_is_refused(tmp_path: Path, small: Path) -> None:
    foreign = tmp_path / "cat.png"
    foreign.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    with pytest.raises(NotAnOxmarkModel, match="it looks like a PNG picture"):
        export_keras(foreign, tmp_path / "ox.keras")
    hostile = tmp_path / "hostile.onnx"
    hostile.write_bytes(small.read_bytes()[:-1000])
    with pytest.raises(ModelFileError, match=r"hostile\.onnx is damaged"):
        export_keras(hostile, tmp_path / "ox.keras")
    with pytest.raises(ModelFileError, match="there is no such file"):
        export_keras(tmp_path / "missing.onnx", tmp_path / "ox.keras")
    assert not (tmp_path / "ox.keras").exists()


def changed(path: Path, change: Change) -> Path:
    """The model file with one change in its graph; ``change`` gets the network's nodes by operator."""
    proto = onnx.load(path)
    nodes = {node.op_type: node for node in proto.graph.node}
    change(proto.graph, nodes)
    path.write_bytes(proto.SerializeToString())
    return path


def set_(node: onnx.NodeProto, **attributes: Any) -> None:
    for name, value in attributes.items():
        for old in [old for old in node.attribute if old.name == name]:
            node.attribute.remove(old)
        node.attribute.append(helper.make_attribute(name, value))


def retype(node: onnx.NodeProto, op_type: str) -> None:
    node.op_type = op_type
    del node.attribute[:]


def from_a_constant(graph: onnx.GraphProto, nodes: dict[str, onnx.NodeProto]) -> None:
    graph.initializer.append(numpy_helper.from_array(np.ones((1, 512), np.float32), "ones"))
    nodes["Gemm"].input[0] = "ones"


def with_a_detour(graph: onnx.GraphProto, nodes: dict[str, onnx.NodeProto]) -> None:
    place = list(graph.node).index(nodes["Flatten"])
    graph.node.insert(place, helper.make_node("Relu", [nodes["Transpose"].output[0]], ["detour"]))
    nodes["Flatten"].input[0] = "detour"


KNOWN = "has settings without a Keras layer"
REFUSED: dict[str, tuple[Change, str]] = {
    "operator": (
        lambda _, nodes: retype(nodes["Relu"], "Tanh"),
        "its operator Tanh has no Keras layer known to oxmark",
    ),
    "factor": (lambda _, nodes: set_(nodes["Gemm"], alpha=0.5), f"its operator Gemm {KNOWN}"),
    "pads": (lambda _, nodes: set_(nodes["MaxPool"], pads=[1, 1, 0, 0]), f"its operator MaxPool {KNOWN}"),
    "rounding": (lambda _, nodes: set_(nodes["MaxPool"], ceil_mode=1), f"its operator MaxPool {KNOWN}"),
    "axis": (lambda _, nodes: set_(nodes["Flatten"], axis=-3), f"its operator Flatten {KNOWN}"),
    "order": (with_a_detour, f"its operator Relu {KNOWN}"),
    "source": (from_a_constant, "its probabilities do not come from 'seen'"),
}


@pytest.mark.parametrize(("change", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_translated_is_named(
    tmp_path: Path, small: Path, change: Change, sentence: str
) -> None:
    changed(small, change)
    with pytest.raises(ModelFileError) as caught:
        export_keras(small, tmp_path / "ox.keras")
    assert str(caught.value) == (
        f"{small} cannot be exported to Keras: {sentence}. "
        "Use the model file itself, which any ONNX runtime opens, or get a newer oxmark."
    )
    assert not (tmp_path / "ox.keras").exists()


def test_the_old_file_stays_when_keras_gives_other_probabilities(
    tmp_path: Path, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "ox.keras"
    out.write_text("the old one")

    def swapped(data: bytes, path: Path) -> tuple[Array, Array]:
        seen, answers = sample(data, path)
        return seen, 1 - answers

    sample = export._sample
    monkeypatch.setattr(export, "_sample", swapped)
    with pytest.raises(ModelFileError, match="Keras gets other probabilities from the written file"):
        export_keras(small, out)
    assert out.read_text() == "the old one"
    monkeypatch.undo()
    export_keras(small, out)
    assert out.read_bytes().startswith(b"PK")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.onnx", "ox.keras"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_place_that_cannot_be_written_to(tmp_path: Path, small: Path, suffix: str) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match=r"cannot write .*ox\."):
        export_keras(small, tmp_path / "file" / f"ox{suffix}")
    (tmp_path / f"folder{suffix}").mkdir()
    with pytest.raises(OutputError, match="a folder with that name is in the way"):
        export_keras(small, tmp_path / f"folder{suffix}")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", f"folder{suffix}", "model.onnx"]


FULL_DISK = """
import resource, sys
from oxmark.errors import OutputError
from oxmark.exports.keras import export_keras
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
for out in sys.argv[2:]:
    try:
        export_keras(sys.argv[1], out)
    except OutputError as error:
        print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file sizes are Unix's")
def test_a_disk_that_takes_only_a_part(tmp_path: Path, small: Path) -> None:
    outs = [tmp_path / f"ox{suffix}" for suffix in SUFFIXES]
    for out in outs:
        out.write_text("the old one")
    command = [sys.executable, "-c", FULL_DISK, str(small), *map(str, outs)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    for out, line in zip(outs, done.stdout.splitlines(), strict=True):
        assert line.startswith(f"cannot write {out}: ")
        assert out.read_text() == "the old one"
    assert {path.name for path in tmp_path.iterdir()} == {"model.onnx", "ox.keras", "ox.h5"}


def test_keras_that_is_not_installed(tmp_path: Path, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(MissingExtra, match=r"pip install 'oxmark\[keras\]'"):
        export_keras(small, tmp_path / "ox.keras")


def test_a_backend_that_is_not_installed(tmp_path: Path, small: Path) -> None:
    code = "import sys; from oxmark.exports.keras import export_keras; export_keras(*sys.argv[1:])"
    command = [sys.executable, "-c", code, str(small), str(tmp_path / "ox.keras")]
    environment = {"KERAS_BACKEND": "jax", "HOME": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == (
        f"{OxmarkError.__module__}.OxmarkError: Keras cannot start: KERAS_BACKEND is 'jax', and jax is not "
        "installed. Install it, or set KERAS_BACKEND=torch."
    )
