"""Small settings of a project that outlive the studio: ``.oxmark/studio.json``."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oxmark.web.studio.disk import Disk, naming

STATE_NAME = "studio.json"


class State:
    """A small dictionary on disk; a change is on disk before the call returns.

    Whoever reads a value checks it: the file may have been edited by hand. A file that is no JSON object is
    put aside as ``studio-unreadable.json`` and replaced.

    Args:
        disk: The project's.

    Raises:
        OutputError: The file cannot be read, or not put aside.

    Example:
        >>> state = project.state  # doctest: +SKIP
        >>> state.set("hand", "anna")  # doctest: +SKIP
        >>> state.get("hand")  # doctest: +SKIP
        'anna'
    """

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._lock = threading.RLock()
        self._values = self._read()

    @property
    def path(self) -> Path:
        """The file."""
        return self._disk.home / STATE_NAME

    def get(self, key: str, default: Any = None) -> Any:
        """A value as it was stored, or ``default``."""
        with self._lock:
            return self._values.get(key, default)

    def set(self, key: str, value: Any) -> None:
        """Store a JSON value; None takes the key away. Raises :class:`OutputError`."""
        self.update({key: value})

    def update(self, values: Mapping[str, Any]) -> None:
        """Store several values at once. Raises :class:`OutputError`."""
        with self._lock:
            merged = {**self._values, **values}
            kept = {key: value for key, value in merged.items() if value is not None}
            if kept != self._values:
                text = json.dumps(kept, ensure_ascii=True, indent=1) + "\n"
                self._disk.write(self.path, text.encode())
                self._values = kept

    def _read(self) -> dict[str, Any]:
        with naming(self.path):
            try:
                found = json.loads(self.path.read_bytes())
            except FileNotFoundError:
                return {}
            except (ValueError, RecursionError):  # no JSON, or nested too deeply
                found = None
            if isinstance(found, dict):
                return found
            self.path.replace(self.path.with_name("studio-unreadable.json"))
            return {}
