"""The tutorial as its readers run it: stock Keras, ImageDataGenerator, RMSprop, 100 epochs, a saved .h5.

The generator runs dry where Keras asks for more, so of the 400 optimisation steps asked for 250 are made.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from tensorflow.keras.preprocessing.image import ImageDataGenerator

from peers.command import Answers, Parts, run
from peers.tutorial_network import tutorial_network

PARTS = Parts("import")
EPOCHS = int(os.environ.get("PEER_EPOCHS", "100"))
"""Fewer only to have a file to predict from: its time does not depend on what was learned."""


def flow(data: Path, part: str, generator: Any, batch: int, shuffle: bool) -> Any:
    return generator.flow_from_directory(
        data / part,
        target_size=(150, 150),
        color_mode="grayscale",
        class_mode="binary",
        batch_size=batch,
        shuffle=shuffle,
    )


def train(data: Path, out: Path, parts: Parts) -> Mapping[str, object]:
    changing = ImageDataGenerator(
        rescale=1 / 255,
        rotation_range=25,
        width_shift_range=0.05,
        height_shift_range=0.05,
        zoom_range=0.2,
        horizontal_flip=True,
        vertical_flip=True,
        fill_mode="nearest",
    )
    plain = ImageDataGenerator(rescale=1 / 255)
    model = tutorial_network()
    model.fit(
        flow(data, "train", changing, 16, True),
        steps_per_epoch=4,
        epochs=EPOCHS,
        validation_data=flow(data, "validation", plain, 16, False),
        verbose=0,
    )
    parts.done("fit")
    model.save(out)
    parts.done("save")
    _, accuracy = model.evaluate(flow(data, "test", plain, 16, False), verbose=0)
    parts.done("test")
    return {"steps": int(model.optimizer.iterations), "test_accuracy": accuracy}


def predict(model_file: Path, paths: list[Path]) -> Answers:
    """One picture after the other, as the tutorial does it."""
    model = keras.models.load_model(model_file)
    answers: Answers = []
    for path in paths:
        picture = keras.utils.load_img(path, color_mode="grayscale", target_size=(150, 150))
        pixels = keras.utils.img_to_array(picture)[np.newaxis] / 255
        answers.append((path.name, float(model.predict(pixels, verbose=0)[0, 0])))
    return answers


if __name__ == "__main__":
    run(PARTS, train, predict)
