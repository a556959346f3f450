"""Several people at one booking, and one who is interrupted: it happens once, and nothing that was typed is lost."""

import re

import pytest
from playwright.sync_api import Page, expect
from tests.browser.bookings import at_desk, booked, card, done, events_of
from tests.browser.conftest import DemoService, Opens, Window
from tests.browser.looking import narrow_enough, open_date, register, serious

pytestmark = pytest.mark.slow

SCRIPT = "<script>window.ran = true</script><img src=x onerror='window.ran = true'>"

LIFTED = """async ([resource, block]) =>
    (await fetch(`/v1/resources/${resource}/blocks/${block}`, {method: "DELETE"})).status"""


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


def deafen(page: Page) -> None:
    """The page is told nothing from now on, as in the moment before the news arrives."""
    page.route("**/v1/live*", lambda route: route.abort())
    page.route("**/v1/bookings?changed_after*", lambda route: route.abort())


def test_two_desks_decide_at_the_same_moment(busy_demo: DemoService, window: Opens, alice: Page, sam: Window) -> None:
    register(window, busy_demo, "two-desks", kind="two-desks", policy={"approval": True})
    moved, decided = booked(alice, "two-desks", "10:00"), booked(alice, "two-desks", "12:00")
    deafen(sam.page)
    desk = at_desk(sam.page, "two-desks")
    card(desk, decided).get_by_role("button", name="Reject").click()
    card(desk, decided).get_by_role("textbox").fill("No chairs")
    other = window(busy_demo).sign_in("Sam", "/find")
    assert done(other, decided, "approve") == 200
    assert done(alice, moved, "reschedule", start=f"{open_date()}T15:00") == 200
    # The one was approved meanwhile: who did what is said, and there is nothing left to do.
    card(desk, decided).get_by_role("button", name="Reject booking").click()
    told = card(desk, decided).get_by_role("alert")
    expect(told).to_be_focused()
    expect(told).to_contain_text("It was changed meanwhile")
    expect(told).to_contain_text("Approved by you")
    expect(card(desk, decided)).to_contain_text("Confirmed")
    expect(card(desk, decided).get_by_role("textbox")).to_have_value("No chairs")
    expect(card(desk, decided).get_by_role("button", name="Reject booking")).to_be_disabled()
    # The other was moved by its customer and still waits: one click goes on.
    card(desk, moved).get_by_role("button", name="Approve").click()
    told = card(desk, moved).get_by_role("alert")
    expect(told).to_contain_text(re.compile("Moved to .*15:00.* by the customer"))
    expect(card(desk, moved)).to_contain_text("15:00")
    assert (serious(desk), narrow_enough(desk)) == ([], True)
    told.get_by_role("button", name="Approve all the same").click()
    expect(card(desk, moved)).to_contain_text("Confirmed")


def test_a_customer_cancels_while_the_desk_types(
    busy_demo: DemoService, window: Opens, alice: Page, sam: Window
) -> None:
    register(window, busy_demo, "cancelled-meanwhile", kind="cancelled-meanwhile")
    booking = booked(alice, "cancelled-meanwhile", "10:00", name="Chess")
    desk = at_desk(sam.page, "cancelled-meanwhile")
    desk.get_by_role("button", name=re.compile("Chess, Confirmed")).click()
    panel = desk.get_by_role("dialog")
    panel.get_by_role("button", name=re.compile("^Revoke")).click()
    panel.get_by_role("textbox").fill("The room is")
    assert done(alice, booking, "cancel", reason="We are ill") == 200
    expect(panel.locator(".badge")).to_have_text("Cancelled")
    expect(panel).to_contain_text("We are ill")
    expect(panel.get_by_text("This can no longer be done")).to_be_visible()
    expect(panel.get_by_role("textbox")).to_have_value("The room is")
    expect(panel.get_by_role("textbox")).to_be_focused()  # nobody is torn away from typing
    expect(panel.get_by_role("button", name="Revoke booking")).to_be_disabled()
    assert serious(desk) == []
    assert sam.complaints == []


