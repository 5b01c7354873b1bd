"""The OpenAPI description: the one error shape in place of the framework's, and the guard's own answers."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

ABOUT = (
    "Answers pictures on this machine. Every error has one shape: `error`, a sentence for people, and "
    "`code`, a word for programs."
)

_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "What went wrong.",
    "required": ["error", "code"],
    "properties": {
        "error": {"type": "string", "description": "One sentence for people, with the cure."},
        "code": {"type": "string", "description": "One word for programs.", "pattern": "^[a-z][a-z0-9_]*$"},
    },
}
_EVERYWHERE = {
    "400": "The request cannot be understood.",
    "401": "A token is asked for, and none or another was given.",
    "403": "The request came under a foreign name or from another website's page.",
    "408": "The body took too long to arrive.",
    "413": "The body is larger than the server takes.",
    "422": "A value is missing or out of range.",
    "500": "A defect of oxmark; its log says what.",
    "503": "More at the same time than the server takes; Retry-After says when to try again.",
}


def problem(description: str) -> dict[str, Any]:
    """How a route documents one of its errors, for FastAPI's ``responses``.

    Args:
        description: When it is given.

    Example:
        >>> problem("No such class.")["description"]
        'No such class.'
    """
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def complete(app: FastAPI) -> None:
    """Make an application describe itself with the errors that every route may answer."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _with_problems(
                get_openapi(
                    title=app.title, version=app.version, description=app.description, routes=app.routes
                )
            )
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's own way to extend the description


def _with_problems(schema: dict[str, Any]) -> dict[str, Any]:
    components = schema.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        components.pop(name, None)
    components["Problem"] = _PROBLEM
    for operations in schema.get("paths", {}).values():
        for operation in operations.values():
            responses = operation["responses"]
            for status, text in _EVERYWHERE.items():
                if status not in responses or _is_frameworks(responses[status]):
                    responses[status] = problem(text)
    return schema


def _is_frameworks(response: dict[str, Any]) -> bool:
    return "HTTPValidationError" in str(response.get("content", ""))
