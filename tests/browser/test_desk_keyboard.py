"""The desk by keyboard alone: Tab, arrows, Enter and Escape lead everywhere, and back to where one was."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser.bookings import Yesterday, at_desk, booked, card, of_yesterday
from tests.browser.conftest import DemoService, Opens, Window
from tests.browser.keys import press, tab_to, type_time
from tests.browser.looking import register
from tests.browser.steps import send


@pytest.fixture
def alice(busy_demo: DemoService, window: Opens) -> Page:
    """A customer, signed in."""
    return window(busy_demo).sign_in("Alice")


@pytest.fixture
def sam(busy_demo: DemoService, window: Opens) -> Window:
    """The desk, signed in."""
    opened = window(busy_demo)
    opened.sign_in("Sam", "/find")
    return opened


def test_bookings_are_approved_and_rejected(busy_demo: DemoService, window: Opens, alice: Page, sam: Window) -> None:
    register(window, busy_demo, "key-court", kind="key-court", policy={"approval": True})
    first, second = booked(alice, "key-court", "10:00"), booked(alice, "key-court", "11:00")
    desk = at_desk(sam.page, "key-court")
    tab_to(desk, card(desk, first).get_by_role("button", name="Approve"))
    desk.keyboard.press("Enter")
    expect(card(desk, first).get_by_role("heading")).to_be_focused()
    expect(card(desk, first)).to_contain_text("Confirmed")
    expect(desk.get_by_role("button", name=re.compile("10:00.*Confirmed"))).to_be_visible()
    expect(card(desk, first).get_by_role("heading")).to_be_focused()  # still there, after all has been drawn anew
    reject = card(desk, second).get_by_role("button", name="Reject: Key Court")
    tab_to(desk, reject)
    desk.keyboard.press("Enter")
    expect(card(desk, second).get_by_role("textbox")).to_be_focused()
    desk.keyboard.type("Under water")
    desk.keyboard.press("Escape")
    expect(reject).to_be_focused()
    desk.keyboard.press("Enter")
    expect(card(desk, second).get_by_role("textbox")).to_have_value("Under water")
    tab_to(desk, card(desk, second).get_by_role("button", name="Reject booking"))
    desk.keyboard.press("Enter")
    expect(card(desk, second)).to_contain_text("Turned down")
    expect(card(desk, second).get_by_role("heading")).to_be_focused()
    # What was dealt with stays under the hands, and goes when one goes elsewhere.
    tab_to(desk, desk.get_by_role("button", name="Today"))
    expect(card(desk, first)).to_have_count(0)
    expect(card(desk, second)).to_have_count(0)
    assert sam.complaints == []


@pytest.mark.slow
def test_time_is_blocked_and_given_back(busy_demo: DemoService, window: Opens, alice: Page, sam: Window) -> None:
    register(window, busy_demo, "key-hall", kind="key-hall")
    booking = booked(alice, "key-hall", "12:00", name="Choir")
    desk = at_desk(sam.page, "key-hall")
    tab_to(desk, desk.get_by_role("button", name="Block time"))
    desk.keyboard.press("Enter")
    dialog = desk.get_by_role("dialog", name="Block time")
    expect(dialog.get_by_role("heading")).to_be_focused()
    expect(dialog.get_by_role("combobox", name="Place")).to_have_value("key-hall")  # the one that one looks at
    type_time(desk, dialog.get_by_label("From time"), "12:30PM")
    type_time(desk, dialog.get_by_label("Until time"), "02:00PM")
    tab_to(desk, dialog.get_by_role("textbox", name="Reason"))
    desk.keyboard.type("Repairs")
    desk.keyboard.press("Enter")
    said = desk.get_by_role("status").filter(has_text="Key Hall is blocked")
    expect(said).to_contain_text("One booking stands in it")
    expect(said.get_by_role("link")).to_have_attribute("href", f"/desk/{booking}")
    expect(desk.get_by_role("button", name="Block time")).to_be_focused()
    block = desk.get_by_role("button", name=re.compile("^12:30.14:00, blocked, Repairs"))
    choir = desk.get_by_role("button", name=re.compile("Choir, Confirmed"))
    expect(block).to_be_visible()
    # The Tab key stops once in the whole day; the arrow keys go about in it.
    tab_to(desk, choir)
    desk.keyboard.press("ArrowRight")
    expect(block).to_be_focused()
    desk.keyboard.press("Home")
    expect(choir).to_be_focused()
    desk.keyboard.press("End")
    expect(block).to_be_focused()
    desk.keyboard.press("Enter")
    tab_to(desk, desk.get_by_role("dialog").get_by_role("button", name="Give the time back"))
    desk.keyboard.press("Enter")
    expect(block).to_have_count(0)
    expect(desk.get_by_role("status").filter(has_text="the time is free again")).to_be_visible()
    expect(desk.get_by_role("region", name="The day of all places")).to_be_focused()
    assert sam.complaints == []


@pytest.mark.slow
def test_a_booking_is_revoked_from_the_day(busy_demo: DemoService, window: Opens, alice: Page, sam: Window) -> None:
    register(window, busy_demo, "key-gym", kind="key-gym")
    register(window, busy_demo, "key-gym-two", kind="key-gym")
    booked(alice, "key-gym", "10:00", name="Yoga")
    booked(alice, "key-gym-two", "10:00", name="Judo")
    desk = at_desk(sam.page, "key-gym")
    yoga = desk.get_by_role("button", name=re.compile("Yoga, Confirmed"))
    judo = desk.get_by_role("button", name=re.compile("Judo, Confirmed"))
    expect(judo).to_be_visible()
    tab_to(desk, yoga)
    desk.keyboard.press("ArrowDown")
    expect(judo).to_be_focused()
    desk.keyboard.press("Enter")
    panel = desk.get_by_role("dialog")
    expect(panel.get_by_role("heading", level=2)).to_be_focused()
    desk.keyboard.press("Escape")
    expect(judo).to_be_focused()
    desk.keyboard.press("ArrowUp")
    desk.keyboard.press("Enter")
    tab_to(desk, panel.get_by_role("button", name="Revoke: Key Gym"))
    desk.keyboard.press("Enter")
    desk.keyboard.type("The teacher is ill")
    tab_to(desk, panel.get_by_role("button", name="Revoke booking"))
    desk.keyboard.press("Enter")
    expect(panel.locator(".badge")).to_have_text("Taken back")
    desk.keyboard.press("Escape")
    expect(yoga).to_have_count(0)
    expect(desk.get_by_role("region", name="The day of all places")).to_be_focused()
    assert sam.complaints == []


@pytest.mark.slow
def test_the_desk_books_for_somebody(busy_demo: DemoService, window: Opens, sam: Window) -> None:
    register(window, busy_demo, "key-studio", kind="key-studio")
    desk = at_desk(sam.page, "key-studio")
    tab_to(desk, desk.get_by_role("button", name="Book for someone"))
    desk.keyboard.press("Enter")
    dialog = desk.get_by_role("dialog", name="Book for someone")
    expect(dialog.get_by_role("combobox", name="Place")).to_have_value("key-studio")
    tab_to(desk, dialog.get_by_role("textbox", name="Name"))
    desk.keyboard.type("Noor")
    desk.keyboard.press("Enter")
    tab_to(desk, desk.get_by_role("button", name=re.compile("^09:00 to ")))
    desk.keyboard.press("Enter")
    tab_to(desk, desk.get_by_role("button", name="Continue to review"))
    desk.keyboard.press("Enter")
    tab_to(desk, desk.get_by_role("button", name="Confirm booking"))
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Booked")).to_be_visible()
    at_desk(desk, "key-studio")
    expect(desk.get_by_role("button", name=re.compile("Noor, Confirmed"))).to_be_visible()
    assert sam.complaints == []


def test_the_desk_books_for_somebody_whom_it_finds_by_name(busy_demo: DemoService, window: Opens, sam: Window) -> None:
    register(window, busy_demo, "key-loft", kind="key-loft")
    guest = {"name": "Quirina Abendroth"}
    made = send(busy_demo, "POST", "/v1/customers", guest, by="staff", Idempotency_Key="quirina")
    desk = at_desk(sam.page, "key-loft")
    press(desk, desk.get_by_role("button", name="Book for someone"))
    dialog = desk.get_by_role("dialog", name="Book for someone")
    tab_to(desk, dialog.get_by_role("searchbox", name="Search by name"))
    desk.keyboard.type("abend")
    expect(dialog.get_by_text("1 person", exact=True)).to_be_visible()
    tab_to(desk, dialog.get_by_role("combobox", name="For whom?"))
    desk.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("combobox", name="For whom?")).to_have_value(made["customer"])
    press(desk, dialog.get_by_role("button", name="Choose a time"))
    expect(desk).to_have_url(re.compile(f"customer={made['customer']}"))
    assert sam.complaints == []


@pytest.mark.slow  # a service of its own, of yesterday
def test_what_took_place_and_what_did_not_is_noted(tmp_path: Path, window: Opens) -> None:
    came, missed = of_yesterday(tmp_path / "data")
    service = DemoService(tmp_path / "data")
    try:
        _note(service, window(service), came, missed)
    finally:
        service.kill()


def _note(service: DemoService, sam: Window, came: Yesterday, missed: Yesterday) -> None:
    desk = sam.sign_in("Sam", "/find")
    panel = desk.get_by_role("dialog")
    desk.goto(f"{service.url}/desk?date={came.date}&kind=clinic")
    _to_item(desk, came.name)
    desk.keyboard.press("Enter")
    expect(panel.get_by_role("heading", level=2)).to_be_focused()
    press(desk, panel.get_by_role("button", name="Took place"))
    expect(panel.locator(".badge")).to_have_text("Took place")
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("button", name=re.compile("Came, Took place"))).to_be_focused()
    desk.goto(f"{service.url}/desk?date={missed.date}&kind=clinic")
    _to_item(desk, missed.name)
    desk.keyboard.press("Enter")
    press(desk, panel.get_by_role("button", name="Nobody came"), "Space")
    expect(panel.get_by_role("textbox")).to_be_focused()
    desk.keyboard.type("Waited for half an hour")
    press(desk, panel.get_by_role("button", name="Say that nobody came"))
    expect(panel.locator(".badge")).to_have_text("Nobody came")
    expect(panel).to_contain_text("Waited for half an hour")
    press(desk, panel.get_by_role("button", name="Close"))
    expect(desk.get_by_role("button", name=re.compile("Missed, Nobody came"))).to_be_focused()
    assert sam.complaints == []


def _to_item(desk: Page, name: str) -> None:
    """The Tab key stops at one item of the day; from there the arrow keys go to the others."""
    tab_to(desk, desk.locator(".desk-item[tabindex='0']"))
    tab_to(desk, desk.get_by_role("button", name=re.compile(f"{name}, Confirmed")), "ArrowRight")
