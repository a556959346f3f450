"""Waiting for what is taken, in real Chromium: joining the line, being served, leaving it."""

import re
from datetime import datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser.bookings import at_desk, booked, done
from tests.browser.conftest import DemoService, Opens
from tests.browser.keys import press
from tests.browser.late import Late
from tests.browser.looking import every_look, kept_picture, narrow_enough, open_date, serious
from tests.browser.steps import bookable, send, slot, taken

ONE_HOUR = {day: [["09:00", "10:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


def waits(page: Page) -> Locator:
    """Where one is asked whether to wait, and told that one does."""
    return page.get_by_role("status", name="Waiting in line")


def test_who_waits_is_offered_what_is_given_back_and_confirms_it_by_keyboard(
    busy_demo: DemoService, window: Opens
) -> None:
    path = bookable(busy_demo, "queue-one", kind="queue")
    booking = taken(busy_demo, "queue-one", "10:00")
    alice, bob = window(busy_demo).sign_in("Alice"), window(busy_demo)
    page = bob.sign_in("Bob", path)
    press(page, slot(page, "09:00"), "ArrowRight")
    expect(slot(page, "10:00")).to_be_focused()
    page.keyboard.press("Enter")
    press(page, page.get_by_role("button", name="Join the line"))
    expect(waits(page)).to_be_focused()
    expect(waits(page)).to_contain_text("You are number 1 in line.")
    expect(slot(page, "10:00")).to_contain_text("in line")
    press(page, page.get_by_role("link", name="See what you wait for"))
    line = page.get_by_role("listitem").filter(has_text="Queue One")
    expect(line).to_contain_text("Number 1 in line")
    assert done(alice, booking, "cancel") == 200
    confirm = page.get_by_role("button", name="Confirm: Queue One")
    expect(page.get_by_role("article").filter(has_text="Queue One")).to_contain_text("Kept for you until")
    expect(page.get_by_role("heading", name="In line")).to_be_hidden()
    press(page, confirm)
    expect(page.get_by_role("article").filter(has_text="Queue One")).to_contain_text("Confirmed")
    assert bob.complaints == []


@pytest.mark.slow
@every_look
def test_the_line_can_be_read_and_left_by_everybody(
    busy_demo: DemoService, window: Opens, width: str, colours: str
) -> None:
    resource = f"queue-{width}-{colours}"
    path = bookable(busy_demo, resource, kind="queue", hours=ONE_HOUR)
    booking = taken(busy_demo, resource, "09:00")
    alice = window(busy_demo).sign_in("Alice")
    bob = window(busy_demo, width, colours)
    page = bob.sign_in("Bob", path)
    page.get_by_role("button", name="Wait for any time on this day").click()
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"line-asks-{width}-{colours}")
    page.get_by_role("button", name="Not now").click()
    expect(page.get_by_role("button", name="Wait for any time on this day")).to_be_focused()
    slot(page, "09:00").click()
    page.get_by_role("button", name="Join the line").click()
    expect(slot(page, "09:00")).to_contain_text("in line")
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"line-joined-{width}-{colours}")
    page.goto(f"{busy_demo.url}/mine")
    leave = page.get_by_role("button", name=re.compile(f"^Leave the line: {resource.replace('-', ' ').title()}, "))
    expect(leave).to_be_visible()
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"line-mine-{width}-{colours}")
    assert done(alice, booking, "cancel") == 200
    expect(page.get_by_role("button", name=re.compile("^Let it go: "))).to_be_visible()
    expect(page.locator(".countdown")).to_be_visible()
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"line-offered-{width}-{colours}")
    page.get_by_role("button", name=re.compile("^Let it go: ")).click()
    expect(page.locator(".countdown")).to_have_count(0)
    assert bob.complaints == []


@pytest.mark.slow
def test_any_time_on_a_full_day_is_waited_for_and_left_again(busy_demo: DemoService, window: Opens) -> None:
    path = bookable(busy_demo, "queue-any", kind="queue", hours=ONE_HOUR)
    taken(busy_demo, "queue-any", "09:00")
    bob = window(busy_demo)
    page = bob.sign_in("Bob", path)
    press(page, page.get_by_role("button", name="Wait for any time on this day"))
    press(page, page.get_by_role("button", name="Join the line"))
    expect(waits(page)).to_contain_text("Any time on ")
    expect(waits(page)).to_contain_text("You are number 1 in line.")
    press(page, page.get_by_role("button", name="Leave the line"))
    expect(waits(page)).to_contain_text("You left the line.")
    press(page, page.get_by_role("button", name="Wait for any time on this day"))
    press(page, page.get_by_role("button", name="Join the line"))
    page.goto(f"{busy_demo.url}/mine")
    press(page, page.get_by_role("button", name=re.compile("^Leave the line: Queue Any, Any time on ")))
    expect(page.get_by_text(re.compile("^You left the line: Queue Any"))).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Leave the line: Queue Any"))).to_have_count(0)
    assert bob.complaints == []


