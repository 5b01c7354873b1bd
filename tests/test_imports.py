"""Who may import what, read from the sources; and what a fresh interpreter really loads."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import pytest

import oxmark

SOURCES = Path(oxmark.__file__).parent

# What every way to use oxmark may import.
DOORS = {"__init__", "errors", "files", "machine", "words", "data", "recipes", "inference"}

# Who may import which parts of ours; every part may import its own files. A new part must be put in here.
ALLOWED: dict[str, set[str]] = {
    "__init__": {"errors"},
    "__main__": {"cli"},
    "builtin": set(),
    "errors": set(),
    "machine": set(),
    "words": set(),
    "files": {"errors"},
    "data": {"errors", "files", "words"},
    "recipes": {"errors"},
    "modelfile": {"errors", "files"},
    "training": {"errors", "files", "machine", "data", "recipes", "modelfile"},
    "inference": {"errors", "data", "modelfile"},
    "evaluation": {"errors", "files", "words", "data", "modelfile", "inference"},
    "evaluation/cross_validation.py": {"data", "recipes", "modelfile", "training"},  # it alone trains
    "report": {"errors", "files", "words", "data", "evaluation"},
    "exports": {"errors", "files", "modelfile", "inference"},
    "workflow": {*DOORS, "modelfile", "training", "evaluation", "report", "exports"},
    "web": {*DOORS, "modelfile", "workflow"},
    "web/studio/teacher.py": {"errors", "data", "recipes", "training", "workflow"},  # a process of its own
    "web/studio/teacher_telling.py": {"training", "workflow"},
    "cluster": {*DOORS, "modelfile", "training", "evaluation", "workflow"},
    "cli": {*DOORS, "workflow", "web", "cluster"},
}

# Where a library may be imported: parts, or single files. workflow/augmenting.py shows what training makes of
# a picture, so it needs torch's random numbers; it imports it inside the function.
HOMES: dict[str, set[str]] = {
    "torch": {"training", "workflow/augmenting.py"},
    "safetensors": {"training"},
    "matplotlib": {"report"},
    "onnx": {"modelfile/builder.py", "modelfile/planes.py", "modelfile/preprocess.py"},
    "onnxruntime": {"modelfile/session.py"},
    "pydantic": {"recipes", "web"},
    "fastapi": {"web"},
    "starlette": {"web"},
    "uvicorn": {"web"},
    "prometheus_client": {"web"},
    "keras": {"exports"},
    "h5py": {"exports"},
    "imagehash": {"data/copies.py"},
    "sklearn": {"data", "evaluation"},
    "scipy": {"data", "evaluation", "training"},
    "skimage": {"evaluation"},
    "cleanlab": {"evaluation"},
    "jinja2": {"report"},
    "ray": {"cluster"},
    "click": {"cli"},
    "rich": {"cli"},
}

# What these parts import when they are loaded, besides Python itself, numpy and ours.
LOADED_AT_ONCE: dict[str, set[str]] = {
    "__init__": set(),
    "errors": set(),
    "machine": set(),
    "words": set(),
    "files": set(),
    "data": {"PIL"},
    "inference": set(),
    "evaluation": set(),
    "workflow": set(),
    "cluster": set(),
    "cli": {"click"},
    "cli/display.py": {"click", "rich"},
}

# inference and the check of a model file read bytes themselves: they must do without the package onnx.
WITHOUT_ONNX = ["inference", "modelfile.check", "modelfile.wire", "modelfile.session", "data.decode"]


@dataclass(frozen=True)
class Import:
    """One import: the file it stands in, what it loads, and when."""

    file: str
    module: str
    at_once: bool  # when the file is loaded, not inside a function

    @property
    def part(self) -> str:
        return self.file.partition("/")[0].removesuffix(".py")

    @property
    def library(self) -> str:
        return self.module.partition(".")[0]

    @property
    def ours(self) -> str:
        """The part of ours that is imported, or an empty text."""
        names = self.module.split(".")
        return (names[1] if len(names) > 1 else "__init__") if names[0] == "oxmark" else ""


def imports_of(path: Path, root: Path = SOURCES) -> Iterator[Import]:
    """Every import of a file but those that only a type checker sees."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    unseen = {id(node) for block in ast.walk(tree) if _for_types(block) for node in ast.walk(block)}
    inside = {id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for n in ast.walk(f)}
    file = path.relative_to(root).as_posix()
    for node in ast.walk(tree):
        if id(node) not in unseen:
            for module in _modules(node):
                yield Import(file, module, id(node) not in inside)


def _for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    assert node.level == 0 and node.module, "oxmark imports by full names"
    if node.module == "oxmark":  # from oxmark import files: a part each
        return [f"oxmark.{alias.name}" for alias in node.names]
    return [node.module]


IMPORTS = [found for path in sorted(SOURCES.rglob("*.py")) for found in imports_of(path)]


def test_the_reader_tells_imports_apart(tmp_path: Path) -> None:
    path = tmp_path / "report" / "a.py"
    path.parent.mkdir()
    path.write_text(
        "import numpy as np\nfrom oxmark.data.folder import Sample\nfrom oxmark import files\n"
        "if TYPE_CHECKING:\n    import torch\ndef f():\n    import matplotlib.axes\n"
    )
    found = {(one.part, one.library, one.ours, one.at_once) for one in imports_of(path, tmp_path)}
    assert found == {
        ("report", "numpy", "", True),
        ("report", "oxmark", "data", True),
        ("report", "oxmark", "files", True),
        ("report", "matplotlib", "", False),
    }


