"""The two architectures, as torch modules. Both take what the preprocessing graph calls ``seen``.

Input ``(N, 1, size, size)``, values 0..1; output an :class:`Output`. The weights are float32. Feature maps
have the input's type, float32 or, in training, bfloat16.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from oxmark.recipes import Recipe
from oxmark.training.calibration import UNCALIBRATED, Calibration

Weights = dict[str, npt.NDArray[np.float32]]

ALWAYS = 20.0
"""A logit of ``known`` that is as good as certain, for networks that never learned to refuse."""


class Output(NamedTuple):
    """What a network says about N pictures.

    Attributes:
        logits: float32 ``(N, K)``, one column a class. With two classes the tutorial's network has one
            column, the logit of class 1, as the tutorial has it.
        known: float32 ``(N,)``, the logit of being a mark of any of the classes; None where the architecture
            cannot tell.
    """

    logits: Tensor
    known: Tensor | None


class TutorialNetwork(nn.Module):
    """Three convolutions (3x3, ReLU) each with 2x2 max-pooling, a dense layer of 512, a sigmoid or softmax.

    With width 16 on 150x150 and two classes it has the tutorial's 4,750,049 parameters. Weights start
    Glorot-uniform and biases at zero, as in Keras (Glorot and Bengio, 2010).

    Args:
        size: Side of the input in pixels.
        width: Channels of the first convolution; the others have twice as many.
        classes: Number of classes.
    """

    def __init__(self, size: int, width: int, classes: int) -> None:
        super().__init__()
        side = size
        for _ in range(3):
            side = (side - 2) // 2
        self.conv1 = nn.Conv2d(1, width, 3)
        self.conv2 = nn.Conv2d(width, 2 * width, 3)
        self.conv3 = nn.Conv2d(2 * width, 2 * width, 3)
        self.dense1 = nn.Linear(side * side * 2 * width, 512)
        self.dense2 = nn.Linear(512, 1 if classes == 2 else classes)

    def initialise(self, generator: torch.Generator) -> None:
        """Draw the starting weights."""
        for layer in (self.conv1, self.conv2, self.conv3, self.dense1, self.dense2):
            nn.init.xavier_uniform_(layer.weight, generator=generator)
            nn.init.zeros_(_bias(layer))

    def forward(self, seen: Tensor) -> Output:
        """Answers to a batch."""
        x = seen
        for conv in (self.conv1, self.conv2, self.conv3):
            # Pooling before ReLU gives the same values and gradients and runs ReLU on a quarter of them.
            x = functional.relu(functional.max_pool2d(_applied(conv, x), 2))
        x = x.permute(0, 2, 3, 1).flatten(1)  # rows, columns, channels: the order of Keras
        x = functional.relu(_applied(self.dense1, x).float())
        return Output(self.dense2(x), None)

    def weights(self, calibration: Calibration = UNCALIBRATED) -> Weights:
        """Weights for the model file, the temperature folded into the last layer."""
        weights = {name: _array(value) for name, value in self.state_dict().items()}
        for name in ("dense2.weight", "dense2.bias"):
            weights[name] = (weights[name].astype(np.float64) / calibration.temperature).astype(np.float32)
        return weights


class MarksNetwork(nn.Module):
    """Four convolutions (batch-normalised, ReLU), evidence for each class at each place, and its mean.

    The first convolution is 5x5 and goes in steps of two; the others are 3x3. The last is 1x1 and gives the
    evidence map that the model file calls ``heat``; the logits are its mean over all places (class
    activation mapping: Zhou et al., 2016, doi:10.1109/CVPR.2016.319). Beside the classes, one more number
    tells how far the picture is a mark of any of them: linear in the mean and the highest of each feature.

    Args:
        width: Channels of the first convolution; the others have 2, 4 and 4 times as many.
        classes: Number of classes, K.
    """

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.conv1, self.norm1 = _convolution(1, width, kernel=5, step=2)
        self.conv2, self.norm2 = _convolution(width, 2 * width)
        self.conv3, self.norm3 = _convolution(2 * width, 4 * width)
        self.conv4, self.norm4 = _convolution(4 * width, 4 * width)
        self.head = nn.Conv2d(4 * width, classes, 1)
        self.known = nn.Linear(8 * width, 1)

    @property
    def _blocks(self) -> tuple[tuple[nn.Conv2d, nn.BatchNorm2d], ...]:
        return (
            (self.conv1, self.norm1),
            (self.conv2, self.norm2),
            (self.conv3, self.norm3),
            (self.conv4, self.norm4),
        )

    def initialise(self, generator: torch.Generator) -> None:
        """Draw the starting weights (He et al., 2015, doi:10.1109/ICCV.2015.123)."""
        for conv, _ in self._blocks:
            nn.init.kaiming_normal_(conv.weight, nonlinearity="relu", generator=generator)
        for layer in (self.head, self.known):
            nn.init.normal_(layer.weight, std=0.05, generator=generator)
            nn.init.zeros_(_bias(layer))

    def forward(self, seen: Tensor) -> Output:
        """Answers to a batch."""
        x = functional.relu(self.norm1(_applied(self.conv1, seen)))
        x = functional.relu(self.norm2(functional.max_pool2d(_applied(self.conv2, x), 2)))
        x = functional.relu(self.norm3(functional.max_pool2d(_applied(self.conv3, x), 2)))
        x = functional.relu(self.norm4(_applied(self.conv4, x))).float()
        mean = x.mean((2, 3))
        known = self.known(torch.cat([mean, x.amax((2, 3))], dim=1))
        # The mean of the evidence at all places is the evidence of the mean.
        return Output(self.head(mean[:, :, None, None]).flatten(1), known[:, 0])

    def weights(self, calibration: Calibration = UNCALIBRATED) -> Weights:
        """Weights for the model file: normalisation and calibration folded into convolutions and heads."""
        weights: Weights = {}
        for number, (conv, norm) in enumerate(self._blocks, start=1):
            weight, bias = _folded(conv, norm)
            weights |= {f"conv{number}.weight": _array(weight), f"conv{number}.bias": _array(bias)}
        weights["head.weight"] = _array(self.head.weight.double() / calibration.temperature)
        weights["head.bias"] = _array(_bias(self.head).double() / calibration.temperature)
        slope, threshold = calibration.known_slope, calibration.known_threshold
        weights["known.weight"] = _array(self.known.weight.double() * slope)
        bias = (_bias(self.known).double() - threshold) * slope
        weights["known.bias"] = _array(bias if slope else torch.full_like(bias, ALWAYS))
        return weights


def _applied(layer: nn.Conv2d | nn.Linear, x: Tensor) -> Tensor:
    """What a layer makes of feature maps, in their own type."""
    if x.dtype == layer.weight.dtype:
        return layer(x)  # type: ignore[no-any-return]
    weight, bias = layer.weight.to(x.dtype), None if layer.bias is None else layer.bias.to(x.dtype)
    if isinstance(layer, nn.Linear):
        return functional.linear(x, weight, bias)
    return functional.conv2d(x, weight, bias, layer.stride, layer.padding)


def _convolution(
    channels_in: int, channels_out: int, kernel: int = 3, step: int = 1
) -> tuple[nn.Conv2d, nn.BatchNorm2d]:
    """A convolution and its normalisation, which learns an offset but no scale.

    A scale that is never negative may change places with max-pooling, so the pooling comes first and the
    normalisation works on a quarter of the values.
    """
    norm = nn.BatchNorm2d(channels_out)
    norm.weight.requires_grad_(False)
    conv = nn.Conv2d(channels_in, channels_out, kernel, stride=step, padding=kernel // 2, bias=False)
    return conv, norm


def _folded(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """One convolution that does what a convolution and its normalisation do; float64."""
    if norm.running_var is None or norm.running_mean is None:
        raise TypeError("the normalisation keeps no running statistics")
    scale = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
    return conv.weight.double() * scale[
        :, None, None, None
    ], norm.bias.double() - norm.running_mean.double() * scale


def _bias(layer: nn.Conv2d | nn.Linear) -> Tensor:
    if layer.bias is None:
        raise TypeError("the layer has no bias")
    return layer.bias


Network = TutorialNetwork | MarksNetwork


def build_network(recipe: Recipe, classes: int, generator: torch.Generator) -> Network:
    """The recipe's network with its starting weights.

    Args:
        recipe: Chooses the architecture and its width.
        classes: Number of classes, at least 2.
        generator: Source of the starting weights.
    """
    network: Network
    if recipe.network == "tutorial":
        network = TutorialNetwork(recipe.size, recipe.width, classes)
    else:
        network = MarksNetwork(recipe.width, classes)
    network.initialise(generator)
    return network


def probabilities(logits: Tensor, temperature: float = 1.0) -> Tensor:
    """Logits ``(N, K)`` to probabilities float32 ``(N, classes)``; one column means two classes."""
    if logits.shape[1] == 1:
        one = torch.sigmoid(logits / temperature)
        return torch.cat([1 - one, one], dim=1)
    return torch.softmax(logits / temperature, dim=1)


def summary(network: Network, size: int) -> str:
    """Layers, output shapes and parameters, as the tutorial's ``model.summary()`` shows them.

    Args:
        network: The network.
        size: Side of its input in pixels.

    Returns:
        A table as text, one line a layer, then the totals.
    """
    rows: list[tuple[str, str, str, int]] = []

    def note(name: str) -> object:
        def hook(module: nn.Module, _inputs: object, output: Tensor) -> None:
            count = sum(p.numel() for p in module.parameters())
            shape = " x ".join(str(n) for n in output.shape[1:])
            rows.append((name, type(module).__name__, shape, count))

        return hook

    handles = [
        module.register_forward_hook(note(name))
        for name, module in network.named_modules()
        if not list(module.children())
    ]
    was_training = network.training
    with torch.no_grad():
        network.eval()(torch.zeros(1, 1, size, size))
    network.train(was_training)
    for handle in handles:
        handle.remove()
    total = sum(p.numel() for p in network.parameters())
    lines = [f"{'layer':<12} {'type':<12} {'output':<16} {'parameters':>11}", "-" * 54]
    lines += [f"{name:<12} {kind:<12} {shape:<16} {count:>11,}" for name, kind, shape, count in rows]
    lines += ["-" * 54, f"{'total':<42} {total:>11,}", f"{'input':<12} {'':<12} 1 x {size} x {size}"]
    return "\n".join(lines) + "\n"


def _array(value: Tensor) -> npt.NDArray[np.float32]:
    array: npt.NDArray[np.float32] = value.detach().to("cpu", torch.float32).contiguous().numpy()
    return array