@pytest.mark.slow
def test_nobody_waits_unseen_and_whoever_is_not_signed_in_comes_back(busy_demo: DemoService, window: Opens) -> None:
    path = bookable(busy_demo, "queue-out", kind="queue")
    taken(busy_demo, "queue-out", "10:00")
    page = window(busy_demo).open(path)
    slot(page, "10:00").click()
    page.get_by_role("link", name="Sign in to wait for it").click()
    page.get_by_role("button", name="Bob").first.click()
    expect(page).to_have_url(busy_demo.url + path)
    slot(page, "10:00").click()
    expect(page.get_by_role("button", name="Join the line")).to_be_visible()


@pytest.mark.slow
def test_what_is_free_after_all_is_booked_instead_at_one_click(busy_demo: DemoService, window: Opens) -> None:
    path = bookable(busy_demo, "queue-free", kind="queue")
    booking = taken(busy_demo, "queue-free", "10:00")
    alice = window(busy_demo).sign_in("Alice")
    page = window(busy_demo).sign_in("Bob")
    page.route("**/v1/live*", lambda route: route.abort())  # as in the moment before the news arrives
    page.goto(busy_demo.url + path)
    slot(page, "10:00").click()
    assert done(alice, booking, "cancel") == 200
    page.get_by_role("button", name="Join the line").click()
    expect(page.get_by_role("alert").first).to_be_focused()
    page.get_by_role("button", name="Book it instead").click()
    expect(page.get_by_role("heading", name="Details")).to_be_visible()


@pytest.mark.slow
def test_who_came_too_late_for_a_room_waits_for_that_time(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "queue-late", kind="queue", policy={"min_duration": 60, "max_duration": 120})
    alice = window(busy_demo).sign_in("Alice")
    page = window(busy_demo).sign_in("Bob")
    begins = datetime.fromisoformat(f"{open_date()}T10:00").replace(tzinfo=ZoneInfo("Europe/Vienna"))
    wish = {"step": "details", "start": begins.isoformat(), "end": (begins + timedelta(hours=2)).isoformat()}
    page.goto(f"{busy_demo.url}/find/queue-late?{urlencode(wish)}")
    expect(page.get_by_role("heading", name="Details")).to_be_focused()
    booked(alice, "queue-late", "10:00")
    press(page, page.get_by_role("button", name="Wait for this time"))
    press(page, page.get_by_role("button", name="Join the line"))
    expect(waits(page)).to_contain_text("You are number 1 in line.")
    expect(waits(page)).to_contain_text(re.compile("10:00.12:00"))
    press(page, page.get_by_role("button", name="Leave the line"))
    expect(waits(page)).to_contain_text("You left the line.")


@pytest.mark.slow
@every_look
def test_the_desk_sees_who_waits_and_takes_somebody_out(
    busy_demo: DemoService, window: Opens, width: str, colours: str
) -> None:
    resource, kind = f"counter-{width}-{colours}", f"counter-{width}-{colours}"
    path = bookable(busy_demo, resource, kind=kind, policy={"max_units": 3}, capacity=3)
    whole = {"resource": resource, "start": f"{open_date()}T10:00", "units": 3}
    send(busy_demo, "POST", "/v1/bookings", whole, by="customer")
    sam = window(busy_demo, width, colours)
    desk = at_desk(sam.sign_in("Sam"), kind)
    bob = window(busy_demo).sign_in("Bob", path)
    slot(bob, "10:00").click()
    bob.get_by_label("How many places?").fill("2")
    bob.get_by_role("button", name="Join the line").click()
    expect(waits(bob)).to_contain_text("number 1")
    row = desk.get_by_role("listitem").filter(has_text="Number 1 in line")
    expect(row).to_contain_text("2 places")
    expect(row).to_contain_text("10:00")
    for _ in range(2):  # by the second, the first has been answered, with what stands there already
        with desk.expect_request("**/v1/waitlist?**"):
            pass
    expect(row).to_have_count(1)
    assert (serious(desk), narrow_enough(desk)) == ([], True)
    kept_picture(desk, f"line-desk-{width}-{colours}")
    press(desk, row.get_by_role("button", name="Take out of the line"))
    expect(desk.get_by_text("taken out of the line.")).to_be_visible()
    expect(row).to_have_count(0)
    expect(desk.get_by_role("heading", name="Desk", exact=True)).to_be_focused()
    expect(waits(bob)).to_contain_text("You left the line.")
    assert sam.complaints == []


