"""A booking of several places is moved as one, in real Chromium."""

import re

import pytest
from playwright.sync_api import Page, expect
from tests.browser.bookings import booked, card
from tests.browser.conftest import DemoService, Opens
from tests.browser.keys import press, tab_to
from tests.browser.late import Held
from tests.browser.looking import every_look, kept_picture, narrow_enough, open_date, serious
from tests.browser.steps import bookable, send, slot, taken


def of_both(service: DemoService, name: str, starts: tuple[str, str] = ("10:00", "10:00")) -> str:
    """Alice's booking of a trainer for an hour, and of both courts of a hall."""
    bookable(service, f"{name}-trainer", kind=f"{name}-trainer")
    bookable(service, f"{name}-hall", kind=f"{name}-hall", capacity=3, policy={"max_units": 2})
    trainer, hall = (f"{open_date()}T{each}" for each in starts)
    legs = [{"resource": f"{name}-trainer", "start": trainer}, {"resource": f"{name}-hall", "start": hall, "units": 2}]
    return str(send(service, "POST", "/v1/bookings", {"legs": legs}, by="customer", Idempotency_Key=name)["id"])


def too_late(service: DemoService, window: Opens, art: str) -> tuple[Page, str]:
    """Where Alice is asked whether she moves to two o'clock, at which Bob has the trainer by now; and her booking."""
    booking = of_both(service, art)
    bob = window(service).sign_in("Bob")
    page = window(service).sign_in("Alice")
    page.route("**/v1/live*", lambda route: route.abort())  # as in the moment before the news arrives
    page.goto(f"{service.url}/mine/{booking}/move")
    slot(page, "14:00").click()
    expect(page.get_by_role("heading", name="Move it to this time?")).to_be_focused()
    booked(bob, f"{art}-trainer", "14:00")
    return page, booking


def legs_of(service: DemoService, booking: str) -> list[tuple[str, str, int]]:
    found = send(service, "GET", f"/v1/bookings/{booking}", by="customer")["legs"]
    return [(each["resource"], each["start"][11:16], each["units"]) for each in found]


def sure(page: Page) -> None:
    page.get_by_role("button", name="Move it", exact=True).click()


