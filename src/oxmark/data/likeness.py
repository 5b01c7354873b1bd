"""How alike two pictures are to the eye that does not look closely: the correlation of coarse copies."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def coarse(pictures: npt.NDArray[np.float32], cells: int = 12) -> npt.NDArray[np.float32]:
    """Sums over blocks, each picture with mean 0 and length 1; products of two are correlations.

    Args:
        pictures: float32 ``(N, 1, S, S)``, values 0..1, S at least ``cells``.
        cells: Blocks each way.

    Returns:
        float32 ``(N, cells * cells)``; zeros for a picture of one value.

    Example:
        >>> coarse(np.zeros((1, 1, 48, 48), np.float32)).shape
        (1, 144)
    """
    count, _, size, _ = pictures.shape
    edges = np.linspace(0, size, cells + 1).astype(int)[:-1]
    sums = np.add.reduceat(np.add.reduceat(pictures[:, 0], edges, axis=1), edges, axis=2)
    flat = sums.reshape(count, -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    return np.asarray(flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6), np.float32)
