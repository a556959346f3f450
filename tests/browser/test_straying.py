"""Not everybody goes straight: back and forward, reloads, two clicks, two windows, wrong clocks, odd names, and places
that change while one books them.
"""

import re

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import DemoService, Opens
from tests.browser.late import Held, Late
from tests.browser.looking import HOURS, kept_picture, narrow_enough, open_date, serious
from tests.browser.steps import bookable, confirm, revise, send, slot, taken, to_review

pytestmark = pytest.mark.slow

PATIENT = {"hold_seconds": 60}
HUGE = "The Hall of the Honourable Society of " + "Extraordinarily" * 8


def test_two_clicks_book_once(busy_demo: DemoService, window: Opens) -> None:
    page = window(busy_demo).sign_in("Alice", bookable(busy_demo, "clicked-twice", capacity=5, policy=PATIENT))
    slot(page, "10:00").click()
    page.get_by_role("button", name="Continue to review").dblclick()
    page.get_by_role("button", name="Confirm booking").dblclick()
    expect(page.get_by_role("heading", name="Booked")).to_be_visible()
    found = send(busy_demo, "GET", "/v1/bookings?resource=clicked-twice", by="customer")
    assert [each["status"] for each in found["items"]] == ["confirmed"]


def test_every_step_outlives_a_reload(busy_demo: DemoService, window: Opens) -> None:
    page = window(busy_demo).sign_in("Alice", bookable(busy_demo, "reloaded", policy=PATIENT))
    page.reload()
    slot(page, "10:00").click()
    page.get_by_label("What is it about?").fill("Still here")
    page.reload()
    expect(page.get_by_label("What is it about?")).to_have_value("Still here")
    to_review(page)
    page.reload()
    expect(page.get_by_text("Set aside for you for", exact=False).first).to_be_visible()
    expect(page.get_by_role("definition").filter(has_text="Still here")).to_be_visible()
    confirm(page)
    page.reload()
    expect(page.get_by_role("definition").filter(has_text="Still here")).to_be_visible()


def test_back_and_forward_lead_through_the_steps(busy_demo: DemoService, window: Opens) -> None:
    looking = window(busy_demo)
    page = looking.sign_in("Alice", bookable(busy_demo, "to-and-fro", policy=PATIENT))
    slot(page, "10:00").click()
    page.get_by_label("What is it about?").fill("To and fro")
    to_review(page)
    page.go_back()
    expect(page.get_by_label("What is it about?")).to_have_value("To and fro")
    expect(page.get_by_role("alert")).to_have_count(0)  # what oneself gave back is not taken
    page.go_forward()
    page.get_by_role("button", name="Set it aside again").click()
    confirm(page)
    page.go_back()
    expect(page.get_by_role("alert").filter(has_text="You have booked this time already.")).to_be_visible()
    page.get_by_role("alert").get_by_role("link", name="See the booking").click()
    expect(page.get_by_text("To and fro").first).to_be_visible()
    assert looking.complaints == []


def test_whoever_goes_elsewhere_gives_the_time_back(busy_demo: DemoService, window: Opens) -> None:
    address = bookable(busy_demo, "given-back", policy={"hold_seconds": 600})
    third = window(busy_demo).open(address)
    page = window(busy_demo).sign_in("Alice", address)
    slot(page, "10:00").click()
    to_review(page)
    expect(slot(third, "10:00")).to_contain_text("taken")
    page.get_by_role("link", name="Mine").click()
    expect(slot(third, "10:00")).to_contain_text("free")


def test_a_second_window_of_the_same_person_hears_of_it(busy_demo: DemoService, window: Opens) -> None:
    address = bookable(busy_demo, "two-windows", policy=PATIENT)
    alice = window(busy_demo)
    page = alice.sign_in("Alice", address)
    other = alice.context.new_page()
    for each in (page, other):
        each.goto(busy_demo.url + address)
        slot(each, "10:00").click()
    to_review(page)
    expect(other.get_by_role("alert").filter(has_text="You are setting it aside in another window.")).to_be_visible()
    other.goto(page.url)
    expect(other.get_by_role("heading", name="Is this right?")).to_be_visible()
    confirm(page)
    expect(other.get_by_role("heading", name="Booked")).to_be_visible()


def test_a_wrong_clock_counts_right(busy_demo: DemoService, window: Opens) -> None:
    alice = window(busy_demo)
    alice.context.add_init_script("const real = Date.now; Date.now = () => real() + 3_600_000;")
    page = alice.sign_in("Alice", bookable(busy_demo, "wrong-clock", policy={"hold_seconds": 50}))
    slot(page, "10:00").click()
    to_review(page)
    expect(page.locator(".countdown .figures")).to_have_text(re.compile("^[2-5][0-9] s$"))
    confirm(page)


@pytest.mark.slow  # three windows
def test_a_place_that_is_retired_says_so_at_every_step(busy_demo: DemoService, window: Opens) -> None:
    looking = window(busy_demo)
    page = looking.sign_in("Alice", bookable(busy_demo, "retired-soon", kind="retired"))
    third = window(busy_demo).open(page.url.removeprefix(busy_demo.url))
    finding = window(busy_demo).open("/find?kind=retired")
    slot(page, "10:00").click()
    page.get_by_label("What is it about?").fill("Too late for that")
    expect(slot(third, "10:00")).to_be_visible()
    expect(finding.get_by_role("link", name="Retired Soon")).to_be_visible()
    send(busy_demo, "DELETE", "/v1/resources/retired-soon")
    for each in (page, third):
        expect(each.get_by_text("This place can no longer be booked.")).to_be_visible()
    expect(finding.get_by_role("link", name="Retired Soon")).to_be_hidden()
    expect(page.get_by_label("What is it about?")).to_have_value("Too late for that")
    page.get_by_role("button", name="Continue to review").click()
    refused = page.get_by_role("alert")
    expect(refused).to_be_focused()
    assert serious(page) == []


