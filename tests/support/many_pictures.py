"""Many small pictures of two signs, quickly made, some of them broken; and the same as shards."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

IN_FOLDER = 1000


def one_picture(rng: np.random.Generator, number: int, width: int = 28, height: int = 28) -> bytes:
    """A ring or a cross, black on white, as PNG."""
    picture = Image.new("L", (width, height), 255)
    draw = ImageDraw.Draw(picture)
    x0, y0 = rng.uniform(0.1, 0.35, 2) * (width, height)
    x1, y1 = rng.uniform(0.65, 0.9, 2) * (width, height)
    line = max(1, round(min(width, height) * rng.uniform(0.06, 0.12)))
    if number % 2:
        draw.ellipse((x0, y0, x1, y1), outline=0, width=line)
    else:
        draw.line((x0, y0, x1, y1), fill=0, width=line)
        draw.line((x0, y1, x1, y0), fill=0, width=line)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def write_pictures(
    folder: Path, count: int, *, broken: float = 0.0, seed: int = 0, size: tuple[int, int] = (28, 28)
) -> list[Path]:
    """So many files in folders of a thousand; a share of them, evenly spread, is cut off in the middle."""
    rng = np.random.default_rng(seed)
    paths = []
    for number in range(count):
        path = folder / f"{number // IN_FOLDER:04}" / f"{number:06}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        content = one_picture(rng, number, *size)
        cut = int(number * broken) != int((number + 1) * broken)
        path.write_bytes(content[: len(content) // 2] if cut else content)
        paths.append(path)
    return paths


def write_tar(path: Path, members: Iterable[tuple[str, bytes]]) -> Path:
    """A WebDataset: members one after the other."""
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path
