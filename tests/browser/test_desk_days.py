"""Days that are not like the others, places that are many, and a service that goes away while the desk is open."""

import re
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser.bookings import Yesterday, at_desk, booked, card, of_yesterday
from tests.browser.conftest import COMMAND, DemoService, Opens
from tests.browser.looking import autumn, kept_picture, narrow_enough, open_date, register, serious
from tests.browser.passing import Passing
from tests.browser.steps import bookable, send, taken

pytestmark = pytest.mark.slow

ALL_DAY = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
EVENINGS = {day: [["18:00", "02:00"]] for day in ALL_DAY}
MANY = """async (number) => {
    const headers = {"Content-Type": "application/json"};
    const hours = {mon: [["09:00", "17:00"]]};
    for (const day of ["tue", "wed", "thu", "fri", "sat", "sun"]) hours[day] = hours.mon;
    const put = async (at) => {
        const name = `Court ${String(at).padStart(3, "0")}`;
        const policy = {step: 60, approval: true};
        const body = JSON.stringify({name, kind: "court", timezone: "Europe/Vienna", hours, policy});
        const address = `/v1/resources/court-${String(at).padStart(3, "0")}`;
        const answer = await fetch(address, {method: "PUT", headers, body});
        const reached = {"Daybook-Position": answer.headers.get("Daybook-Position")};
        for (let at = 0; at < 30 && (await fetch("/v1/resources?limit=1", {headers: reached})).status === 503; at += 1);
        return answer.status;
    };
    return (await Promise.all(Array.from({length: number}, (_, at) => put(at)))).every((status) => status === 201);
}"""
CHOOSE = """(select, kind) => {
    select.value = kind;
    select.dispatchEvent(new Event("change"));
}"""


def test_an_hour_that_comes_twice_shows_both_bookings(busy_demo: DemoService, window: Opens) -> None:
    register(window, busy_demo, "night", kind="night", hours=ALL_DAY, policy={"max_advance_days": 400})
    alice, sam = window(busy_demo).sign_in("Alice"), window(busy_demo)
    for offset in ("+02:00", "+01:00"):
        booked(alice, "night", f"02:00:00{offset}", date=autumn(), name=f"At {offset}")
    desk = sam.sign_in("Sam", f"/desk?kind=night&date={autumn()}")
    first = desk.get_by_role("button", name=re.compile(r"GMT\+2.*, At \+02:00"))
    second = desk.get_by_role("button", name=re.compile(r"GMT\+1, At \+01:00"))
    expect(first).to_be_visible()
    expect(second).to_be_visible()
    upper, lower = first.bounding_box(), second.bounding_box()
    assert upper is not None
    assert lower is not None
    assert upper["y"] + upper["height"] <= lower["y"]  # beside each other, not one upon the other
    expect(desk.get_by_text("The clocks change on this date.")).to_be_visible()
    assert (serious(desk), narrow_enough(desk)) == ([], True)
    assert sam.complaints == []


def test_last_nights_window_goes_on_after_midnight(busy_demo: DemoService, window: Opens) -> None:
    next_day = open_date(4)
    closed = {next_day: {"windows": [], "reason": "Inventory"}}
    register(window, busy_demo, "bar", kind="bar", hours=EVENINGS, exceptions=closed)
    alice, sam = window(busy_demo).sign_in("Alice"), window(busy_demo)
    booked(alice, "bar", "01:00", date=next_day, name="Last round")
    desk = sam.sign_in("Sam", f"/desk?kind=bar&date={next_day}")
    expect(desk.get_by_text("Closed from 02:00: Inventory")).to_be_visible()
    night, late = desk.locator(".desk-open"), desk.get_by_role("button", name=re.compile("Last round"))
    expect(night).to_have_count(1)
    within, drawn = night.bounding_box(), late.bounding_box()
    assert within is not None
    assert drawn is not None
    assert within["x"] <= drawn["x"] + 1
    assert drawn["x"] + drawn["width"] <= within["x"] + within["width"] + 1
    desk.get_by_role("button", name="Day before").click()
    expect(desk.get_by_role("heading", level=3, name="Bar")).to_be_visible()
    expect(late).to_have_count(0)
    expect(desk.locator(".desk-open")).to_have_count(2)  # the rest of the night before, and the evening
    assert sam.complaints == []