def test_both_places_are_moved_to_a_start_at_which_both_are_free_by_keyboard(
    busy_demo: DemoService, window: Opens
) -> None:
    booking = of_both(busy_demo, "judo")
    taken(busy_demo, "judo-trainer", "11:00")
    whole = {"start": f"{open_date()}T12:00", "end": f"{open_date()}T13:00", "units": 2, "reason": "Cleaning"}
    send(busy_demo, "POST", "/v1/resources/judo-hall/blocks", whole, by="staff")
    alice = window(busy_demo)
    page = alice.sign_in("Alice", f"/mine/{booking}")
    press(page, card(page, booking).get_by_role("link", name="Move"))
    expect(page.get_by_role("heading", name="Move: Judo Trainer and Judo Hall")).to_be_visible()
    times = page.get_by_role("list", name="Times").get_by_role("button").locator("strong")
    expect(times).to_have_text(["09:00", "13:00", "14:00", "15:00", "16:00"])
    tab_to(page, slot(page, "09:00"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Move it to this time?")).to_be_focused()
    expect(page.get_by_text(re.compile("Judo Trainer: .*13:00.*Judo Hall: .*13:00"))).to_be_visible()
    press(page, page.get_by_role("button", name="Move it", exact=True))
    expect(card(page, booking)).to_contain_text(re.compile("Judo Trainer: .*13:00.*Judo Hall: .*13:00"))
    assert legs_of(busy_demo, booking) == [("judo-trainer", "13:00", 1), ("judo-hall", "13:00", 2)]
    assert alice.complaints == []


@pytest.mark.slow
def test_who_is_too_late_for_one_of_them_is_offered_when_both_are_free(busy_demo: DemoService, window: Opens) -> None:
    page, booking = too_late(busy_demo, window, "karate")
    sure(page)
    told = page.get_by_role("main").get_by_role("alert")
    expect(told).to_be_focused()
    assert legs_of(busy_demo, booking)[0] == ("karate-trainer", "10:00", 1)
    told.get_by_role("button", name=re.compile("15:00")).click()
    sure(page)
    expect(card(page, booking)).to_contain_text(re.compile("Karate Trainer: .*15:00.*Karate Hall: .*15:00"))


@pytest.mark.slow
def test_what_is_taken_meanwhile_goes_from_the_list(busy_demo: DemoService, window: Opens) -> None:
    booking = of_both(busy_demo, "aikido")
    page = window(busy_demo).sign_in("Alice", f"/mine/{booking}/move")
    expect(slot(page, "14:00")).to_be_visible()
    booked(window(busy_demo).sign_in("Bob"), "aikido-trainer", "14:00")
    expect(slot(page, "14:00")).to_have_count(0)
    expect(slot(page, "15:00")).to_be_visible()


@pytest.mark.slow
def test_a_day_whose_starts_have_not_come_does_not_offer_those_of_another(
    busy_demo: DemoService, window: Opens
) -> None:
    booking = of_both(busy_demo, "kendo")
    page = window(busy_demo).sign_in("Alice", f"/mine/{booking}/move")
    expect(slot(page, "14:00")).to_be_visible()
    held = Held(page, "**/v1/availability?*")
    page.get_by_label("On", exact=True).fill(open_date(4))
    expect(page.get_by_text("Looking for times …")).to_be_visible()
    expect(slot(page, "14:00")).to_have_count(0)
    held.goes()
    expect(slot(page, "14:00")).to_be_visible()


@pytest.mark.slow
def test_a_start_on_another_day_can_be_chosen_again_after_a_look_at_another_time(
    busy_demo: DemoService, window: Opens
) -> None:
    booking = of_both(busy_demo, "sambo")
    whole = {"start": f"{open_date()}T00:00", "end": f"{open_date(4)}T00:00", "reason": "Cleaning"}
    send(busy_demo, "POST", "/v1/resources/sambo-trainer/blocks", whole, by="staff")
    page = window(busy_demo).sign_in("Alice", f"/mine/{booking}/move")
    page.get_by_role("button", name=re.compile(", 11:00")).click()
    expect(page.get_by_role("heading", name="Move it to this time?")).to_be_focused()
    page.get_by_role("button", name="Another time").click()
    page.get_by_role("button", name=re.compile(", 11:00")).click()
    expect(page.get_by_role("heading", name="Move it to this time?")).to_be_focused()


@pytest.mark.slow
def test_who_has_the_focus_on_a_start_on_another_day_keeps_it_while_they_change(
    busy_demo: DemoService, window: Opens
) -> None:
    booking = of_both(busy_demo, "savate")
    whole = {"start": f"{open_date()}T00:00", "end": f"{open_date(4)}T00:00", "reason": "Cleaning"}
    send(busy_demo, "POST", "/v1/resources/savate-trainer/blocks", whole, by="staff")
    page = window(busy_demo).sign_in("Alice", f"/mine/{booking}/move")
    offers = page.get_by_role("alert").get_by_role("button")
    expect(offers.first).to_contain_text(", 09:00")
    offers.first.focus()
    later = {"start": f"{open_date(4)}T09:00", "end": f"{open_date(4)}T10:00", "reason": "Cleaning"}
    send(busy_demo, "POST", "/v1/resources/savate-trainer/blocks", later, by="staff")
    expect(offers.first).to_contain_text(", 10:00")
    expect(offers.first).to_be_focused()


@pytest.mark.slow
def test_who_is_too_late_need_not_wait_for_what_is_offered_instead(busy_demo: DemoService, window: Opens) -> None:
    page, booking = too_late(busy_demo, window, "capoeira")
    held = Held(page, "**/v1/availability?*")
    sure(page)
    told = page.get_by_role("main").get_by_role("alert")
    expect(told).to_be_focused()
    expect(page.get_by_text("Moving it …")).to_have_count(0)
    slot(page, "15:00").click()
    asks = page.get_by_role("heading", name="Move it to this time?")
    expect(asks).to_be_focused()
    held.goes()
    expect(asks).to_be_focused()
    expect(told).to_have_count(0)
    sure(page)
    expect(card(page, booking)).to_contain_text(re.compile("Capoeira Trainer: .*15:00.*Capoeira Hall: .*15:00"))


@pytest.mark.slow
def test_parts_with_times_of_their_own_are_not_moved_together(busy_demo: DemoService, window: Opens) -> None:
    booking = of_both(busy_demo, "sumo", ("10:00", "11:00"))
    page = window(busy_demo).sign_in("Alice", f"/mine/{booking}/move")
    expect(page.get_by_text(re.compile("Its parts have times of their own"))).to_be_visible()
    expect(page.get_by_text(re.compile("Now: Sumo Trainer: .*10:00.*Sumo Hall: .*11:00"))).to_be_visible()


@pytest.mark.slow
@every_look
def test_it_can_be_used_by_everybody(busy_demo: DemoService, window: Opens, width: str, colours: str) -> None:
    booking = of_both(busy_demo, f"dojo-{width}-{colours}")
    alice = window(busy_demo, width, colours)
    page = alice.sign_in("Alice", f"/mine/{booking}/move")
    slot(page, "14:00").wait_for()
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"move-together-{width}-{colours}")
    slot(page, "14:00").click()
    expect(page.get_by_role("heading", name="Move it to this time?")).to_be_focused()
    assert (serious(page), narrow_enough(page), alice.complaints) == ([], True, [])
