"""Several people at one slot: whoever is later sees it, is told what is free instead, and loses nothing."""

import re

import pytest
from playwright.sync_api import Route, expect
from tests.browser.conftest import DemoService, Opens
from tests.browser.keys import tab_to
from tests.browser.looking import kept_picture, open_date, serious
from tests.browser.steps import bookable, confirm, revise, send, slot, taken, to_review


def test_the_loser_of_a_race_books_the_offered_alternative_and_a_third_watches(
    busy_demo: DemoService, window: Opens
) -> None:
    address = bookable(busy_demo, "raced", policy={"hold_seconds": 60})
    third = window(busy_demo).open(address)
    alice = window(busy_demo).sign_in("Alice", address)
    bob = window(busy_demo).sign_in("Bob", address)
    expect(slot(third, "10:00")).to_contain_text("free")
    for page in (alice, bob):
        slot(page, "10:00").click()
        page.get_by_label("What is it about?").fill("Mine, I hope")
    # Bob's page is told nothing any more: the click comes before the news, as in a race.
    bob.route("**/v1/live*", lambda route: route.abort())
    bob.route("**/availability*", lambda route: route.abort())
    bob.reload()
    to_review(alice)
    confirm(alice)
    expect(slot(third, "10:00")).to_contain_text("taken")
    kept_picture(third, "third-watches")
    bob.get_by_role("button", name="Continue to review").click()
    refused = bob.get_by_role("alert")
    expect(refused).to_be_focused()
    expect(refused.get_by_text("Still free:")).to_be_visible()
    assert serious(bob) == []
    kept_picture(bob, "too-late")
    tab_to(bob, refused.get_by_role("button", name=re.compile("11:00")).first)
    bob.keyboard.press("Enter")
    expect(bob.get_by_role("definition").filter(has_text="Mine, I hope")).to_be_visible()
    confirm(bob)
    expect(slot(third, "11:00")).to_contain_text("taken")


def test_who_still_types_is_told_at_once(busy_demo: DemoService, window: Opens) -> None:
    bob = window(busy_demo).sign_in("Bob", bookable(busy_demo, "typed-too-long"))
    slot(bob, "10:00").click()
    bob.get_by_label("What is it about?").fill("A long story")
    taken(busy_demo, "typed-too-long", "10:00")
    late = bob.get_by_role("alert").filter(has_text="Somebody was faster")
    expect(late).to_be_visible()
    expect(bob.get_by_label("What is it about?")).to_be_focused()  # nobody is torn away from typing
    late.get_by_role("button", name=re.compile("11:00")).click()
    expect(bob.get_by_label("What is it about?")).to_have_value("A long story")
    expect(bob.get_by_text(re.compile("11:00.12:00")).first).to_be_visible()


def test_what_is_free_again_is_offered_first(busy_demo: DemoService, window: Opens) -> None:
    bob = window(busy_demo).sign_in("Bob", bookable(busy_demo, "let-go"))
    slot(bob, "10:00").click()
    booking = taken(busy_demo, "let-go", "10:00")
    expect(bob.get_by_role("alert").filter(has_text="Somebody was faster")).to_be_visible()
    send(busy_demo, "POST", f"/v1/bookings/{booking}/cancel", {}, by="customer", Idempotency_Key="let-go")
    again = bob.get_by_role("alert").filter(has_text="It is free again")
    expect(again.get_by_role("button").first).to_contain_text(re.compile("10:00.11:00"))
    again.get_by_role("button").first.click()
    expect(bob.get_by_role("heading", name="Is this right?")).to_be_visible()


