"""All pictures of a data set, read once: in memory where they are few, on disk where they are many.

Many are read from the cache (:mod:`oxmark.workflow.picture_cache`) as far as it knows their content, wherever
the file lies and whatever it is called; the others are decoded and added to it.
"""

from __future__ import annotations

import functools
import hashlib
import json
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt

from oxmark.data.conditions import on_white, rendered
from oxmark.data.dataset import Dataset
from oxmark.data.decode import WORKERS
from oxmark.data.ondisk import Pictures, PicturesOnDisk, Views, ViewsOnDisk
from oxmark.data.traits import Traits
from oxmark.data.traits_table import TraitsTable, errors_in, recorded
from oxmark.errors import PictureError
from oxmark.recipes import Recipe
from oxmark.workflow.picture_cache import PictureCache
from oxmark.workflow.progress import Progress, each_done
from oxmark.workflow.reading import STAGE, Read, Reader, read_pictures, viewed

MANY = 2000
"""More pictures than this are kept on disk; so many are read in seconds, and take some 40 MB."""


@dataclass(frozen=True, eq=False)
class Gathered:
    """What was read of N pictures, R of which can be read.

    Attributes:
        traits: What was measured of each, or its error, N of them.
        seen: What the network sees of the readable ones, float32 ``(R, 1, S, S)``.
        views: The same under V rendered conditions, float32 ``(R, V, 1, S, S)``.
        notes: Sentences for the user.
        spent: Seconds of all threads together: ``read`` (content and its digest, where there are many),
            ``decode``, ``traits``, ``prepare``, ``view``.
    """

    traits: Sequence[Traits | PictureError]
    seen: Pictures
    views: Views
    notes: tuple[str, ...]
    spent: dict[str, float]

    @property
    def errors(self) -> dict[int, PictureError]:
        """The error of each that cannot be read, by its place among the N."""
        return errors_in(self.traits)


def gather(
    dataset: Dataset, recipe: Recipe, learned_from: Sequence[bool], progress: Progress, seed: int = 0
) -> Gathered:
    """Read every picture once, several side by side.

    May be called from any thread; loads neither torch nor SciPy.

    Args:
        dataset: N samples.
        recipe: Chooses the preprocessing.
        learned_from: N times whether it is learned from: only then views are rendered.
        progress: Told how far it is.
        seed: For the views.
    """
    reader = Reader(recipe, seed)
    views = viewed(learned_from) & bool(recipe.views)
    if len(dataset.samples) > MANY:
        return _on_disk(dataset, recipe, reader, views, progress, seed)
    results = read_pictures(dataset, reader, views, progress)
    return _in_memory(results, recipe, reader.spent.seconds)


def _in_memory(results: list[Read | PictureError], recipe: Recipe, spent: dict[str, float]) -> Gathered:
    ones = [result for result in results if isinstance(result, Read)]
    shape = (1, recipe.size, recipe.size)
    return Gathered(
        traits=[one.traits if isinstance(one, Read) else one for one in results],
        seen=np.stack([one.seen for one in ones]) if ones else np.zeros((0, *shape), np.float32),
        views=np.stack([one.views for one in ones])
        if ones
        else np.zeros((0, recipe.views, *shape), np.float32),
        notes=(),
        spent=spent,
    )


# --- very many ----------------------------------------------------------------------------------------------


def _on_disk(
    dataset: Dataset,
    recipe: Recipe,
    reader: Reader,
    views: npt.NDArray[np.bool_],
    progress: Progress,
    seed: int,
) -> Gathered:
    cache = PictureCache(preparation(recipe), recipe.size)

    def one(row: int) -> tuple[bytes, Read | PictureError | None]:
        path = dataset.samples[row].path
        with reader.spent.on("read"):
            content = _content(path)
            key = hashlib.blake2b(content or b"", digest_size=16).digest()
        try:
            if content is None:
                return key, reader.read(path, viewed=False)  # raises what is wrong with it
            wanted = [key, *(_view_key(key, seed, number) for number in range(recipe.views * views[row]))]
            if cache.has(wanted):
                return key, None
            return key, reader.read(path, viewed=bool(views[row]), content=content)
        except PictureError:
            return key, _error(path, reader)

    keys = np.zeros(len(dataset.samples), "S16")
    errors: dict[int, PictureError] = {}
    for row, (key, result) in enumerate(
        each_done(STAGE, one, range(len(dataset.samples)), progress, WORKERS)
    ):
        keys[row] = key
        if isinstance(result, PictureError):
            errors[row] = result
        elif result is not None:
            cache.add(key, result.seen, result.traits)
            for number in range(recipe.views * views[row]):
                cache.add(_view_key(key, seed, number), result.views[number], None)
    cache.finish()
    return _found(cache, keys, errors, recipe, views, seed, reader.spent.seconds)


