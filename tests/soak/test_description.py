"""Schemathesis asks what the OpenAPI description allows and forbids: no 500, nothing undocumented."""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import schemathesis
from bad_files import good_picture
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from schemathesis import APIOperation, BaseSchema, Case, GenerationMode, checks
from schemathesis.core.result import Ok

from oxmark.web.app import create_app
from oxmark.web.service.models import Wanted
from oxmark.web.service.service import Service
from oxmark.web.serving import Server, address, configured, open_port
from oxmark.web.studio.project import Project
from oxmark.web.studio.studio import Studio

CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
Operation: TypeAlias = "APIOperation[Any, Any, Any, Any]"
ENDLESS = "/api/events"
SECONDS = 60
"""An answer that takes longer hangs."""


@contextlib.contextmanager
def running(app: FastAPI) -> Iterator[str]:
    """The application on a port of its own; gives its address."""
    ready = threading.Event()
    with open_port("127.0.0.1", 0) as listening:
        server = Server(configured(lambda: app), on_ready=ready.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            assert ready.wait(SECONDS)
            yield address(listening)
        finally:
            server.should_exit = True
            thread.join(SECONDS)


def kinds(schema: BaseSchema) -> list[tuple[Operation, GenerationMode, bool]]:
    """Every operation with what can be asked of it, and whether there is more than one way to ask."""
    found = []
    for operation in (one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)):
        if operation.path != ENDLESS:
            inputs = [*operation.iter_parameters(), *operation.body]
            found.append((operation, GenerationMode.POSITIVE, bool(inputs)))
            if operation.body or any(forbids(one) for one in operation.iter_parameters()):
                found.append((operation, GenerationMode.NEGATIVE, True))
    return found


def forbids(parameter: Any) -> bool:
    """Whether some text would be no value of it; one in the address that may be any text cannot be wrong."""
    plain = set(parameter.definition.get("schema", {})) <= {"type", "title", "description", "default"}
    return parameter.location.value != "path" or not plain


def asked_of(url: str, number: int, prepare: Callable[[Case[Any], int], None]) -> int:
    """Ask about so many times, every operation in every way equally often; how many it were."""
    asked = 0
    wanted = kinds(schemathesis.openapi.from_url(f"{url}/openapi.json"))
    each = math.ceil(1.25 * number / sum(many for _, _, many in wanted))  # some have few ways to be asked
    for operation, mode, _ in wanted:

        @settings(max_examples=each, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Case[Any]) -> None:
            nonlocal asked
            asked += 1
            prepare(case, asked)
            case.call_and_validate(checks=CHECKS, timeout=SECONDS)

        ask()
    return asked


def test_the_service_answers_as_described(cases: Callable[[int], int]) -> None:
    number = cases(5000)
    app = create_app(service=Service.of_files([Wanted("builtin", None)]))
    with running(app) as url:
        assert asked_of(url, number, lambda case, place: None) >= number


def test_the_studio_answers_as_described(cases: Callable[[int], int], tmp_path: Path) -> None:
    """Every second request with an id gets one that there is. Too few pictures for a training to begin."""
    for name in ("O", "X", "세모"):
        (tmp_path / "marks" / name).mkdir(parents=True)
        for place in range(2):
            content = good_picture(place + 10 * len(name))
            (tmp_path / "marks" / name / f"{place}.png").write_bytes(content)
    studio = Studio(Project(tmp_path / "marks"))

    def with_an_id_that_there_is(case: Case[Any], place: int) -> None:
        listing = studio.project.listing()
        ids = [*listing.pictures] if "/pictures/{id}" in case.operation.path else [*listing.classes]
        if "id" in case.path_parameters and place % 2 and ids:
            case.path_parameters["id"] = ids[place // 2 % len(ids)]

    number = cases(5000)
    with running(create_app(studio=studio)) as url:
        assert asked_of(url, number, with_an_id_that_there_is) >= number
