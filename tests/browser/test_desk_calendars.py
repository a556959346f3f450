"""Calendars elsewhere at the desk, in real Chromium: which of them want it, and those of a place."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect
from tests.app.external_calendars.calendar_server import Answer, serving
from tests.browser.bookings import at_desk, booked
from tests.browser.conftest import DemoService, Opens
from tests.browser.looking import every_look, kept_picture, narrow_enough, open_date, register, serious

PATH = "/private-0c9d4be7/basic.ics"


@pytest.fixture
def following(tmp_path: Path) -> Iterator[DemoService]:
    """A demo that may fetch calendars from this machine."""
    service = DemoService(tmp_path / "data", DAYBOOK_CALENDAR_NETWORKS="127.0.0.0/8")
    yield service
    service.kill()


def calendars_of(desk: Page, place: str) -> Page:
    """The dialog, with a place of its own chosen by its kind."""
    desk.get_by_role("button", name="Calendars", exact=True).click()
    expect(desk.get_by_role("dialog").get_by_role("combobox", name="Place")).to_have_value(place)
    return desk


def follow(desk: Page, url: str) -> None:
    desk.get_by_role("textbox", name="Address of a calendar").fill(url)
    desk.get_by_role("button", name="Follow this calendar").click()


def feed(hour: int) -> Answer:
    """Busy for an hour on the date on which tests book, in Vienna."""
    day = open_date().replace("-", "")
    start = datetime.strptime(f"{day}{hour:02}", "%Y%m%d%H").replace(tzinfo=UTC)
    lines = ("BEGIN:VEVENT", "UID:dentist", "SUMMARY:Root canal", f"DTSTART:{start:%Y%m%dT%H}0000", "DURATION:PT1H")
    return Answer("\r\n".join(["BEGIN:VCALENDAR", *lines, "END:VEVENT", "END:VCALENDAR", ""]).encode())


def test_a_calendar_is_added_and_ended_at_the_desk_and_its_address_is_not_shown_again(
    busy_demo: DemoService, window: Opens
) -> None:
    register(window, busy_demo, "court-x", kind="court-x")
    sam = window(busy_demo)
    sam.sign_in("Sam", "/desk")
    desk = calendars_of(at_desk(sam.page, "court-x"), "court-x")
    listed = desk.get_by_role("list", name="Calendars of this place")
    expect(listed).to_have_text("No calendar is followed here.")
    follow(desk, "http://calendar.example.org/basic.ics")
    expect(desk.get_by_role("alert")).to_contain_text("https://")
    follow(desk, "https://127.0.0.1:9/private-0c9d4be7/basic.ics")
    expect(desk.get_by_role("status").filter(has_text="127.0.0.1:9 is followed from now on.")).to_be_visible()
    expect(listed).to_contain_text("127.0.0.1:9")
    expect(desk.get_by_role("textbox", name="Address of a calendar")).to_have_value("")
    assert "private-0c9d4be7" not in desk.content()
    desk.get_by_role("button", name="End: 127.0.0.1:9").click()
    expect(desk.get_by_role("button", name="End it: 127.0.0.1:9")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("status").filter(has_text="is not followed any more")).to_be_visible()
    expect(listed).to_have_text("No calendar is followed here.")
    assert [each for each in sam.complaints if "400" not in each] == []


@pytest.mark.slow
def test_the_desk_is_told_of_bookings_in_busy_times_and_of_calendars_that_fail(
    following: DemoService, window: Opens
) -> None:
    register(window, following, "court-y", kind="court-y")
    alice, sam = window(following), window(following)
    booking = booked(alice.sign_in("Alice"), "court-y", "10:00")
    sam.sign_in("Sam", "/desk")
    desk = at_desk(sam.page, "court-y")
    told = (
        desk.get_by_role("listitem")
        .filter(has_text="Court Y")
        .filter(has=desk.get_by_role("button", name="Calendars of Court Y"))
    )
    with serving({PATH: feed(10)}) as server:
        follow(calendars_of(desk, "court-y"), server.url(PATH))
        dialog = desk.get_by_role("dialog")
        expect(dialog).to_contain_text("1 busy time.")
        expect(dialog).to_contain_text("Booked, though busy elsewhere")
        assert serious(desk) == []
        desk.keyboard.press("Escape")
        expect(told.get_by_role("link")).to_have_attribute("href", f"/desk/{booking}")
        server.answers[PATH] = Answer(status=403)
        told.get_by_role("button").click()
        desk.get_by_role("button", name="Fetch now").click()
        expect(dialog).to_contain_text("answered with HTTP status 403")
        desk.keyboard.press("Escape")
        expect(told).to_contain_text("Not followed")
        expect(told).to_contain_text("answered with HTTP status 403")
        server.answers[PATH] = feed(14)
        told.get_by_role("button").click()
        desk.get_by_role("button", name="Fetch now").click()
        expect(dialog).not_to_contain_text("Not followed")
        desk.keyboard.press("Escape")
    expect(told).to_have_count(0)
    expect(desk.get_by_role("button", name=re.compile("14:00.15:00, blocked"))).to_be_visible()
    assert (alice.complaints, sam.complaints) == ([], [])


@every_look
@pytest.mark.slow
def test_whoever_looks_finds_the_calendars_in_every_look(
    following: DemoService, window: Opens, width: str, colours: str
) -> None:
    register(window, following, "court-z", kind="court-z")
    sam = window(following, width, colours)
    sam.sign_in("Sam", "/desk")
    desk = calendars_of(at_desk(sam.page, "court-z"), "court-z")
    follow(desk, "https://192.0.2.1/private-0c9d4be7/basic.ics")
    expect(desk.get_by_role("dialog")).to_contain_text("not public")
    assert (serious(desk), narrow_enough(desk)) == ([], True)
    kept_picture(desk, f"desk-calendars-{width}-{colours}")
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("button", name="Calendars of Court Z")).to_be_visible()
    assert (serious(desk), narrow_enough(desk)) == ([], True)
    kept_picture(desk, f"desk-calendars-told-{width}-{colours}")
    assert sam.complaints == []


@pytest.mark.slow
def test_calendars_are_not_asked_for_again_before_there_is_an_answer(busy_demo: DemoService, window: Opens) -> None:
    register(window, busy_demo, "court-slow", kind="court-slow")
    sam = window(busy_demo)
    sam.page.clock.install()
    sam.sign_in("Sam", "/desk")
    desk = calendars_of(at_desk(sam.page, "court-slow"), "court-slow")
    expect(desk.get_by_role("list", name="Calendars of this place")).to_have_text("No calendar is followed here.")
    kept: list[Route] = []
    desk.route("**/court-slow/calendars", lambda route: kept.append(route))
    for _ in range(5):
        desk.clock.run_for(3_000)
    assert len(kept) == 1


@pytest.mark.slow
def test_whoever_puts_a_warning_right_goes_on_at_the_desk(busy_demo: DemoService, window: Opens) -> None:
    register(window, busy_demo, "court-right", kind="court-right")
    desk = calendars_of(at_desk(window(busy_demo).sign_in("Sam", "/desk"), "court-right"), "court-right")
    follow(desk, "https://192.0.2.1/private-0c9d4be7/basic.ics")
    dialog = desk.get_by_role("dialog")
    expect(dialog).to_contain_text("not public")
    desk.keyboard.press("Escape")
    desk.get_by_role("button", name="Calendars of Court Right").press("Enter")
    dialog.get_by_role("button", name="End: 192.0.2.1").click()
    dialog.get_by_role("button", name="End it: 192.0.2.1").click()
    expect(dialog).to_contain_text("is not followed any more")
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("button", name="Calendars of Court Right")).to_have_count(0)
    expect(desk.get_by_role("heading", name=re.compile("^(Desk|Calendars elsewhere)$"))).to_be_focused()
