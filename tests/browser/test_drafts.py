"""What was typed and not sent, in real Chromium: it waits for whoever typed it, and for nobody else."""

from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect
from tests.browser.bookings import at_desk
from tests.browser.conftest import DemoService, Opens
from tests.browser.looking import open_date
from tests.browser.steps import bookable

pytestmark = pytest.mark.slow

STORED = "JSON.stringify(Object.entries(sessionStorage))"


def asked(page: Page, service: DemoService, resource: str, **said: str) -> Page:
    """The second step of a booking, where one types what it is about."""
    times = {"start": f"{open_date()}T09:00:00+00:00", "end": f"{open_date()}T10:00:00+00:00"}
    page.goto(f"{service.url}/find/{resource}?{urlencode({**times, **said, 'step': 'details'})}")
    expect(page.get_by_role("heading", name="Details")).to_be_visible()
    return page


def test_after_a_session_has_ended_its_drafts_wait_for_nobody_else(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "draft-room")
    alice = window(busy_demo)
    page = asked(alice.sign_in("Alice"), busy_demo, "draft-room")
    note = page.get_by_label("What is it about?")
    note.fill("Alice has the flu")
    alice.context.clear_cookies()
    page.reload()
    expect(note).to_have_value("")
    page.get_by_role("link", name="Sign in to book").click()
    page.get_by_role("button", name="Alice").click()
    expect(note).to_have_value("Alice has the flu")
    alice.context.clear_cookies()
    page.reload()
    expect(note).to_have_value("")
    note.fill("Nobody's yet")
    page.get_by_role("link", name="Sign in to book").click()
    page.get_by_role("button", name="Bob").click()
    expect(note).to_have_value("Nobody's yet")
    assert "flu" not in page.evaluate(STORED)


def test_what_is_typed_for_one_customer_is_not_there_for_another(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "draft-booth")
    page = asked(window(busy_demo).sign_in("Sam"), busy_demo, "draft-booth", customer="c-noor")
    note = page.get_by_label("What is it about?")
    note.fill("Noor's knee")
    asked(page, busy_demo, "draft-booth", customer="c-omar")
    expect(note).to_have_value("")
    note.fill("Omar's ear")
    asked(page, busy_demo, "draft-booth")
    expect(note).to_have_value("")
    asked(page, busy_demo, "draft-booth", customer="c-noor")
    expect(note).to_have_value("Noor's knee")


def test_details_of_other_people_never_leave_the_document(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "draft-studio", kind="draft-studio")
    desk = at_desk(window(busy_demo).sign_in("Sam"), "draft-studio")
    desk.get_by_role("button", name="Book for someone").click()
    dialog = desk.get_by_role("dialog", name="Book for someone")
    dialog.get_by_role("textbox", name="E-mail").fill("noor@example.org")
    assert desk.evaluate("sessionStorage.length") == 0
    dialog.get_by_role("button", name="Close").click()
    desk.get_by_role("banner").get_by_role("link", name="Find").click()
    expect(desk.get_by_role("heading", name="Find a place")).to_be_visible()
    desk.get_by_role("banner").get_by_role("link", name="Desk").click()
    desk.get_by_role("button", name="Book for someone").click()
    expect(dialog.get_by_role("textbox", name="E-mail")).to_have_value("noor@example.org")


def test_signing_out_forgets_them_wherever_one_is(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "draft-nook")
    page = asked(window(busy_demo).sign_in("Alice"), busy_demo, "draft-nook")
    page.get_by_label("What is it about?").fill("Yoga")
    assert "Yoga" in page.evaluate(STORED)
    page.goto(f"{busy_demo.url}/sign-in")
    expect(page.get_by_role("heading", name="Who are you?")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0