@pytest.mark.slow  # three windows
def test_rules_that_change_are_seen_at_once_and_spare_what_is_set_aside(busy_demo: DemoService, window: Opens) -> None:
    address = bookable(busy_demo, "revised", policy=PATIENT)
    page, typing = window(busy_demo).sign_in("Alice", address), window(busy_demo).sign_in("Bob", address)
    third = window(busy_demo).open(address)
    slot(typing, "12:00").click()
    slot(page, "10:00").click()
    to_review(page)
    expect(slot(third, "12:00")).to_be_visible()
    revise(busy_demo, "revised", policy={**PATIENT, "step": 120})
    expect(third.get_by_role("button", name=re.compile("^13:00 to 15:00"))).to_be_visible()
    expect(slot(third, "12:00")).to_have_count(0)
    expect(typing.get_by_role("alert").filter(has_text="This place has changed")).to_be_visible()
    confirm(page)


@pytest.mark.parametrize("how", ["slots", "timeline"])
def test_new_rules_whose_times_do_not_come_are_said_and_tried_again(
    busy_demo: DemoService, window: Opens, how: str
) -> None:
    page = window(busy_demo).open(bookable(busy_demo, f"ruled-{how}"))
    slot(page, "10:00").focus()
    failing = "**/availability?*"
    page.route(failing, lambda route: route.fulfill(status=500, json={"detail": "It did not work."}))
    longer = {"max_duration": 120} if how == "timeline" else {}
    revise(busy_demo, f"ruled-{how}", hours={day: [["12:00", "17:00"]] for day in HOURS}, policy=longer)
    expect(page.get_by_role("alert")).to_have_text("This place has changed. It did not work.")
    expect(page.get_by_text("Loading")).to_have_count(0)
    again = page.get_by_role("button", name="Try again")
    expect(again).to_be_focused()
    assert serious(page) == []
    page.unroute(failing)
    rules = Held(page, f"**/v1/resources/ruled-{how}")
    again.press("Enter")
    expect(page.get_by_text("Loading what is free …")).to_be_visible()
    rules.goes()
    expect(page.locator(".date")).to_be_focused()
    expect(page.get_by_text("Loading")).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)
    if how == "slots":
        expect(slot(page, "12:00")).to_be_visible()
        expect(slot(page, "10:00")).to_have_count(0)
    else:
        expect(page.get_by_role("grid", name="Free times by place")).to_be_visible()


def test_odd_names_are_shown_as_they_are(busy_demo: DemoService, window: Opens) -> None:
    markup = "<img src=x onerror=alert(1)>"
    bookable(busy_demo, "odd-markup", kind="odd", name=markup, policy={"max_duration": 120})
    address = bookable(busy_demo, "odd-huge", kind="odd", name=HUGE, policy={"max_duration": 120, "hold_seconds": 60})
    looking = window(busy_demo, "phone")
    page = looking.sign_in("Alice", "/find?kind=odd")
    expect(page.get_by_role("link", name=markup)).to_be_visible()
    assert (serious(page), narrow_enough(page)) == ([], True)
    looking.open(address)
    expect(page.get_by_role("rowheader", name=markup)).to_be_visible()
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, "odd-names")
    page.get_by_label("From").select_option("10:00")
    page.get_by_role("button", name="Continue", exact=True).click()
    page.get_by_label("What is it about?").fill(markup + "W" * 300)
    to_review(page)
    assert narrow_enough(page)
    confirm(page)
    assert (narrow_enough(page), open_date() in page.url) == (True, True)
    assert looking.complaints == []


def test_addresses_that_lead_nowhere_lead_back(busy_demo: DemoService, window: Opens) -> None:
    address = bookable(busy_demo, "addressed")
    looking = window(busy_demo)
    page = looking.open("/find/atlantis?step=review&booking=none")
    expect(page.get_by_role("heading", name="There is no such place")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Find a place").click()
    expect(page.get_by_role("heading", name="Find a place")).to_be_visible()
    looking.open(f"{address}&step=details&start=never&end=soon")
    expect(slot(page, "10:00")).to_be_visible()
    looking.open("/find/addressed?date=2026-99-99")
    expect(slot(page, "10:00")).to_be_visible()


def test_a_view_that_one_has_left_does_not_name_the_window(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "titled", kind="titled")
    booking = taken(busy_demo, "titled", "10:00")
    page = window(busy_demo).sign_in("Sam")
    late = Late(page, "**/v1/customers/*")
    page.goto(f"{busy_demo.url}/desk/{booking}")
    late.answered()
    page.get_by_role("link", name="Find", exact=True).click()
    expect(page.get_by_role("heading", name="Find a place")).to_be_visible()
    page.evaluate("() => new Promise(requestAnimationFrame)")
    expect(page).to_have_title(re.compile("^Find · "))
