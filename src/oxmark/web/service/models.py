"""The models that are served, under their names; a file that is replaced by another is taken up.

A new file is opened and tried out beside the old one, which answers until then; a request keeps the model
that it began with. A bad new file changes nothing.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from oxmark.errors import OxmarkError, ServingError
from oxmark.inference import Classifier, load, model_file
from oxmark.web.problems import Problem

BUILTIN = "builtin"
"""The name of the built-in O/X model, and the word that asks for it."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A model as the command line names it.

    Attributes:
        name: In addresses and answers.
        path: A model file or a run folder; None for the built-in model.
    """

    name: str
    path: Path | None


@dataclass(frozen=True, slots=True)
class Served:
    """A model as a request takes it: whatever happens to its file, this stays what it is.

    Attributes:
        name: In addresses and answers.
        version: The first 12 hexadecimal digits of the file's SHA-256.
        classifier: Answers.
    """

    name: str
    version: str
    classifier: Classifier


@dataclass(frozen=True, slots=True)
class Change:
    """What looking at a model's file again found.

    Attributes:
        name: The model's.
        error: Why the new file is not taken; None if it answers from now on.
    """

    name: str
    error: str | None


class Source(Protocol):
    """Where the model of one name comes from."""

    name: str

    def current(self) -> Served:
        """The model that answers now."""

    def look(self) -> Change | None:
        """Take up what has changed since the last look, if anything; may take a second."""


class FileSource:
    """A model file, or the built-in model. Raises what :func:`oxmark.inference.load` does."""

    def __init__(self, wanted: Wanted) -> None:
        self.name, self._path = wanted.name, wanted.path
        self._seen = self._signature()
        self._served = _opened(self.name, wanted.path)

    def current(self) -> Served:
        """The last file that was good."""
        return self._served

    def look(self) -> Change | None:
        """Open the file if it is another than at the last look."""
        signature = self._signature()
        if signature == self._seen:
            return None
        self._seen = signature
        try:
            self._served = _opened(self.name, self._path)
        except OxmarkError as error:
            return Change(self.name, str(error))
        return Change(self.name, None)

    def _signature(self) -> tuple[int, ...]:
        """What differs between two files of one path; empty without a file."""
        if self._path is None:
            return ()
        try:
            status = model_file(self._path).stat()
        except (OSError, ValueError, OxmarkError):
            return ()
        return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size


class GivenSource:
    """Whatever model a function gives at the moment of the request."""

    def __init__(self, name: str, give: Callable[[], Classifier]) -> None:
        self.name, self._give = name, give

    def current(self) -> Served:
        """What the function gives."""
        return _served(self.name, self._give())

    def look(self) -> Change | None:
        """Nothing: the function knows."""
        return None


class Models:
    """All models of a server, by name.

    Example:
        >>> models = Models([FileSource(Wanted("builtin", None))])
        >>> models.choose(None).classifier.classes
        ('O', 'X')
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = {source.name: source for source in sources}

    @property
    def names(self) -> list[str]:
        """In the order in which they were given."""
        return list(self._sources)

    def current(self) -> list[Served]:
        """Every model that answers now."""
        found = list[Served]()
        for source in self._sources.values():
            with contextlib.suppress(OxmarkError, Problem):  # whoever asks it is told
                found.append(source.current())
        return found

    def choose(self, name: str | None, version: str | None = None) -> Served:
        """The model that a request asks for.

        Args:
            name: None if the request names none, which is enough where there is only one.
            version: The one that it must be; None takes the current one.

        Raises:
            Problem: 404 for an unknown name or version, 422 if one must be named; both list the known ones.
        """
        known = ", ".join(self._sources)
        if name is None and len(self._sources) > 1:
            raise Problem(
                422, "model_needed", f"This server has several models. Name one with ?model=NAME: {known}."
            )
        source = next(iter(self._sources.values())) if name is None else self._sources.get(name)
        if source is None:
            raise Problem(404, "no_such_model", f"This server has no model of that name. It has: {known}.")
        served = source.current()
        if version is not None and version != served.version:
            raise Problem(
                404,
                "no_such_version",
                f"The model {served.name} has one version here, {served.version}. Ask for that, or for none.",
            )
        return served

    def look(self) -> list[Change]:
        """Take up every file that was replaced. Called in a thread of its own, not by requests."""
        return [change for source in self._sources.values() if (change := source.look()) is not None]


def wanted_models(words: Sequence[str]) -> list[Wanted]:
    """What the command line's words mean: ``MODEL`` or ``NAME=MODEL``, ``builtin`` for the built-in model.

    Args:
        words: At least one.

    Raises:
        ServingError: A name that does not fit into an address, or one name twice.

    Example:
        >>> wanted_models(["builtin", "digits=runs/digits"])
        [Wanted(name='builtin', path=None), Wanted(name='digits', path=PosixPath('runs/digits'))]
    """
    found: dict[str, Wanted] = {}
    for word in words:
        one = _wanted(word)
        if one.name in found:
            raise ServingError(
                f"Two models would have the name {one.name}. Give one of them another: {one.name}-2={word}"
            )
        found[one.name] = one
    return list(found.values())


def _wanted(word: str) -> Wanted:
    before, equals, after = word.partition("=")
    named = bool(equals) and not Path(word).exists()
    path = after if named else word
    builtin = path == BUILTIN and not Path(path).exists()
    name = before if named else BUILTIN if builtin else _name_of(Path(path))
    if not _NAME.fullmatch(name):
        raise ServingError(
            f"'{name}' cannot be a model's name in an address: letters a-z, digits, '-', '_' and '.' can. "
            f"Give it one: mymodel={path}"
        )
    return Wanted(name, None if builtin else Path(path))


def _name_of(path: Path) -> str:
    """A run folder's name, or a file's without its suffix."""
    return path.resolve().name if path.is_dir() else path.stem


def _opened(name: str, path: Path | None) -> Served:
    """A model that has answered once, so that one whose graph cannot run is refused here."""
    classifier = load(path)
    classifier.predict(np.full((28, 28), 255, np.uint8))
    return _served(name, classifier)


def _served(name: str, classifier: Classifier) -> Served:
    return Served(name, classifier.digest[:12], classifier)
