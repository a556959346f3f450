"""Notices that concern everybody, in real Chromium: said when they are true, and once."""

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect
from tests.browser.conftest import DemoService, Opens
from tests.browser.passing import Passing

LOOKED_AT = "document.dispatchEvent(new Event('visibilitychange'))"
AHEAD = "const told = Date.now; Date.now = () => told() + 7 * 24 * 3600 * 1000;"
REFUSED = "document.dispatchEvent(new CustomEvent('daybook:signed-out'))"


def test_a_clock_that_is_wrong_ends_no_session(shared_demo: DemoService, window: Opens) -> None:
    alice = window(shared_demo)
    alice.page.add_init_script(AHEAD)
    page = alice.sign_in("Alice", "/mine")
    expect(page.get_by_text("You have not booked anything yet.")).to_be_visible()
    expect(page.get_by_text("Your session")).to_have_count(0)


def test_a_notice_that_is_shown_already_is_neither_read_out_again_nor_loses_the_focus(
    shared_demo: DemoService, window: Opens
) -> None:
    alice = window(shared_demo)
    page = alice.sign_in("Alice")
    expect(page.get_by_role("main").get_by_role("listitem").first).to_be_visible()
    alice.context.clear_cookies()
    page.get_by_role("link", name="Mine").click()
    again = page.get_by_role("link", name="Sign in again")
    again.focus()
    page.evaluate(
        "new MutationObserver(() => { window.changed = true })"
        ".observe(document.getElementById('notices'), {childList: true, subtree: true})"
    )
    page.evaluate(REFUSED)
    expect(again).to_be_focused()
    assert page.evaluate("window.changed") is None


def test_a_session_that_goes_on_in_another_window_is_not_about_to_end(shared_demo: DemoService, window: Opens) -> None:
    alice = window(shared_demo)
    passing = Passing(alice.page)
    page = alice.sign_in("Alice", "/mine")
    expect(page.get_by_text("You have not booked anything yet.")).to_be_visible()
    passing.by(timedelta(hours=7, minutes=57))
    warning = page.get_by_text("Your session ends in")
    expect(warning).to_be_visible()
    later = (datetime.now(UTC) + timedelta(hours=15)).isoformat()  # signed in again
    page.route("**/v1/me", lambda route: route.fulfill(json={"expires_at": later}))
    page.evaluate(LOOKED_AT)
    expect(warning).to_have_count(0)


def test_who_signs_in_again_before_the_session_ends_comes_back_to_where_they_are_by_now(
    shared_demo: DemoService, window: Opens
) -> None:
    alice = window(shared_demo)
    passing = Passing(alice.page)
    page = alice.sign_in("Alice", "/mine")
    expect(page.get_by_text("You have not booked anything yet.")).to_be_visible()
    passing.by(timedelta(hours=7, minutes=57))
    expect(page.get_by_text("Your session ends in")).to_be_visible()
    page.get_by_role("link", name="Find", exact=True).click()
    page.get_by_role("main").get_by_role("link", name="Oak 12").click()
    expect(page.get_by_role("heading", name="Oak 12", level=1)).to_be_visible()
    page.get_by_role("link", name="Sign in again").click()
    expect(page).to_have_url(re.compile("return_to=%2Ffind%2Foak-12"))
