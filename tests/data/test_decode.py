"""Every picture becomes RGBA, everything else a sentence."""

from __future__ import annotations

import io
import os
import struct
import threading
import tracemalloc
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from oxmark.data.decode import MAX_PIXELS, PictureInfo, decode, picture_info
from oxmark.errors import BrokenPicture, NotAPicture, PictureError, PictureTooLarge

FORMATS = ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF"]


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def noise(height: int = 40, width: int = 60, channels: int = 3) -> Image.Image:
    rng = np.random.default_rng(0)
    return Image.fromarray(rng.integers(0, 256, (height, width, channels), np.uint8))


def png_header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


@pytest.mark.parametrize(
    ("mode", "kind", "colour", "expected"),
    [
        ("1", "PNG", 1, (255, 255, 255, 255)),
        ("1", "TIFF", 0, (0, 0, 0, 255)),
        ("L", "PNG", 77, (77, 77, 77, 255)),
        ("L", "BMP", 77, (77, 77, 77, 255)),
        ("LA", "PNG", (77, 50), (77, 77, 77, 50)),
        ("RGB", "PNG", (1, 2, 3), (1, 2, 3, 255)),
        ("RGB", "BMP", (1, 2, 3), (1, 2, 3, 255)),
        ("RGB", "GIF", (1, 2, 3), (1, 2, 3, 255)),
        ("RGB", "TIFF", (1, 2, 3), (1, 2, 3, 255)),
        ("RGBA", "PNG", (1, 2, 3, 0), (1, 2, 3, 0)),
        ("RGBA", "TIFF", (1, 2, 3, 99), (1, 2, 3, 99)),
        ("RGBX", "TIFF", (1, 2, 3, 0), (1, 2, 3, 255)),
        ("CMYK", "TIFF", (0, 0, 0, 255), (0, 0, 0, 255)),
        ("CMYK", "JPEG", (0, 0, 0, 0), (255, 255, 255, 255)),
        ("YCbCr", "TIFF", (76, 85, 255), (254, 0, 0, 255)),
        ("LAB", "TIFF", (0, 0, 0), None),
        ("I;16", "PNG", 257 * 100 + 129, (101, 101, 101, 255)),
        ("I;16", "PNG", 257 * 100 + 128, (100, 100, 100, 255)),
        ("I;16", "TIFF", 65535, (255, 255, 255, 255)),
        ("I;16B", "TIFF", 257 * 9, (9, 9, 9, 255)),
        ("I", "TIFF", 200, (200, 200, 200, 255)),
        ("I", "TIFF", 257 * 200, (200, 200, 200, 255)),
        ("I", "TIFF", -5, (0, 0, 0, 255)),
        ("I", "TIFF", 2**31 - 1, (255, 255, 255, 255)),
        ("F", "TIFF", 0.5, (128, 128, 128, 255)),
        ("F", "TIFF", 128.4, (128, 128, 128, 255)),
        ("F", "TIFF", 257.0 * 7, (7, 7, 7, 255)),
        ("F", "TIFF", float("nan"), (255, 255, 255, 0)),
        ("F", "TIFF", float("inf"), (255, 255, 255, 255)),
    ],
)
def test_each_mode_becomes_rgba(
    mode: str, kind: str, colour: Any, expected: tuple[int, int, int, int] | None
) -> None:
    pixels = decode(saved(Image.new(mode, (3, 2), colour), kind))
    assert pixels.dtype == np.uint8
    assert pixels.shape == (2, 3, 4)
    assert pixels.flags.c_contiguous
    assert pixels.flags.writeable
    assert (pixels == pixels[0, 0]).all()
    if expected is not None:
        assert tuple(pixels[0, 0].tolist()) == expected
    assert mode != "LAB" or pixels[0, 0, 3] == 255