def test_a_day_that_does_not_come_has_no_heading_and_is_tried_again(busy_demo: DemoService, window: Opens) -> None:
    register(window, busy_demo, "uncertain", kind="uncertain")
    desk = at_desk(window(busy_demo).sign_in("Sam", "/find"), "uncertain")
    heading, asked = desk.locator(".desk-bar h2"), desk.get_by_label("Date", exact=True)
    before = heading.inner_text()
    failing = f"**/days/{open_date(4)}"
    desk.route(failing, lambda route: route.fulfill(status=500, body="{}"))
    desk.get_by_role("button", name="Day after").click()
    expect(desk.get_by_text("could not be loaded.")).to_be_visible()
    expect(heading).to_have_text(before)
    expect(asked).to_have_value(open_date())
    desk.unroute(failing)
    desk.get_by_role("button", name="Try again").click()
    expect(heading).not_to_have_text(before)
    expect(asked).to_have_value(open_date(4))
    expect(desk.get_by_text("could not be loaded.")).to_have_count(0)


def test_what_changed_on_a_day_that_did_not_come_is_asked_for_again(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "asked-twice", kind="asked-twice")
    desk = at_desk(window(busy_demo).sign_in("Sam", "/find"), "asked-twice")
    expect(desk.get_by_text("Live", exact=True)).to_be_visible()
    failing = f"**/asked-twice/days/{open_date()}"
    desk.route(failing, lambda route: route.fulfill(status=500, body="{}"), times=1)
    block = {"start": f"{open_date()}T12:00", "end": f"{open_date()}T13:00", "reason": "Painters"}
    with desk.expect_response(failing) as first:
        send(busy_demo, "POST", "/v1/resources/asked-twice/blocks", block, by="staff")
    assert first.value.status == 500
    expect(desk.get_by_role("button", name=re.compile("blocked, Painters"))).to_be_visible()


def test_a_place_that_somebody_registers_comes_to_the_desk(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "wharf-old", kind="wharf")
    sam = window(busy_demo)
    passing = Passing(sam.page)
    desk = at_desk(sam.sign_in("Sam", "/find"), "wharf")
    expect(desk.get_by_role("heading", level=3, name="Wharf Old")).to_be_visible()
    bookable(busy_demo, "wharf-new", kind="wharf")
    bookable(busy_demo, "groyne", kind="groyne")
    passing.by(timedelta(minutes=1))
    expect(desk.get_by_role("heading", level=3, name="Wharf New")).to_be_visible()
    expect(desk.get_by_role("heading", level=3, name="Groyne")).to_have_count(0)
    desk.get_by_label("Places", exact=True).select_option("Groyne")
    expect(desk.get_by_role("heading", level=3, name="Groyne")).to_be_visible()
    taken(busy_demo, "groyne", "10:00")
    expect(desk.get_by_role("button", name=re.compile("10:00.11:00"))).to_be_visible()
    assert sam.complaints == []


def test_the_desk_of_a_kind_turns_to_it_once_there_is_a_place_of_it(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "canal", kind="canal")
    desk = at_desk(window(busy_demo).sign_in("Sam", "/find"), "lock")
    which = desk.get_by_label("Places", exact=True)
    expect(which).to_have_value("")
    bookable(busy_demo, "lock", kind="lock")
    expect(which).to_have_value("lock")
    expect(desk.get_by_role("heading", level=3)).to_have_text(["Lock"])


def test_who_has_chosen_another_kind_is_left_there(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "sluice", kind="sluice")
    sam = window(busy_demo)
    passing = Passing(sam.page)
    desk = at_desk(sam.sign_in("Sam", "/find"), "weir")
    which = desk.get_by_label("Places", exact=True)
    which.select_option("sluice")
    expect(desk.get_by_role("heading", level=3)).to_have_text(["Sluice"])
    bookable(busy_demo, "weir", kind="weir")
    passing.by(timedelta(minutes=1))
    expect(which.get_by_role("option", name="Weir")).to_be_attached()
    expect(which).to_have_value("sluice")


