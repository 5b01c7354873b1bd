"""Collecting over HTTP: what is answered, what is refused and how."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi import APIRouter
from PIL import Image
from starlette.testclient import TestClient

from oxmark.web.app import create_app
from oxmark.web.studio.collecting import Collecting
from oxmark.web.studio.events import EventHub
from oxmark.web.studio.listing import id_of
from oxmark.web.studio.project import Project

from .cases import Drawing, MakeTree, OpenProject, content

O_, X_ = id_of("O"), id_of("X")


class Collects:
    """Collecting alone, as a part of the application."""

    def __init__(self, project: Project) -> None:
        self.collecting = Collecting(project, EventHub())

    def routes(self) -> APIRouter:
        return self.collecting.routes()

    async def start(self) -> None:
        """The doctor is left out: it would only take time."""

    def drain(self) -> None:
        self.collecting.events.close()

    async def stop(self) -> None:
        await self.collecting.stop()


@pytest.fixture
def project(opened: OpenProject, tree: MakeTree) -> Project:
    """O with three pictures, of which one is broken, and X with one."""
    root = tree("O/1.png", "O/2.png", "X/3.png")
    (root / "O" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing more")
    (root / "metadata.csv").write_text("file_name,drawer\nO/1.png,anna\nX/3.png,bo\n")
    return opened(root)


@pytest.fixture
def client(project: Project) -> Iterator[TestClient]:
    with TestClient(create_app(studio=Collects(project)), base_url="http://127.0.0.1") as made:
        yield made


def test_the_project(client: TestClient) -> None:
    answer = client.get("/api/project").json()
    assert answer == {
        "name": "marks",
        "hand": None,
        "hands": ["anna", "bo"],
        "classes": [
            {"id": O_, "name": "O", "count": 3, "hands": {"anna": 1}, "unreadable": 1},
            {"id": X_, "name": "X", "count": 1, "hands": {"bo": 1}, "unreadable": 0},
        ],
        "pictures": 4,
        "undo": None,
        "max_body": 20_000_000,
        "trouble": None,
    }


@pytest.mark.parametrize(("kept", "shown"), [("\ud800", "\\ud800"), (5, None), ("anna", "anna")])
def test_a_hand_edited_in_the_settings(
    kept: object, shown: str | None, client: TestClient, project: Project
) -> None:
    project.state.set("hand", kept)
    answer = client.get("/api/project")
    assert (answer.status_code, answer.json()["hand"]) == (200, shown)


def test_pictures_of_a_class(client: TestClient, project: Project) -> None:
    answer = client.get(f"/api/classes/{O_}/pictures?offset=0&limit=2").json()
    assert (answer["total"], len(answer["pictures"])) == (3, 2)
    rest = client.get(f"/api/classes/{O_}/pictures?offset=2").json()["pictures"]
    by_file = {one["file"]: one for one in [*answer["pictures"], *rest]}
    assert by_file["O/1.png"] == {
        "id": id_of("O/1.png"), "class": O_, "file": "O/1.png", "hand": "anna", "width": 64, "height": 48,
        "part": None, "unreadable": None,
    }  # fmt: skip
    assert by_file["O/broken.png"]["unreadable"].startswith("O/broken.png is truncated")
    assert client.get(f"/api/classes/{O_}/pictures?offset=99").json() == {"total": 3, "pictures": []}


def test_a_picture_is_stored(client: TestClient, project: Project, drawing: Drawing) -> None:
    data = drawing(40, "JPEG")
    answer = client.post(f"/api/classes/{X_}/pictures?hand= 민수 &name=a.png", content=data)
    assert answer.status_code == 201
    picture = answer.json()["picture"]
    assert (picture["class"], picture["hand"], picture["width"]) == (X_, "민수", 64)
    assert (project.root / picture["file"]).read_bytes() == data
    assert picture["file"].endswith(".jpg")
    assert answer.json()["undo"] == {
        "en": "A picture was added to 'X'.",
        "ko": "'X' 클래스에 그림을 더했습니다.",
    }
    assert client.get(f"/api/classes/{X_}/pictures").json()["pictures"][0] == picture
    assert client.post("/api/undo").json()["done"]["en"] == "The picture is out of 'X' again."
    assert content(project.root).keys() == {"O/1.png", "O/2.png", "O/broken.png", "X/3.png", "metadata.csv"}


def big() -> bytes:
    file = io.BytesIO()
    Image.new("1", (20_000, 10_000)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("make", "status", "code", "said"),
    [
        (lambda data: b"", 415, "not_a_picture", "a b.png is empty (0 bytes)."),
        (lambda data: b"<svg></svg>", 415, "not_a_picture", "a b.png is not a picture that oxmark reads"),
        (lambda data: data[:-30], 422, "broken_picture", "a b.png is truncated"),
        (lambda data: big(), 413, "picture_too_large", "a b.png has 20000 x 10000 pixels"),
    ],
)
def test_bad_files_are_refused_by_their_given_name(
    make: object, status: int, code: str, said: str, client: TestClient, project: Project, drawing: Drawing
) -> None:
    assert callable(make)
    before = content(project.root)
    answer = client.post(f"/api/classes/{O_}/pictures", params={"name": "a b.png"}, content=make(drawing(77)))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["error"].startswith(said)
    assert content(project.root) == before


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/api/classes", {"name": "O"}, 409, "class_exists"),
        ("POST", "/api/classes", {"name": "a/b"}, 422, "bad_name"),
        ("POST", "/api/classes", {}, 422, "bad_request"),
        ("POST", "/api/classes", {"name": "Y", "more": 1}, 422, "bad_request"),
        ("POST", "/api/classes", {"name": 5}, 422, "bad_request"),
        ("PATCH", "/api/classes/none", {"name": "Y"}, 404, "no_such_class"),
        ("PATCH", f"/api/classes/{O_}", {"name": "X"}, 409, "class_exists"),
        ("DELETE", "/api/classes/none", None, 404, "no_such_class"),
        ("PUT", "/api/classes/order", {"ids": ["none"]}, 404, "no_such_class"),
        ("PUT", "/api/classes/order", {"ids": "none"}, 422, "bad_request"),
        ("GET", "/api/classes/none/pictures", None, 404, "no_such_class"),
        ("GET", f"/api/classes/{O_}/pictures?limit=0", None, 422, "bad_request"),
        ("GET", f"/api/classes/{O_}/pictures?offset=-1", None, 422, "bad_request"),
        ("POST", "/api/classes/none/pictures", None, 404, "no_such_class"),
        ("POST", f"/api/classes/{O_}/pictures?hand={'a' * 61}", None, 422, "bad_hand"),
        ("GET", "/api/pictures/none", None, 404, "no_such_picture"),
        ("GET", "/api/pictures/..%2F..%2Fetc%2Fpasswd", None, 404, "not_found"),
        ("GET", "/api/pictures/none/thumbnail", None, 404, "no_such_picture"),
        ("GET", f"/api/pictures/{id_of('O/broken.png')}", None, 422, "broken_picture"),
        ("GET", f"/api/pictures/{id_of('O/broken.png')}/thumbnail", None, 422, "broken_picture"),
        ("DELETE", "/api/pictures/none", None, 404, "no_such_picture"),
        ("PATCH", f"/api/pictures/{id_of('O/1.png')}", {"class": "none"}, 404, "no_such_class"),
        ("PATCH", f"/api/pictures/{id_of('O/1.png')}", {"class_": X_}, 422, "bad_request"),
        ("PUT", "/api/hand", {"hand": "a\nb"}, 422, "bad_hand"),
        ("PUT", "/api/hand", {}, 422, "bad_request"),
        ("POST", "/api/undo", None, 409, "nothing_to_undo"),
    ],
)
def test_refusals(
    method: str, path: str, body: object, status: int, code: str, client: TestClient, project: Project
) -> None:
    before = content(project.root)
    answer = client.request(method, path, json=body)
    assert (answer.status_code, answer.json()["code"], set(answer.json())) == (
        status,
        code,
        {"error", "code"},
    )
    assert str(project.root) not in answer.text
    assert content(project.root) == before


def test_classes_come_and_go(client: TestClient, project: Project) -> None:
    made = client.post("/api/classes", json={"name": "세모"})
    assert (made.status_code, made.json()["name"]) == (201, "세모")
    renamed = client.patch(f"/api/classes/{made.json()['id']}", json={"name": "삼각형"}).json()
    assert renamed["id"] == id_of("삼각형")
    order = client.put("/api/classes/order", json={"ids": [renamed["id"], X_]}).json()
    assert [one["name"] for one in order["classes"]] == ["삼각형", "X", "O"]
    assert (
        client.delete(f"/api/classes/{X_}").json()["undo"]["en"]
        == "The class 'X' was deleted with its picture."
    )
    assert [one["name"] for one in client.get("/api/project").json()["classes"]] == ["삼각형", "O"]
    while client.get("/api/project").json()["undo"]:
        client.post("/api/undo")
    assert project.classes() == ("O", "X")


def test_a_picture_moves_and_goes(client: TestClient, project: Project) -> None:
    before = content(project.root)
    moved = client.patch(f"/api/pictures/{id_of('O/1.png')}", json={"class": X_}).json()
    assert (moved["picture"]["file"], moved["picture"]["hand"]) == ("X/1.png", "anna")
    deleted = client.delete(f"/api/pictures/{moved['picture']['id']}").json()
    assert deleted["undo"]["en"] == "A picture was deleted from 'X'."
    assert client.post("/api/undo").json()["undo"] == moved["undo"]
    assert client.post("/api/undo").json()["undo"] is None
    assert content(project.root) == before


def test_the_hand_is_remembered(client: TestClient) -> None:
    assert client.put("/api/hand", json={"hand": " 민수 "}).json() == {"hand": "민수"}
    assert client.get("/api/project").json()["hand"] == "민수"
    assert client.put("/api/hand", json={"hand": None}).json() == {"hand": None}


def test_pictures_are_made_anew(client: TestClient, project: Project, drawing: Drawing) -> None:
    (project.root / "O" / "1.png").write_bytes(drawing(3, "GIF"))
    for path, side in (
        (f"/api/pictures/{id_of('O/1.png')}", 64),
        (f"/api/pictures/{id_of('O/1.png')}/thumbnail", 64),
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert Image.open(io.BytesIO(answer.content)).size == (side, 48)
        tag = answer.headers["etag"]
        again = client.get(path, headers={"if-none-match": tag})
        assert (again.status_code, again.content) == (304, b"")
        (project.root / "O" / "1.png").write_bytes(drawing(4, "GIF") + bytes(len(tag)))
        assert client.get(path, headers={"if-none-match": tag}).status_code == 200


def test_a_link_out_of_the_project_is_not_shown(client: TestClient, project: Project, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    Image.new("L", (9, 9)).save(secret)
    (project.root / "O" / "linked.png").symlink_to(secret)
    listed = {one["file"]: one for one in client.get(f"/api/classes/{O_}/pictures").json()["pictures"]}
    one = listed["O/linked.png"]
    assert (one["width"], one["unreadable"][:44]) == (0, "This is a link that leads out of the project")
    for path in (f"/api/pictures/{one['id']}", f"/api/pictures/{one['id']}/thumbnail"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (403, "outside_project")


def test_the_doctor_and_hints(client: TestClient) -> None:
    assert client.get("/api/doctor").json() == {
        "state": "waiting",
        "sentence": None,
        "error": None,
        "findings": [],
    }
    (hint,) = client.get("/api/next").json()["hints"]
    assert (hint["class"], hint["kind"]) == (X_, "few")
    assert hint["text"]["en"].startswith("Draw more of 'X': it has 1 picture")


def test_a_broken_table_is_told_without_the_path(
    client: TestClient, project: Project, drawing: Drawing
) -> None:
    (project.root / "metadata.csv").write_text("what\n")
    answer = client.get("/api/project").json()
    assert answer["hands"] == []
    assert (
        client.post(f"/api/classes/{X_}/pictures?hand=bo", content=drawing(50)).json()["code"]
        == "bad_metadata"
    )
    assert str(project.root) not in client.get("/api/project").text


def test_a_project_that_cannot_be_read_is_told_without_its_path(client: TestClient, project: Project) -> None:
    for name in ("train", "training"):
        (project.root / name / "O").mkdir(parents=True)
    answer = client.get("/api/project")
    assert (answer.status_code, answer.json()["code"]) == (422, "folder")
    assert answer.json()["error"].startswith("marks has both train and training")


def test_many_at_once_are_all_kept(client: TestClient, project: Project, drawing: Drawing) -> None:
    def act(number: int) -> int:
        if number % 3 == 0:
            return client.get("/api/project").status_code
        sent = client.post(f"/api/classes/{X_}/pictures?hand=h{number % 2}", content=drawing(100 + number))
        assert sent.status_code == 201, sent.text
        if number % 3 == 1:
            return 200
        return client.patch(f"/api/pictures/{sent.json()['picture']['id']}", json={"class": O_}).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(act, range(45))) == {200}
    listing = project.listing()
    assert len(listing.pictures) == 4 + 30
    assert len(listing.hands) == 2 + 30
    assert sum(len(one.pictures) for one in listing.classes.values()) == 34


def test_everything_is_described(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    ours = {
        (path, method) for path, methods in paths.items() if path.startswith("/api") for method in methods
    }
    assert len(ours) == 15
    for path, method in ours:
        one = paths[path][method]
        assert one["summary"] and one["description"], (path, method)
        assert all("description" in answer for answer in one["responses"].values())


def test_changes_are_told(client: TestClient, project: Project, drawing: Drawing) -> None:
    told: list[float] = []
    project.watch(lambda: told.append(time.monotonic()))
    client.get("/api/project")
    assert len(told) == 0
    client.post(f"/api/classes/{X_}/pictures", content=drawing(60))
    client.get("/api/project")
    assert len(told) == 1  # once, although the next look finds the folder changed
    (project.root / "X" / "other.png").write_bytes(drawing(61))
    client.get("/api/project")
    client.get("/api/project")
    assert len(told) == 2
