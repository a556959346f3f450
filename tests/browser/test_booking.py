"""Booking by clicks and by keyboard: three steps, a hold that counts down, and what comes after."""

import re

import pytest
from playwright.sync_api import Route, expect
from tests.browser.conftest import DemoService, Opens
from tests.browser.keys import tab_to
from tests.browser.late import Held
from tests.browser.looking import every_look, kept_picture, narrow_enough, serious
from tests.browser.steps import bookable, confirm, revise, send, slot, taken, to_review

ROOM = {"step": 30, "min_duration": 30, "max_duration": 240, "hold_seconds": 60}


@every_look
def test_three_clicks_book(busy_demo: DemoService, window: Opens, width: str, colours: str) -> None:
    address = bookable(busy_demo, f"clinic-{width}-{colours}", policy={"hold_seconds": 60})
    alice = window(busy_demo, width, colours)
    page = alice.sign_in("Alice", address)
    expect(slot(page, "10:00")).to_be_visible()
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"time-{width}-{colours}")
    slot(page, "10:00").click()
    page.get_by_label("What is it about?").fill("A knee")
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"details-{width}-{colours}")
    page.get_by_role("button", name="Continue to review").click()
    expect(page.get_by_text("Set aside for you for", exact=False).first).to_be_visible()
    expect(page.get_by_role("definition").filter(has_text="A knee")).to_be_visible()
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"review-{width}-{colours}")
    page.get_by_role("button", name="Confirm booking").click()
    expect(page.get_by_role("heading", name="Booked")).to_be_focused()
    expect(page.get_by_role("link", name="See my bookings")).to_be_visible()
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"booked-{width}-{colours}")
    assert page.evaluate("sessionStorage.length") == 0
    assert alice.complaints == []


def test_the_keyboard_alone_finds_and_books_a_slot(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "keyboard-clinic", kind="keyboard", policy={"hold_seconds": 60})
    page = window(busy_demo).sign_in("Alice")
    tab_to(page, page.get_by_label("Search"))
    page.keyboard.type("keyboard cl")
    expect(page.get_by_role("main").get_by_role("listitem").filter(has_text="Keyboard Clinic")).to_have_count(1)
    expect(page.get_by_text("1 place", exact=True)).to_be_visible()
    tab_to(page, page.get_by_role("link", name="Keyboard Clinic"))
    page.keyboard.press("Enter")
    chosen = page.locator(".week [aria-pressed='true']")
    tab_to(page, chosen)
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(chosen).to_be_focused()
    assert str(chosen.get_attribute("data-date")) in page.url
    tab_to(page, slot(page, "09:00"))
    page.keyboard.press("ArrowRight")
    expect(slot(page, "10:00")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Details")).to_be_focused()
    tab_to(page, page.get_by_label("What is it about?"))
    page.keyboard.type("By keys")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Is this right?")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Confirm booking")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Booked")).to_be_focused()


def test_a_room_is_booked_by_dragging(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "drag-b", kind="drag-room", policy=ROOM)
    page = window(busy_demo).sign_in("Alice", bookable(busy_demo, "drag-a", kind="drag-room", policy=ROOM))
    row = page.get_by_role("row", name="Drag B")
    cells = [row.get_by_role("gridcell").nth(number).bounding_box() for number in (2, 5)]
    assert cells[0] is not None
    assert cells[1] is not None
    page.mouse.move(cells[0]["x"] + 4, cells[0]["y"] + 10)
    page.mouse.down()
    page.mouse.move(cells[1]["x"] + 4, cells[1]["y"] + 10, steps=6)
    page.mouse.up()
    expect(page.get_by_text(re.compile("10:00.12:00 · 2 h"))).to_be_visible()
    assert serious(page) == []
    kept_picture(page, "timeline")
    page.get_by_role("button", name="Continue", exact=True).click()
    expect(page.get_by_role("heading", name="Drag B")).to_be_visible()
    to_review(page)
    confirm(page)


def test_the_keyboard_alone_books_an_interval(busy_demo: DemoService, window: Opens) -> None:
    policy = {**ROOM, "max_duration": 90}
    bookable(busy_demo, "key-room-b", kind="key-room", policy=policy)
    page = window(busy_demo).sign_in("Alice", bookable(busy_demo, "key-room-a", kind="key-room", policy=policy))
    tab_to(page, page.get_by_role("gridcell", name="09:00, free").first)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    for _ in range(5):
        page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_text(re.compile("09:30.11:00 · 1 h 30 min"))).to_be_visible()  # no longer than its policy has it
    tab_to(page, page.get_by_role("button", name="Continue", exact=True))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Details")).to_be_focused()
    expect(page.get_by_role("heading", name="Key Room B")).to_be_visible()
    tab_to(page, page.get_by_role("button", name="Continue to review"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Confirm booking"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Booked")).to_be_focused()


