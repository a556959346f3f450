"""Finding a place by what it has, and by when it is free."""

import re
from datetime import datetime
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import DemoService, Opens
from tests.browser.keys import press, tab_to, type_date, type_time
from tests.browser.looking import (
    HOURS,
    autumn,
    every_look,
    kept_picture,
    narrow_enough,
    open_date,
    serious,
    zone_of_the_morning,
)
from tests.browser.steps import bookable, confirm, send, taken, to_review

ALWAYS = {day: [["00:00", "24:00"]] for day in HOURS}


def zone_of_another_date() -> str:
    """A zone where it is another date now than in Vienna, and something is left of it."""
    here = datetime.now(ZoneInfo("Europe/Vienna")).date()
    there = {zone: datetime.now(ZoneInfo(zone)) for zone in ("Pacific/Kiritimati", "Etc/GMT+12")}
    return next(zone for zone, now in there.items() if now.date() != here and now.hour < 23)


@every_look
def test_places_are_found_by_kind_size_and_equipment(
    busy_demo: DemoService, window: Opens, width: str, colours: str
) -> None:
    looking = window(busy_demo, width, colours)
    page = looking.open()
    expect(page.get_by_role("link", name="Moon Hospital")).to_be_visible()
    page.get_by_label("Kind").select_option("Room")
    page.get_by_label("People").fill("25")
    page.get_by_label("Projector").check()
    expect(page.get_by_role("link", name="Oak 30")).to_be_visible()
    expect(page.get_by_role("link", name="Moon Hospital")).to_be_hidden()
    expect(page.get_by_role("link", name="Oak 12")).to_be_hidden()
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"find-{width}-{colours}")
    page.reload()
    expect(page.get_by_label("People")).to_have_value("25")
    expect(page.get_by_role("link", name="Oak 12")).to_be_hidden()
    assert looking.complaints == []


def test_places_are_found_by_free_time(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "found-free", kind="found")
    bookable(busy_demo, "found-taken", kind="found")
    taken(busy_demo, "found-taken", "10:00")
    page = window(busy_demo).open("/find?kind=found")
    expect(page.get_by_role("link", name="Found Taken")).to_be_visible()
    page.get_by_label("Free on").fill(open_date())
    expect(page.get_by_text(re.compile("Next free on .* at 09:00"))).to_have_count(2)
    page.get_by_label("At", exact=True).fill("10:00")
    expect(page.get_by_role("link", name="Found Taken")).to_be_hidden()
    page.get_by_label("For", exact=True).select_option("4 h")  # longer than it can be booked
    expect(page.get_by_text("No place is like that.", exact=False)).to_be_visible()
    page.get_by_label("For", exact=True).select_option("1 h")
    page.get_by_role("link", name="Book 10:00").click()
    expect(page.get_by_role("heading", name="Details")).to_be_visible()


def test_today_is_seen_at_a_glance_as_it_changes(busy_demo: DemoService, window: Opens) -> None:
    zone = zone_of_the_morning()
    # What is free next begins at eight: an hour away at least, and so the same all along.
    bookable(busy_demo, "glanced", kind="glanced", timezone=zone, hours=ALWAYS, capacity=3, policy={"step": 240})
    page = window(busy_demo).open("/find?kind=glanced")
    today = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="Glanced"))
    expect(today).to_contain_text(re.compile("Next free today.* at .* 3 of 3 left"))
    [day] = send(busy_demo, "GET", "/v1/resources/glanced/availability" + page.evaluate(_DATE, zone))["days"]
    start = next(each["start"] for each in day["slots"] if each["status"] == "available")
    send(busy_demo, "POST", "/v1/bookings", {"resource": "glanced", "start": start}, by="customer", Idempotency_Key="g")
    expect(today).to_contain_text("2 of 3 left")


_DATE = """zone => {
    const date = new Intl.DateTimeFormat("sv", {timeZone: zone}).format();
    return `?from=${date}&to=${date}`;
}"""