@pytest.mark.parametrize(
    ("mode", "bands", "expected"),
    [
        ("La", (50, 100), (127, 127, 127, 100)),
        ("PA", None, (9, 8, 7, 60)),
        ("RGBa", (10, 20, 30, 128), (19, 39, 59, 128)),
        ("HSV", (0, 255, 255), (255, 0, 0, 255)),
        ("I;16L", 257 * 9, (9, 9, 9, 255)),
        ("I;16N", 257 * 9, (9, 9, 9, 255)),
    ],
)
def test_modes_that_only_memory_holds(mode: str, bands: Any, expected: tuple[int, ...]) -> None:
    from oxmark.data.pixels import to_rgba

    if mode == "PA":
        picture = Image.new("P", (3, 2), 1)
        picture.putpalette([0, 0, 0, 9, 8, 7])
        picture = picture.convert("PA")
        picture.putalpha(60)
    else:
        picture = Image.new(mode, (3, 2), 0)
        picture.paste(bands, (0, 0, 3, 2)) if not mode.startswith("I") else picture.putpixel((0, 0), bands)
    assert picture.mode == mode
    assert tuple(to_rgba(picture, 1)[0, 0].tolist()) == expected


def test_palette_with_transparency_for_each_entry() -> None:
    picture = Image.new("P", (3, 1))
    picture.putdata([0, 1, 2])
    picture.putpalette([10, 10, 10, 20, 20, 20, 30, 30, 30])
    pixels = decode(saved(picture, transparency=bytes([0, 128, 255])))
    assert pixels[0].tolist() == [[10, 10, 10, 0], [20, 20, 20, 128], [30, 30, 30, 255]]


@pytest.mark.parametrize(("mode", "clear"), [("L", 7), ("RGB", (7, 7, 7)), ("I;16", 7 * 257), ("1", 0)])
def test_one_transparent_colour(mode: str, clear: Any) -> None:
    picture = Image.new(mode, (2, 1), clear)
    other: dict[str, Any] = {"RGB": (9, 9, 9), "I;16": 9 * 257, "1": 255}
    picture.putpixel((1, 0), other.get(mode, 9))
    assert decode(saved(picture, transparency=clear))[0, :, 3].tolist() == [0, 255]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "TIFF", "PNG"])
