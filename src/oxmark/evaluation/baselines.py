"""What simple methods answer to the same pictures: a network that does not beat them has learned little.

They answer out of fold, exactly as the network does in cross-validation, and see what the network sees.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_Ints = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float32]

Folds = Sequence[tuple[_Ints, _Ints]]
"""Cross-validation: pairs (rows to learn from, rows held out); every row is held out once."""

_CELLS = 6
"""A picture is so many cells of the histogram wide."""
_STRENGTH = 3.0  # inverse of the regularisation; blocks of the histogram have length 1


def baselines(seen: _Floats, labels: _Ints, folds: Folds) -> dict[str, _Ints]:
    """All the simple methods' answers.

    Args:
        seen: What the network sees, float32 ``(N, 1, S, S)``, ink 0..1.
        labels: Class numbers, int64 ``(N,)``.
        folds: Rows to learn from and rows held out, as int64 arrays; every row is held out once.

    Returns:
        ``"majority"``, ``"nearest_neighbour"`` and ``"hog_svm"``: int64 ``(N,)`` each, out of fold.

    Example:
        >>> marks, rows = np.zeros((4, 1, 48, 48), np.float32), np.arange(4)
        >>> list(baselines(marks, np.array([0, 1, 0, 1]), [(rows[:2], rows[2:]), (rows[2:], rows[:2])]))
        ['majority', 'nearest_neighbour', 'hog_svm']
    """
    return {
        "majority": majority(labels, folds),
        "nearest_neighbour": nearest_neighbour(seen, labels, folds),
        "hog_svm": hog_svm(seen, labels, folds),
    }


def majority(labels: _Ints, folds: Folds) -> _Ints:
    """Always the most frequent class of what may be learned from; the first of them where several are.

    Args:
        labels: Class numbers, int64 ``(N,)``.
        folds: As for :func:`baselines`.

    Returns:
        int64 ``(N,)``.

    Example:
        >>> majority(np.array([1, 1, 0, 1]), [(np.array([0, 1]), np.array([2, 3]))])[2:]
        array([1, 1])
    """
    answers = np.zeros(len(labels), np.int64)
    for rest, held in folds:
        answers[held] = np.bincount(labels[rest]).argmax()
    return answers


def nearest_neighbour(seen: _Floats, labels: _Ints, folds: Folds) -> _Ints:
    """The class of the picture that differs least, pixel by pixel (Euclidean distance).

    Args:
        seen: As for :func:`baselines`.
        labels: Class numbers, int64 ``(N,)``.
        folds: As for :func:`baselines`.

    Returns:
        int64 ``(N,)``.

    Example:
        >>> marks = np.array([0.0, 1.0, 0.1, 0.9], np.float32).reshape(4, 1, 1, 1)
        >>> nearest_neighbour(marks, np.array([0, 1, 0, 1]), [(np.array([0, 1]), np.array([2, 3]))])[2:]
        array([0, 1])
    """
    from sklearn.neighbors import KNeighborsClassifier

    pixels = seen.reshape(len(seen), -1)
    answers = np.zeros(len(labels), np.int64)
    for rest, held in folds:
        neighbours = KNeighborsClassifier(n_neighbors=1, algorithm="brute").fit(pixels[rest], labels[rest])
        answers[held] = neighbours.predict(pixels[held])
    return answers


def hog_svm(seen: _Floats, labels: _Ints, folds: Folds) -> _Ints:
    """A linear support vector machine on :func:`hog`, what one did before networks (Dalal and Triggs, 2005).

    Args:
        seen: As for :func:`baselines`.
        labels: Class numbers, int64 ``(N,)``.
        folds: As for :func:`baselines`.

    Returns:
        int64 ``(N,)``.

    Example:
        >>> hog_svm(seen, labels, folds)[:3]  # doctest: +SKIP
        array([0, 0, 1])
    """
    from sklearn.svm import SVC

    values = hog(seen)
    answers = majority(labels, folds)  # what is left where there is one class to learn from
    for rest, held in folds:
        if len(np.unique(labels[rest])) > 1:
            machine = SVC(kernel="linear", C=_STRENGTH)
            answers[held] = machine.fit(values[rest], labels[rest]).predict(values[held])
    return answers


def quick_probabilities(seen: _Floats, labels: _Ints, folds: Folds) -> npt.NDArray[np.float64]:
    """Probabilities in about a second, without training a network: logistic regression on :func:`hog`.

    Good enough to find wrong labels; no measure of what a network would reach.

    Args:
        seen: As for :func:`baselines`.
        labels: Class numbers, int64 ``(N,)``, 0..K-1.
        folds: As for :func:`baselines`.

    Returns:
        float64 ``(N, K)``, out of fold; rows sum to 1. A class without any picture to learn from keeps 1/K,
        for nothing is known of it.

    Example:
        >>> marks, rows = np.zeros((4, 1, 48, 48), np.float32), np.arange(4)
        >>> halves = [(rows[:2], rows[2:]), (rows[2:], rows[:2])]
        >>> quick_probabilities(marks, np.array([0, 1, 0, 1]), halves)[0].round(3)
        array([0.5, 0.5])
    """
    from sklearn.linear_model import LogisticRegression

    classes = int(labels.max()) + 1
    probabilities = np.full((len(labels), classes), 1 / classes)
    values = hog(seen)
    for rest, held in folds:
        known = np.unique(labels[rest])
        found = np.ones((len(held), 1))
        if len(known) > 1:
            model = LogisticRegression(C=_STRENGTH, max_iter=1000, class_weight="balanced")
            found = model.fit(values[rest], labels[rest]).predict_proba(values[held])
        probabilities[np.ix_(held, known)] = found * (len(known) / classes)
    return probabilities


def hog(seen: _Floats) -> _Floats:
    """Histograms of oriented gradients, by scikit-image.

    Dalal and Triggs, 2005, doi:10.1109/CVPR.2005.177: nine directions in 6 x 6 cells, normalised in blocks of
    2 x 2 cells.

    Args:
        seen: As for :func:`baselines`, S at least 12.

    Returns:
        float32 ``(N, 900)``.

    Example:
        >>> hog(np.zeros((3, 1, 48, 48), np.float32)).shape
        (3, 900)
    """
    from skimage.feature import hog as histograms

    cell = max(seen.shape[-1] // _CELLS, 1)
    rows = [histograms(one[0], 9, (cell, cell), (2, 2), feature_vector=True) for one in seen]
    return np.asarray(rows, np.float32)
