"""The optimizers: RMSprop as Keras defines it, AdamW, and Muon.

All are written here, not taken from ``torch.optim``: its base class imports torch's compiler on first use,
which costs more than a second, a tenth of a whole training.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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
        self.memory["steps"] = [torch.zeros((), device=weight.device) for weight in self.weights]
        self.epsilon = epsilon
        self.decay = decay
        self.betas = betas

    @torch.no_grad()
    def step(self) -> None:
        """Move every weight that has a gradient."""
        self._move([n for n, weight in enumerate(self.weights) if weight.grad is not None], self.rate)

    def _move(self, numbers: list[int], rate: float) -> None:
        """Move these weights, all small ones in one call: nine calls each took longer than the sums."""
        for decayed in (True, False):
            chosen = [n for n in numbers if (self.weights[n].dim() > 1) is decayed]
            if not chosen:
                continue
            weights = [self.weights[n] for n in chosen]
            means, squares, steps = ([self.memory[name][n] for n in chosen] for name in self.memory)
            torch._foreach_add_(steps, 1)
            torch._fused_adamw_(
                weights,
                [_gradient(weight) for weight in weights],
                means,
                squares,
                [],
                steps,
                lr=rate,
                beta1=self.betas[0],
                beta2=self.betas[1],
                weight_decay=self.decay if decayed else 0.0,
                eps=self.epsilon,
                amsgrad=False,
                maximize=False,
            )


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

    def _move(self, numbers: list[int], rate: float) -> None:
        turned = [n for n in numbers if _between_maps(self.weights[n])]
        super()._move([n for n in numbers if n not in turned], rate * self.ADAM_SHARE)
        if turned:
            self._turn(turned, rate)

    def _turn(self, numbers: list[int], rate: float) -> None:
        weights = [self.weights[n] for n in numbers]
        means = [self.memory["mean"][n] for n in numbers]
        gradients = [_gradient(weight) for weight in weights]
        torch._foreach_add_([self.memory["steps"][n] for n in numbers], 1)
        torch._foreach_lerp_(means, gradients, 1 - self.MEMORY)
        ahead = torch._foreach_lerp(gradients, means, self.MEMORY)  # Nesterov's look ahead
        matrices = [_matrix(tensor) for tensor in ahead]
        for weight, matrix, root in zip(weights, matrices, roots(matrices), strict=True):
            further = max(1.0, matrix.shape[0] / matrix.shape[1]) ** 0.5
            _matrix(weight).addmm_(root, matrix, beta=1 - rate * self.decay, alpha=-rate * further)


def roots(matrices: Sequence[Tensor], rounds: int = 4) -> list[Tensor]:
    """For each matrix M about the inverse root of M M^T: times M it gives singular values that are all 1.

    Newton and Schulz's iteration as a polynomial of degree five, its coefficients chosen by Jordan et al.
    (see :class:`Muon`) to bring singular values to about 0.7..1.2 in few rounds. Every round multiplies M
    from the left by a polynomial in M M^T, so the rounds need that small square alone, and those of all
    matrices go together, filled up with zeros to one size.

    Args:
        matrices: float32 ``(m, n)`` each.
        rounds: Rounds of the iteration.

    Returns:
        float32 ``(m, m)`` each.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    side = max(len(matrix) for matrix in matrices)
    square = matrices[0].new_zeros(len(matrices), side, side)
    for place, matrix in zip(square, matrices, strict=True):
        place[: len(matrix), : len(matrix)] = matrix @ matrix.T
    length = square.diagonal(dim1=1, dim2=2).sum(1).sqrt_().add_(1e-7)[:, None, None]
    square /= length * length
    same = torch.eye(side, device=square.device).expand_as(square)
    started = a * same
    found = same
    for number in range(rounds):
        factor = torch.baddbmm(started.add(square, alpha=b), square, square, alpha=c)
        found = torch.bmm(factor, found) if number else factor
        if number < rounds - 1:
            square = torch.bmm(factor, torch.bmm(square, factor))
    found = found / length
    return [one[: len(matrix), : len(matrix)] for one, matrix in zip(found, matrices, strict=True)]


def build_optimizer(recipe: Recipe, network: nn.Module) -> Optimizer:
    """The recipe's optimizer over all weights of the network that are learned."""
    if recipe.optimizer == "rmsprop":
        return KerasRMSprop(network.parameters(), recipe.learning_rate, recipe.rho, recipe.epsilon)
    kind = Muon if recipe.optimizer == "muon" else AdamW
    return kind(network.parameters(), recipe.learning_rate, recipe.epsilon, recipe.weight_decay)


def _between_maps(weight: Tensor) -> bool:
    """Whether this is the weight of a convolution between feature maps."""
    return weight.dim() == 4 and weight.shape[1] > 1 and weight.shape[2] > 1


def _matrix(weight: Tensor) -> Tensor:
    """A convolution's weight as a matrix (channels out, everything else), in the order of the memory."""
    in_order = weight if weight.is_contiguous() else weight.permute(0, 2, 3, 1)
    return in_order.view(len(weight), -1)


def _gradient(weight: Tensor) -> Tensor:
    """The gradient in the weight's memory layout."""
    if weight.grad is None:
        raise TypeError("the weight has no gradient")
    return _like(weight.grad, weight)


def _like(gradient: Tensor, weight: Tensor) -> Tensor:
    """The gradient in the weight's memory layout."""
    return gradient if gradient.stride() == weight.stride() else torch.empty_like(weight).copy_(gradient)


def _flat(tensor: Tensor) -> Tensor:
    """A 1-D view in the order of the memory, whatever the layout (channels-last weights stay put)."""
    if tensor.dim() == 4 and not tensor.is_contiguous():
        tensor = tensor.permute(0, 2, 3, 1)
    return tensor.view(-1)
