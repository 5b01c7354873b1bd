"""A model file answers: every kind of input, whole sentences for bad ones, streams and threads."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import Image
from scipy.special import logit as logit_of

from oxmark.errors import (
    ModelFileError,
    NotAnOxmarkModel,
    NotAPicture,
    PictureError,
    PictureTooLarge,
    RunError,
)
from oxmark.inference import Classifier, Picture, Prediction, as_rgba, load, model_file
from oxmark.modelfile.check import check
from oxmark.modelfile.write import metadata, model_bytes
from oxmark.recipes import Recipe, load_recipe, to_toml
from oxmark.training.network import Weights, build_network

Pixels = npt.NDArray[np.uint8]
CLASSES = ("동그라미", "X", "square")


@functools.cache
def model(known: float = 1.0) -> bytes:
    """A small untrained model that gives no class more than its share; every picture is known so far."""
    recipe = load_recipe("marks").with_settings({"size": 24, "width": 4})
    weights = build_network(recipe, len(CLASSES), torch.Generator().manual_seed(3)).eval().weights()
    first = classifier_of(written(recipe, weights))
    weights["head.bias"] -= np.mean([first.view(grey(seed)).heat for seed in range(20)], axis=(0, 2, 3))
    sharper = {key: value * (1000 if key.startswith("head") else 1) for key, value in weights.items()}
    return written(recipe, sharper | constant_known(sharper, known))


def written(recipe: Recipe, weights: Weights) -> bytes:
    trained_on = {"counts": {"train": {"X": 2}}, "pictures": {}}
    facts = metadata(
        classes=CLASSES, recipe=to_toml(recipe), trained_on=trained_on,
        quality={"accuracy": {"share": 0.5}}, version="0.1.0",
    )  # fmt: skip
    return model_bytes(
        preprocess="ink", size=24, margin=0.125, network="marks", weights=weights, metadata=facts
    )


def constant_known(weights: Weights, known: float) -> Weights:
    """Weights that give every picture with strong ink the same value of ``known``."""
    logit = np.clip(logit_of(known), -200, 200)
    bias = np.array([logit], np.float32)
    return {"known.weight": np.zeros_like(weights["known.weight"]), "known.bias": bias}


def classifier_of(data: bytes) -> Classifier:
    return Classifier(data, check(data), "the test's model")


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return classifier_of(model())


def grey(seed: int = 0) -> Pixels:
    """uint8 ``(60, 80)``: a dark block with a tail somewhere on white."""
    pixels = np.full((60, 80), 255, np.uint8)
    y, x, h, w = np.random.default_rng(seed).integers([2, 2, 4, 4], [30, 40, 26, 36])
    pixels[y : y + h, x : x + w] = 30
    pixels[y : y + 3, x : x + 2 * w] = 60
    return pixels


def saved(folder: Path, count: int) -> list[Path]:
    paths = [folder / f"{number}.png" for number in range(count)]
    for number, path in enumerate(paths):
        Image.fromarray(grey(number)).save(path)
    return paths


def in_channels(pixels: Pixels, channels: int) -> Pixels:
    stacked = np.repeat(pixels[:, :, None], channels, axis=2)
    if channels == 4:
        stacked[:, :, 3] = 255
    return stacked


# --- predict ------------------------------------------------------------------------------------------------


def test_every_kind_of_input_gives_the_same_answer(classifier: Classifier, tmp_path: Path) -> None:
    (path,), expected = saved(tmp_path, 1), classifier.predict(grey())
    turned = np.asfortranarray(grey())
    arrays = [in_channels(grey(), channels) for channels in (1, 3, 4)]
    pictures: list[Picture] = [path, str(path), "0.png", turned, *arrays]
    for picture in pictures:
        assert classifier.predict(picture) == expected
    assert expected.label in CLASSES


def test_a_list_gives_a_list_in_its_order(classifier: Classifier, tmp_path: Path) -> None:
    paths = saved(tmp_path, 4)
    expected = [classifier.predict(grey(number)) for number in range(4)]
    assert len({str(answer) for answer in expected}) == 4
    assert classifier.predict(paths) == expected
    assert classifier.predict([str(path) for path in reversed(paths)]) == expected[::-1]
    assert classifier.predict([grey(2)]) == expected[2:3]
    mixed: list[Picture] = [grey(1), paths[3]]
    assert classifier.predict(mixed) == [expected[1], expected[3]]
    assert classifier.predict((paths[0], str(paths[1]))) == expected[:2]
    assert classifier.predict([]) == []


def test_pictures_of_one_size_are_answered_together(classifier: Classifier) -> None:
    pictures = np.stack([in_channels(grey(seed), 4) for seed in range(9)])
    together = classifier.predict_stack(pictures)
    for one, pixels in zip(together, pictures, strict=True):
        expected = classifier.predict(pixels)
        assert one.label == expected.label
        assert one.known == pytest.approx(expected.known, abs=1e-5)
        assert one.probabilities == pytest.approx(expected.probabilities, abs=1e-5)
    assert classifier.predict_stack(pictures[:1]) == [classifier.predict(pictures[0])]


def test_an_answer_names_the_likeliest_class(classifier: Classifier) -> None:
    labels = set()
    for seed in range(20):
        answer = classifier.predict(grey(seed))
        assert tuple(answer.probabilities) == CLASSES == classifier.classes
        assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-5)
        assert answer.label == max(answer.probabilities, key=lambda name: answer.probabilities[name])
        assert answer.known == 1
        labels.add(answer.label)
    assert len(labels) > 1, "the pictures must be answered differently"


def test_the_input_array_is_not_changed(classifier: Classifier) -> None:
    pixels = in_channels(grey(), 4)
    pixels.setflags(write=False)
    classifier.predict(pixels)
    assert (pixels == in_channels(grey(), 4)).all()


@pytest.mark.parametrize(
    ("known", "refused"),
    [(0.0, True), (0.25, True), (0.4999, True), (0.5, False), (0.75, False), (1.0, False)],
)
def test_below_half_known_there_is_no_label(known: float, refused: bool) -> None:
    answer = classifier_of(model(known=known)).predict(grey())
    assert answer.known == pytest.approx(known)
    assert (answer.label is None) is refused
    assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("paper", [0, 128, 255])
def test_blank_paper_is_never_known(paper: int, classifier: Classifier) -> None:
    """However sure the network is of everything."""
    answer = classifier.predict(np.full((60, 80), paper, np.uint8))
    assert (answer.label, answer.known) == (None, 0)


BAD_ARRAYS: list[tuple[Any, str]] = [
    (np.zeros((6, 8), np.float32), "float32 and shape (6, 8)"),
    (np.zeros((6, 8), bool), "bool and shape (6, 8)"),
    (np.zeros((6, 8), np.int64), "int64 and shape (6, 8)"),
    (np.zeros(6, np.uint8), "uint8 and shape (6,)"),
    (np.zeros((6, 8, 2), np.uint8), "uint8 and shape (6, 8, 2)"),
    (np.zeros((3, 6, 8), np.uint8), "uint8 and shape (3, 6, 8)"),
    (np.zeros((2, 6, 8, 3), np.uint8), "uint8 and shape (2, 6, 8, 3)"),
    (np.zeros((0, 8), np.uint8), "uint8 and shape (0, 8)"),
    (np.zeros((6, 0, 4), np.uint8), "uint8 and shape (6, 0, 4)"),
]


@pytest.mark.parametrize(("array", "what"), BAD_ARRAYS, ids=[what for _, what in BAD_ARRAYS])
def test_a_bad_array_has_its_sentence(array: Any, what: str, classifier: Classifier) -> None:
    said = (
        f"An array of dtype {what} is no picture. "
        "Give uint8 pixels 0..255 of shape (H, W), (H, W, 3) or (H, W, 4)."
    )
    for ask in (classifier.predict, classifier.view, as_rgba):
        with pytest.raises(PictureError) as caught:
            ask(array)
        assert str(caught.value) == said


def test_an_array_above_the_limit_is_refused(classifier: Classifier) -> None:
    huge = np.broadcast_to(np.uint8(255), (8193, 8192))
    with pytest.raises(PictureTooLarge) as caught:
        classifier.predict(huge)
    assert str(caught.value) == (
        "An array of 8192 x 8193 pixels is too large; at most 67,108,864 pixels are answered. "
        "Make it smaller first."
    )


@pytest.mark.parametrize("thing", [3, None, b"bytes", {"a": 1}])
def test_what_is_no_picture_has_its_sentence(thing: Any, classifier: Classifier) -> None:
    with pytest.raises(PictureError) as caught:
        classifier.predict(thing)
    assert str(caught.value) == (
        f"A {type(thing).__name__} is no picture. Give a path, a uint8 array, or a list of these."
    )


# --- view, threads, facts -----------------------------------------------------------------------------------


def test_a_view_shows_what_the_network_saw(classifier: Classifier) -> None:
    view = classifier.view(grey())
    assert view.prediction == classifier.predict(grey())
    assert view.seen.shape == (24, 24) and view.heat.shape == (3, 3, 3)
    assert view.seen.dtype == view.heat.dtype == np.float32
    assert view.seen.min() >= 0 and view.seen.max() > 0.9
    rows, columns = np.nonzero(grey() < 128)
    x0, y0, x1, y1 = view.box
    assert all(type(value) is float for value in view.box)
    assert x0 <= columns.min() and y0 <= rows.min() and x1 > columns.max() and y1 > rows.max()


def test_threads_give_the_same_answers(classifier: Classifier) -> None:
    pictures = [grey(seed) for seed in range(40)]
    expected = classifier.predict(pictures)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(classifier.predict, pictures)) == expected


def test_the_files_facts(classifier: Classifier) -> None:
    assert classifier.quality == {"accuracy": {"share": 0.5}}
    assert classifier.trained_on == {"counts": {"train": {"X": 2}}, "pictures": {}}
    assert classifier.recipe.startswith("# An oxmark recipe.")
    assert (classifier.version, classifier.name) == ("0.1.0", "the test's model")
    assert classifier.digest == hashlib.sha256(model()).hexdigest()


# --- stream -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [None, 1, 3])
def test_a_stream_keeps_the_order_and_names_bad_files(
    workers: int | None, classifier: Classifier, tmp_path: Path
) -> None:
    paths = saved(tmp_path, 9)
    paths[4].write_text("text", encoding="utf-8")
    paths[7].unlink()
    answers = dict(classifier.stream(paths, workers=workers))
    assert list(answers) == paths
    for number, (path, answer) in enumerate(answers.items()):
        if number in (4, 7):
            assert isinstance(answer, PictureError) and answer.path == path
            assert answer.__traceback__ is None  # its frames would hold the picture
        else:
            assert answer == classifier.predict(grey(number))
    assert isinstance(answers[paths[4]], NotAPicture)
    assert str(answers[paths[7]]) == f"{paths[7]} does not exist. Check the spelling and the folder."


def test_an_empty_stream(classifier: Classifier) -> None:
    assert list(classifier.stream([])) == []


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_a_stream_reads_ahead_only_a_little(workers: int, classifier: Classifier, tmp_path: Path) -> None:
    (path,), taken = saved(tmp_path, 1), 0

    def paths() -> Iterator[str]:
        nonlocal taken
        for _ in range(30):
            taken += 1
            yield str(path)

    stream = classifier.stream(paths(), workers=workers)
    assert taken == 0
    for number, (name, answer) in enumerate(stream):
        assert (name, type(answer)) == (path, Prediction)
        assert number + 1 <= taken <= number + 1 + 2 * workers
    assert taken == 30


# --- load ---------------------------------------------------------------------------------------------------


def test_the_built_in_model() -> None:
    built_in = load()
    assert (built_in.classes, built_in.name) == (("O", "X"), "the built-in O/X model")
    rows, columns = np.mgrid[-100:100, -150:150]
    ring = np.abs(np.hypot(rows, columns) - 60) < 6
    cross = (np.abs(np.abs(rows) - np.abs(columns)) < 6) & (np.abs(rows) < 60)
    for label, mark in (("O", ring), ("X", cross)):
        assert built_in.predict(np.where(mark, 0, 255).astype(np.uint8)).label == label


def test_a_file_and_its_run_folder_open_alike(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "model.onnx").write_bytes(model())
    for path in (run, str(run), run / "model.onnx"):
        opened = load(path)
        assert opened.name == str(run / "model.onnx")
        assert opened.predict(grey()) == classifier_of(model()).predict(grey())
    assert model_file(run) == run / "model.onnx"


BAD_MODELS: list[tuple[str, type[Exception], str]] = [
    (
        "stopped", RunError,
        "The run stopped holds no model.onnx: it was stopped. "
        "Go on with: oxmark train DATA --out stopped --resume",
    ),
    ("empty", RunError, "The folder empty holds no model.onnx. Name a model file or a run folder."),
    (
        "gone.onnx", ModelFileError,
        "cannot read gone.onnx: there is no such file. "
        "Check the name, or make a model with: oxmark train DATA",
    ),
    (
        "note.txt", NotAnOxmarkModel,
        "note.txt is not an oxmark model: it looks like a text. Make a model with: oxmark train DATA",
    ),
]  # fmt: skip


def test_what_cannot_be_loaded_has_its_sentence(tmp_path: Path) -> None:
    (tmp_path / "stopped").mkdir()
    (tmp_path / "stopped" / "recipe.toml").write_text(to_toml(load_recipe("marks")), encoding="utf-8")
    (tmp_path / "empty").mkdir()
    (tmp_path / "note.txt").write_text("hello", encoding="utf-8")
    for path, error, said in BAD_MODELS:
        with pytest.raises(error) as caught:
            load(path)
        assert str(caught.value) == said