def test_who_clicks_twice_means_it_once(busy_demo: DemoService, window: Opens, alice: Page, sam: Window) -> None:
    register(window, busy_demo, "twice", kind="twice", policy={"approval": True})
    first, second = booked(alice, "twice", "10:00", name="Go"), booked(alice, "twice", "11:00", name="Halma")
    desk = at_desk(sam.page, "twice")
    card(desk, first).get_by_role("button", name="Approve").dblclick()
    expect(card(desk, first)).to_contain_text("Confirmed")
    expect(card(desk, second)).to_contain_text("11:00")
    expect(desk.get_by_role("heading", name="Waiting for approval (1)")).to_be_visible()  # not the next one as well
    desk.get_by_role("button", name=re.compile("Go, Confirmed")).click()
    panel = desk.get_by_role("dialog")
    panel.get_by_role("button", name=re.compile("^Revoke")).click()
    panel.get_by_role("button", name="Revoke booking").dblclick()
    expect(panel.locator(".badge")).to_have_text("Taken back")
    assert events_of(desk, first) == ["BookingRequested", "BookingConfirmed", "BookingRevoked"]
    assert events_of(desk, second) == ["BookingRequested"]
    assert sam.complaints == []


def test_a_reason_outlives_the_session(busy_demo: DemoService, window: Opens, alice: Page, sam: Window) -> None:
    register(window, busy_demo, "session-ended", kind="session-ended", policy={"approval": True})
    booking = booked(alice, "session-ended", "10:00")
    desk = at_desk(sam.page, "session-ended")
    card(desk, booking).get_by_role("button", name="Reject").click()
    card(desk, booking).get_by_role("textbox").fill("A long story")
    sam.context.clear_cookies()
    card(desk, booking).get_by_role("button", name="Reject booking").click()
    expect(card(desk, booking).get_by_role("alert")).to_be_visible()
    expect(card(desk, booking).get_by_role("textbox")).to_have_value("A long story")
    card(desk, booking).get_by_role("link", name="Sign in again").click()
    desk.get_by_role("button", name="Sam").click()
    expect(card(desk, booking).get_by_role("textbox")).to_have_value("A long story")
    card(desk, booking).get_by_role("button", name="Reject booking").click()
    expect(card(desk, booking)).to_contain_text("Turned down")


def test_blocks_that_cannot_be_are_refused_and_those_that_are_gone_are_gone(
    busy_demo: DemoService, window: Opens, sam: Window
) -> None:
    register(window, busy_demo, "blocks", kind="blocks")
    desk = at_desk(sam.page, "blocks")
    desk.get_by_role("button", name="Block time").click()
    dialog = desk.get_by_role("dialog", name="Block time")
    dialog.get_by_label("Reason").fill("Long ago")
    dialog.get_by_label("From date").fill("2020-01-01")
    dialog.get_by_role("button", name="Block this time").click()
    expect(dialog.get_by_role("alert")).to_be_focused()
    assert serious(desk) == []
    dialog.get_by_label("From date").fill(open_date())
    expect(dialog.get_by_label("Reason")).to_have_value("Long ago")
    dialog.get_by_role("button", name="Block this time").dblclick()
    block = desk.get_by_role("button", name=re.compile("blocked, Long ago"))
    expect(block).to_have_count(1)
    block.click()
    assert desk.evaluate(LIFTED, ["blocks", block.get_attribute("data-key")]) == 204  # another desk was faster
    desk.get_by_role("dialog").get_by_role("button", name="Give the time back").click()
    expect(desk.get_by_role("status").filter(has_text="the time is free again")).to_be_visible()
    expect(block).to_have_count(0)


def test_hostile_and_very_long_texts_are_texts(busy_demo: DemoService, window: Opens, alice: Page) -> None:
    register(window, busy_demo, "hostile", kind="hostile", policy={"approval": True}, name="Hostile" * 20)
    long = SCRIPT + "W" * 400
    booking = booked(alice, "hostile", "10:00", name=long, note=long)
    opened = window(busy_demo, "phone", "dark")
    desk = at_desk(opened.sign_in("Sam", "/find"), "hostile")
    expect(card(desk, booking)).to_contain_text("<script>")
    assert (serious(desk), narrow_enough(desk)) == ([], True)
    desk.set_viewport_size({"width": 1280, "height": 900})
    assert narrow_enough(desk)
    card(desk, booking).get_by_role("button", name="Reject").click()
    card(desk, booking).get_by_role("textbox").fill(long)
    card(desk, booking).get_by_role("button", name="Reject booking").click()
    expect(card(desk, booking)).to_contain_text("Turned down")
    desk.goto(f"{busy_demo.url}/desk/{booking}")
    expect(desk.get_by_role("listitem").filter(has_text="Turned down")).to_contain_text("<script>")
    desk.set_viewport_size({"width": 390, "height": 844})
    assert (serious(desk), narrow_enough(desk)) == ([], True)
    assert desk.evaluate("window.ran === undefined")
    assert opened.complaints == []
