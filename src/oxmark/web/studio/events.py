"""What happens in the studio, told to every open page at once (server-sent events)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections import deque
from collections.abc import AsyncIterator, Mapping
from typing import Any, TypeAlias

Event: TypeAlias = "Mapping[str, Any]"
"""A JSON object with the key ``type``."""

KEEP_ALIVE = 15.0
"""Seconds after which a silent stream says that it is still there."""
MOST_WAITING = 256
"""A page that is so many events behind is let go; it comes back and reads everything anew."""


class EventHub:
    """Takes events from any thread and gives each to every subscriber.

    Example:
        >>> async def first(hub: EventHub) -> Event | None:
        ...     async for event in hub.subscribe():
        ...         return event
        ...     return None
        >>> async def main() -> Event | None:
        ...     hub = EventHub()
        ...     waiting = asyncio.create_task(first(hub))
        ...     await asyncio.sleep(0)
        ...     hub.publish({"type": "project"})
        ...     return await waiting
        >>> asyncio.run(main())
        {'type': 'project'}
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._streams: set[_Stream] = set()
        self._closed = False

    @property
    def listeners(self) -> int:
        """How many streams are open."""
        return len(self._streams)

    def publish(self, event: Event) -> None:
        """Tell everybody. Safe from any thread; an event that a page has not read yet is not told twice."""
        with self._lock:
            for stream in tuple(self._streams):
                self._tell(stream, event)

    async def subscribe(
        self, first: Event | None = None, *, idle: float = KEEP_ALIVE
    ) -> AsyncIterator[Event | None]:
        """Everything that is published from now on.

        Args:
            first: Given before everything else; what is published once it was read is not missed.
            idle: Seconds.

        Yields:
            An event, or None when ``idle`` seconds went by without one. Ends when the hub is closed.
        """
        stream = _Stream(asyncio.get_running_loop(), first)
        with self._lock:
            if self._closed:
                return
            self._streams.add(stream)
        try:
            while (event := await stream.next(idle)) is not None or not stream.ended:
                yield event
        finally:
            with self._lock:
                self._streams.discard(stream)

    def close(self) -> None:
        """End every stream, so that a server can stop; later subscribers get nothing."""
        with self._lock:
            self._closed = True
            for stream in tuple(self._streams):
                self._tell(stream, None)

    def _tell(self, stream: _Stream, event: Event | None) -> None:
        try:
            stream.loop.call_soon_threadsafe(stream.put, event)
        except RuntimeError:  # its loop is gone
            self._streams.discard(stream)


class _Stream:
    """One subscriber; everything but ``loop`` is used in its loop only."""

    def __init__(self, loop: asyncio.AbstractEventLoop, first: Event | None) -> None:
        self.loop = loop
        self.waiting: deque[Event] = deque([] if first is None else [first])
        self.ended = False
        self._news = asyncio.Event()

    def put(self, event: Event | None) -> None:
        if event is None or len(self.waiting) >= MOST_WAITING:
            self.ended = True
        elif event not in self.waiting:
            self.waiting.append(event)
        self._news.set()

    async def next(self, idle: float) -> Event | None:
        if not self.waiting and not self.ended:
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), idle)
        return self.waiting.popleft() if self.waiting else None


def as_line(event: Event | None) -> str:
    """An event as it is sent; None is a comment that keeps the stream alive.

    Example:
        >>> as_line({"type": "runs"})
        'data: {"type":"runs"}\\n\\n'
        >>> as_line(None)
        ': still here\\n\\n'
    """
    if event is None:
        return ": still here\n\n"
    return f"data: {json.dumps(event, ensure_ascii=False, separators=(',', ':'))}\n\n"
