"""Where the workers of a training keep their checkpoints while they work: a folder, or a URI."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from oxmark.cluster.storage import without_secrets
from oxmark.errors import ClusterError
from oxmark.files import write_bytes


@dataclass(frozen=True)
class CheckpointStorage:
    """A place of one training.

    Attributes:
        place: A full path, or a URI.
        name: What this training has there.
        home: Where its checkpoint belongs in the end.
    """

    place: str
    name: str
    home: Path

    def bring_home(self) -> None:
        """Copy the latest checkpoint to where a run folder has it, if there is one that can be read."""
        from pyarrow import fs
        from ray.train import Result

        from oxmark.training import checkpoint

        with contextlib.suppress(OSError, RuntimeError, ValueError):
            system, path = fs.FileSystem.from_uri(self.place)
            latest = Result.from_path(f"{path}/{self.name}", storage_filesystem=system).checkpoint
            if latest:
                with latest.as_directory() as folder:
                    write_bytes(self.home, (Path(folder) / checkpoint.FILE).read_bytes())

    def clear(self) -> None:
        """Remove everything that this training has there, as far as possible."""
        from pyarrow import fs

        with contextlib.suppress(OSError):
            system, path = fs.FileSystem.from_uri(self.place)
            system.delete_dir(f"{path}/{self.name}")


def storage_for(given: str | os.PathLike[str], home: Path, *, name: str = "") -> CheckpointStorage:
    """The place that the user has named.

    Args:
        given: A folder or a URI.
        home: Where the checkpoint belongs in the end.
        name: What the training is called there.

    Raises:
        ClusterError: It is neither.

    Example:
        >>> storage_for("file:///srv/runs", Path(), name="a").place
        'file:///srv/runs'
    """
    from pyarrow import ArrowException, fs

    place = os.fspath(given)
    place = place.rstrip("/") if "://" in place else str(Path(place).absolute())
    try:
        fs.FileSystem.from_uri(place)
    except (ArrowException, OSError, ValueError) as error:
        named = without_secrets(place)
        reason = str(error).splitlines()[0].replace(place, named)
        raise ClusterError(
            f"'{named}' is no place for checkpoints ({reason}). Give a folder that all "
            "nodes share, or a URI such as s3://BUCKET/FOLDER, with --storage."
        ) from error
    return CheckpointStorage(place, name, home)
