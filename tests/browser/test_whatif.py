"""The desk tries what other hours, or more places, would have done for those who asked: in real Chromium."""

import re

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import DemoService, Opens
from tests.browser.late import Held
from tests.browser.looking import every_look, kept_picture, narrow_enough, open_date, register, serious

_ASK = """async ([resource, start]) => {
    const headers = {"Content-Type": "application/json"};
    const body = JSON.stringify({resource, start});
    return (await fetch("/v1/bookings", {method: "POST", headers, body})).status;
}"""


def wanted(window: Opens, service: DemoService, resource: str) -> None:
    """Alice and Bob want ten o'clock; one of them gets nothing."""
    register(window, service, resource)
    for person, status in (("Alice", 201), ("Bob", 409)):
        guest = window(service).sign_in(person)
        assert guest.evaluate(_ASK, [resource, f"{open_date()}T10:00"]) == status
        guest.context.close()


def opened(page: Page) -> None:
    page.get_by_role("button", name="What if it had been otherwise?").click()
    expect(page.get_by_role("heading", name="What if it had been otherwise?")).to_be_focused()


def asked(page: Page, says: str) -> None:
    """The refusal is noted a second behind its answer, so it may take another try."""
    answer = page.locator(".whatif-answer")
    for _ in range(100):
        page.get_by_role("button", name="See what would have been").click()
        expect(answer.locator("dl")).to_be_visible(timeout=60_000)
        if says in answer.inner_text():
            return
    raise AssertionError(answer.inner_text())


@pytest.mark.slow
def test_the_desk_sees_who_would_have_been_served_and_who_not(busy_demo: DemoService, window: Opens) -> None:
    wanted(window, busy_demo, "sought-room")
    sam = window(busy_demo)
    page = sam.sign_in("Sam", f"/demand?resource=sought-room&weeks=1&to={open_date()}")
    opened(page)
    page.get_by_role("button", name="See what would have been").click()
    expect(page.locator(".whatif-answer")).to_have_text("Change something first: hours, places or rules.")
    page.get_by_label("Places at the same time").fill("2")
    asked(page, "1 of 1")
    for remove in page.get_by_role("button", name=re.compile("remove these hours$")).all()[::-1]:
        remove.click()
    asked(page, "closed")
    lost = page.locator(".whatif-answer").get_by_role("link")
    expect(lost).to_have_count(1)
    lost.click()
    expect(page).to_have_url(re.compile("/desk/b-"))
    assert sam.complaints == []


@pytest.mark.slow
def test_nothing_can_be_asked_before_there_is_anything_to_change(busy_demo: DemoService, window: Opens) -> None:
    register(window, busy_demo, "unread-room")
    page = window(busy_demo).sign_in("Sam", f"/demand?resource=unread-room&weeks=1&to={open_date()}")
    page.get_by_role("button", name="What if it had been otherwise?").wait_for()
    held = Held(page, "**/v1/resources/unread-room")
    opened(page)
    see = page.get_by_role("button", name="See what would have been")
    expect(see).to_be_disabled()
    held.goes()
    expect(page.get_by_label("Places at the same time")).to_be_visible()
    expect(see).to_be_enabled()


@pytest.mark.slow
@every_look
def test_the_form_is_for_everybody(busy_demo: DemoService, window: Opens, width: str, colours: str) -> None:
    resource = f"imagined-{width}-{colours}"
    register(window, busy_demo, resource)
    sam = window(busy_demo, width, colours)
    page = sam.sign_in("Sam", f"/demand?resource={resource}&weeks=1&to={open_date()}")
    opened(page)
    page.get_by_text("Rules", exact=True).click()
    page.get_by_label("Places at the same time").fill("0")
    page.get_by_role("button", name="See what would have been").click()
    assert page.locator("input:invalid").count() == 1
    page.get_by_label("Places at the same time").fill("7")
    page.get_by_label("Shortest, minutes").fill("45")
    page.get_by_role("button", name="See what would have been").click()
    refused = re.compile("The resource cannot be defined like this: max_duration")
    expect(page.get_by_role("alert")).to_contain_text(refused, timeout=60_000)
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"what-if-{width}-{colours}")


@pytest.mark.slow
def test_the_part_that_did_not_load_is_there_at_the_next_click(busy_demo: DemoService, window: Opens) -> None:
    register(window, busy_demo, "tried-room")
    page = window(busy_demo).sign_in("Sam", f"/demand?resource=tried-room&weeks=1&to={open_date()}")
    page.route("**/demand_whatif.js", lambda route: route.abort())
    page.get_by_role("button", name="What if it had been otherwise?").click()
    expect(page.get_by_text("That did not load. Please try again.")).to_be_visible()
    page.unroute("**/demand_whatif.js")
    opened(page)
