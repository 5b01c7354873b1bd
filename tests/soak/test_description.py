"""Schemathesis asks what the OpenAPI description allows and forbids: no 500, nothing undocumented."""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from schemathesis import APIOperation, BaseSchema, Case, GenerationMode, checks
from schemathesis.core.result import Ok

from oxmark.web.app import Part, create_app
from oxmark.web.service.models import Wanted
from oxmark.web.service.service import Service
from oxmark.web.serving import Server, address, configured, open_port

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


def service() -> Part:
    return Service.of_files([Wanted("builtin", None)])


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


@pytest.mark.parametrize("part", [service])
def test_every_answer_is_as_described(part: Callable[[], Part], cases: Callable[[int], int]) -> None:
    number, asked = cases(5000), 0
    with running(create_app(service=part())) as url:
        schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
        wanted = kinds(schema)
        each = math.ceil(number / sum(many for _, _, many in wanted))
        for operation, mode, _ in wanted:

            @settings(
                max_examples=each, deadline=None, database=None, suppress_health_check=list(HealthCheck)
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: Case[Any]) -> None:
                nonlocal asked
                asked += 1
                case.call_and_validate(checks=CHECKS, timeout=SECONDS)

            ask()
    assert asked >= number
