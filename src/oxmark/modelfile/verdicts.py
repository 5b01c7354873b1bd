"""The sentences with which a model file is refused: which file, what was found, what to do."""

from __future__ import annotations

from pathlib import Path

from oxmark.errors import DamagedModel, ModelFileError, NotAnOxmarkModel, UnsafeModel


class Verdicts:
    """Makes the errors about one file, so that the rules need to say only what they found.

    Args:
        path: The file, or ``None`` for a model that came as bytes.

    Example:
        >>> str(Verdicts(Path("cat.png")).foreign("it looks like a PNG picture"))
        'cat.png is not an oxmark model: it looks like a PNG picture. Make a model with: oxmark train DATA'
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.name = quoted_path(path) if path else "this model"

    def foreign(self, found: str) -> NotAnOxmarkModel:
        """A file of something else."""
        return NotAnOxmarkModel(
            f"{self.name} is not an oxmark model: {found}. Make a model with: oxmark train DATA", self.path
        )

    def damaged(self, found: str) -> DamagedModel:
        """A model that was truncated or altered, or lacks something."""
        return DamagedModel(
            f"{self.name} is damaged: {found}. Copy it again from where it came from, or make it anew with: "
            "oxmark train DATA",
            self.path,
        )

    def unsafe(self, found: str) -> UnsafeModel:
        """A model that asks for more than a model file may."""
        return UnsafeModel(
            f"{self.name} was not opened, because it may not be safe: {found}. Use a model from someone you "
            "trust, or make your own with: oxmark train DATA",
            self.path,
        )

    def newer(self, version: int, known: int) -> ModelFileError:
        """A model of a format that this oxmark does not know yet."""
        return ModelFileError(
            f"{self.name} has model-file format {version}, and this oxmark knows formats up to {known}. "
            "Get a newer oxmark with: pip install --upgrade oxmark",
            self.path,
        )


def quoted(text: str) -> str:
    """A text from a file as it may be shown: in quotes, cut to 60 characters, nothing unprintable.

    Example:
        >>> quoted("If" + chr(27))
        "'If\\\\x1b'"
    """
    return repr(text if len(text) <= 60 else text[:59] + "…")


def quoted_path(path: Path) -> str:
    """A path as it may be shown: as it is, or escaped where it has unprintable characters."""
    text = str(path)
    return text if text.isprintable() else repr(text)
