"""Bookings taken along into one's own calendar, in real Chromium: one by one, and by an address to follow."""

from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect
from tests.browser.bookings import booked, card
from tests.browser.conftest import DemoService, Opens
from tests.browser.keys import press, tab_to
from tests.browser.looking import every_look, kept_picture, narrow_enough, serious
from tests.browser.steps import bookable, confirm, slot, to_review


def test_a_booking_is_taken_along_when_it_is_made_and_from_the_list_and_is_followed(
    busy_demo: DemoService, window: Opens
) -> None:
    alice = window(busy_demo)
    page = alice.sign_in("Alice", bookable(busy_demo, "noted-room"))
    slot(page, "10:00").click()
    to_review(page)
    confirm(page)
    (entry,) = entries(downloaded(page, "Add to calendar"))
    assert "SUMMARY:Noted Room" in entry
    assert "STATUS:CONFIRMED" in entry
    page.get_by_role("link", name="See my bookings").click()
    assert entries(downloaded(page, "Add to calendar: Noted Room")) == [entry]
    press(page, page.get_by_text("Follow in your calendar"))
    press(page, page.get_by_role("button", name="Make an address"))
    address = page.get_by_label("Address for your calendar")
    expect(address).to_be_focused()
    assert entry in entries(asked(address.input_value()))
    assert alice.complaints == []


@pytest.mark.slow
@every_look
def test_a_calendar_follows_ones_bookings_by_an_address(
    busy_demo: DemoService, window: Opens, width: str, colours: str
) -> None:
    bookable(busy_demo, f"followed-{width}-{colours}")
    bob = window(busy_demo, width, colours)
    page = bob.sign_in("Bob", "/mine")
    booking = booked(page, f"followed-{width}-{colours}", "10:00")
    expect(card(page, booking)).to_be_visible()
    tab_to(page, page.get_by_text("Follow in your calendar"))
    page.keyboard.press("Enter")
    press(page, page.get_by_role("button", name="Make an address"))
    address = page.get_by_label("Address for your calendar")
    expect(address).to_be_focused()
    followed = address.input_value()
    assert followed.startswith(f"{busy_demo.url}/v1/feeds/")
    webcal = followed.replace("http:", "webcal:")
    expect(page.get_by_role("link", name="Open in calendar")).to_have_attribute("href", webcal)
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"calendar-{width}-{colours}")
    assert any(booking in entry for entry in entries(asked(followed)))
    page.reload()
    page.get_by_text("Follow in your calendar").click()
    expect(page.get_by_text("You have an address since")).to_be_visible()
    press(page, page.get_by_role("button", name="Make a new address"))
    expect(address).to_be_focused()
    assert address.input_value() != followed
    press(page, page.get_by_role("button", name="End it"))
    expect(page.get_by_role("button", name="Make an address")).to_be_focused()
    expect(address).to_be_hidden()
    assert bob.complaints == []


@pytest.mark.slow
def test_what_did_not_load_is_there_when_one_opens_it_again(busy_demo: DemoService, window: Opens) -> None:
    page = window(busy_demo).sign_in("Bob", "/mine")
    box, make = page.get_by_text("Follow in your calendar"), page.get_by_role("button", name="Make a")
    page.route("**/customers/me/calendar", lambda route: route.fulfill(status=500, body="broken"))
    box.click()
    expect(page.get_by_role("alert")).to_contain_text("That did not work")
    page.unroute("**/customers/me/calendar")
    box.click()
    box.click()
    expect(make).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.slow
def test_two_clicks_make_one_address_and_it_is_the_one_that_is_shown(busy_demo: DemoService, window: Opens) -> None:
    page = window(busy_demo).sign_in("Bob", "/mine")
    made: list[str] = []
    page.on("request", lambda request: made.append(request.url) if request.method == "POST" else None)
    page.get_by_text("Follow in your calendar").click()
    page.get_by_role("button", name="Make a").dblclick()
    address = page.get_by_label("Address for your calendar")
    expect(address).to_be_focused()
    asked(address.input_value())
    assert len(made) == 1


def downloaded(page: Page, link: str) -> str:
    """What a link has the browser save."""
    with page.expect_download() as saving:
        page.get_by_role("link", name=link).click()
    assert saving.value.suggested_filename.endswith(".ics")
    return Path(saving.value.path()).read_bytes().decode()


def asked(address: str) -> str:
    """What a calendar program gets, which has nothing but the address."""
    with urlopen(address, timeout=30) as answer:  # noqa: S310 - the address is ours
        return str(answer.read().decode())


def entries(calendar: str) -> list[str]:
    """The entries of a calendar, each as its text."""
    return [text.partition("END:VEVENT")[0] for text in calendar.split("BEGIN:VEVENT")[1:]]