def test_an_interval_begins_and_ends_with_enter(busy_demo: DemoService, window: Opens) -> None:
    page = window(busy_demo).open(bookable(busy_demo, "enter-room", kind="enter-room", policy=ROOM))
    tab_to(page, page.get_by_role("gridcell", name="09:00, free"))
    page.keyboard.press("Enter")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("09:00.11:00 · 2 h"))).to_be_visible()


def test_an_interval_is_chosen_from_lists(busy_demo: DemoService, window: Opens) -> None:
    address = bookable(busy_demo, "list-room", kind="list-room", policy=ROOM)
    page = window(busy_demo, "phone", "dark").sign_in("Alice", address)
    page.get_by_label("From").select_option("11:00")
    page.get_by_label("To", exact=True).select_option("12:30")
    expect(page.get_by_text(re.compile("11:00.12:30 · 1 h 30 min"))).to_be_visible()
    assert (serious(page), narrow_enough(page)) == ([], True)
    page.get_by_role("button", name="Continue", exact=True).click()
    page.get_by_role("link", name="Change time").click()
    expect(page.get_by_label("To", exact=True)).to_have_value(
        re.compile("T12:30")
    )  # it can be changed, not only redone


def test_the_lists_stay_at_the_place_that_one_looks_at_while_others_book(busy_demo: DemoService, window: Opens) -> None:
    address = bookable(busy_demo, "suite-a", kind="suite", policy=ROOM)
    bookable(busy_demo, "suite-b", kind="suite", policy=ROOM)
    page = window(busy_demo).sign_in("Bob", address)
    page.get_by_label("From").select_option("10:00")
    expect(page.get_by_text(re.compile("10:00.10:30 · 30 min"))).to_be_visible()
    place = page.get_by_label("Place", exact=True)
    place.select_option("Suite B")
    taken(busy_demo, "suite-a", "15:00")
    expect(page.get_by_text("Just taken: Suite A, 15:00")).to_have_count(1)
    expect(place).to_have_value("suite-b")
    page.get_by_label("From").select_option("11:00")
    expect(page.get_by_role("group", name="Chosen time")).to_contain_text(re.compile("11:00.11:30 · 30 min"))


@pytest.mark.slow
def test_a_hold_runs_out_on_screen_and_is_taken_again(busy_demo: DemoService, window: Opens) -> None:
    address = bookable(busy_demo, "short-hold", policy={"hold_seconds": 3})
    page = window(busy_demo).sign_in("Alice", address)
    slot(page, "10:00").click()
    page.get_by_label("What is it about?").fill("Slowly typed")
    page.get_by_role("button", name="Continue to review").click()
    over = page.get_by_role("alert").filter(has_text="Your time to confirm has run out")
    expect(over).to_be_focused()
    assert serious(page) == []
    kept_picture(page, "hold-over")
    revise(busy_demo, "short-hold", policy={"hold_seconds": 60})  # the next one is to last
    page.get_by_role("button", name="Set it aside again").click()
    expect(page.get_by_role("definition").filter(has_text="Slowly typed")).to_be_visible()
    confirm(page)


def test_what_waits_for_approval_says_so_and_says_when_it_has_it(busy_demo: DemoService, window: Opens) -> None:
    address = bookable(busy_demo, "approved", policy={"approval": True, "hold_seconds": 60})
    page = window(busy_demo).sign_in("Alice", address)
    slot(page, "10:00").click()
    page.get_by_role("button", name="Continue to review").click()
    page.get_by_role("button", name="Send to the desk").click()
    expect(page.get_by_role("heading", name="Waiting for approval")).to_be_visible()
    assert serious(page) == []
    booking = page.url.split("booking=")[1]
    send(busy_demo, "POST", f"/v1/bookings/{booking}/approve", by="staff", Idempotency_Key="approved")
    expect(page.get_by_role("heading", name="Booked")).to_be_visible()


@pytest.mark.slow
def test_whoever_is_about_to_go_on_keeps_the_focus_when_the_desk_approves(
    busy_demo: DemoService, window: Opens
) -> None:
    page = window(busy_demo).sign_in("Alice", bookable(busy_demo, "asked-room", policy={"approval": True}))
    slot(page, "10:00").click()
    to_review(page)
    page.get_by_role("button", name="Send to the desk").click()
    link = page.get_by_role("link", name="Book another time")
    link.focus()
    (found,) = send(busy_demo, "GET", "/v1/bookings?resource=asked-room", by="staff")["items"]
    send(busy_demo, "POST", f"/v1/bookings/{found['id']}/approve", {}, by="staff")
    expect(page.get_by_role("heading", name="Booked")).to_be_visible()
    expect(link).to_be_focused()


