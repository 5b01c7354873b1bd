"""The studio: a project on disk, drawn, taught and tried from a page in the browser."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path


def run_studio(project: Path, listening: socket.socket, on_ready: Callable[[], None] | None = None) -> None:
    """Open a project in the studio, and answer until the process is told to end.

    The model that answers in the studio is served for programs, too, under the name ``studio``.

    Args:
        project: Its folder; made if it is new.
        listening: From :func:`oxmark.web.serving.open_port`.
        on_ready: Called once, when the first request can be answered.

    Raises:
        FolderError: The project cannot be opened.
        OutputError: It cannot be written to.
        ServingError: The server could not start.
    """
    from oxmark.web.app import create_app
    from oxmark.web.service.service import Service
    from oxmark.web.serving import serve
    from oxmark.web.studio.project import Project
    from oxmark.web.studio.studio import Studio

    studio = Studio(Project(project))
    service = Service.of_current("studio", lambda: studio.teaching.current_classifier()[1])
    app = create_app(service=service, studio=studio)
    serve(lambda: app, listening, on_ready=on_ready)