def test_closed_days_far_days_and_no_days_at_all(busy_demo: DemoService, window: Opens) -> None:
    register(
        window,
        busy_demo,
        "closed",
        kind="closed",
        exceptions={open_date(): {"windows": [], "reason": "Inventory"}},
    )
    sam = window(busy_demo)
    desk = at_desk(sam.sign_in("Sam", "/find"), "closed")
    expect(desk.get_by_text("Closed: Inventory")).to_be_visible()
    assert serious(desk) == []
    for asked in ("2399-05-01", "2999-12-28"):  # beyond every horizon
        desk.goto(f"{busy_demo.url}/desk?kind=closed&date={asked}")
        expect(desk.get_by_role("heading", level=3, name="Closed")).to_be_visible()
        expect(desk.get_by_label("Date", exact=True)).to_have_value(asked)
    desk.get_by_role("button", name="Day after").click()
    expect(desk.get_by_label("Date", exact=True)).to_have_value("2999-12-28")
    desk.goto(f"{busy_demo.url}/desk?kind=closed&date=2026-02-31")
    expect(desk.get_by_label("Date", exact=True)).not_to_have_value("2026-02-31")
    desk.get_by_role("button", name="Today").click()
    expect(desk.get_by_role("heading", level=3, name="Closed")).to_be_visible()
    assert sam.complaints == []


def test_staff_of_some_places_see_those_alone(busy_demo: DemoService, window: Opens) -> None:
    for resource in ("own-by-kind", "own-by-id", "foreign"):
        register(window, busy_demo, resource, kind=resource, policy={"approval": True})
    alice = window(busy_demo).sign_in("Alice")
    mine, foreign = booked(alice, "own-by-kind", "10:00"), booked(alice, "foreign", "10:00")
    sam = window(busy_demo)
    desk = sam.sign_in("Sam", "/find")
    wanted = ["--resource", "kind:own-by-kind", "--resource", "own-by-id"]
    asked = [COMMAND, "token", "--subject", "sue", "--role", "staff", *wanted]
    ran = subprocess.run(asked, env=busy_demo._environment, capture_output=True, text=True, check=True)
    sam.context.set_extra_http_headers({"Authorization": f"Bearer {ran.stdout.strip()}"})
    desk.goto(f"{busy_demo.url}/desk?date={open_date()}")
    expect(card(desk, mine)).to_be_visible()
    assert desk.get_by_role("heading", level=3).all_inner_texts() == ["Own By Kind", "Own By Id", "Own By Kind"]
    expect(card(desk, foreign)).to_have_count(0)
    card(desk, mine).get_by_role("button", name="Approve").click()
    expect(card(desk, mine)).to_contain_text("Confirmed")
    assert sam.complaints == []


def test_more_places_than_one_stream_follows(demo: DemoService, window: Opens) -> None:
    assert window(demo).sign_in("Ada").evaluate(MANY, 60)
    alice, sam = window(demo).sign_in("Alice"), window(demo)
    desk = sam.sign_in("Sam", f"/desk?date={open_date()}")
    expect(desk.get_by_text("Places 1 to 50 of")).to_be_visible()
    followed = booked(alice, "court-000", "10:00")
    beyond = booked(alice, "court-059", "11:00")
    expect(card(desk, followed)).to_be_visible()
    expect(card(desk, beyond)).to_be_visible()
    card(desk, beyond).get_by_role("button", name="Approve").click()
    expect(card(desk, beyond)).to_contain_text("Confirmed")
    desk.get_by_role("combobox", name="Places").select_option("therapist")
    expect(desk.get_by_role("heading", name="Jonas Berg")).to_be_visible()
    expect(desk.get_by_text("1 more waits at other places.")).to_be_visible()
    booked(alice, "court-059", "12:00")
    expect(desk.get_by_text("2 more wait at other places.")).to_be_visible()
    desk.get_by_role("button", name="Show all places").click()
    expect(card(desk, followed)).to_be_visible()
    assert (serious(desk), sam.complaints) == ([], [])


