"""The rows of the peers: training on the 104 drawings, and predicting from what was saved."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from measuring.machine import PEERS
from measuring.processes import BENCHMARKS, Ran, run_process
from measuring.row import Figures, Row
from measuring.work import Work

TRAINING = {"all in": "s", "import": "s", "fit": "s", "steps": "", "right of the test part": "", "file": "MB"}
PREDICTING = {"one picture": "s", "folder of 1350x900 JPEG": "s", "rate": "pictures/s"}


@dataclass(frozen=True)
class Peer:
    """One of the scripts in ``benchmarks/peers``.

    Attributes:
        name: For the row.
        module: The script.
        suffix: Of the file that it saves.
        title: For people.
    """

    name: str
    module: str
    suffix: str
    title: str

    def train(self, work: Work, out: Path, epochs: int | None = None) -> Ran:
        """Train from a new process to the saved file; fewer epochs only to have a file."""
        few = {} if epochs is None else {"PEER_EPOCHS": str(epochs)}
        return self._run("train", work.marks, out, few)

    def predict(self, model: Path, pictures: Path) -> Ran:
        """Answer a picture or a folder in a new process."""
        return self._run("predict", model, pictures, {})

    def _run(self, verb: str, source: Path, place: Path, extra: dict[str, str]) -> Ran:
        env = {"PYTHONPATH": str(BENCHMARKS), "TF_CPP_MIN_LOG_LEVEL": "3", "PEER_BEGUN": repr(time.time())}
        command: list[str | Path] = [PEERS, "-W", "ignore", "-m", f"peers.{self.module}", verb, source, place]
        return run_process(command, env=env | extra)


ALL = (
    Peer("keras-generator", "keras_generator", ".h5", "Keras, the tutorial's script (ImageDataGenerator)"),
    Peer("keras-layers", "keras_layers", ".h5", "Keras, preprocessing layers and early stopping"),
    Peer("hog-svm", "hog_svm", ".joblib", "HOG + SVM, grid search (scikit-image, scikit-learn)"),
    Peer("imagenet", "imagenet_features", ".joblib", "EfficientNet-Lite0 features + logistic regression"),
)


def training(peer: Peer) -> Callable[[Work, int], Figures]:
    """Train once."""

    def measure(work: Work, run: int) -> Figures:
        done = peer.train(work, work.folder / f"{peer.name}{peer.suffix}")
        told = done.answer
        return {
            "all in": done.seconds,
            "import": told["seconds"]["import"],
            "fit": told["seconds"]["fit"],
            "steps": told["steps"],
            "right of the test part": told["test_accuracy"],
            "file": told["bytes"] / 1e6,
        }

    return measure


def predicting(peer: Peer) -> Callable[[Work, int], Figures]:
    """One drawing, and a folder of photographs' size, each in a new process."""

    def measure(work: Work, run: int) -> Figures:
        model = work.folder / f"{peer.name}-quick{peer.suffix}"
        if not model.exists():
            peer.train(work, model, epochs=1)
        one, many = peer.predict(model, work.picture), peer.predict(model, work.jpeg)
        return {
            "one picture": one.seconds,
            "folder of 1350x900 JPEG": many.seconds,
            "rate": many.answer["pictures"] / many.seconds,
        }

    return measure


def peer_rows() -> list[Row]:
    """All peers, training and predicting."""
    trained = [
        Row(f"train-peer-{one.name}", one.title, TRAINING, training(one), dear=True, peer=True) for one in ALL
    ]
    answering = [
        Row(
            f"predict-peer-{one.name}",
            f"{one.title}: predict",
            PREDICTING,
            predicting(one),
            dear=True,
            peer=True,
        )
        for one in ALL
    ]
    return [*trained, *answering]