def test_the_first_frame_of_many(kind: str) -> None:
    frames = [Image.new("RGB", (6, 4), colour) for colour in ((250, 0, 0), (0, 250, 0), (0, 0, 250))]
    options = {"lossless": True} if kind == "WEBP" else {}
    content = saved(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    assert decode(content)[0, 0].tolist() == [250, 0, 0, 255]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_exif_turns_the_picture(kind: str, orientation: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    content = saved(noise(5, 8), kind, exif=exif, **options)
    with Image.open(io.BytesIO(content)) as picture:
        expected = np.asarray(ImageOps.exif_transpose(picture).convert("RGBA"))
    np.testing.assert_array_equal(decode(content), expected)
    path = tmp_path / "turned.png"
    path.write_bytes(content)
    info = picture_info(path)
    assert (info.height, info.width) == expected.shape[:2]


def test_strips_join_without_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = noise(41, 60, 4)
    monkeypatch.setattr("oxmark.data.pixels._STRIP_PIXELS", 60 * 4)
    np.testing.assert_array_equal(decode(saved(picture)), np.asarray(picture))


def test_the_range_of_numbers_is_that_of_the_whole_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oxmark.data.pixels._STRIP_PIXELS", 1)
    values = np.array([[0.5], [np.nan], [200.0]], np.float32)
    pixels = decode(saved(Image.fromarray(values), "TIFF"))
    assert pixels[:, 0].tolist() == [[1, 1, 1, 255], [255, 255, 255, 0], [200, 200, 200, 255]]


def test_what_is_no_number_does_not_set_the_range() -> None:
    values = np.array([[np.inf, 0.5, np.nan, -np.inf]], np.float32)
    pixels = decode(saved(Image.fromarray(values), "TIFF"))
    assert pixels[0].tolist() == [[255] * 4, [128, 128, 128, 255], [255, 255, 255, 0], [0, 0, 0, 255]]


def test_lab_is_opaque() -> None:
    from oxmark.data.pixels import to_rgba

    assert to_rgba(Image.new("LAB", (3, 2)), 1)[..., 3].min() == 255


def test_a_wrong_suffix_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "o.png"
    path.write_bytes(saved(noise(), "JPEG"))
    assert decode(path).shape == decode(str(path)).shape == (40, 60, 4)
    assert picture_info(path) == PictureInfo(60, 40, "JPEG", "RGB")


@pytest.mark.parametrize(
    "name", ["동그라미 그림.png", "with spaces (1).png", "가" * 66 + ".png", "o" * 200 + ".png"]
)
def test_any_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(saved(noise()))
    assert decode(path).shape == (40, 60, 4)


SKIP = "or leave it out."
AGAIN = f"Copy it again from its source, {SKIP}"
LOOKS = (
    "{path} is not a picture that oxmark reads: it looks like {what}. Save the picture as PNG or JPEG, "
    + SKIP
)


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"", NotAPicture, "{path} is empty (0 bytes). " + AGAIN),
        (b"dear diary", NotAPicture, LOOKS.replace("{what}", "a text file")),
        ("일기 ".encode() * 400, NotAPicture, LOOKS.replace("{what}", "a text file")),
        (b"%PDF-1.7 \xff\xfe", NotAPicture, LOOKS.replace("{what}", "a PDF document")),
        (b"PK\x03\x04abc", NotAPicture, LOOKS.replace("{what}", "a ZIP archive or an office document")),
        (b"\0\0\0\x18ftypheic", NotAPicture, LOOKS.replace("{what}", "a HEIC photo")),
        (b"<?xml?><svg/>", NotAPicture, LOOKS.replace("{what}", "an SVG drawing")),
        (b"BMW is a car, not a bitmap", NotAPicture, LOOKS.replace("{what}", "a text file")),
        (bytes(range(256)), NotAPicture, LOOKS.replace("{what}", "something else")),
        (
            png_header(50_000, 50_000),
            PictureTooLarge,
            "{path} has 50000 x 50000 pixels; oxmark reads at most 64 megapixels (67,108,864 pixels). "
            f"Save it smaller, {SKIP}",
        ),
        (
            b"BM" + struct.pack("<IIIIiiHHIIIIII", 54, 0, 54, 40, 50_000, 50_000, 1, 24, 0, 0, 0, 0, 0, 0),
            PictureTooLarge,
            "{path} has 2,500,000,000 pixels; oxmark reads at most 64 megapixels (67,108,864 pixels). "
            f"Save it smaller, {SKIP}",
        ),
        (
            saved(Image.new("1", (8200, 8200)), "GIF"),
            PictureTooLarge,
            "{path} has 8200 x 8200 pixels; oxmark reads at most 64 megapixels (67,108,864 pixels). "
            f"Save it smaller, {SKIP}",
        ),
        (
            png_header(4, 0),
            BrokenPicture,
            "{path} is damaged: it starts as a PNG picture, but cannot be decoded. " + AGAIN,
        ),
        (
            png_header(4, 4)[:20],
            BrokenPicture,
            "{path} is truncated: the file ends before the picture does. " + AGAIN,
        ),
        (
            png_header(8193, 8192),
            PictureTooLarge,
            "{path} has 8193 x 8192 pixels; oxmark reads at most 64 megapixels (67,108,864 pixels). "
            f"Save it smaller, {SKIP}",
        ),
        (
            png_header(10_000, 9_000),  # where Pillow itself only warns
            PictureTooLarge,
            "{path} has 10000 x 9000 pixels; oxmark reads at most 64 megapixels (67,108,864 pixels). "
            f"Save it smaller, {SKIP}",
        ),
        (
            png_header(4, 4) + chunk(b"IDAT", b"not zlib") + chunk(b"IEND", b""),
            BrokenPicture,
            "{path} is damaged: it starts as a PNG picture, but cannot be decoded. " + AGAIN,
        ),
        (
            b"GIF89a" + bytes(30),
            BrokenPicture,
            "{path} is damaged: it starts as a GIF picture, but cannot be decoded. " + AGAIN,
        ),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_bad_content(content: bytes, error: type[PictureError], message: str, tmp_path: Path) -> None:
    path = tmp_path / "o_03.png"
    path.write_bytes(content)
    with pytest.raises(error) as caught:
        decode(path)
    assert str(caught.value) == message.format(path=path)
    assert caught.value.path == path


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
def test_truncated(kind: str, tmp_path: Path) -> None:
    content = saved(noise(), kind)
    path = tmp_path / "o_03.png"
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(BrokenPicture) as caught:
        decode(path)
    assert str(caught.value) == f"{path} is truncated: the file ends before the picture does. {AGAIN}"


def test_truncated_tiff(tmp_path: Path) -> None:
    content = saved(noise(), "TIFF")
    with pytest.raises(BrokenPicture):
        decode(content[: len(content) // 2])


def test_bytes_are_named_so_and_offered_no_file_cure() -> None:
    with pytest.raises(BrokenPicture) as caught:
        decode(saved(noise())[:900])
    assert str(caught.value) == (
        "The picture given as bytes is truncated: the file ends before the picture does. "
        "Read it again from its source."
    )
    assert caught.value.path is None


@pytest.mark.parametrize("read", [decode, picture_info])
def test_bytes_are_called_what_the_caller_calls_them(read: Any) -> None:
    with pytest.raises(
        NotAPicture, match=r"^photo 3 is empty \(0 bytes\)\. Read it again from its source\.$"
    ):
        read(b"", name="photo 3")


@pytest.mark.parametrize("kind", FORMATS)
def test_the_header_is_read_from_bytes_too(kind: str, tmp_path: Path) -> None:
    content = saved(noise(30, 50), kind)
    (tmp_path / "file").write_bytes(content)
    assert picture_info(content) == picture_info(tmp_path / "file")
    assert (picture_info(content).width, picture_info(content).height) == (50, 30)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gone.png", "{path} does not exist. Check the spelling and the folder."),
        ("file.txt/o.png", "{path} does not exist. Check the spelling and the folder."),
        ("folder.png", "{path} is a folder, not a picture. Give the picture's own path."),
        ("pipe.png", "{path} is not an ordinary file. Save the picture as a file first."),
        (
            "loop.png",
            "{path} cannot be read: Too many levels of symbolic links. Check the disk and the path.",
        ),
        ("o\0.png", "{path} cannot be read: embedded null byte. Check the disk and the path."),
        ("o" * 300 + ".png", "{path} cannot be read: File name too long. Check the disk and the path."),
    ],
)
def test_no_file_to_read(name: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("text")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "loop.png").symlink_to("loop.png")
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(PictureError) as caught:
        decode(tmp_path / name)
    assert str(caught.value) == message.format(path=tmp_path / name)
    assert caught.value.path == tmp_path / name


def test_permission_denied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's refusal is put in, since root is never refused."""
    path = tmp_path / "o.png"
    path.write_bytes(saved(noise()))

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(PictureError) as caught:
        decode(path)
    text = f"{path} may not be read: permission denied. Give yourself the right to read it."
    assert str(caught.value) == text


def test_a_name_that_is_no_utf8_can_be_printed(tmp_path: Path) -> None:
    with pytest.raises(PictureError) as caught:
        decode(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.png"))
    str(caught.value).encode()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(
    "exif",
    [b"II*\0\x08\0\0\0\x05\0\x12\x01\x03\0\xff\xff\xff\xff", b"scribbled over", b"II*\0\x08.\xfa", b"MM"],
)
def test_damaged_exif_neither_warns_nor_refuses(exif: bytes, kind: str) -> None:
    content = saved(noise(), kind, exif=b"Exif\0\0" + exif)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert decode(content).shape == (40, 60, 4)
    assert not caught


def test_the_callers_warning_filters_stay_as_they_were() -> None:
    content = saved(noise(), "JPEG")
    before = list(warnings.filters)
    threads = [threading.Thread(target=lambda: [decode(content) for _ in range(20)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert warnings.filters == before


def test_pillows_global_settings_stay_as_they_were() -> None:
    from PIL import ImageFile

    limit: int | None = Image.MAX_IMAGE_PIXELS
    with pytest.raises(PictureTooLarge):
        decode(png_header(10_000, 9_000))
    assert limit == Image.MAX_IMAGE_PIXELS
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


def test_one_array_is_made_besides_pillows_picture() -> None:
    """NumPy's and Python's own memory: the result and strips, no second whole copy."""
    content = saved(Image.new("L", (3000, 2000), 9))
    tracemalloc.start()
    pixels = decode(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.8 * pixels.nbytes
    assert MAX_PIXELS == 8192 * 8192


@pytest.mark.parametrize("kind", FORMATS)
@given(data=st.data())
@settings(max_examples=120, deadline=None, derandomize=True)
def test_damaged_bytes_give_an_array_or_a_picture_error(kind: str, data: st.DataObject) -> None:
    content = bytearray(saved(noise(9, 11), kind))
    if data.draw(st.booleans(), label="cut"):
        del content[data.draw(st.integers(0, len(content))) :]
    for _ in range(data.draw(st.integers(0, 6), label="changes") if content else 0):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        pixels = decode(bytes(content))
    except PictureError:
        return
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
    assert pixels.shape[2] == 4
