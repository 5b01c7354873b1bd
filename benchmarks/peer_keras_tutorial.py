"""The tutorial as its readers run it: stock Keras, ImageDataGenerator, RMSprop, 100 epochs, a saved .h5.

    python benchmarks/peer_keras_tutorial.py DATA OUT.h5

Runs in the peers' environment (`make bench-peers`), which has no oxmark. Prints one line of JSON: how many
optimisation steps were really made (the generator runs dry where Keras asks for more) and the accuracy on the
test part.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import keras
from tensorflow.keras.preprocessing.image import ImageDataGenerator


class CountSteps(keras.callbacks.Callback):  # type: ignore[misc]
    """Counts the batches that were learned from."""

    steps = 0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.steps += 1


def flow(data: Path, part: str, generator: Any, batch: int, shuffle: bool) -> Any:
    folder = data / part
    return generator.flow_from_directory(
        folder,
        target_size=(150, 150),
        color_mode="grayscale",
        class_mode="binary",
        batch_size=batch,
        shuffle=shuffle,
    )


def main(data: Path, out: Path) -> None:
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
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((150, 150, 1)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(512, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.RMSprop(0.001), metrics=["accuracy"])
    count = CountSteps()
    model.fit(
        flow(data, "train", changing, 16, True),
        steps_per_epoch=4,
        epochs=100,
        validation_data=flow(data, "validation", plain, 16, False),
        verbose=0,
        callbacks=[count],
    )
    model.save(out)
    _, accuracy = model.evaluate(flow(data, "test", plain, 16, False), verbose=0)
    print(json.dumps({"steps": count.steps, "test_accuracy": accuracy, "bytes": out.stat().st_size}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