def _found(
    cache: PictureCache,
    keys: npt.NDArray[np.bytes_],
    errors: dict[int, PictureError],
    recipe: Recipe,
    views: npt.NDArray[np.bool_],
    seed: int,
    spent: dict[str, float],
) -> Gathered:
    """What the cache holds of these pictures, in their order."""
    places = cache.find(keys).astype(np.int32)
    good = np.array([row for row in range(len(keys)) if row not in errors], np.int64)
    blocks = [pack.seen for pack in cache.packs] or [np.zeros((0, 1, recipe.size, recipe.size), np.float32)]
    seen = PicturesOnDisk(blocks, places[good, 0], places[good, 1])
    own = np.flatnonzero(views[good])
    view_keys = [_view_key(_padded(keys[good[row]]), seed, n) for row in own for n in range(recipe.views)]
    of_views = cache.find(np.array(view_keys, "S16"))
    made = PicturesOnDisk(blocks, of_views[:, 0], of_views[:, 1])[:]
    which = np.full(len(good), -1, np.int32)
    which[own] = np.arange(len(own))
    cache.used(np.unique(np.concatenate([places[good, 0], of_views[:, 0]])).tolist())
    return Gathered(
        traits=TraitsTable([pack.records for pack in cache.packs], places[:, 0], places[:, 1], errors),
        seen=seen,
        views=ViewsOnDisk(seen, made.reshape(len(own), recipe.views, *seen.shape[1:]), which),
        notes=cache.notes,
        spent=spent,
    )


def _content(path: Path) -> bytes | None:
    """The file's content; None where it cannot be read, or is no ordinary file."""
    try:
        return path.read_bytes() if stat.S_ISREG(path.stat().st_mode) else None
    except (OSError, ValueError, MemoryError):
        return None


def _error(path: Path, reader: Reader) -> Read | PictureError:
    """What is wrong with a file, in the words for a file."""
    try:
        return reader.read(path, viewed=False)  # it may have been mended just now
    except PictureError as error:
        return error.kept()


def _padded(key: bytes) -> bytes:
    """Sixteen bytes: NumPy takes zeros off the end."""
    return key.ljust(16, b"\0")


def _view_key(key: bytes, seed: int, number: int) -> bytes:
    """What a rendered view is kept under: it depends on the picture, the seed and the view's number."""
    return hashlib.blake2b(b"view %d %d" % (seed, number), key=key, digest_size=16).digest()


@functools.lru_cache(maxsize=4)
def preparation(recipe: Recipe) -> str:
    """Names everything that decides what is made of a picture: 32 hexadecimal characters.

    The preprocessing graph, the versions of what decodes and computes, and what they make of one fixed
    picture: processors with other instructions round otherwise.
    """
    from oxmark.modelfile.preprocess import preprocess_model

    graph = preprocess_model(recipe.preprocess, recipe.size, recipe.margin).SerializeToString()
    reader = Reader(recipe, 0)
    names = ("oxmark", "numpy", "pillow", "onnxruntime")
    facts = [recipe.preprocess, recipe.size, recipe.margin, [metadata.version(name) for name in names]]
    digest = hashlib.blake2b(json.dumps(facts).encode(), digest_size=16)
    for part in (graph, *_made_of_one(reader)):
        digest.update(hashlib.blake2b(part).digest())
    return digest.hexdigest()


def _made_of_one(reader: Reader) -> list[bytes]:
    """What is made of one fixed picture: a wave of ink on unevenly lit paper, as PNG and as JPEG."""
    from PIL import Image

    rows, columns = np.indices((301, 397))
    ink = np.abs(rows - 150 - 70 * np.sin(columns / 60)) < 9
    grey = np.where(ink, 40 + columns % 23, 255 - columns // 4 - rows % 7).astype(np.uint8)
    picture = Image.fromarray(np.stack([grey, grey, grey // 2 + 90], axis=2))
    parts = []
    for kind in ("PNG", "JPEG"):
        content = BytesIO()
        picture.save(content, kind)
        found = reader.read(Path("one"), viewed=False, content=content.getvalue())
        parts += [found.seen.tobytes(), recorded(b"", found.traits).tobytes()]
    view = rendered(on_white(np.asarray(picture.convert("RGBA"))), np.random.default_rng(0))
    return [*parts, reader.see(view).tobytes()]
