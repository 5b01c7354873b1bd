"""Fingerprints: the perceptual hash is ImageHash's, and large libraries are not loaded for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import imagehash
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from oxmark.data.copies import near_hash, picture_digest
from oxmark.data.draw import draw_mark

Pixels = npt.NDArray[np.uint8]


def drawing(seed: int, width: int) -> Pixels:
    drawn = Image.fromarray(draw_mark("X" if seed % 2 else "O", seed=seed)).convert("RGBA")
    return np.asarray(drawn.resize((width, 2 * width // 3))).copy()


def mirrored(seed: int, width: int) -> Pixels:
    half = drawing(seed, width)
    return np.ascontiguousarray(np.concatenate([half, half[:, ::-1]], axis=1))


def by_imagehash(pixels: Pixels) -> npt.NDArray[np.bool_]:
    """As the hash was made when ImageHash did all of it."""
    grey = Image.fromarray(pixels)
    grey = Image.alpha_composite(Image.new("RGBA", grey.size, "white"), grey).convert("L")
    values = np.asarray(grey).astype(np.int16)
    edge = np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])
    contrast = np.abs(values - np.int16(np.median(edge)))
    ink = contrast > max(24, int(contrast.max()) // 2)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    bits: npt.NDArray[np.bool_] = imagehash.phash(grey.crop(box), hash_size=16).hash.ravel()
    return bits


@pytest.mark.parametrize("width", [60, 110, 340])
@pytest.mark.parametrize("seed", range(6))
def test_the_hash_is_imagehashs(seed: int, width: int) -> None:
    for pixels in (drawing(seed, width), mirrored(seed, width), 255 - drawing(seed, width)):
        pixels[..., 3] = 255
        assert near_hash(pixels).tolist() == by_imagehash(pixels).tolist()
        pixels[::3, :, 3] = 90
        assert near_hash(pixels).tolist() == by_imagehash(pixels).tolist()


def test_rounding_never_decides_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half the frequencies of a mirrored picture are zeros: which of them are above is ImageHash's word."""
    asked: list[Image.Image] = []
    whole = imagehash.phash

    def noting(image: Image.Image, hash_size: int) -> imagehash.ImageHash:
        asked.append(image)
        return whole(image, hash_size=hash_size)

    monkeypatch.setattr(imagehash, "phash", noting)
    near_hash(drawing(0, 340))
    assert not asked
    square = np.full((60, 60, 4), 255, np.uint8)
    square[10:50, 10:50, :3] = 0
    near_hash(square)
    assert asked


def test_the_digest_is_of_shape_and_pixels() -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    assert len(picture_digest(pixels)) == 16
    assert picture_digest(pixels) != picture_digest(pixels.reshape(3, 2, 4))
    assert picture_digest(np.asfortranarray(pixels)) == picture_digest(pixels)


def test_reading_pictures_loads_neither_torch_nor_scipy(marks_png: Path) -> None:
    code = f"""if True:
        import sys
        from oxmark.data.folder import read_folder
        from oxmark.recipes import load_recipe
        from oxmark.workflow.preparing import prepare
        found = prepare(read_folder({str(marks_png)!r}), load_recipe("marks"), seed=0, skip_bad=False)
        heavy = {{"torch", "scipy", "sklearn", "imagehash", "pandas"}}
        print(len(found.seen), *sorted(heavy & set(sys.modules)))
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["6"]


@pytest.fixture
def marks_png(tmp_path: Path) -> Path:
    for number, part in enumerate(("train", "validation", "test")):
        for label, name in enumerate("OX"):
            folder = tmp_path / "marks" / part / name
            folder.mkdir(parents=True)
            Image.fromarray(drawing(2 * number + (label == 1), 110)).save(folder / "1.png")
    return tmp_path / "marks"
