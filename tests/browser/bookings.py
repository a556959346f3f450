"""Bookings that tests of the page set the scene with."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Locator, Page, expect
from tests.browser.looking import HOURS, open_date

from app import demo
from app.assembly import Daybook
from app.commands import Actor, Book, DefineResource
from app.identity import random_command_id
from app.settings import load_settings
from domain.booking import Booking
from domain.definition import Definition
from domain.leg import WantedLeg
from domain.plan import Policy

# Whoever opens a page afterwards finds the booking there: the read model has reached it, however long that takes.
_BOOK = """async ([resource, start, details]) => {
    const headers = {"Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID()};
    const body = JSON.stringify({resource, start, details});
    const answer = await fetch("/v1/bookings", {method: "POST", headers, body});
    const {id, detail} = await answer.json();
    if (!answer.ok) throw new Error(detail);
    const reached = {"Daybook-Position": answer.headers.get("Daybook-Position")};
    for (let at = 0; at < 30 && (await fetch(`/v1/bookings/${id}`, {headers: reached})).status === 503; at += 1);
    return id;
}"""
_EVENTS = """async (id) => {
    const {items} = await (await fetch(`/v1/bookings/${id}/events`)).json();
    return items.map(({topic}) => topic.split(".")[0]);
}"""
_ACT = """async ([id, action, body]) => {
    const headers = {"Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID()};
    const path = `/v1/bookings/${id}/${action}`;
    return (await fetch(path, {method: "POST", headers, body: JSON.stringify(body)})).status;
}"""


def booked(customer: Page, resource: str, time: str, date: str | None = None, **details: str) -> str:
    """The id of a booking that somebody made without looking at the page."""
    return str(customer.evaluate(_BOOK, [resource, f"{date or open_date()}T{time}", details]))


def done(by: Page, booking: str, action: str, **said: str) -> int:
    """The status of what somebody did with a booking without looking at the page."""
    return int(by.evaluate(_ACT, [booking, action, said]))


def events_of(by: Page, booking: str) -> list[str]:
    """What happened to a booking, in order: names of events."""
    return [str(each) for each in by.evaluate(_EVENTS, booking)]


def at_desk(page: Page, kind: str) -> Page:
    """The desk's view of the date on which tests book, and of the places of a kind."""
    page.goto(f"{'/'.join(page.url.split('/')[:3])}/desk?date={open_date()}&kind={kind}")
    expect(page.get_by_role("region", name="The day of all places")).to_be_visible()
    return page


def card(page: Page, booking: str) -> Locator:
    """The card of a booking."""
    return page.locator(f'[data-booking="{booking}"]')


class Yesterday(NamedTuple):
    """A booking that has begun since it was made, and the date on which it did."""

    booking: str
    date: str
    name: str


def of_yesterday(folder: Path) -> tuple[Yesterday, Yesterday]:
    """Set up a demo's store as it was a day ago, when Alice booked twice at a clinic: Came, and Missed."""
    with ThreadPoolExecutor(1) as beside:  # where Playwright is, an event loop runs already
        return beside.submit(lambda: asyncio.run(_of_yesterday(folder))).result()


async def _of_yesterday(folder: Path) -> tuple[Yesterday, Yesterday]:
    settings = load_settings(data=folder).model_copy(update={"clock_tolerance": 200_000.0})
    daybook = Daybook.open(settings, clock=lambda: datetime.now(UTC) - timedelta(days=1))
    daybook.start()
    try:
        await demo.set_up(daybook)
        hours = dict.fromkeys(HOURS, (("00:00", "24:00"),))
        clinic = Definition.model_validate(
            {"name": "Clinic", "kind": "clinic", "hours": hours, "policy": Policy(step=60)}
        )
        define = DefineResource(
            actor=demo.DEMO,
            command_id=random_command_id(),
            resource="clinic",
            timezone="Europe/Vienna",
            definition=clinic,
        )
        await daybook.execute(define)
        first = (datetime.now(UTC) - timedelta(hours=22)).replace(minute=0, second=0, microsecond=0)
        second = first + timedelta(hours=1)
        return await _booked_then(daybook, first, "Came"), await _booked_then(daybook, second, "Missed")
    finally:
        daybook.stop()


async def _booked_then(daybook: Daybook, start: datetime, name: str) -> Yesterday:
    alice = daybook.people.person_of("", "alice")
    legs = (WantedLeg("clinic", start, None, 1),)
    details = f'{{"name": "{name}"}}'
    actor = Actor("customer", alice)
    book = Book(actor=actor, command_id=random_command_id(), customer=alice, legs=legs, details=details)
    booking = (await daybook.execute(book)).subject
    assert isinstance(booking, Booking)
    return Yesterday(booking.key, booking.legs[0].start.date().isoformat(), name)