@pytest.mark.slow  # it waits for a hold to end
def test_who_set_it_aside_too_late_is_told_when_it_is_free_again(busy_demo: DemoService, window: Opens) -> None:
    bob = window(busy_demo).sign_in("Bob", bookable(busy_demo, "let-go-late", policy={"hold_seconds": 5}))
    slot(bob, "10:00").click()
    to_review(bob)
    again = bob.get_by_role("button", name="Set it aside again")
    expect(again).to_be_visible()
    revise(busy_demo, "let-go-late", policy={"hold_seconds": 60})  # the next one is to last
    booking = taken(busy_demo, "let-go-late", "10:00")
    again.click()
    expect(bob.get_by_role("alert")).to_contain_text("Still free:")
    send(busy_demo, "POST", f"/v1/bookings/{booking}/cancel", {}, by="customer", Idempotency_Key="let-go-late")
    offer = bob.get_by_role("alert").filter(has_text="It is free again").get_by_role("button").first
    expect(offer).to_contain_text(re.compile("10:00.11:00"))
    offer.click()
    expect(bob.get_by_role("button", name="Confirm booking")).to_be_visible()


def test_a_timeline_changes_under_the_readers_eyes(busy_demo: DemoService, window: Opens) -> None:
    policy = {"step": 30, "min_duration": 30, "max_duration": 240}
    third = window(busy_demo).open(bookable(busy_demo, "watched-room", kind="watched-room", policy=policy))
    expect(third.get_by_role("gridcell", name="10:00, free")).to_be_visible()
    third.get_by_label("From").select_option("09:30")
    third.get_by_label("To", exact=True).select_option("11:00")
    expect(third.get_by_text(re.compile("09:30.11:00 · 1 h 30 min"))).to_be_visible()
    taken(busy_demo, "watched-room", "10:00")
    expect(third.get_by_role("gridcell", name="10:00, taken")).to_be_visible()
    expect(third.get_by_text("Nothing chosen yet.")).to_be_visible()
    expect(third.get_by_role("button", name="Continue", exact=True)).to_be_disabled()


def test_how_much_is_left_is_counted_down(busy_demo: DemoService, window: Opens) -> None:
    third = window(busy_demo).open(bookable(busy_demo, "many", capacity=3))
    expect(slot(third, "10:00")).to_contain_text("3 of 3 left")
    taken(busy_demo, "many", "10:00")
    expect(slot(third, "10:00")).to_contain_text("2 of 3 left")


def test_a_place_that_is_gone_does_not_keep_the_others_from_being_followed(
    busy_demo: DemoService, window: Opens
) -> None:
    for name in ("stays-open", "goes-away"):
        bookable(busy_demo, name, kind="leaving", capacity=3)
    page = window(busy_demo).open()
    refused: list[str] = []

    def without_one(route: Route) -> None:
        if "goes-away" not in route.request.url:
            return route.continue_()
        refused.append(route.request.url)
        problem = {"status": 404, "code": "unknown-resource", "detail": "There is none.", "resource": "goes-away"}
        return route.fulfill(status=404, json=problem, content_type="application/problem+json")

    page.route("**/v1/live*", without_one)
    page.goto(f"{busy_demo.url}/find?kind=leaving&date={open_date()}")
    expect(page.get_by_role("link", name="Goes Away")).to_have_count(0)
    expect(page.get_by_role("link", name="Stays Open")).to_be_visible()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    taken(busy_demo, "stays-open", "09:00")
    expect(page.get_by_role("listitem").filter(has_text="Stays Open")).to_contain_text("2 of 3 left")
    assert len(refused) == 1


@pytest.mark.slow
def test_free_times_stay_fresh_where_there_is_no_stream_and_ones_own_cannot_be_asked_for(
    busy_demo: DemoService, window: Opens
) -> None:
    place = bookable(busy_demo, "without-stream")
    page = window(busy_demo).sign_in("Bob")
    page.route("**/v1/live*", lambda route: route.fulfill(status=404, body=""))
    page.route("**/v1/bookings?*", lambda route: route.fulfill(status=500, body="{}"))
    page.goto(busy_demo.url + place)
    expect(slot(page, "09:00")).to_be_visible()
    taken(busy_demo, "without-stream", "09:00")
    expect(page.get_by_role("status").filter(has_text="Just taken: 09:00")).to_have_count(1)
    page.unroute("**/v1/bookings?*")
    with page.expect_request(re.compile("/v1/bookings.*changed_after=")) as asked:
        pass  # one's own, as soon as they are known, are not asked for all over again
    assert "from=" not in asked.value.url