def test_what_is_listed_under_the_date_before_is_booked_past_midnight(busy_demo: DemoService, window: Opens) -> None:
    late = {day: [["18:00", "02:00"]] for day in HOURS}
    page = window(busy_demo).sign_in("Alice", bookable(busy_demo, "night-bar", hours=late, policy={"step": 30}))
    page.get_by_role("button", name=re.compile("^00:30 to ")).click()
    page.get_by_label("What is it about?").fill("Late")
    expect(page.get_by_role("button", name="Continue to review")).to_be_enabled()
    page.get_by_role("link", name="Change time").click()
    expect(page.locator(".week [aria-pressed='true']")).to_have_attribute("data-date", open_date())
    page.get_by_role("button", name=re.compile("^00:30 to ")).click()
    with page.expect_response("**/availability*"):
        page.reload()
    to_review(page)
    expect(page.get_by_role("alert")).to_have_count(0)
    confirm(page)
    page.get_by_role("link", name="Book another time").click()
    expect(page.get_by_role("button", name=re.compile("^00:30 to "))).to_contain_text("yours")


def test_at_night_the_window_that_began_yesterday_is_seen_first(busy_demo: DemoService, window: Opens) -> None:
    zone = zone_of_the_morning()
    all_day = {day: [["12:00", "11:00"]] for day in HOURS}
    bookable(busy_demo, "night-shift", kind="night-shift", timezone=zone, hours=all_day, policy={"step": 120})
    page = window(busy_demo).open("/find?kind=night-shift")
    expect(page.get_by_text(re.compile("Next free today.* at 08:00"))).to_be_visible()
    page.get_by_role("link", name="Night Shift").click()
    free = page.locator(".slot[data-status='available']").first
    expect(free).to_have_accessible_name(re.compile("^08:00 to "))


def test_a_time_without_a_date_is_said(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "half-asked", kind="half-asked")
    page = window(busy_demo).open("/find?kind=half-asked&minutes=60")
    expect(page.get_by_text("1 place, whenever they are free: say at what time as well.")).to_be_visible()
    page.get_by_label("At", exact=True).fill("10:00")
    expect(page.get_by_text("1 place, whenever they are free: say on which date as well.")).to_be_visible()


def test_a_start_that_clocks_say_twice_says_which_one_it_is(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "twice-two", hours=ALWAYS)
    page = window(busy_demo).open("/find/twice-two")
    expect(page.get_by_role("heading", name="Twice Two")).to_be_visible()  # its scripts are there
    said = page.evaluate(_CLOCKS)
    assert said[:4] == ["02:00 GMT+2", "02:00 GMT+1", "03:00", "23:30 \u2013 00:30"]
    over, after = said[4:6]  # intervals on the date of the change say which clock is meant
    assert over == "02:30 GMT+2 \u2013 02:00 GMT+1"
    assert re.fullmatch(r"09:00\s?\u2013\s?10:00 GMT\+1", after)
    assert [bool(re.search(r"\d{4}", date)) for date in said[6:8]] == [False, True]  # the year, where it is another
    assert said[8] == "15"


_CLOCKS = """async () => {
    const files = performance.getEntriesByType("resource").map(({name}) => name);
    const times = await import(files.find((each) => /\\/times[^/]*\\.js/.test(each)));
    const at = (text) => times.clock(`2026-10-25T${text}`, "Europe/Vienna");
    const night = times.range("2026-12-01T23:30:00+01:00", "2026-12-02T00:30:00+01:00", "Europe/Vienna");
    const range = (...ends) => times.range(...ends.map((each) => `2026-10-25T${each}`), "Europe/Vienna");
    const over = range("02:30:00+02:00", "02:00:00+01:00");
    const after = range("09:00:00+01:00", "10:00:00+01:00");
    const today = times.today(times.ownZone);
    const dates = [today, `${Number(today.slice(0, 4)) + 1}-10-31`].map(times.shortDate);
    const hour = times.hour(Date.parse("2026-10-25T15:00:00+01:00"), "Europe/Vienna");
    return [at("02:00:00+02:00"), at("02:00:00+01:00"), at("03:00:00+01:00"), night, over, after, ...dates, hour];
}"""


def test_equipment_with_a_value_is_looked_for(busy_demo: DemoService, window: Opens) -> None:
    for floor in (7, 8, 9):
        bookable(busy_demo, f"on-floor-{floor}", kind="floored", attributes={"floor": floor})
    page = window(busy_demo).open("/find?kind=floored")
    page.get_by_label("Floor: 7").check()
    expect(page.get_by_text("1 place", exact=True)).to_be_visible()
    page.get_by_label("Floor: 8").check()
    expect(page.get_by_text("2 places", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="On Floor 9")).to_have_count(0)


