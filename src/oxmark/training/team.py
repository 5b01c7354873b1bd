"""Several processes that train one network together, in step with each other.

All of them hold the same network, the same seed and all pictures, and take the same batches in the same
order: each changes and answers its own share of a batch, and the mean of their gradients is that of the whole
batch. What is decided from time or by the user is decided by the first of them, and told to the others. Who
starts the processes and joins them (``torch.distributed``) is not known here.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, distributed, nn


@dataclasses.dataclass(frozen=True)
class Share:
    """How a worker's share of a batch counts, so that the mean over all workers is that of the whole batch.

    Attributes:
        loss: Factor of the mean loss of its pictures.
        right: Factor of the number of its right answers.
        mark: Factor of each mark in its mean loss of marks and outliers.
        outlier: Factor of each outlier in that.
    """

    loss: float
    right: float
    mark: float
    outlier: float


@dataclasses.dataclass(frozen=True)
class Team:
    """One of the processes that train a network together.

    Attributes:
        rank: Which of them, from 0.
        size: How many they are.

    Example:
        >>> ALONE.agree(True), Team(rank=1, size=2).part(5)
        (True, slice(1, None, 2))
    """

    rank: int
    size: int

    def part(self, count: int) -> slice:
        """Which of so many are this worker's: every ``size``-th; all, where they are fewer than workers."""
        return slice(None) if count < self.size else slice(self.rank, None, self.size)

    def share(self, pictures: int, outliers: int) -> Share | None:
        """How this worker's part of a batch counts; None when it has all of it.

        Args:
            pictures: In the whole batch, at least 1.
            outliers: In the whole batch.

        Example:
            >>> Team(rank=0, size=2).share(pictures=3, outliers=0).loss
            1.3333333333333333
        """
        if self.size == 1:
            return None
        own_pictures, own_outliers = (len(range(n)[self.part(n)]) for n in (pictures, outliers))
        picture, outlier = (self.size / (self.size if n < self.size else 1) for n in (pictures, outliers))
        among = (own_pictures + own_outliers) / (pictures + outliers)
        return Share(own_pictures / pictures * picture, picture, picture * among, outlier * among)

    def changing(self, order: torch.Generator, epoch: int, first: int) -> torch.Generator:
        """Where the random changes of a worker's pictures come from: it needs no checkpoint.

        Args:
            order: Of the training, the same in all workers; alone, everything random comes from it.
            epoch: From 1; 0 in the trainings that calibrate.
            first: The first batch that is changed, counted from 0.

        Example:
            >>> order = torch.Generator().manual_seed(0)
            >>> ALONE.changing(order, 1, 0) is order
            True
        """
        if self.size == 1:
            return order
        seed = np.random.SeedSequence([order.initial_seed(), self.rank, epoch, first])
        return torch.Generator().manual_seed(int(seed.generate_state(1, np.uint64)[0]))

    def learning(self, network: nn.Module, *, all_used: bool) -> nn.Module:
        """What answers in the steps of learning: the network, whose gradients become the mean over workers.

        Args:
            network: On its device; the first worker's weights become those of all.
            all_used: Whether the loss depends on all weights.
        """
        if self.size == 1:
            return network
        with warnings.catch_warnings():
            # torch 2.13 wants broadcast_buffers called otherwise; older ones do not know the other name.
            warnings.simplefilter("ignore", FutureWarning)
            return nn.parallel.DistributedDataParallel(
                network, broadcast_buffers=False, find_unused_parameters=not all_used
            )

    def mean(self, values: Sequence[Tensor]) -> list[Tensor]:
        """Of each of some floating-point tensors the mean over all workers, the same bits in all of them."""
        if self.size == 1:
            return list(values)
        flat = torch.cat([value.detach().reshape(-1).double() for value in values])
        distributed.all_reduce(flat)
        parts = torch.split(flat / self.size, [value.numel() for value in values])
        return [part.view_as(value).to(value.dtype) for part, value in zip(parts, values, strict=True)]

    def agree(self, said: bool) -> bool:
        """What the first worker says, in all of them."""
        if self.size == 1:
            return said
        cuda = distributed.get_backend() == "nccl"
        word = torch.tensor([int(said)], device=torch.device("cuda" if cuda else "cpu"))
        distributed.broadcast(word, src=0)
        return bool(word.item())

    def agreed(self, ask: Callable[[], bool]) -> Callable[[], bool]:
        """The same question, answered by the first worker for all."""
        return ask if self.size == 1 else lambda: self.agree(ask())

    def leave(self) -> None:
        """Break with the others, who then stop waiting for this one."""
        if distributed.is_available() and distributed.is_initialized():
            distributed.destroy_process_group()


ALONE = Team(rank=0, size=1)
"""One process that does everything itself."""