def test_nothing_moves_while_the_pointer_is_on_the_way_from_a_card(busy_demo: DemoService, window: Opens) -> None:
    for kind in ("on-the-way", "elsewhere-then"):
        bookable(busy_demo, kind, kind=kind, policy={"approval": True})
    here = taken(busy_demo, "on-the-way", "10:00")
    desk = at_desk(window(busy_demo).sign_in("Sam"), "on-the-way")
    card(desk, here).hover()
    desk.get_by_role("combobox", name="Places").evaluate(CHOOSE, "elsewhere-then")  # and the pointer stays
    expect(desk.get_by_role("heading", name="Elsewhere Then", level=3)).to_be_visible()
    there = desk.get_by_role("button", name="Show all places")
    before = there.bounding_box()
    there.hover()
    desk.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    assert there.bounding_box() == before
    there.click()
    expect(desk.get_by_role("heading", name="On The Way", level=3).first).to_be_visible()


def test_many_places_of_one_kind_are_paged_through(demo: DemoService, window: Opens) -> None:
    assert window(demo).sign_in("Ada").evaluate(MANY, 60)
    sam = window(demo)
    desk = sam.sign_in("Sam", f"/desk?date={open_date()}&kind=court")
    expect(desk.get_by_text("Places 1 to 50 of 60")).to_be_visible()
    expect(desk.get_by_role("heading", level=3)).to_have_count(50)
    further = desk.get_by_role("button", name="Next 50")
    further.press("Enter")
    expect(desk.get_by_text("Places 51 to 60 of 60")).to_be_visible()
    expect(desk.get_by_role("heading", level=3)).to_have_count(10)
    expect(desk.get_by_role("heading", name="Court 059")).to_be_visible()
    expect(further).to_be_focused()
    expect(further).to_have_attribute("aria-disabled", "true")
    desk.reload()
    expect(desk.get_by_text("Places 51 to 60 of 60")).to_be_visible()
    desk.get_by_role("button", name="Previous 50").click()
    expect(desk.get_by_role("heading", name="Court 000")).to_be_visible()
    assert (serious(desk), narrow_enough(desk), sam.complaints) == ([], True, [])


def test_the_desk_recovers_without_reload_and_without_a_gap(demo: DemoService, window: Opens) -> None:
    alice, sam = window(demo).sign_in("Alice"), window(demo)
    desk = sam.sign_in("Sam", f"/desk?date={open_date()}&kind=sports-ground")
    before = booked(alice, "north-ground", "10:00")
    expect(card(desk, before)).to_be_visible()
    desk.evaluate("window.stays = true")
    # What happens while the desk hears nothing is what a gap would lose.
    sam.context.set_offline(True)
    demo.kill()
    demo.start()
    meanwhile = booked(alice, "south-ground", "11:00", name="Meanwhile")
    expect(desk.get_by_text("Connection lost")).to_be_visible()
    kept_picture(desk, "desk-lost")
    sam.context.set_offline(False)
    expect(card(desk, meanwhile)).to_be_visible()
    expect(desk.get_by_role("button", name=re.compile("Meanwhile, Waits for approval"))).to_be_visible()
    expect(desk.get_by_text("Live", exact=True)).to_be_visible()
    card(desk, meanwhile).get_by_role("button", name="Approve").click()
    expect(card(desk, meanwhile)).to_contain_text("Confirmed")
    assert desk.evaluate("window.stays")