def test_every_part_has_its_rule() -> None:
    assert sorted({found.part for found in IMPORTS} - set(ALLOWED)) == []


@pytest.mark.parametrize("part", ALLOWED)
def test_parts_import_only_what_they_may(part: str) -> None:
    wrong = {
        f"{found.file} imports {found.module}"
        for found in IMPORTS
        if found.part == part
        and found.ours
        and found.ours not in ALLOWED.get(found.file, ALLOWED[part]) | {part}
    }
    assert sorted(wrong) == []


@pytest.mark.parametrize("library", HOMES)
def test_libraries_stay_at_home(library: str) -> None:
    homes = HOMES[library]
    found = [one for one in IMPORTS if one.library == library]
    assert [f"{one.file} imports {one.module}" for one in found if not {one.part, one.file} & homes] == []
    assert found, f"nothing imports {library}; take it out of the table"


def test_outside_training_torch_loads_late() -> None:
    outside = [one for one in IMPORTS if one.library == "torch" and one.part != "training"]
    assert [(one.file, one.at_once) for one in outside] == [("workflow/augmenting.py", False)]


@pytest.mark.parametrize("place", LOADED_AT_ONCE)
def test_parts_load_lightly(place: str) -> None:
    allowed = LOADED_AT_ONCE[place] | {"oxmark", "numpy"} | set(sys.stdlib_module_names)
    heavy = [
        f"{one.file} imports {one.module}"
        for one in IMPORTS
        if one.at_once
        and place in (one.part, one.file)
        and (one.file == place or one.file not in LOADED_AT_ONCE)
        and one.library not in allowed
    ]
    assert heavy == []


def test_commands_import_their_verb_late() -> None:
    light = {"cli", "errors", "inference", "machine", "words", "__init__"}
    early = [
        f"{one.file} imports {one.module}"
        for one in IMPORTS
        if one.part == "cli" and one.at_once and one.ours and one.ours not in light
    ]
    assert set(early) == {
        "cli/display.py imports oxmark.workflow.progress",
    }


@pytest.mark.parametrize("start", WITHOUT_ONNX)
def test_the_answering_side_does_without_onnx(start: str) -> None:
    reached, waiting = set[str](), [start.replace(".", "/") + ".py"]
    while waiting:
        file = waiting.pop()
        if file not in reached:
            reached.add(file)
            modules = [one.module for one in IMPORTS if one.file == file and one.ours]
            waiting += [m.removeprefix("oxmark.").replace(".", "/") + ".py" for m in modules]
    writers = {one.file for one in IMPORTS if one.library in ("onnx", "torch")}
    assert sorted(reached & writers) == []


# --- fresh interpreters -------------------------------------------------------------------------------------

HEAVY = {
    "torch",
    "matplotlib",
    "sklearn",
    "scipy",
    "onnx",
    "pydantic",
    "keras",
    "imagehash",
    "skimage",
    "cleanlab",
    "pandas",
    "jinja2",
    "fastapi",
    "ray",
}
NOT_FOR_ONE_PICTURE = {"concurrent", "csv", "difflib", "hashlib", "rich", "tempfile", "numpy.ma"}
"""Each takes one to six milliseconds to load."""
COMMAND = """
import json, sys
import oxmark.cli
try:
    oxmark.cli.run(sys.argv[1:])
except SystemExit as leave:
    code = leave.code
sys.stderr.write("\\n" + json.dumps([code, sorted(sys.modules)]))
"""
IMPORT = "import json, sys; import oxmark; sys.stderr.write('\\n' + json.dumps([0, sorted(sys.modules)]))"


def loaded(code: str, *arguments: str) -> set[str]:
    """The modules that a fresh interpreter holds at the end, and the packages that they are of."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, encoding="utf-8", check=True
    )
    exit_code, modules = json.loads(done.stderr.splitlines()[-1])
    assert exit_code == 0, done.stderr
    return {*modules, *(name.partition(".")[0] for name in modules)}


def test_import_oxmark_loads_nothing_heavy() -> None:
    modules = loaded(IMPORT)
    assert "oxmark" in modules
    assert modules & (HEAVY | {"numpy", "PIL", "onnxruntime", "click"}) == set()


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        (["--help"], {"click"}),
        (["--version"], {"click"}),
        (["predict", "PNG"], {"onnxruntime", "PIL"}),
        (["predict", "PNG", "--model", "MODEL"], {"onnxruntime", "PIL"}),
        (["predict", "FOLDER", "--model", "MODEL", "--json", "--csv", "answers.csv"], {"onnxruntime"}),
        (["explain", "MODEL", "FOLDER", "--json"], {"onnxruntime"}),
    ],
)
def test_helping_and_predicting_load_nothing_heavy(
    arguments: list[str], needed: set[str], drawn: Path
) -> None:
    model = resources.files("oxmark.builtin").joinpath("ox.onnx")
    words = {"PNG": min(drawn.rglob("*.png")), "FOLDER": drawn / "test", "MODEL": model}
    modules = loaded(COMMAND, *(str(words.get(word, word)) for word in arguments))
    assert needed <= modules
    assert modules & HEAVY == set()
    if arguments[-1] == "PNG":
        assert modules & NOT_FOR_ONE_PICTURE == set()


def test_the_probe_sees_what_is_loaded() -> None:
    modules = loaded(COMMAND, "recipe")
    assert "pydantic" in modules
