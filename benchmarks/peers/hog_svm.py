"""Histograms of oriented gradients and a support vector machine, its settings found by a grid search."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import joblib  # type: ignore[import-untyped]
import numpy as np
from skimage.feature import hog
from skimage.io import imread
from skimage.transform import resize
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from peers.command import Answers, Parts, pictures, run

PARTS = Parts("import")
GRID = {"svc__C": [0.1, 1, 10, 100], "svc__gamma": ["scale", 0.001, 0.0001], "svc__kernel": ["linear", "rbf"]}


def features(path: Path) -> Any:
    """float64 (1764,): HOG of the grey picture in 64 x 64."""
    picture = resize(imread(path, as_gray=True), (64, 64), anti_aliasing=True)  # type: ignore[no-untyped-call]
    return hog(picture, orientations=9, pixels_per_cell=(8, 8), cells_per_block=(2, 2))


def read(data: Path, *parts: str) -> tuple[Any, list[str]]:
    paths = [path for part in parts for path in pictures(data / part)]
    return np.array([features(path) for path in paths]), [path.parent.name for path in paths]


def train(data: Path, out: Path, parts: Parts) -> Mapping[str, object]:
    values, labels = read(data, "train", "validation")
    parts.done("read")
    search = GridSearchCV(make_pipeline(StandardScaler(), SVC()), GRID, cv=5, n_jobs=-1)
    search.fit(values, labels)
    parts.done("fit")
    joblib.dump(search.best_estimator_, out)
    parts.done("save")
    accuracy = search.score(*read(data, "test"))
    parts.done("test")
    return {"steps": len(search.cv_results_["params"]) * 5, "test_accuracy": float(accuracy)}


def predict(model_file: Path, paths: list[Path]) -> Answers:
    model = joblib.load(model_file)
    values = model.decision_function(np.array([features(path) for path in paths]))
    return [(path.name, float(value)) for path, value in zip(paths, values, strict=True)]


if __name__ == "__main__":
    run(PARTS, train, predict)
