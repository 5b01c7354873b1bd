"""The log as one JSON object a line, for machines that collect logs."""

from __future__ import annotations

import functools
import json
import logging
import sys
import time
from typing import TextIO


class JsonLines(logging.Formatter):
    """``time``, ``level`` and ``event`` of what happens; for a defect its stack.

    Example:
        >>> record = logging.LogRecord("oxmark", logging.INFO, "", 0, "ready", (), None)
        >>> json.loads(JsonLines().format(record))["event"]
        'ready'
    """

    def format(self, record: logging.LogRecord) -> str:
        """One line, without its end."""
        level = record.levelname.lower()
        line = {"time": _clock(record.created), "level": level, "event": record.getMessage()}
        if record.exc_info:
            line["stack"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class RequestLines:
    """Writes a line a request, without the steps of ``logging``, which would cost a tenth of a small answer.

    Args:
        stream: Where to.

    Example:
        >>> RequestLines(sys.stdout)({"status": 200})  # doctest: +ELLIPSIS
        {"time": "...", "level": "info", "event": "request", "status": 200}
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, told: dict[str, object]) -> None:
        """Write what is known of a request."""
        line = {"time": _clock(time.time()), "level": "info", "event": "request", **told}
        try:
            self._stream.write(json.dumps(line) + "\n")
        except (OSError, ValueError):  # who reads the log has left; answering goes on
            return


def log_to_stderr() -> None:
    """Write what oxmark and the web server have to say to stderr; calling it again changes nothing."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name, level in (("oxmark", logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(level)
        logger.propagate = False


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{_second(whole)}.{int((seconds - whole) * 1000):03d}Z"


@functools.lru_cache(8)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
