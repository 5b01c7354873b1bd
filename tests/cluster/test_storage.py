"""Names of files and folders, here and by URI."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from oxmark.cluster.storage import Storage, shown, without_secrets
from oxmark.errors import ClusterError, FolderError, PictureError


def test_a_path_becomes_absolute_and_a_uri_keeps_its_scheme(tmp_path: Path) -> None:
    storage = Storage()
    assert storage.name("scans/../scans/a.png") == str(tmp_path / "scans" / "a.png")
    assert storage.name(f"file://{tmp_path}/a.png") == str(tmp_path / "a.png")
    assert storage.name(f"local://{tmp_path}/a.png") == f"local://{tmp_path}/a.png"  # by fsspec


def test_a_name_holds_no_password_and_no_settings() -> None:
    given = "s3://anna:secret@scans/2024/a.png?endpoint_override=127.0.0.1:1&scheme=http&region=x"
    assert Storage().name(given) == "s3://scans/2024/a.png"


@pytest.mark.parametrize("name", ["a b#1.png", "50%20.png", "what?.png", "[1].png"])
def test_a_name_is_the_file_that_it_names(name: str, tmp_path: Path) -> None:
    """Also where it stood in a result, and comes back in a list."""
    (tmp_path / name).write_bytes(b"it")
    storage = Storage()
    for given in (str(tmp_path / name), f"local://{tmp_path}/{name}"):
        assert storage.read(storage.name(given)) == b"it"
        assert storage.name(storage.name(given)) == storage.name(given)
        assert storage.listed(storage.name(given).rpartition("/")[0])[1] == [storage.name(given)]


def test_a_slash_at_the_end_makes_no_other_place(tmp_path: Path) -> None:
    assert (
        Storage().name(f"local://{tmp_path}/")
        == Storage().name(f"local://{tmp_path}")
        == f"local://{tmp_path}"
    )


def test_each_place_has_its_own_settings() -> None:
    storage = Storage()
    settings = "endpoint_override=127.0.0.1:1&scheme=http&region=x"
    storage.name(f"s3://anna:secret@scans/a?{settings}")
    storage.name(f"s3://bert:secret@others/a?{settings}")
    assert storage.place("s3://scans/a")[0] is not storage.place("s3://others/a")[0]
    assert storage.place("s3://scans/b")[1] == "scans/b"
    with pytest.raises(
        FolderError, match=r"^s3://scans is named twice, with other settings each time\."
    ) as told:
        storage.name(f"s3://carl:other@scans/c?{settings}")
    assert "other@" not in str(told.value)
    assert storage.name("s3://scans/c") == "s3://scans/c"


def test_another_file_system_leaves_this_machines_alone(tmp_path: Path) -> None:
    storage = Storage()
    storage.name("https://example.org/a.png")
    (tmp_path / "a.bin").write_bytes(b"here")
    assert storage.read(str(tmp_path / "a.bin")) == b"here"


def test_messages_hold_no_secrets() -> None:
    assert without_secrets("s3://anna:secret@scans/a?scheme=http") == "s3://scans/a"
    assert without_secrets("scans/a?b.png") == "scans/a?b.png"


@pytest.mark.parametrize("replaces", [True, False])
def test_whoever_was_tidied_away_does_no_harm(
    replaces: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that was thought dead ends its part after another one has written it."""
    storage, name = Storage(), str(tmp_path / "part.bin")
    with storage.replacing(name) as late:
        late.write(b"late")
        with storage.replacing(name) as other:
            other.write(b"good")
        if replaces:
            next(tmp_path.glob(".part.bin.*")).unlink()
    assert storage.read(name) == (b"good" if replaces else b"late")
    assert [path.name for path in tmp_path.iterdir()] == ["part.bin"]


@pytest.mark.parametrize("scheme", ["", "local://"])
def test_files_are_read_listed_and_replaced(scheme: str, tmp_path: Path) -> None:
    storage = Storage()
    folder = storage.name(f"{scheme}{tmp_path}/box")
    storage.make_folder(folder)
    for content in (b"one", b"two"):
        with storage.replacing(f"{folder}/a.bin") as stream:
            stream.write(content)
    storage.make_folder(f"{folder}/b")
    assert storage.listed(folder) == ([f"{folder}/b"], [f"{folder}/a.bin"])
    assert storage.read(f"{folder}/a.bin") == b"two"
    assert (storage.exists(f"{folder}/a.bin"), storage.exists(f"{folder}/c")) == (True, False)
    assert (storage.is_folder(folder), storage.is_folder(f"{folder}/a.bin")) == (True, False)
    assert pickle.loads(pickle.dumps(storage)).read(f"{folder}/a.bin") == b"two"  # on another node
    storage.remove(f"{folder}/a.bin")
    storage.remove(f"{folder}/a.bin")
    assert storage.listed(folder)[1] == []


def test_a_file_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    storage = Storage()
    with pytest.raises(RuntimeError, match="stop"), storage.replacing(str(tmp_path / "a.bin")) as stream:
        stream.write(b"half")
        raise RuntimeError("stop")
    assert list(tmp_path.iterdir()) == []


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "again").symlink_to(tmp_path / "a")
    assert Storage().listed(str(tmp_path / "a")) == ([], [])
    assert Storage().listed(str(tmp_path / "none")) == ([], [])


def test_what_cannot_be_read_is_named_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"none\.png does not exist\. Check the spelling"):
        Storage().read(str(tmp_path / "none.png"))
    with pytest.raises(PictureError, match=r"cannot be read: .* run again with --retry-errors\."):
        Storage().read(str(tmp_path))


def test_an_unknown_file_system_is_refused() -> None:
    with pytest.raises(FolderError, match=r"^'gopher://scans' cannot be opened: .* such as s3://, gs://"):
        Storage().name("gopher://scans")


def test_a_place_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ClusterError, match=r"file/box cannot be reached: .* Check the place"):
        Storage().make_folder(str(tmp_path / "file" / "box"))


def test_messages_name_what_is_near_shortly(tmp_path: Path) -> None:
    assert shown(str(tmp_path / "box" / "a")) == "box/a"
    assert shown("/elsewhere/a") == "/elsewhere/a"
    assert json.dumps(shown("s3://scans/a")) == '"s3://scans/a"'
