"""Calendars that a real server keeps, by CalDAV and https: followed here, and what is told here kept there."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.app.external_calendars.calendar_server import certified
from tests.interface.house import Guest, House, next_week
from tests.interface.radicale_server import Radicale, radicale

from app.external_calendars import keeping_step
from app.outbound.connecting import trusted

SOON = datetime.now(UTC).date() + timedelta(days=6)
AFTER = timedelta(days=1)
BERLIN = (
    *("BEGIN:VTIMEZONE", "TZID:Europe/Berlin"),
    *("BEGIN:DAYLIGHT", "DTSTART:19810329T020000", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU"),
    *("TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "TZNAME:CEST", "END:DAYLIGHT"),
    *("BEGIN:STANDARD", "DTSTART:19961027T030000", "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU"),
    *("TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "TZNAME:CET", "END:STANDARD", "END:VTIMEZONE"),
)
"""The zone as programs say it (RFC 5545, 3.6.5)."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of this machine, by its name."""
    return certified(tmp_path_factory.mktemp("certificate"), "localhost")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, certificate: Path) -> Iterator[Radicale]:
    """One for all tests here: each has calendars of its own in it."""
    with radicale(tmp_path_factory.mktemp("radicale"), certificate) as started:
        yield started


@pytest.fixture
def settings_of_house(monkeypatch: pytest.MonkeyPatch, certificate: Path) -> Iterator[dict[str, Any]]:
    """Calendars on this machine may be followed, and are when a test says so; its certificate is believed."""
    monkeypatch.setattr(keeping_step, "SECONDS_BETWEEN_LOOKS", 3_600.0)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    trusted.cache_clear()
    yield {"calendar_networks": "127.0.0.0/8,::1"}
    trusted.cache_clear()


@pytest.fixture
def studio(house: House) -> str:
    """A room in Berlin."""
    house.register("studio", timezone="Europe/Berlin")
    return "studio"


def entry(*lines: str, uid: str = "choir") -> tuple[str, ...]:
    return ("BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261101T000000Z", "SUMMARY:Choir practice", *lines, "END:VEVENT")


def at(day: date, hour: int) -> str:
    """A time in Berlin, as an entry says it."""
    return f";TZID=Europe/Berlin:{day:%Y%m%d}T{hour:02}0000"


def follow(sam: Guest, resource: str, url: str) -> str:
    answer = sam.post(f"/v1/resources/{resource}/calendars", {"url": url})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["calendar"])


def blocks(house: House, sam: Guest, resource: str) -> list[str]:
    """What is blocked once all calendars of the resource were looked at again, as hours on days from `SOON` on."""
    assert house.daybook.writing is not None
    for item in sam.get(f"/v1/resources/{resource}/calendars").json()["items"]:
        sam.post(f"/v1/resources/{resource}/calendars/{item['calendar']}/refresh")
    house.daybook.writing.calendars.go_round()
    house.daybook.runner.wait_for(house.daybook.log.head().position)
    assert [item["failure"] for item in sam.get(f"/v1/resources/{resource}/calendars").json()["items"]] == [None]
    found = []
    for days in range(5):
        day = sam.get(f"/v1/resources/{resource}/days/{SOON + timedelta(days=days)}").json()
        times = sorted((block["start"][11:16], block["end"][11:16]) for block in day["blocks"])
        found += [f"+{days} {start}-{end}" for start, end in times]
    return found


def test_what_a_calendar_program_writes_is_busy_here_and_changes_with_it(
    house: House, studio: str, sam: Guest, server: Radicale
) -> None:
    follow(sam, studio, server.make("anna/busy"))
    assert blocks(house, sam, studio) == []
    server.put("anna/busy/choir.ics", *BERLIN, *entry(f"DTSTART{at(SOON, 10)}", f"DTEND{at(SOON, 12)}"))
    server.put("anna/busy/trip.ics", *entry(f"DTSTART;VALUE=DATE:{SOON + AFTER:%Y%m%d}", uid="trip"))
    assert blocks(house, sam, studio) == ["+0 10:00-12:00", "+1 00:00-00:00"]
    server.put("anna/busy/choir.ics", *BERLIN, *entry(f"DTSTART{at(SOON, 14)}", "DURATION:PT1H", "SEQUENCE:1"))
    assert blocks(house, sam, studio) == ["+0 14:00-15:00", "+1 00:00-00:00"]
    server.remove("anna/busy/trip.ics")
    assert blocks(house, sam, studio) == ["+0 14:00-15:00"]
    gone = ("DURATION:PT1H", "SEQUENCE:2", "STATUS:CANCELLED")
    server.put("anna/busy/choir.ics", *BERLIN, *entry(f"DTSTART{at(SOON, 14)}", *gone))
    assert blocks(house, sam, studio) == []


