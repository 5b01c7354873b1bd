"""The folder of one measuring, what was asked for, and what is made in it when it is first needed."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from measuring import samples
from measuring.processes import oxmark, run_process

KINDS = ("28x28 PNG", "1350x900 PNG", "1350x900 JPEG")
"""Files that are decoded and answered."""


@dataclass(frozen=True)
class Options:
    """How much is measured.

    Attributes:
        small: Pictures of 28 x 28 pixels in the folder that is answered.
        large: Pictures of 1350 x 900 pixels in the folders that are answered, of each format.
        training: Sizes of the large sets that are learned from.
        epochs: Passes over these.
        threads: For the bare loops; as many as oxmark uses by itself.
    """

    small: int = 10_000
    large: int = 400
    training: tuple[int, ...] = (10_000,)
    epochs: int = 2
    threads: int = 2


@dataclass
class Work:
    """One measuring.

    Attributes:
        folder: For everything that is made; deleted at the end.
        options: How much is measured.
        profiles: Seconds by phase of each training, by row, as ``run.json`` tells them.
    """

    folder: Path
    options: Options
    profiles: dict[str, list[Mapping[str, float]]] = field(default_factory=dict)

    @functools.cached_property
    def marks(self) -> Path:
        """The 104 drawings of ``oxmark draw --seed 0``."""
        run_process(oxmark("draw", self.folder / "marks", "--seed", 0))
        return self.folder / "marks"

    @functools.cached_property
    def picture(self) -> Path:
        """One of them, a PNG."""
        return min((self.marks / "test" / "O").glob("*.png"))

    @functools.cached_property
    def model(self) -> Path:
        """The built-in model file."""
        path = self.folder / "ox.onnx"
        path.write_bytes((resources.files("oxmark") / "builtin" / "ox.onnx").read_bytes())
        return path

    @functools.cached_property
    def small(self) -> Path:
        """A folder of 28 x 28 PNG files."""
        return samples.small_folder(self.folder / "small", self.options.small)

    @functools.cached_property
    def fewer_small(self) -> Path:
        """A tenth of them."""
        return samples.small_folder(self.folder / "fewer-small", max(1, self.options.small // 10))

    @functools.cached_property
    def png(self) -> Path:
        """A folder of 1350 x 900 PNG files."""
        return samples.large_folder(self.folder / "png", self.options.large, ".png")

    @functools.cached_property
    def jpeg(self) -> Path:
        """A folder of 1350 x 900 JPEG files."""
        return samples.large_folder(self.folder / "jpeg", self.options.large, ".jpg")

    @functools.cached_property
    def fewer_jpeg(self) -> Path:
        """A quarter of them."""
        return samples.large_folder(self.folder / "fewer-jpeg", max(1, self.options.large // 4), ".jpg")

    def pictures(self, kind: str) -> Path:
        """The folder of one of :data:`KINDS`."""
        if kind == "28x28 PNG":
            return self.small
        return self.png if kind == "1350x900 PNG" else self.jpeg
