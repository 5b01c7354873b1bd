"""The two optimizers: RMSprop as Keras defines it, and torch's AdamW."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor
from torch.optim import Optimizer

from oxmark.recipes import Recipe

CHUNK = 1 << 17
"""Elements updated at once: small enough that every pass after the first finds them in the cache."""


class KerasRMSprop(Optimizer):
    """RMSprop with epsilon inside the root, as ``keras.optimizers.RMSprop`` (torch's has it outside).

    velocity = rho * velocity + (1 - rho) * gradient**2;
    weight -= learning_rate * gradient / sqrt(velocity + epsilon).

    Args:
        params: The weights, float32 and contiguous.
        lr: Learning rate.
        rho: Memory of the squared gradient, 0..1.
        eps: Added to the velocity under the root.
    """

    def __init__(self, params: Iterable[Tensor], lr: float, rho: float, eps: float) -> None:
        super().__init__(params, {"lr": lr, "rho": rho, "eps": eps})
        for group in self.param_groups:
            for weight in group["params"]:
                self.state[weight]["velocity"] = torch.zeros_like(weight)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Update every weight that has a gradient."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    velocity = self.state[weight]["velocity"]
                    _update(weight, weight.grad, velocity, group["lr"], group["rho"], group["eps"])


def _update(weight: Tensor, gradient: Tensor, velocity: Tensor, lr: float, rho: float, eps: float) -> None:
    """One step for one tensor, in chunks: a large layer's weights pass through the cache once."""
    if gradient.stride() != weight.stride():
        gradient = torch.empty_like(weight).copy_(gradient)
    flat = [torch.split(_flat(tensor), CHUNK) for tensor in (weight, gradient, velocity)]
    for w, g, v in zip(*flat, strict=True):
        v.mul_(rho).addcmul_(g, g, value=1 - rho)
        w.addcmul_(g, v.add(eps).rsqrt_(), value=-lr)


def _flat(tensor: Tensor) -> Tensor:
    """A 1-D view in the order of the memory, whatever the layout (channels-last weights stay put)."""
    if tensor.dim() == 4 and not tensor.is_contiguous():
        tensor = tensor.permute(0, 2, 3, 1)
    return tensor.view(-1)


def build_optimizer(recipe: Recipe, network: torch.nn.Module) -> Optimizer:
    """The recipe's optimizer over all weights of the network."""
    if recipe.optimizer == "rmsprop":
        return KerasRMSprop(network.parameters(), recipe.learning_rate, recipe.rho, recipe.epsilon)
    learned = [p for p in network.parameters() if p.requires_grad]
    decayed = [p for p in learned if p.dim() > 1]
    plain = [p for p in learned if p.dim() <= 1]  # biases and normalisation are not decayed
    groups = [
        {"params": decayed, "weight_decay": recipe.weight_decay},
        {"params": plain, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, eps=recipe.epsilon, foreach=True)