@pytest.mark.slow
def test_the_keyboard_alone_narrows_down_what_is_found(busy_demo: DemoService, window: Opens) -> None:
    defined = {"kind": "key-lab", "policy": {"min_duration": 60, "max_duration": 120}}
    bookable(busy_demo, "key-lab-small", seats=4, attributes={"beamer": True}, **defined)
    bookable(busy_demo, "key-lab-large", seats=40, attributes={"beamer": True}, **defined)
    bookable(busy_demo, "key-lab-bare", seats=40, attributes={"blackboard": True}, **defined)
    looking = window(busy_demo)
    page = looking.sign_in("Alice")
    cards = page.locator(".place-card")
    tab_to(page, page.get_by_label("Kind"))
    page.keyboard.type("Key lab")
    expect(cards).to_have_count(3)
    tab_to(page, page.get_by_label("People"))
    page.keyboard.type("25")
    expect(cards).to_have_count(2)
    press(page, page.get_by_label("Beamer"), "Space")
    expect(cards).to_have_count(1)
    tab_to(page, page.get_by_label("For", exact=True), "Shift+Tab")
    page.keyboard.type("2 h")
    tab_to(page, page.get_by_label("People"), "Shift+Tab")  # and from there on, to where dates and times begin
    type_date(page, page.get_by_label("Free on"), open_date())
    type_time(page, page.get_by_label("At", exact=True), "10:00AM")
    book = page.get_by_role("link", name=re.compile("^Book 10:00.12:00$"))
    expect(cards).to_have_count(1)
    press(page, book)
    expect(page.get_by_role("heading", name="Details")).to_be_focused()
    assert looking.complaints == []


def test_so_long_is_so_long_also_where_clocks_change(busy_demo: DemoService, window: Opens) -> None:
    policy = {"min_duration": 60, "max_duration": 180, "max_advance_days": 400}
    bookable(busy_demo, "changing-clocks", kind="changing", hours=ALWAYS, policy=policy)
    bookable(busy_demo, "other-clocks", kind="changing", hours=ALWAYS, policy=policy, timezone="Asia/Dhaka")
    page = window(busy_demo).open(f"/find?kind=changing&date={autumn()}&time=01:00&minutes=180")
    expect(page.get_by_role("link", name=re.compile("^Book 01:00.04:00$"))).to_have_count(1)  # in Dhaka
    vienna = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="Changing Clocks"))
    vienna.get_by_role("link", name=re.compile("^Book ")).click()
    expect(page.get_by_role("heading", name="Changing Clocks")).to_be_visible()
    chosen = unquote(page.url)
    assert f"start={autumn()}T01:00:00+02:00&end={autumn()}T03:00:00+01:00" in chosen
    page.goto(f"{busy_demo.url}/find?kind=changing&date={autumn()}&time=02:00&minutes=60")  # it comes twice
    expect(page.get_by_text("2 places", exact=True)).to_be_visible()


def test_today_is_said_with_its_date_where_the_visitor_has_another(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "far-ahead", kind="far-ahead", timezone=zone_of_another_date(), hours=ALWAYS)
    page = window(busy_demo).open("/find?kind=far-ahead")
    expect(page.locator(".today")).to_have_text(re.compile(r"^Next free today, \w+,? \d+ \w+, at .* your time$"))


def test_what_is_over_is_not_called_full(busy_demo: DemoService, window: Opens) -> None:
    page = window(busy_demo).open("/find")
    expect(page.get_by_role("main").get_by_role("listitem").first).to_be_visible()
    assert page.evaluate(_WHY) == ["over", "over", "full", "full", "blocked", "unbookable"]


_WHY = """async () => {
    const files = performance.getEntriesByType("resource").map(({name}) => name);
    const {whyNothing} = await import(files.find((each) => /\\/slots\\.js/.test(each)));
    const of = (...all) => whyNothing(all.map((status) => ({status})));
    return [of(), of("past", "past"), of("past", "full"), of("yours"), of("past", "blocked"), of("unbookable")];
}"""
