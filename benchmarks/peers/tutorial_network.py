"""The tutorial's network, as stock Keras builds it; both Keras peers train it."""

from __future__ import annotations

from typing import Any

import keras


def tutorial_network(*first: Any) -> Any:
    """Three convolutions, a dense layer of 512 and a sigmoid, compiled with RMSprop.

    Args:
        first: Layers between the picture and the first convolution.
    """
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((150, 150, 1)),
            *first,
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
    return model
