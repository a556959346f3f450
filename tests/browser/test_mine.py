"""What one has booked, in real Chromium: it is cancelled, moved and looked back at."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser.bookings import booked, card, done
from tests.browser.conftest import DemoService, Opens
from tests.browser.keys import tab_to
from tests.browser.late import Late
from tests.browser.looking import every_look, kept_picture, narrow_enough, open_date, register, serious
from tests.browser.passing import Passing
from tests.browser.steps import bookable, revise, send, taken


@pytest.mark.slow
@every_look
def test_a_booking_is_moved_and_cancelled(busy_demo: DemoService, window: Opens, width: str, colours: str) -> None:
    resource = f"studio-{width}-{colours}"
    name = resource.replace("-", " ").title()
    register(window, busy_demo, resource)
    alice = window(busy_demo, width, colours)
    page = alice.sign_in("Alice", "/mine")
    booking = booked(page, resource, "10:00", note="Recording")
    page.reload()
    expect(card(page, booking)).to_contain_text("Recording")
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"mine-{width}-{colours}")
    page.get_by_role("link", name=f"Move: {name}").click()
    page.get_by_role("button", name=re.compile("^14:00 to ")).click()
    expect(page.get_by_role("heading", name="Move it to this time?")).to_be_focused()
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"move-{width}-{colours}")
    page.get_by_role("button", name="Move it", exact=True).click()
    expect(card(page, booking)).to_contain_text("14:00")
    expect(page.get_by_role("listitem").filter(has_text="Moved to")).to_contain_text("by you")
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"history-{width}-{colours}")
    card(page, booking).get_by_role("button", name="Cancel").click()
    card(page, booking).get_by_role("textbox").fill("No time")
    card(page, booking).get_by_role("button", name="Cancel booking").click()
    expect(card(page, booking)).to_contain_text("Cancelled")
    expect(page.get_by_role("listitem").filter(has_text="Cancelled")).to_contain_text("No time")
    page.get_by_role("link", name="My bookings").click()
    expect(page.get_by_role("heading", name="My bookings")).to_be_visible()
    expect(card(page, booking)).to_have_count(0)
    assert alice.complaints == []


@pytest.mark.slow
def test_the_keyboard_alone_moves_a_booking_to_a_time_that_is_still_free(busy_demo: DemoService, window: Opens) -> None:
    register(window, busy_demo, "studio-k")
    page = window(busy_demo).sign_in("Alice", "/mine")
    bob = window(busy_demo).sign_in("Bob")
    booking = booked(page, "studio-k", "10:00")
    page.reload()
    tab_to(page, card(page, booking).get_by_role("link", name="Move"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name=re.compile("^09:00 to ")))
    tab_to(page, page.get_by_role("button", name=re.compile("^11:00 to ")), key="ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Move it to this time?")).to_be_focused()
    booked(bob, "studio-k", "11:00")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    refusal = page.get_by_role("alert")
    expect(refusal).to_be_focused()
    page.keyboard.press("Tab")
    expect(refusal.get_by_role("button").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Move it to this time?")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(card(page, booking)).to_contain_text("12:00")
    cancel = card(page, booking).get_by_role("button", name="Cancel")
    tab_to(page, cancel)
    page.keyboard.press("Enter")
    expect(card(page, booking).get_by_role("textbox")).to_be_focused()
    page.keyboard.type("No time")
    page.keyboard.press("Escape")
    expect(cancel).to_be_focused()
    page.keyboard.press("Enter")
    expect(card(page, booking).get_by_role("textbox")).to_have_value("No time")
    tab_to(page, card(page, booking).get_by_role("button", name="Cancel booking"))
    page.keyboard.press("Enter")
    expect(card(page, booking)).to_contain_text("Cancelled")
    expect(card(page, booking).get_by_role("heading")).to_be_focused()


@pytest.mark.slow
def test_what_is_booked_elsewhere_comes_into_the_open_list(busy_demo: DemoService, window: Opens) -> None:
    register(window, busy_demo, "studio-e")
    here, there = window(busy_demo), window(busy_demo)
    page = here.sign_in("Bob", "/mine")
    expect(page.get_by_role("heading", name="Upcoming")).to_be_visible()
    booking = booked(there.sign_in("Bob"), "studio-e", "10:00")
    expect(card(page, booking)).to_contain_text("Confirmed")
    assert done(there.page, booking, "cancel") == 200
    expect(card(page, booking)).to_contain_text("Cancelled")
    assert here.complaints == []


@pytest.mark.slow
def test_a_booking_that_the_desk_changed_while_one_chose_is_moved_at_one_more_click(
    busy_demo: DemoService, window: Opens
) -> None:
    register(window, busy_demo, "studio-w")
    page, sam = window(busy_demo).sign_in("Alice"), window(busy_demo).sign_in("Sam", "/find")
    booking = booked(page, "studio-w", "10:00")
    page.route("**/v1/live*", lambda route: route.abort())  # as in the moment before the news arrives
    page.goto(f"{busy_demo.url}/mine/{booking}/move")
    page.get_by_role("button", name=re.compile("^14:00 to ")).click()
    assert done(sam, booking, "reschedule", start=f"{open_date()}T12:00") == 200
    page.get_by_role("button", name="Move it", exact=True).click()
    told = page.get_by_role("alert")
    expect(told).to_be_focused()
    expect(told).to_contain_text(re.compile("Moved to .*12:00.* by the desk"))
    assert serious(page) == []
    told.get_by_role("button", name="Move it all the same").click()
    expect(card(page, booking)).to_contain_text("14:00")


@pytest.mark.slow
def test_whoever_is_too_late_to_change_it_is_told_whom_to_ask(busy_demo: DemoService, window: Opens) -> None:
    register(window, busy_demo, "studio-l", policy={"cancel_notice": 30_000})
    page = window(busy_demo).sign_in("Alice")
    booking = booked(page, "studio-l", "10:00")
    page.goto(f"{busy_demo.url}/mine/{booking}")
    expect(card(page, booking)).to_contain_text("Please ask the desk.")
    expect(card(page, booking).get_by_role("button")).to_have_count(0)
    page.goto(f"{busy_demo.url}/mine/{booking}/move")
    expect(page.get_by_text("can no longer be moved here. Please ask the desk.")).to_be_visible()


@pytest.mark.slow
def test_whoever_was_away_sees_what_became_of_it(demo: DemoService, window: Opens) -> None:
    page = window(demo).sign_in("Alice", "/mine")
    sam = window(demo).sign_in("Sam")
    booking = booked(page, "north-ground", "10:00")
    page.reload()
    expect(card(page, booking)).to_contain_text("Waits for approval")
    demo.kill()
    expect(page.get_by_text("Connection lost")).to_be_visible()
    demo.start()
    approve = "async (id) => (await fetch(`/v1/bookings/${id}/approve`, {method: 'POST'})).status"
    assert sam.evaluate(approve, booking) == 200
    expect(card(page, booking)).to_contain_text("Confirmed")
    expect(page.get_by_text("Connection lost")).to_be_hidden()


@pytest.mark.slow
def test_a_move_hears_what_becomes_of_its_booking_and_keeps_what_was_chosen(
    busy_demo: DemoService, window: Opens
) -> None:
    register(window, busy_demo, "studio-h")
    page, sam = window(busy_demo).sign_in("Alice"), window(busy_demo).sign_in("Sam", "/find")
    booking = booked(page, "studio-h", "10:00")
    page.goto(f"{busy_demo.url}/mine/{booking}/move")
    page.get_by_role("button", name=re.compile("^14:00 to ")).click()
    question = page.get_by_role("heading", name="Move it to this time?")
    expect(question).to_be_focused()
    assert done(sam, booking, "reschedule", start=f"{open_date()}T12:00") == 200
    told = page.get_by_role("alert")
    expect(told).to_contain_text(re.compile("Moved to .*12:00.* by the desk.* Do you still want to move it?"))
    expect(page.locator(".chosen")).to_contain_text("12:00")
    expect(question).to_be_focused()  # nobody is led away from what they chose
    assert serious(page) == []
    assert done(sam, booking, "revoke", reason="The roof leaks") == 200
    expect(told).to_contain_text(re.compile("Taken back by the desk.* It can no longer be moved."))
    expect(question).to_be_visible()
    expect(page.locator(".ask")).to_contain_text("14:00")
    expect(page.get_by_role("button", name="Move it", exact=True)).to_have_attribute("aria-disabled", "true")
    assert serious(page) == []
    kept_picture(page, "move-revoked")
    told.get_by_role("link", name="See how it stands now").click()
    expect(card(page, booking)).to_contain_text("The roof leaks")


@pytest.mark.slow
def test_bad_news_looks_like_bad_news_and_is_no_longer_upcoming(busy_demo: DemoService, window: Opens) -> None:
    register(window, busy_demo, "studio-b", policy={"approval": True})
    page, sam = window(busy_demo).sign_in("Bob", "/mine"), window(busy_demo).sign_in("Sam", "/find")
    expect(page.get_by_role("heading", name="Upcoming")).to_be_visible()
    first, second = booked(page, "studio-b", "10:00"), booked(page, "studio-b", "11:00")
    expect(card(page, second)).to_contain_text("Waits for approval")
    assert done(sam, first, "approve") == 200
    said = page.locator("p.said")
    expect(said).to_contain_text("Confirmed.")
    expect(said).not_to_have_class(re.compile("bad"))
    assert done(sam, second, "reject", reason="Under water") == 200
    expect(said).to_contain_text("Turned down: “Under water”")
    expect(said).to_have_class(re.compile("bad"))
    called_off = page.locator("section").filter(has=page.get_by_role("heading", name="Called off"))
    expect(called_off.locator(f'[data-booking="{second}"]')).to_contain_text("Turned down")
    expect(called_off.locator(f'[data-booking="{first}"]')).to_have_count(0)
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, "mine-called-off")
    page.goto(f"{busy_demo.url}/mine/{first}")
    expect(card(page, first)).to_contain_text("Confirmed")
    assert done(sam, first, "revoke") == 200
    expect(page.locator("p.said.bad")).to_have_text("Taken back.")


@pytest.mark.parametrize("who", ["Alice", "Sam", "nobody"])
def test_an_address_that_names_no_booking_asks_for_nothing_else(
    shared_demo: DemoService, window: Opens, who: str
) -> None:
    """What an address says is one segment of a path, or nothing at all: it never leads to another route."""
    visitor = window(shared_demo)
    if who != "nobody":
        visitor.sign_in(who, "/find")
    page = visitor.page
    page.goto("about:blank")  # what the view before asks for is not counted
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    view = {"Alice": "/mine", "Sam": "/desk", "nobody": "/find"}[who]
    says = "There is no such place" if who == "nobody" else "There is nothing of that name."
    for id_ in ("..%2Fme", "a%2Fb", "%252e%252e%252fme", "me%3Fx", "%"):
        page.goto(f"{shared_demo.url}{view}/{id_}")
        expect(page.get_by_text(says)).to_be_visible()
        if who != "nobody":
            page.goto(f"{shared_demo.url}{view}/{id_}/move")
            expect(page.get_by_text(says)).to_be_visible()
    assert [url for url in asked if "/v1/" in url] == []


def test_a_step_of_booking_asks_for_no_other_route_either(shared_demo: DemoService, window: Opens) -> None:
    page = window(shared_demo).sign_in("Alice", "/find")
    page.goto("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for step in ("review", "done"):
        page.goto(f"{shared_demo.url}/find/oak-12?step={step}&booking=../../v1/me")
        expect(page.get_by_text("There is nothing of that name.")).to_be_visible()
    paths = {urlsplit(url).path for url in asked}
    assert {path for path in paths if path.startswith("/v1/")} == {"/v1/resources/oak-12"}


@pytest.mark.slow
def test_earlier_ones_that_did_not_come_are_asked_for_again(busy_demo: DemoService, window: Opens) -> None:
    page = window(busy_demo).sign_in("Bob", "/mine")
    more = page.get_by_role("button", name="Show earlier ones")
    expect(more).to_be_visible()
    earlier = "**/v1/bookings?*&to=*"
    page.route(earlier, lambda route: route.fulfill(status=500, json={"detail": "It did not work."}))
    with page.expect_request(earlier) as first:
        more.click()
    expect(page.get_by_text("It did not work.")).to_be_visible()
    page.unroute(earlier)
    with page.expect_request(earlier) as second:
        more.click()
    assert second.value.url == first.value.url
    expect(page.get_by_text("It did not work.")).to_have_count(0)


@pytest.mark.slow
def test_an_older_history_that_comes_late_does_not_take_the_place_of_the_newer(
    busy_demo: DemoService, window: Opens
) -> None:
    bookable(busy_demo, "told-room", policy={"approval": True})
    booking = taken(busy_demo, "told-room", "10:00")
    page = window(busy_demo).sign_in("Alice", f"/mine/{booking}")
    entries = page.get_by_role("main").get_by_role("listitem")
    expect(entries).to_have_count(1)
    late = Late(page, f"**/v1/bookings/{booking}/events*")
    send(busy_demo, "POST", f"/v1/bookings/{booking}/approve", {}, by="staff")
    late.answered()
    send(busy_demo, "POST", f"/v1/bookings/{booking}/cancel", {}, by="customer")
    expect(entries).to_have_count(3)
    late.comes()
    expect(entries).to_have_count(3)


def about_to_cancel(service: DemoService, window: Opens, resource: str) -> tuple[str, Page, Passing, Locator]:
    """Alice's booking, her page, which has the focus on Cancel, and the passing of time there."""
    bookable(service, resource)
    booking = taken(service, resource, "10:00")
    alice = window(service)
    passing = Passing(alice.page)
    page = alice.sign_in("Alice", "/mine")
    cancel = card(page, booking).get_by_role("button", name="Cancel")
    cancel.focus()
    return booking, page, passing, cancel


@pytest.mark.slow
def test_what_has_ended_since_it_was_loaded_is_past(busy_demo: DemoService, window: Opens) -> None:
    booking, page, passing, _ = about_to_cancel(busy_demo, window, "ended-since")
    passing.by(timedelta(days=5))
    expect(page.locator(".past-bookings").get_by_role("link", name="Ended Since")).to_be_visible()
    expect(card(page, booking)).to_have_count(0)
    expect(page.get_by_role("heading", name="Upcoming")).to_be_focused()


@pytest.mark.slow
def test_what_becomes_too_late_to_change_is_not_offered_any_more(busy_demo: DemoService, window: Opens) -> None:
    booking, page, passing, cancel = about_to_cancel(busy_demo, window, "late-since")
    revise(busy_demo, "late-since", policy={"cancel_notice": 30_000})  # as if its last moment had passed
    passing.by(timedelta(minutes=1))
    expect(card(page, booking)).to_contain_text("Please ask the desk.")
    expect(cancel).to_have_count(0)
    expect(card(page, booking).get_by_role("link", name="Move")).to_have_count(0)
    expect(card(page, booking).get_by_role("heading")).to_be_focused()
