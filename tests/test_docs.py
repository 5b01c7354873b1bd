"""The documents are true: their blocks run, their commands parse, their links lead somewhere."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import inspect
import io
import json
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote, urlsplit

import click
import numpy as np
import pytest

import oxmark
from oxmark.cli import run
from oxmark.cli.main import COMMANDS, main
from oxmark.data.draw import draw_mark
from oxmark.modelfile import rules
from oxmark.modelfile.check import MAX_FILE_BYTES, read_checked
from oxmark.modelfile.metadata import LIMITS
from oxmark.modelfile.preprocess import INK_SIDE, preprocess_model
from oxmark.modelfile.session import open_session

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]
NOT_RUN = "<!-- not run:"
BLOCK = re.compile(r"(?P<before>[^\n]*)\n```(?P<language>\w+)\n(?P<text>.*?)^```$", re.M | re.S)


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str, *, to_run: bool = False) -> list[str]:
    """The code blocks of a page; ``to_run`` leaves out those under a comment that says so."""
    return [
        block["text"]
        for block in BLOCK.finditer(text_of(name))
        if block["language"] == language and not (to_run and block["before"].startswith(NOT_RUN))
    ]


def command_lines(name: str, *, to_run: bool = False) -> list[list[str]]:
    """The commands of a page's ``sh`` blocks, in words; what is redirected into a file is cut off."""
    whole = [re.sub(r"\\\n\s*", "", block) for block in blocks(name, "sh", to_run=to_run)]
    lines = [line for block in whole for line in block.splitlines() if line]
    return [shlex.split(line.partition(" > ")[0], comments=True) for line in lines]


def slug(heading: str) -> str:
    """The anchor that GitHub makes of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def program_context() -> click.Context:
    """With the program's own settings: click remembers a command's help option from its first use."""
    return click.Context(main, info_name="oxmark", **main.context_settings)


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, drawn: Path) -> Path:
    """A folder as a reader of the documents has it: ``marks``, ``runs/first``, ``photo.png``."""
    folder = tmp_path_factory.mktemp("reader")
    shutil.copytree(drawn, folder / "marks")
    shutil.copyfile(next((drawn / "test" / "O").glob("*")), folder / "photo.png")
    recipe = oxmark.load_recipe("marks", ["epochs=2", "validation_views=0"])
    oxmark.train(folder / "marks", recipe, out=folder / "runs" / "first", device="cpu")
    return folder


@pytest.fixture
def reader(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of :func:`world`, and the current folder."""
    folder = tmp_path / "reader"
    shutil.copytree(world, folder)
    monkeypatch.chdir(folder)
    return folder


def in_few_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every training be short, whatever its recipe says; the documents show real ones."""
    from oxmark.training import loop

    fit = loop.fit

    def short(recipe: Any, *positional: Any, **named: Any) -> Any:
        settings = {"epochs": min(recipe.epochs, 2), "validation_views": 0}
        return fit(recipe.model_copy(update=settings), *positional, **named)

    monkeypatch.setattr(loop, "fit", short)


def oxmark_exits(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as left:
        run(arguments)
    return int(left.value.code or 0)


# --- blocks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [name for name in NAMES if blocks(name, "python", to_run=True) and name != "README.ko.md"],  # the same
)
def test_python_blocks_run(name: str, reader: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_few_epochs(monkeypatch)
    for number, block in enumerate(blocks(name, "python", to_run=True), start=1):
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(block, f"{name}, python block {number}", "exec"), {"__name__": "block"})


def test_python_blocks_that_do_not_run_are_python() -> None:
    for name in NAMES:
        for block in blocks(name, "python"):
            compile(block, name, "exec")


@pytest.mark.parametrize("name", NAMES)
def test_json_blocks_are_json(name: str) -> None:
    for block in blocks(name, "json"):
        json.loads(block)


@pytest.mark.parametrize("name", NAMES)
def test_commands_parse(name: str) -> None:
    """Each command and option exists, and each make target."""
    program = program_context()
    targets = re.findall(r"^([\w-]+):", text_of("Makefile"), re.M)
    for program_name, *words in command_lines(name):
        if program_name == "oxmark":
            command = main.get_command(program, words[0])
            assert command is not None, f"{name}: there is no command {words[0]}"
            command.make_context(words[0], words[1:], parent=program)
        elif program_name == "make":
            assert words[0] in targets, f"{name}: the Makefile has no target {words[0]}"
        elif program_name == "curl":
            asked = urlsplit(next(word for word in words if word.startswith("http"))).path
            assert asked in answered(), f"{name}: nothing answers {asked}"
        else:
            assert program_name in ("pip", "python", "docker"), f"{name}: unexpected command {program_name}"


@functools.cache
def answered() -> frozenset[str]:
    """The addresses of the service, with its built-in model."""
    from oxmark.web.app import create_app
    from oxmark.web.service.models import Wanted
    from oxmark.web.service.service import Service

    paths = create_app(service=Service.of_files([Wanted("builtin", None)])).openapi()["paths"]
    return frozenset(re.sub(r"\{model\}", "builtin", path) for path in paths)


@pytest.mark.parametrize("name", ["README.md", "docs/tutorial.md"])
def test_commands_run_in_order(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All but the export, which has its own tests; drawing and training are made short."""
    in_few_epochs(monkeypatch)
    monkeypatch.chdir(tmp_path)
    for program_name, *words in command_lines(name, to_run=True):
        if program_name != "oxmark" or words[0] == "export":
            continue
        if words[0] == "draw":
            rest = words[: words.index("--counts")] if "--counts" in words else words
            words = [*rest, "--counts", "3,1,1"]
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            assert oxmark_exits(words) == 0, f"{name}: oxmark {shlex.join(words)}"
        if words[0] == "recipe":
            Path("mine.toml").write_text(output.getvalue(), encoding="utf-8")
        if words[0] == "draw" and words[1] == "marks":
            shutil.copyfile(next(Path("marks/test/O").iterdir()), "photo.png")


