"""Small grey pictures as the page takes them."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import numpy.typing as npt


def grey_base64(seen: npt.NDArray[np.float32]) -> str:
    """A square of values 0..1 as base64 of bytes, row by row.

    Example:
        >>> grey_base64(np.array([[0.0, 1.0]], np.float32))
        'AP8='
    """
    return base64.b64encode((seen.clip(0, 1) * 255).round().astype(np.uint8).tobytes()).decode()


def grey_json(seen: npt.NDArray[np.float32]) -> dict[str, Any]:
    """The same with the side's length.

    Example:
        >>> grey_json(np.zeros((2, 2), np.float32))
        {'size': 2, 'grey': 'AAAAAA=='}
    """
    return {"size": len(seen), "grey": grey_base64(seen)}