@pytest.mark.slow
def test_a_lost_answer_is_said_and_asking_again_counts_once(busy_demo: DemoService, window: Opens) -> None:
    path = bookable(busy_demo, "queue-lost", kind="queue")
    taken(busy_demo, "queue-lost", "10:00")
    page = window(busy_demo).sign_in("Bob", path)
    page.route("**/v1/waitlist", lambda route: route.fetch() and route.abort())  # it arrives; the answer does not
    slot(page, "10:00").click()
    page.get_by_role("button", name="Join the line").click()
    told = page.get_by_role("main").get_by_role("alert").filter(has_text="It is not known whether you are in line")
    expect(told).to_be_focused()
    page.unroute("**/v1/waitlist")
    page.get_by_role("button", name="Join the line").click()
    expect(waits(page)).to_contain_text("You are number 1 in line.")
    page.get_by_role("button", name="Leave the line").click()
    expect(waits(page)).to_contain_text("You left the line.")
    expect(slot(page, "10:00")).to_contain_text("wait for it")


@pytest.mark.slow
def test_the_desk_puts_somebody_in_line(busy_demo: DemoService, window: Opens) -> None:
    path = bookable(busy_demo, "queue-desk", kind="queue")
    taken(busy_demo, "queue-desk", "10:00")
    bob = window(busy_demo).sign_in("Bob")
    customer = bob.evaluate("async () => (await (await fetch('/v1/me')).json()).customer")
    page = window(busy_demo).sign_in("Sam")
    page.goto(f"{busy_demo.url}{path}&customer={customer}")
    slot(page, "10:00").click()
    press(page, page.get_by_role("button", name="Join the line"))
    expect(waits(page)).to_contain_text(" is number 1 in line.")
    expect(slot(page, "10:00")).to_contain_text("in line")
    bob.goto(f"{busy_demo.url}/mine")
    leave = bob.get_by_role("button", name=re.compile("^Leave the line: Queue Desk"))
    press(bob, leave)
    expect(leave).to_have_count(0)


def in_line(window: Opens, service: DemoService, resource: str) -> Page:
    """Bob waits for what is taken: his page."""
    path = bookable(service, resource, kind=resource)
    taken(service, resource, "10:00")
    page = window(service).sign_in("Bob", path)
    slot(page, "10:00").click()
    page.get_by_role("button", name="Join the line").click()
    expect(waits(page)).to_contain_text("You are number 1 in line.")
    return page


@pytest.mark.slow
def test_an_answer_from_before_one_left_the_line_does_not_bring_it_back(busy_demo: DemoService, window: Opens) -> None:
    page = in_line(window, busy_demo, "queue-asked")
    late = Late(page, "**/v1/waitlist/*")
    late.answered()
    page.get_by_role("button", name="Leave the line").click()
    expect(waits(page)).to_contain_text("You left the line.")
    late.comes()
    expect(waits(page)).to_contain_text("You left the line.")


@pytest.mark.slow
def test_in_mine_such_an_answer_does_not_bring_it_back_either(busy_demo: DemoService, window: Opens) -> None:
    page = in_line(window, busy_demo, "queue-mine")
    page.get_by_role("link", name="See what you wait for").click()
    leave = page.get_by_role("button", name=re.compile("^Leave the line: Queue Mine"))
    expect(leave).to_be_visible()
    late = Late(page, "**/v1/waitlist?*")
    late.answered()
    with page.expect_event("requestfinished", lambda request: "/v1/waitlist?" in request.url):
        leave.click()
    expect(page.get_by_text(re.compile("^You left the line: Queue Mine"))).to_be_visible()
    late.comes()
    assert leave.count() == 0


@pytest.mark.slow
def test_at_the_desk_such_an_answer_brings_nobody_back_either(busy_demo: DemoService, window: Opens) -> None:
    in_line(window, busy_demo, "queue-back")
    desk = at_desk(window(busy_demo).sign_in("Sam"), "queue-back")
    out = desk.get_by_role("button", name=re.compile("^Take out of the line"))
    expect(out).to_be_visible()
    late = Late(desk, "**/v1/waitlist?*")
    late.answered()
    out.click()
    expect(desk.get_by_text("taken out of the line.")).to_be_visible()
    expect(out).to_have_count(0)
    late.comes()
    assert out.count() == 0
