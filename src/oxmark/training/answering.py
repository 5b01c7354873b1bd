"""What a network answers to pictures, wherever they lie."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from oxmark.data.ondisk import Pictures, in_blocks
from oxmark.training.network import Network, Output
from oxmark.training.steps import answers


def answers_to(
    network: Network, weights: dict[str, Tensor], pictures: Pictures, place: torch.device
) -> Output:
    """What a network answers to N pictures: in memory are those on disk some at a time only.

    Args:
        network: The architecture; left in evaluation mode.
        weights: As in its ``state_dict``, on the device.
        pictures: float32 ``(N, 1, S, S)``, values 0..1.
        place: The device.
    """
    blocks = in_blocks(pictures)
    return together([answers(network, weights, torch.from_numpy(block).to(place)) for block in blocks])


def together(outputs: Sequence[Output]) -> Output:
    """Answers to one block of pictures after the other, at least one, as answers to all."""
    if len(outputs) == 1:
        return outputs[0]
    known = [output.known for output in outputs if output.known is not None]
    return Output(torch.cat([output.logits for output in outputs]), torch.cat(known) if known else None)