def test_what_repeats_is_busy_each_time_but_where_one_is_moved_called_off_or_taken_out(
    house: House, studio: str, sam: Guest, server: Radicale
) -> None:
    day = [SOON + timedelta(days=days) for days in range(5)]
    series = (f"DTSTART{at(day[0], 10)}", f"DTEND{at(day[0], 11)}", "RRULE:FREQ=DAILY;COUNT=5")
    follow(sam, studio, server.make("anna/daily"))
    server.put("anna/daily/choir.ics", *BERLIN, *entry(*series))
    assert blocks(house, sam, studio) == [f"+{days} 10:00-11:00" for days in range(5)]
    server.put(
        "anna/daily/choir.ics",
        *BERLIN,
        *entry(*series, f"EXDATE{at(day[4], 10)}"),
        *entry(f"RECURRENCE-ID{at(day[1], 10)}", f"DTSTART{at(day[1], 16)}", "DURATION:PT2H"),
        *entry(f"RECURRENCE-ID{at(day[2], 10)}", f"DTSTART{at(day[2], 10)}", "DURATION:PT1H", "STATUS:CANCELLED"),
        *entry(f"RECURRENCE-ID{at(day[3], 10)}", f"DTSTART{at(day[3], 10)}", "DURATION:PT1H", "TRANSP:TRANSPARENT"),
    )
    assert blocks(house, sam, studio) == ["+0 10:00-11:00", "+1 16:00-18:00"]
    server.remove("anna/daily/choir.ics")
    assert blocks(house, sam, studio) == []


def test_a_feed_that_has_not_changed_is_known_by_its_etag(
    house: House, studio: str, sam: Guest, server: Radicale
) -> None:
    calendar = follow(sam, studio, server.make("anna/still"))
    server.put("anna/still/choir.ics", *BERLIN, *entry(f"DTSTART{at(SOON, 10)}", "DURATION:PT1H"))
    assert blocks(house, sam, studio) == ["+0 10:00-11:00"]
    assert house.daybook.writing is not None
    row = house.daybook.log.external_calendars.get(calendar)
    assert row is not None
    assert row.etag is not None
    house.daybook.log.external_calendars.save(row._replace(due_at=row.made_at))  # as if the quarter of an hour was over
    with house.appending() as appended:
        house.daybook.writing.calendars.go_round()
    again = house.daybook.log.external_calendars.get(calendar)
    assert again is not None
    assert (again.etag, again.failure, appended.events) == (row.etag, None, [])
    assert str(again.succeeded_at) > str(row.succeeded_at)


def test_what_is_booked_here_is_read_back_from_there_as_busy(
    house: House, studio: str, alice: Guest, sam: Guest, server: Radicale
) -> None:
    """Two services, or two places of one: the feed of the hall, kept by another server, blocks the studio."""
    house.register("hall", timezone="Europe/Berlin")
    kept = [alice.post("/v1/bookings", {"resource": "hall", "start": next_week(hour)}).json()["id"] for hour in (9, 15)]
    house.daybook.runner.wait_for(house.daybook.log.head().position)
    feed = sam.post("/v1/resources/hall/calendar-feeds").headers["location"]
    address = server.put_calendar("anna/hall", house.nobody.get(feed).text)
    follow(sam, studio, address)
    assert blocks(house, sam, studio) == ["+1 09:00-09:30", "+1 15:00-15:30"]
    alice.post(f"/v1/bookings/{kept[0]}/cancel")
    house.daybook.runner.wait_for(house.daybook.log.head().position)
    server.put_calendar("anna/hall", house.nobody.get(feed).text)
    assert blocks(house, sam, studio) == ["+1 15:00-15:30"]
