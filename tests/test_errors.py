"""The errors: each can come back from another process as it was."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from oxmark.errors import (
    BadPictures,
    MissingExtra,
    ModelFileError,
    NotAPicture,
    OxmarkError,
    PictureError,
)


def every(kind: type[OxmarkError]) -> Iterator[type[OxmarkError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from every(below)


def made(kind: type[OxmarkError]) -> OxmarkError:
    if issubclass(kind, BadPictures):
        return kind("1 picture cannot be read", [NotAPicture("a.png is no picture", Path("a.png"))])
    if issubclass(kind, MissingExtra):
        return kind("Validating", "train")
    if issubclass(kind, PictureError | ModelFileError):
        return kind("a is damaged", Path("a"))
    return kind("In epoch 3 the loss is no longer a number.")


@pytest.mark.parametrize("kind", list(every(OxmarkError)), ids=lambda kind: kind.__name__)
def test_an_error_comes_back_from_another_process_as_it_was(kind: type[OxmarkError]) -> None:
    error = made(kind)
    error.add_note("in fold 3")
    back = pickle.loads(pickle.dumps(error))
    assert (type(back), str(back)) == (kind, str(error))
    assert repr(vars(back)) == repr(vars(error))


def test_an_error_that_is_kept_lets_go_of_the_picture() -> None:
    def fail() -> None:
        try:
            raise ValueError("from the decoder")
        except ValueError as error:
            raise PictureError("a is damaged", Path("a")) from error

    with pytest.raises(PictureError) as caught:
        fail()
    error = caught.value
    assert error.__traceback__ is not None and error.__cause__ is not None
    kept = error.kept()
    assert kept is error
    assert (kept.__traceback__, kept.__cause__, kept.__context__) == (None, None, None)
    assert (str(error), error.path) == ("a is damaged", Path("a"))