def test_whoever_looks_further_down_stays_there_when_something_is_booked(busy_demo: DemoService, window: Opens) -> None:
    for number in range(8):
        bookable(busy_demo, f"far-row-{number}", kind="far-row")
    taken(busy_demo, "far-row-0", "10:00")
    desk = at_desk(window(busy_demo).sign_in("Sam", "/find"), "far-row")
    desk.set_viewport_size({"width": 900, "height": 300})
    item = desk.locator(".desk-item")
    item.click()
    desk.keyboard.press("Escape")
    expect(item).to_be_focused()
    desk.get_by_role("contentinfo").scroll_into_view_if_needed()
    expect(item).not_to_be_in_viewport()
    taken(busy_demo, "far-row-7", "10:00")
    expect(item).to_have_count(2)
    expect(item.first).to_be_focused()
    expect(item.first).not_to_be_in_viewport()


def test_names_stay_in_sight_and_two_clicks_mark_no_text(busy_demo: DemoService, window: Opens) -> None:
    long = "The Hall of the Honourable Society of " + "Extraordinarily" * 4
    register(window, busy_demo, "long-row", kind="long-row", name=long, hours=ALL_DAY)
    sam = window(busy_demo)
    desk = at_desk(sam.sign_in("Sam", "/find"), "long-row")
    desk.set_viewport_size({"width": 900, "height": 800})
    day = desk.get_by_role("region", name="The day of all places")
    day.evaluate("each => { each.scrollLeft = 10_000 }")
    left = [desk.locator(each).bounding_box() for each in (".desk-day", ".desk-scale > span", ".desk-row h3")]
    assert [round(each["x"] - left[0]["x"]) for each in left if each and left[0]] == [0, 1, 1]  # within its border
    expect(desk.get_by_role("heading", level=3, name=long)).to_have_attribute("title", long)
    desk.locator(".desk-track[data-zone]").dblclick(position={"x": 400, "y": 20})
    assert desk.evaluate("getSelection().toString()") == ""
    assert serious(desk) == []
    kept_picture(desk, "desk-scrolled")
    assert sam.complaints == []


def test_what_took_place_and_what_did_not_is_noted_and_stands_among_the_past(tmp_path: Path, window: Opens) -> None:
    came, missed = of_yesterday(tmp_path / "data")
    service = DemoService(tmp_path / "data")
    try:
        _note_and_look_back(service, window, came, missed)
    finally:
        service.kill()


def _note_and_look_back(service: DemoService, window: Opens, came: Yesterday, missed: Yesterday) -> None:
    alice = window(service).sign_in("Alice", "/mine")
    expect(alice.get_by_text("Nothing lies ahead.")).to_be_visible()
    assert alice.locator(".past-bookings .badge").all_inner_texts() == ["Confirmed", "Confirmed"]
    sam = window(service)
    desk = sam.sign_in("Sam", "/find")
    panel = _opened(desk, service, came)
    panel.get_by_role("button", name="Took place").click()
    expect(panel.locator(".badge")).to_have_text("Took place")
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("button", name=re.compile("Came, Took place"))).to_be_focused()
    panel = _opened(desk, service, missed)
    panel.get_by_role("button", name="Nobody came").click()
    panel.get_by_role("textbox").fill("Waited for half an hour")
    panel.get_by_role("button", name="Say that nobody came").click()
    expect(panel.locator(".badge")).to_have_text("Nobody came")
    desk.keyboard.press("Escape")
    assert (serious(desk), narrow_enough(desk), sam.complaints) == ([], True, [])
    expect(alice.locator(".past-bookings")).to_contain_text("Took place")
    expect(alice.locator(".past-bookings")).to_contain_text("Nobody came")
    assert serious(alice) == []
    kept_picture(alice, "mine-past")
    alice.locator(f'a[href="/mine/{missed.booking}"]').click()
    expect(alice.locator(".history strong")).to_have_text(["Booked", "Nobody came"])
    expect(alice.get_by_role("listitem").filter(has_text="by the desk")).to_contain_text("Waited for half an hour")


def _opened(desk: Page, service: DemoService, what: Yesterday) -> Locator:
    desk.goto(f"{service.url}/desk?date={what.date}&kind=clinic")
    desk.get_by_role("button", name=re.compile(f"{what.name}, Confirmed")).click()
    return desk.get_by_role("dialog")
