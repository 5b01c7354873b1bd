"""The optimizers: RMSprop as Keras defines it, AdamW, and Muon.

All are written here, not taken from ``torch.optim``: its base class imports torch's compiler on first use,
which costs more than a second, a tenth of a whole training.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from oxmark.recipes import Recipe

CHUNK = 1 << 17
"""Elements updated at once: small enough that every pass after the first finds them in the cache."""


class Optimizer:
    """What all have in common: the weights, and what is remembered of each.

    Attributes:
        weights: The weights that are learned, float32.
        memory: Name to one tensor a weight, in the weights' order; a checkpoint saves these.
        rate: The learning rate; the loop sets it before every step.
    """

    def __init__(self, weights: Iterable[Tensor], rate: float, names: tuple[str, ...]) -> None:
        self.weights = [weight for weight in weights if weight.requires_grad]
        self.memory = {name: [torch.zeros_like(weight) for weight in self.weights] for name in names}
        self.rate = rate

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for weight in self.weights:
            weight.grad = None

    def step(self) -> None:
        """Move every weight that has a gradient."""
        raise NotImplementedError


class KerasRMSprop(Optimizer):
    """RMSprop with epsilon inside the root, as ``keras.optimizers.RMSprop`` (torch's has it outside).

    velocity = rho * velocity + (1 - rho) * gradient**2;
    weight -= rate * gradient / sqrt(velocity + epsilon).

    Args:
        weights: float32, contiguous or channels-last.
        rate: Learning rate.
        rho: Memory of the squared gradient, 0..1.
        epsilon: Added to the velocity under the root.
    """

    def __init__(self, weights: Iterable[Tensor], rate: float, rho: float, epsilon: float) -> None:
        super().__init__(weights, rate, ("velocity",))
        self.rho = rho
        self.epsilon = epsilon

    @torch.no_grad()
    def step(self) -> None:
        """Move every weight that has a gradient."""
        for weight, velocity in zip(self.weights, self.memory["velocity"], strict=True):
            if weight.grad is not None:
                self._update(weight, _like(weight.grad, weight), velocity)

    def _update(self, weight: Tensor, gradient: Tensor, velocity: Tensor) -> None:
        """In chunks, so that a large layer's weights pass through the cache once."""
        flat = [torch.split(_flat(tensor), CHUNK) for tensor in (weight, gradient, velocity)]
        for w, g, v in zip(*flat, strict=True):
            v.mul_(self.rho).addcmul_(g, g, value=1 - self.rho)
            w.addcmul_(g, v.add(self.epsilon).rsqrt_(), value=-self.rate)


class AdamW(Optimizer):
    """Adam with weight decay apart from the gradient (Loshchilov and Hutter, 2019, arXiv:1711.05101).

    Only weights of two or more dimensions are decayed; offsets are not.

    Args:
        weights: float32.
        rate: Learning rate.
        epsilon: Added to the root of the squared gradient's mean.
        decay: Share of the weight taken off at every step, times the rate.
        betas: Memory of the gradient and of the squared gradient, 0..1.
    """

    def __init__(
        self,
        weights: Iterable[Tensor],
        rate: float,
        epsilon: float,
        decay: float,
        betas: tuple[float, float] = (0.9, 0.999),
    ) -> None:
        super().__init__(weights, rate, ("mean", "square"))
        self.memory["steps"] = [torch.zeros(()) for _ in self.weights]
        self.epsilon = epsilon
        self.decay = decay
        self.betas = betas

    @torch.no_grad()
    def step(self) -> None:
        """Move every weight that has a gradient."""
        memory = (self.memory["mean"], self.memory["square"], self.memory["steps"])
        for weight, mean, square, steps in zip(self.weights, *memory, strict=True):
            if weight.grad is not None:
                steps += 1
                self._update(weight, weight.grad, mean, square, int(steps))

    def _update(self, weight: Tensor, gradient: Tensor, mean: Tensor, square: Tensor, steps: int) -> None:
        if weight.dim() > 1:
            weight.mul_(1 - self.rate * self.decay)
        mean.lerp_(gradient, 1 - self.betas[0])
        square.mul_(self.betas[1]).addcmul_(gradient, gradient, value=1 - self.betas[1])
        root = square.sqrt().div_(math.sqrt(1 - self.betas[1] ** steps)).add_(self.epsilon)
        weight.addcdiv_(mean, root, value=-self.rate / (1 - self.betas[0] ** steps))


class Muon(AdamW):
    """Muon for convolutions between feature maps, AdamW for everything else.

    The running mean of such a weight's gradient, as a matrix (channels out, everything else), is brought to
    the nearest one that stretches all directions alike, and the step is taken along that (Jordan et al.,
    "Muon: An optimizer for hidden layers in neural networks", 2024, kellerjordan.github.io/posts/muon). It
    learns from a small set in a third of AdamW's steps (docs/robustness.md).

    Args:
        weights: float32.
        rate: Learning rate of the matrices.
        epsilon: As in AdamW.
        decay: As in AdamW.
    """

    MEMORY = 0.9
    ADAM_SHARE = 0.08
    """AdamW's learning rate divided by the matrices'."""

    def __init__(self, weights: Iterable[Tensor], rate: float, epsilon: float, decay: float) -> None:
        super().__init__(weights, rate, epsilon, decay, betas=(0.9, 0.99))

    def _update(self, weight: Tensor, gradient: Tensor, mean: Tensor, square: Tensor, steps: int) -> None:
        if weight.dim() == 4 and weight.shape[1] > 1 and weight.shape[2] > 1:
            self._turn(weight, gradient, mean)
            return
        rate = self.rate
        self.rate = rate * self.ADAM_SHARE
        super()._update(weight, gradient, mean, square, steps)
        self.rate = rate

    def _turn(self, weight: Tensor, gradient: Tensor, mean: Tensor) -> None:
        mean.lerp_(gradient, 1 - self.MEMORY)
        ahead = gradient.lerp(mean, self.MEMORY).flatten(1)  # Nesterov's look ahead
        step = orthogonal(ahead) * max(1.0, ahead.shape[0] / ahead.shape[1]) ** 0.5
        weight.mul_(1 - self.rate * self.decay).add_(step.view(weight.shape), alpha=-self.rate)


def orthogonal(matrix: Tensor, rounds: int = 4) -> Tensor:
    """About the nearest matrix whose singular values are all 1, float32 ``(m, n)``.

    Newton and Schulz's iteration as a polynomial of degree five, its coefficients chosen by Jordan et al.
    (see :class:`Muon`) to bring singular values to about 0.7..1.2 in few rounds.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrix.shape[0] > matrix.shape[1]
    x: Tensor = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(rounds):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return x.T if tall else x


def build_optimizer(recipe: Recipe, network: nn.Module) -> Optimizer:
    """The recipe's optimizer over all weights of the network that are learned."""
    if recipe.optimizer == "rmsprop":
        return KerasRMSprop(network.parameters(), recipe.learning_rate, recipe.rho, recipe.epsilon)
    kind = Muon if recipe.optimizer == "muon" else AdamW
    return kind(network.parameters(), recipe.learning_rate, recipe.epsilon, recipe.weight_decay)


def _like(gradient: Tensor, weight: Tensor) -> Tensor:
    """The gradient in the weight's memory layout."""
    return gradient if gradient.stride() == weight.stride() else torch.empty_like(weight).copy_(gradient)


def _flat(tensor: Tensor) -> Tensor:
    """A 1-D view in the order of the memory, whatever the layout (channels-last weights stay put)."""
    if tensor.dim() == 4 and not tensor.is_contiguous():
        tensor = tensor.permute(0, 2, 3, 1)
    return tensor.view(-1)
