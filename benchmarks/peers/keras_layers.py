"""The same network as the present Keras documentation builds it: preprocessing layers and early stopping.

``image_dataset_from_directory`` reads, layers change the pictures inside ``tf.data``, and training stops when
the validation loss has not fallen for ten epochs, with the best weights restored
(https://keras.io/examples/vision/image_classification_from_scratch/,
https://keras.io/api/callbacks/early_stopping/). The changes have the tutorial's ranges.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from peers.command import Answers, Parts, run
from peers.tutorial_network import tutorial_network

PARTS = Parts("import")
EPOCHS = int(os.environ.get("PEER_EPOCHS", "100"))
PATIENCE = 10


def dataset(folder: Path, **options: Any) -> Any:
    return keras.utils.image_dataset_from_directory(
        folder, color_mode="grayscale", image_size=(150, 150), batch_size=16, verbose=False, **options
    )


def changing() -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            layers.RandomFlip("horizontal_and_vertical"),
            layers.RandomRotation(25 / 360, fill_mode="nearest"),
            layers.RandomTranslation(0.05, 0.05, fill_mode="nearest"),
            layers.RandomZoom(0.2, 0.2, fill_mode="nearest"),
        ]
    )


def train(data: Path, out: Path, parts: Parts) -> Mapping[str, object]:
    change, auto = changing(), tf.data.AUTOTUNE
    learned = dataset(data / "train", label_mode="binary")
    batches = int(learned.cardinality())
    learned = learned.map(lambda x, y: (change(x, training=True), y), num_parallel_calls=auto).prefetch(auto)
    held_out = dataset(data / "validation", label_mode="binary").prefetch(auto)
    model = tutorial_network(keras.layers.Rescaling(1 / 255))
    stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=PATIENCE, restore_best_weights=True)
    history = model.fit(learned, validation_data=held_out, epochs=EPOCHS, verbose=0, callbacks=[stop])
    parts.done("fit")
    model.save(out)
    parts.done("save")
    _, accuracy = model.evaluate(dataset(data / "test", label_mode="binary", shuffle=False), verbose=0)
    parts.done("test")
    epochs = len(history.history["loss"])
    return {"steps": epochs * batches, "epochs": epochs, "test_accuracy": accuracy}


def predict(model_file: Path, paths: list[Path]) -> Answers:
    """All pictures in batches, read beside the answering."""
    model = keras.models.load_model(model_file)

    def read(path: Any) -> Any:
        picture = tf.io.decode_image(tf.io.read_file(path), channels=1, expand_animations=False)
        return tf.image.resize(picture, (150, 150))

    files = tf.data.Dataset.from_tensor_slices([str(path) for path in paths])
    batches = files.map(read, num_parallel_calls=tf.data.AUTOTUNE).batch(16).prefetch(tf.data.AUTOTUNE)
    values = model.predict(batches, verbose=0)[:, 0]
    return [(path.name, float(value)) for path, value in zip(paths, values, strict=True)]


if __name__ == "__main__":
    run(PARTS, train, predict)
