"""What has been confirmed stays, also where its answer is late or lost: only what is still a hold is given back."""

import re

import pytest
from playwright.sync_api import Page, Route, expect
from tests.browser.conftest import DemoService, Opens
from tests.browser.late import Held
from tests.browser.steps import bookable, send, slot, statuses, to_review

_HASTE = "() => { const real = setTimeout; window.setTimeout = (what, wait = 0) => real(what, wait / 20); }"


def at_review(service: DemoService, window: Opens, resource: str) -> Page:
    """Alice, who has set ten o'clock aside."""
    page = window(service).sign_in("Alice", bookable(service, resource, policy={"hold_seconds": 600}))
    slot(page, "10:00").click()
    to_review(page)
    return page


def without_answer(route: Route) -> None:
    """It arrives, and what is answered does not."""
    route.fetch()
    route.abort()


def test_what_a_lost_answer_confirmed_is_not_given_back_after_a_reload(busy_demo: DemoService, window: Opens) -> None:
    page = at_review(busy_demo, window, "answer-lost")
    page.route("**/confirm", without_answer)
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/confirm")):
        page.get_by_role("button", name="Confirm booking").click()
    page.reload()
    expect(page.get_by_role("heading", name="Booked")).to_be_visible()
    page.get_by_role("link", name="Book another time").click()
    expect(slot(page, "10:00")).to_contain_text("yours")
    slot(page, "11:00").click()
    to_review(page)
    assert sorted(statuses(busy_demo, "answer-lost")) == ["confirmed", "held"]


@pytest.mark.slow
def test_what_may_have_been_confirmed_is_not_given_back(busy_demo: DemoService, window: Opens) -> None:
    page = at_review(busy_demo, window, "in-doubt")
    page.evaluate(_HASTE)
    for address in (re.compile("/v1/bookings/[^/]+$"), "**/v1/live*"):
        page.route(address, lambda route: route.abort())
    page.route("**/confirm", without_answer)
    page.get_by_role("button", name="Confirm booking").click()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    page.get_by_role("link", name="Time", exact=True).click()
    expect(slot(page, "10:00")).to_contain_text("yours")
    slot(page, "11:00").click()
    expect(page.get_by_role("heading", name="Details")).to_be_visible()
    assert statuses(busy_demo, "in-doubt") == ["confirmed"]


def test_what_could_not_be_sent_is_sent_again_when_the_service_is_back(busy_demo: DemoService, window: Opens) -> None:
    page = at_review(busy_demo, window, "sent-again")
    page.evaluate(_HASTE)
    keys: list[str | None] = []

    def out_of_reach(route: Route) -> None:
        keys.append(route.request.headers.get("idempotency-key"))
        route.abort()

    for address in (re.compile("/v1/bookings/[^/]+$"), "**/v1/live*", re.compile("/availability")):
        page.route(address, lambda route: route.abort())
    page.route("**/confirm", out_of_reach)
    page.get_by_role("button", name="Confirm booking").click()
    expect(page.get_by_text("it is sent again by itself", exact=False)).to_be_visible()
    with page.expect_request("**/confirm") as again:
        page.unroute_all()
    assert {*keys, again.value.headers["idempotency-key"]} == {keys[0]}
    expect(page.get_by_role("heading", name="Booked")).to_be_visible()
    assert statuses(busy_demo, "sent-again") == ["confirmed"]


def test_what_is_being_confirmed_is_not_given_back(busy_demo: DemoService, window: Opens) -> None:
    page = at_review(busy_demo, window, "on-its-way")
    held = Held(page, "**/confirm")
    page.get_by_role("button", name="Confirm booking").click()
    page.get_by_role("link", name="All places").click()
    page.get_by_role("link", name="On Its Way").click()
    expect(page.locator(".week [aria-pressed='true']")).to_be_visible()
    with page.expect_response("**/confirm") as answer:
        held.goes()
    assert answer.value.ok
    assert statuses(busy_demo, "on-its-way") == ["confirmed"]


@pytest.mark.slow
def test_what_runs_out_while_it_is_confirmed_elsewhere_is_not_called_lost(
    busy_demo: DemoService, window: Opens
) -> None:
    page = window(busy_demo).sign_in("Alice", bookable(busy_demo, "decided-elsewhere", policy={"hold_seconds": 12}))
    slot(page, "10:00").click()
    page.route("**/v1/live*", lambda route: route.abort())
    to_review(page)
    booking = page.url.split("booking=")[1]
    asked: list[int] = []

    def out_of_order(route: Route) -> None:
        asked.append(1)
        if len(asked) > 1:
            return route.continue_()
        return route.fulfill(status=500, json={"code": "internal"})

    page.route(f"**/v1/bookings/{booking}", out_of_order)
    send(busy_demo, "POST", f"/v1/bookings/{booking}/confirm", {}, by="customer", Idempotency_Key="elsewhere")
    expect(page.get_by_text("It is not known whether", exact=False).first).to_be_visible()
    expect(page.get_by_text("Nothing is booked", exact=False)).to_have_count(0)
    expect(page.get_by_role("heading", name="Booked")).to_be_visible()


@pytest.mark.slow
def test_skipping_to_the_content_leaves_it_as_it_is(busy_demo: DemoService, window: Opens) -> None:
    page = at_review(busy_demo, window, "skipped-to")
    page.evaluate("document.querySelector('.summary').dataset.stays = 'yes'")
    page.get_by_role("link", name="Skip to content").press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.evaluate("location.hash = 'main'")
    page.evaluate("() => new Promise((done) => setTimeout(done))")
    expect(page.locator(".summary[data-stays]")).to_be_visible()
    assert statuses(busy_demo, "skipped-to") == ["held"]


@pytest.mark.slow  # it waits for a hold to end
def test_a_countdown_does_not_go_on_saying_what_was_true(busy_demo: DemoService, window: Opens) -> None:
    page = window(busy_demo).sign_in("Alice", bookable(busy_demo, "left-alone", policy={"hold_seconds": 15}))
    slot(page, "10:00").click()
    page.route("**/v1/live*", lambda route: route.abort())  # the service is away, and so is its stream
    to_review(page)
    booking = page.url.split("booking=")[1]
    unanswered: list[Route] = []
    page.route(f"**/v1/bookings/{booking}", lambda route: unanswered.append(route))
    spoken = page.locator(".countdown").get_by_role("status")
    expect(spoken).to_have_text(re.compile("^Set aside for you for [0-9]+ seconds.$"))
    expect(spoken).to_have_text(re.compile("^It is not known whether this is still set aside for you."))
    expect(page.locator(".countdown .figures")).to_have_count(0)
    for each in unanswered:
        each.continue_()
    expect(page.get_by_role("alert").filter(has_text="Your time to confirm has run out")).to_be_focused()
