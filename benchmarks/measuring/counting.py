"""How much arithmetic one step of the tutorial's network is, from the shapes of its layers.

A multiplication and an addition count as two operations. Going back takes the forward pass once more for the
weights' gradients, and once more for the inputs' gradients of every layer but the first, whose input is the
picture. Pooling, ReLU, the loss and the optimizer are not counted.
"""

from __future__ import annotations

from dataclasses import dataclass

SIDE, WIDTH, HIDDEN = 150, 16, 512
BATCH, STEPS = 16, 400
"""Of the recipe ``tutorial``: pictures in a step, and steps of a training."""


@dataclass(frozen=True)
class Layer:
    """A convolution over ``places`` output places, or a dense layer with one place.

    Attributes:
        inputs: Numbers that make one output.
        outputs: Channels, or units.
        places: Output places.
    """

    inputs: int
    outputs: int
    places: int = 1

    @property
    def forward(self) -> int:
        """Floating-point operations for one picture."""
        return 2 * self.inputs * self.outputs * self.places


def tutorial_layers() -> list[Layer]:
    """Three convolutions 3x3 without border, each pooled 2x2, and two dense layers."""
    layers, channels, side = [], 1, SIDE
    for out in (WIDTH, 2 * WIDTH, 2 * WIDTH):
        layers.append(Layer(9 * channels, out, (side - 2) ** 2))
        channels, side = out, (side - 2) // 2
    return [*layers, Layer(channels * side**2, HIDDEN), Layer(HIDDEN, 1)]


def step_operations(*, all_gradients: bool = False) -> int:
    """Floating-point operations of one step, 16 pictures forwards and back.

    Args:
        all_gradients: Count the gradient to the picture too, which no training needs: three times the
            forward pass, 255 million operations a picture.

    Example:
        >>> round(step_operations(all_gradients=True) / 16e6)
        255
        >>> round(step_operations() / 16e6)
        248
    """
    layers = tutorial_layers()
    once = sum(layer.forward for layer in layers)
    return BATCH * (3 * once - (0 if all_gradients else layers[0].forward))
