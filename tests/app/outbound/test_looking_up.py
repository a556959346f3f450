"""Names are looked up without anybody having to wait longer than they want to."""

import asyncio
import socket
from threading import BoundedSemaphore, Event
from typing import Any

import pytest

from app.outbound import looking_up
from app.outbound.looking_up import MOST_AT_ONCE, look_up


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Event:
    """A resolver that answers when it is set."""
    event = Event()

    def slow(host: str, port: int, **_: Any) -> list[Any]:
        assert event.wait(30)
        return [(2, 1, 6, "", ("192.0.2.7", port)), (2, 1, 6, "", ("192.0.2.7", port))]

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    return event


def test_a_name_leads_to_each_address_once(answers: Event) -> None:
    answers.set()
    assert asyncio.run(look_up("example.org", 443)) == ["192.0.2.7"]


def test_a_name_that_there_is_not_is_an_error() -> None:
    with pytest.raises(socket.gaierror):
        asyncio.run(look_up("nowhere.invalid", 443))


def test_nobody_waits_for_a_resolver_that_does_not_answer(answers: Event) -> None:
    """Also the loop ends without it: that it does is this test's end."""

    async def asked() -> None:
        async with asyncio.timeout(0.01):
            await look_up("example.org", 443)

    with pytest.raises(TimeoutError):
        asyncio.run(asked())
    assert not answers.is_set()
    answers.set()


def test_there_are_not_endless_threads_for_it(answers: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking_up, "_places", BoundedSemaphore(MOST_AT_ONCE))

    async def asked() -> list[Any]:
        waiting = [asyncio.ensure_future(look_up("example.org", 443)) for _ in range(MOST_AT_ONCE)]
        await asyncio.sleep(0)
        with pytest.raises(OSError, match="too many"):
            await look_up("example.org", 443)
        answers.set()
        return await asyncio.gather(*waiting)

    assert asyncio.run(asked()) == [["192.0.2.7"]] * MOST_AT_ONCE
