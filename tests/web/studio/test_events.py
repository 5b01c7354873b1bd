"""Events reach everybody, from any thread, in order; and streams end."""

from __future__ import annotations

import asyncio
import threading

from oxmark.web.studio import events
from oxmark.web.studio.events import Event, EventHub


def publish(hub: EventHub) -> None:
    for number in range(5):
        hub.publish({"type": "runs", "n": number})


async def _soon(done: asyncio.Task[list[Event | None]]) -> list[Event | None]:
    return await asyncio.wait_for(done, 30)


async def _all(hub: EventHub, first: Event | None = None, idle: float = 30) -> list[Event | None]:
    return [event async for event in hub.subscribe(first, idle=idle)]


async def _listening(hub: EventHub, count: int) -> None:
    while hub.listeners < count:
        await asyncio.sleep(0)


def test_everybody_is_told_from_any_thread() -> None:
    async def main() -> list[list[Event | None]]:
        hub = EventHub()
        tasks = [asyncio.create_task(_all(hub, {"type": "hello"})) for _ in range(3)]
        await _listening(hub, 3)
        thread = threading.Thread(target=publish, args=(hub,))
        thread.start()
        await asyncio.to_thread(thread.join)
        hub.close()
        told = [await _soon(task) for task in tasks]
        assert hub.listeners == 0
        return told

    assert asyncio.run(main()) == [[{"type": "hello"}, *({"type": "runs", "n": n} for n in range(5))]] * 3


def test_what_was_not_read_yet_is_not_told_twice() -> None:
    async def main() -> list[Event | None]:
        hub = EventHub()
        task = asyncio.create_task(_all(hub))
        await _listening(hub, 1)
        for kind in ("project", "project", "doctor", "project"):
            hub.publish({"type": kind})
        hub.close()
        return await _soon(task)

    assert asyncio.run(main()) == [{"type": "project"}, {"type": "doctor"}]


def test_the_end_is_no_event() -> None:
    async def main() -> list[Event | None]:
        hub = EventHub()
        task = asyncio.create_task(_all(hub))
        await _listening(hub, 1)
        await asyncio.sleep(0)  # it waits now
        hub.close()
        return await _soon(task)

    assert asyncio.run(main()) == []


def test_silence_keeps_the_stream_alive() -> None:
    async def main() -> Event | None:
        async for event in EventHub().subscribe(idle=0.001):
            return event
        return {"type": "none"}

    assert asyncio.run(main()) is None


def test_a_reader_far_behind_is_let_go() -> None:
    async def main() -> int:
        hub = EventHub()
        task = asyncio.create_task(_all(hub))
        await _listening(hub, 1)
        for number in range(events.MOST_WAITING + 50):
            hub.publish({"type": "teach", "n": number})
        return len(await _soon(task))

    assert asyncio.run(main()) == events.MOST_WAITING


def test_a_closed_hub_takes_nobody_and_loops_may_be_gone() -> None:
    hub = EventHub()

    async def leave() -> None:
        stream = hub.subscribe({"type": "hello"})
        assert await anext(stream) == {"type": "hello"}
        hub.publish({"type": "project"})

    asyncio.run(leave())
    hub.publish({"type": "project"})
    hub.close()
    assert asyncio.run(_all(hub)) == []
