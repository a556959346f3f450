"""The service goes away while pages are open: they say so, try again, and make up for what they missed."""

import re

import pytest
from playwright.sync_api import Request, Route, expect
from tests.browser.conftest import DemoService, Opens
from tests.browser.looking import kept_picture, open_date
from tests.browser.steps import bookable, confirm, slot, statuses, taken

pytestmark = pytest.mark.slow  # each starts services of its own


def test_a_page_recovers_without_reload_and_without_a_gap(demo: DemoService, window: Opens) -> None:
    third = window(demo).open(bookable(demo, "restarted"))
    third.evaluate("window.stays = true")
    expect(slot(third, "10:00")).to_contain_text("free")
    expect(third.get_by_text("Live", exact=True)).to_be_visible()
    # What happens while the page hears nothing is what a gap would lose.
    third.context.set_offline(True)
    taken(demo, "restarted", "10:00")
    demo.kill()
    expect(third.get_by_text("Connection lost, trying again …")).to_be_visible()
    kept_picture(third, "connection-lost")
    demo.start()
    taken(demo, "restarted", "11:00")
    third.context.set_offline(False)
    expect(slot(third, "10:00")).to_contain_text("taken")
    expect(slot(third, "11:00")).to_contain_text("taken")
    expect(third.get_by_text("Live", exact=True)).to_be_visible()
    taken(demo, "restarted", "12:00")
    expect(slot(third, "12:00")).to_contain_text("taken")
    assert third.evaluate("window.stays")
    assert statuses(demo, "restarted") == ["confirmed", "confirmed", "confirmed"]


@pytest.mark.parametrize("what", ["times", "booking", "found"])
def test_while_there_is_no_answer_no_more_is_asked_each_minute(
    busy_demo: DemoService, window: Opens, what: str
) -> None:
    path = bookable(busy_demo, f"away-{what}", kind=f"away-{what}")
    booking = taken(busy_demo, f"away-{what}", "10:00")
    alice = window(busy_demo)
    alice.page.clock.install()
    paths = {"times": path, "booking": f"/mine/{booking}", "found": f"/find?kind=away-found&date={open_date()}"}
    page = alice.sign_in("Alice", paths[what])
    shown = {"times": slot(page, "10:00"), "found": page.get_by_text(re.compile("^Next free"))}
    expect(shown.get(what, page.get_by_text("Booked", exact=True))).to_be_visible()
    under_way: set[Request] = set()
    at_once: list[int] = []

    def unanswered(route: Route) -> None:
        under_way.add(route.request)
        at_once.append(len(under_way))

    page.route(f"**/v1/bookings/{booking}" if what == "booking" else "**/availability?*", unanswered)
    # After 20 seconds each is given up, and asked once more.
    page.on("requestfailed", lambda request: under_way.discard(request))
    for _ in range(4):
        page.clock.run_for(60_000)
    assert set(at_once) == {1}


def test_a_booking_that_meets_a_restart_is_made_once(demo: DemoService, window: Opens) -> None:
    page = window(demo).sign_in("Alice", bookable(demo, "repeated", policy={"hold_seconds": 600}))
    slot(page, "10:00").click()
    page.get_by_label("What is it about?").fill("Sent into the void")
    demo.kill()
    page.get_by_role("button", name="Continue to review").click()
    expect(page.get_by_text("The service cannot be reached.").first).to_be_visible()
    demo.start()
    again = page.get_by_role("button", name="Continue to review")
    review = page.get_by_role("button", name="Confirm booking")
    expect(again.or_(review).first).to_be_enabled()
    if again.is_visible():  # it gave up before the service was back
        expect(page.get_by_label("What is it about?")).to_have_value("Sent into the void")
        again.click()
    confirm(page)
    assert statuses(demo, "repeated") == ["confirmed"]
