"""The two optimizers: RMSprop as Keras defines it, and AdamW.

Both are written here, not taken from ``torch.optim``: its base class imports torch's compiler on first use,
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
    """What both have in common: the weights, and what is remembered of each.

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


def build_optimizer(recipe: Recipe, network: nn.Module) -> Optimizer:
    """The recipe's optimizer over all weights of the network that are learned."""
    if recipe.optimizer == "rmsprop":
        return KerasRMSprop(network.parameters(), recipe.learning_rate, recipe.rho, recipe.epsilon)
    return AdamW(network.parameters(), recipe.learning_rate, recipe.epsilon, recipe.weight_decay)


def _like(gradient: Tensor, weight: Tensor) -> Tensor:
    """The gradient in the weight's memory layout."""
    return gradient if gradient.stride() == weight.stride() else torch.empty_like(weight).copy_(gradient)


def _flat(tensor: Tensor) -> Tensor:
    """A 1-D view in the order of the memory, whatever the layout (channels-last weights stay put)."""
    if tensor.dim() == 4 and not tensor.is_contiguous():
        tensor = tensor.permute(0, 2, 3, 1)
    return tensor.view(-1)