@pytest.mark.slow
def test_a_timeline_says_how_many_are_left_as_they_are_taken(busy_demo: DemoService, window: Opens) -> None:
    address = bookable(busy_demo, "many-room", kind="many-room", capacity=3, policy=ROOM)
    page = window(busy_demo).sign_in("Bob", address)
    expect(page.get_by_role("gridcell", name="10:00, 3 of 3 left")).to_be_visible()
    taken(busy_demo, "many-room", "10:00")
    expect(page.get_by_role("gridcell", name="10:00, 2 of 3 left")).to_be_visible()
    expect(page.get_by_text("Just taken")).to_have_count(0)


def test_going_back_gives_the_time_back(busy_demo: DemoService, window: Opens) -> None:
    address = bookable(busy_demo, "back", policy={"hold_seconds": 600})
    page = window(busy_demo).sign_in("Alice", address)
    slot(page, "10:00").click()
    page.get_by_label("What is it about?").fill("Kept")
    page.get_by_role("button", name="Continue to review").click()
    expect(page.get_by_role("button", name="Confirm booking")).to_be_visible()
    page.get_by_role("link", name="Time").click()
    expect(slot(page, "10:00")).to_contain_text("free")
    slot(page, "11:00").click()
    expect(page.get_by_label("What is it about?")).to_have_value("Kept")


def test_what_takes_long_says_what_it_does(busy_demo: DemoService, window: Opens) -> None:
    address = bookable(busy_demo, "slow", policy={"hold_seconds": 60})
    page = window(busy_demo).sign_in("Alice")
    waiting: list[Route] = []
    is_slow = [True]
    page.route("**/availability?*", lambda route: waiting.append(route) if is_slow else route.continue_())
    page.goto(busy_demo.url + address)
    expect(page.get_by_text("Loading what is free …")).to_be_visible()
    is_slow.clear()
    while waiting:
        waiting.pop().continue_()
    held = Held(page, re.compile("/v1/holds|/confirm"))
    slot(page, "10:00").click()
    page.get_by_role("button", name="Continue to review").click()
    expect(page.get_by_role("button", name="Setting the time aside …")).to_be_disabled()
    held.goes()
    page.get_by_role("button", name="Confirm booking").click()
    expect(page.get_by_role("button", name="Booking …")).to_be_disabled()
    held.goes()
    expect(page.get_by_role("heading", name="Booked")).to_be_visible()


def test_nothing_typed_is_lost_when_one_signs_in_on_the_way(busy_demo: DemoService, window: Opens) -> None:
    address = bookable(busy_demo, "stranger", policy={"hold_seconds": 60})
    page = window(busy_demo).open(address)
    slot(page, "10:00").click()
    page.get_by_label("What is it about?").fill("Before I said who I am")
    page.get_by_role("link", name="Sign in to book").click()
    page.get_by_role("button", name="Alice").click()
    expect(page.get_by_label("What is it about?")).to_have_value("Before I said who I am")
    to_review(page)
    confirm(page)


def test_nothing_typed_is_lost_when_the_session_is_over(busy_demo: DemoService, window: Opens) -> None:
    def sign_in_again() -> None:
        box = page.get_by_role("alert")
        expect(box).to_have_text("You are not signed in any more.Sign in again, and go on here.")
        box.get_by_role("link", name="Sign in again").click()
        page.get_by_role("button", name="Alice").click()

    address = bookable(busy_demo, "session-over", policy={"hold_seconds": 60})
    alice = window(busy_demo)
    page = alice.sign_in("Alice", address)
    slot(page, "10:00").click()
    page.get_by_label("What is it about?").fill("Typed before it ended")
    alice.context.clear_cookies()
    page.get_by_role("button", name="Continue to review").click()
    sign_in_again()
    expect(page.get_by_label("What is it about?")).to_have_value("Typed before it ended")
    to_review(page)
    alice.context.clear_cookies()
    page.get_by_role("button", name="Confirm booking").click()
    expect(page.get_by_role("alert")).to_be_focused()
    sign_in_again()
    expect(page.get_by_role("definition").filter(has_text="Typed before it ended")).to_be_visible()
    confirm(page)


def test_times_are_the_places_and_the_visitors_and_speak_their_language(busy_demo: DemoService, window: Opens) -> None:
    address = bookable(busy_demo, "far-away", timezone="Asia/Dhaka")
    page = window(busy_demo, language="de-AT").open(address)
    expect(page.get_by_role("button", name=re.compile("^10:00 to 11:00, 0[56]:00 your time"))).to_be_visible()
    date = page.get_by_role("heading", name=re.compile("^(Mon|Diens|Mittwoch|Donners|Frei|Sams|Sonn)(tag)?, "))
    expect(date).to_have_attribute("lang", "de-AT")
    slot(page, "10:00").click()
    expect(page.get_by_text(re.compile("Dhaka · 0[56]:00.0[67]:00 Uhr your time"))).to_be_visible()