def test_both_readmes_have_the_same_commands_and_figures() -> None:
    english, korean = text_of("README.md"), text_of("README.ko.md")
    for language in ("sh", "python"):
        assert blocks("README.md", language) == blocks("README.ko.md", language)
    for pattern in (r"<!-- FIGURE:.*?-->", r"`(pip install [^`]*)`", r"!\[.*?\]\((.*?)\)"):
        assert re.findall(pattern, english) == re.findall(pattern, korean)
    levels = r"^(#+) "
    assert re.findall(levels, english, re.M) == re.findall(levels, korean, re.M)


# --- links -------------------------------------------------------------------------------------------------


def links(name: str) -> Iterator[str]:
    prose = re.sub(r"^```.*?^```$", "", text_of(name), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if not re.match(r"[a-z]+:", target):
            yield unquote(target)


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    for target in links(name):
        path, _, anchor = target.partition("#")
        page = (ROOT / name).parent / path if path else ROOT / name
        assert page.exists(), f"{name} links to {target}, which is not there"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
            assert anchor in map(slug, headings), f"{name} links to {target}: no such heading"


def test_pictures_are_small_and_all_in_use() -> None:
    pictures = {path for path in (ROOT / "docs" / "images").iterdir() if path.suffix == ".png"}
    made = tool("readme_images")
    assert {path.name for path in pictures} == set(made.PICTURES)
    used = {
        ((ROOT / name).parent / target).resolve()
        for name in NAMES
        for target in links(name)
        if target.endswith(".png")
    }
    assert pictures == used
    for path in pictures:
        assert path.stat().st_size <= made.LARGEST, path


def test_picture_commands_parse() -> None:
    program = program_context()
    for line in tool("readme_images").COMMANDS.strip().splitlines():
        command_name, *words = shlex.split(line)
        command = main.get_command(program, command_name)
        assert command is not None
        command.make_context(command_name, words, parent=program)


# --- the references ----------------------------------------------------------------------------------------


def test_command_reference_is_up_to_date() -> None:
    made = tool("cli_reference")
    assert text_of("docs/cli.md") == made.reference(), made.OUT_OF_DATE


def test_command_reference_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = tool("cli_reference")
    page = tmp_path / "cli.md"
    monkeypatch.setattr(made, "TARGET", page)
    check = ["--check"]
    for old in (None, "old"):
        if old:
            page.write_text(old, encoding="utf-8")
        with pytest.raises(SystemExit) as left:
            made.run.main(args=check, standalone_mode=False)
        assert left.value.code == 1
        assert capsys.readouterr().err == "docs/cli.md is out of date; run: make docs\n"
    made.run.main(args=[], standalone_mode=False)
    made.run.main(args=check, standalone_mode=False)


def test_command_reference_does_not_depend_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    made = tool("cli_reference")
    wide = made.reference()
    monkeypatch.setenv("COLUMNS", "40")
    assert made.reference() == wide
    assert max(map(len, wide.splitlines())) <= made.WIDTH


@pytest.mark.parametrize("command_name", COMMANDS)
def test_command_reference_has_every_option(command_name: str) -> None:
    page = text_of("docs/cli.md")
    section = page.partition(f"## oxmark {command_name}\n")[2].partition("\n## ")[0]
    command = main.get_command(program_context(), command_name)
    assert command is not None
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            for option in parameter.opts:
                assert option in section, f"docs/cli.md: oxmark {command_name} lacks {option}"


@pytest.mark.parametrize("name", oxmark.__all__)
def test_python_api_has_every_name(name: str) -> None:
    section = text_of("docs/python-api.md").partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    assert "```python" in section, f"docs/python-api.md has no section {name} with an example"
    value = getattr(oxmark, name)
    if inspect.isfunction(value):
        for parameter in inspect.signature(value).parameters.values():
            given = f"{parameter.name}={parameter.default!r}"
            shown = parameter.name if parameter.default is parameter.empty else given.replace("'", '"')
            assert shown in section, f"docs/python-api.md: {name} lacks {shown}"
    elif inspect.isclass(value) and not issubclass(value, BaseException):
        for member in vars(value):
            public = not member.startswith("_") and not member.startswith("model_")
            if public and name != "Recipe":
                assert member in section, f"docs/python-api.md: {name} lacks {member}"


def test_tutorial_has_every_file_of_a_run_and_every_figure(world: Path) -> None:
    page = text_of("docs/tutorial.md")
    run_folder = world / "runs" / "first"
    for path in run_folder.iterdir():
        assert f"`{path.name}{'/' if path.is_dir() else ''}`" in page, f"docs/tutorial.md lacks {path.name}"
    for key in json.loads((run_folder / "metrics.json").read_text(encoding="utf-8")):
        assert f"`{key}`" in page or key == "part", f"docs/tutorial.md lacks {key} of metrics.json"


def test_tutorial_describes_the_recipes_as_they_are(world: Path) -> None:
    section = text_of("docs/tutorial.md").partition("\n## Recipes\n")[2].partition("\n## ")[0]
    for name in ("marks", "tutorial"):
        recipe = oxmark.load_recipe(name)
        assert f"{recipe.size}x{recipe.size}" in section
        assert f"{recipe.epochs} epochs" in section
    summary = (world / "runs" / "first" / "summary.txt").read_text(encoding="utf-8")
    (parameters,) = re.findall(r"^total +([\d,]+)$", summary, re.M)
    assert f"| {parameters} |" in section


# --- the model file ----------------------------------------------------------------------------------------


def test_model_file_page_has_everything_of_a_real_file(world: Path) -> None:
    page = text_of("docs/model-file.md")
    _, checked = read_checked(world / "runs" / "first" / "model.onnx")
    graph = checked.model.graph
    for value in (*graph.inputs, *graph.outputs):
        assert f"| `{value.name}` |" in page, f"docs/model-file.md lacks {value.name}"
    for key, limit in LIMITS.items():
        assert re.search(rf"^\| `{re.escape(key)}` \|.*\| {limit:,} \|$", page, re.M), key
    for key in checked.metadata:
        assert key in LIMITS, f"{key} is not specified"
    for key in ("oxmark.quality", "oxmark.trained_on"):
        example = json.loads(next(b for b in blocks("docs/model-file.md", "json") if key_of(key) in b))
        real = json.loads(checked.metadata[key])
        assert shape_of(real) == shape_of(example)


def key_of(key: str) -> str:
    return {"oxmark.quality": "measured_on", "oxmark.trained_on": "pictures"}[key]


def shape_of(value: object) -> object:
    """The keys of JSON objects at every depth, and the types of what is in them."""
    if isinstance(value, dict):
        return {key: shape_of(inner) for key, inner in sorted(value.items())}
    if isinstance(value, list):
        return [type(item) for item in value[:1]]
    return "number" if isinstance(value, int | float) else type(value)


def test_model_file_page_has_the_limits_and_operators() -> None:
    page = text_of("docs/model-file.md")
    listed = page.partition("no others:\n")[2].partition("\n\noxmark")[0]
    assert set(re.findall(r"`(\w+)`", listed)) == rules.ALLOWED_OPS
    for limit in (
        MAX_FILE_BYTES,
        rules.MAX_NODES,
        rules.MAX_ELEMENTS,
        rules.MAX_INTEGER,
        rules.MAX_WINDOW,
        rules.MAX_RANK,
    ):
        assert f" {limit:,}" in page, limit


@pytest.fixture(scope="module")
def page_code() -> dict[str, Any]:
    """The names that the page's own code defines."""
    names: dict[str, Any] = {}
    for block in blocks("docs/model-file.md", "python"):
        with contextlib.redirect_stdout(io.StringIO()):
            exec(block, names)
    return names


def opaque(colour: Any) -> np.ndarray:
    """Grey or colour, 0 to 255, as uint8 RGBA."""
    colour = np.asarray(colour)
    pixels = np.full((*colour.shape[:2], 4), 255, np.uint8)
    pixels[..., :3] = np.clip(colour if colour.ndim == 3 else colour[..., None], 0, 255)
    return pixels


def random_marks(rng: np.random.Generator) -> Iterator[np.ndarray]:
    for _ in range(5):
        height, width = rng.integers(5, 384, 2)
        pixels = np.full((height, width, 4), 255, np.uint8)
        pixels[..., :3] = rng.integers(0, 250, 3)
        rows, columns = np.sort(rng.integers(0, height, 2)), np.sort(rng.integers(0, width, 2))
        pixels[rows[0] : rows[1] + 1, columns[0] : columns[1] + 1] = rng.integers(0, 250, 4)
        pixels[..., :3] += rng.integers(0, 5, (height, width, 3), dtype=np.uint8)
        yield pixels


def varied_pictures() -> dict[str, np.ndarray]:
    """Everything that a step of the preprocessing is for."""
    rng = np.random.default_rng(5)
    cross, ring = (draw_mark(sign, seed=3, size=(300, 200), pen_width=14) for sign in "XO")
    y, x = np.mgrid[:200, :300]
    shadow = 1 - 0.5 / (1 + np.exp(-(x - 210 + 0.3 * y) / 6))
    transparent = opaque(np.full((200, 300, 3), [30, 60, 200]))
    transparent[..., 3] = 255 - ring[..., 0]
    framed, squared, one_side = ring.copy(), cross.copy(), cross.copy()
    framed[:8] = framed[-8:] = framed[:, :9] = framed[:, -9:] = one_side[-10:] = 0
    np.minimum(squared[::20], 170, out=squared[::20])
    np.minimum(squared[:, ::20], 170, out=squared[:, ::20])
    sizes = [(1350, 900), (28, 28), (64, 64), (192, 144), (320, 320), (200, 640), (1000, 8)]
    return {
        **{f"{w} x {h}": opaque(draw_mark("X", seed=3, size=(w, h), pen_width=60)) for w, h in sizes},
        "8 x 1000": opaque(draw_mark("X", seed=3, size=(1000, 8), pen_width=60).transpose(1, 0, 2)),
        "hairline": opaque(draw_mark("O", seed=3, size=(600, 400), pen_width=2)),
        "felt": opaque(draw_mark("O", seed=3, size=(300, 200), pen_width=100)),
        "white on black": opaque(255 - cross),
        "transparent": transparent,
        "frame": opaque(framed),
        "frame on one side": opaque(one_side),
        "squared": opaque(squared),
        "light": opaque(cross * np.linspace(1, 0.4, 300)[None, :, None]),
        "shadow": opaque(cross * shadow[..., None]),
        "cut": opaque(cross[:, 140:]),
        "grain": opaque(cross * 0.9 + rng.normal(0, 12, cross.shape)),
        "noise": rng.integers(0, 256, (120, 160, 4), np.uint8),
        "gradient": opaque(np.tile(np.linspace(0, 255, 150), (100, 1))),
        "blank": opaque(np.full((200, 300), 200)),
        "1 x 1": rng.integers(0, 256, (1, 1, 4), np.uint8),
        **{f"random {number}": pixels for number, pixels in enumerate(random_marks(rng))},
    }


VARIED = varied_pictures()


SEEN = [(name, 48, 0.125) for name in VARIED] + [(name, 37, 0.3) for name in list(VARIED)[::6]]


@pytest.mark.parametrize(("name", "size", "margin"), SEEN)
def test_ink_is_as_the_page_says(page_code: dict[str, Any], name: str, size: int, margin: float) -> None:
    """The page's own code makes what the graph makes."""
    session = open_session(preprocess_model("ink", size, margin).SerializeToString(), "ink")
    pixels = VARIED[name]
    seen, box = session.run(["seen", "box"], {"pixels": pixels[None]})
    said, place = page_code["ink_seen"](pixels, size, margin)
    assert (said.shape, place.shape) == ((size, size), (4,))
    made_smaller = max(pixels.shape) > INK_SIDE  # a rounding of the smaller picture may go either way
    np.testing.assert_allclose(said, seen[0, 0], rtol=0, atol=5e-3 if made_smaller else 1e-4)
    np.testing.assert_allclose(place, box[0], rtol=0, atol=1e-3)


def test_tutorial_is_as_the_page_says(page_code: dict[str, Any]) -> None:
    session = open_session(preprocess_model("tutorial", 150, 0.0).SerializeToString(), "tutorial")
    for pixels in VARIED.values():
        (seen,) = session.run(["seen"], {"pixels": pixels[None]})
        np.testing.assert_array_equal(page_code["tutorial_seen"](pixels, 150), seen[0, 0])
