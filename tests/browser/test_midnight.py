"""Pages that are still open the next morning: what they call today is today."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import DemoService, Opens
from tests.browser.looking import HOURS, zone_of_the_morning
from tests.browser.passing import Passing
from tests.browser.steps import bookable, send, slot

pytestmark = pytest.mark.slow

ALWAYS = {day: [["00:00", "24:00"]] for day in HOURS}
NIGHT = timedelta(days=1)


def today() -> date:
    """The date at the places of these tests, which none of them is near the end of."""
    return datetime.now(ZoneInfo(zone_of_the_morning())).date()


def place(service: DemoService, resource: str, kind: str = "") -> None:
    """One that is closed today and open from tomorrow on, so that nothing of today is left once it is tomorrow."""
    closed = {today().isoformat(): {"windows": [], "reason": "Inventory"}}
    bookable(service, resource, kind=kind or resource, timezone=zone_of_the_morning(), hours=ALWAYS, exceptions=closed)


def short(date: date) -> re.Pattern[str]:
    """A date as it is called among others."""
    return re.compile(rf"^{date:%a},? {date.day} \w+( \d+)?$")


def dates(page: Page) -> list[str | None]:
    """Those of the week one looks at."""
    return [each.get_attribute("data-date") for each in page.locator(".week button").all()]


def test_finding_goes_on_with_the_next_day(busy_demo: DemoService, window: Opens) -> None:
    place(busy_demo, "night-found")
    looking = window(busy_demo)
    passing = Passing(looking.page)
    page = looking.open("/find?kind=night-found")
    found = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="Night Found"))
    expect(found).to_contain_text("Closed today")
    passing.by(NIGHT)
    expect(found).to_contain_text(re.compile("Next free today.* at 00:00"))


def test_the_week_where_one_books_begins_with_the_next_day(busy_demo: DemoService, window: Opens) -> None:
    place(busy_demo, "night-booked")
    looking = window(busy_demo)
    passing = Passing(looking.page)
    page = looking.open("/find/night-booked")
    week = page.locator(".week button")
    expect(week.first).to_have_attribute("data-date", today().isoformat())
    week.first.click()
    expect(page.get_by_text("Closed: Inventory")).to_be_visible()
    passing.by(NIGHT)
    tomorrow = (today() + NIGHT).isoformat()
    expect(week.first).to_have_attribute("data-date", tomorrow)
    expect(week.first).to_have_attribute("aria-pressed", "true")
    expect(week.first).to_be_focused()
    expect(page.get_by_role("button", name="00:00 to 01:00")).to_be_visible()
    expect(page.get_by_role("button", name="Week before")).to_have_attribute("aria-disabled", "true")


def test_who_books_for_another_week_is_left_there(busy_demo: DemoService, window: Opens) -> None:
    place(busy_demo, "night-later")
    looking = window(busy_demo)
    passing = Passing(looking.page)
    page = looking.open("/find/night-later")
    page.get_by_role("button", name="Week after").click()
    week = page.locator(".week button")
    week.nth(2).click()
    chosen = (today() + timedelta(days=9)).isoformat()
    expect(week.nth(2)).to_have_attribute("data-date", chosen)
    passing.by(NIGHT)
    page.get_by_role("button", name="Week before").click()
    expect(week.first).to_have_attribute("data-date", (today() + NIGHT).isoformat())
    assert chosen not in dates(page)
    page.get_by_role("button", name="Week after").click()
    expect(page.locator(f'[data-date="{chosen}"]')).to_have_attribute("aria-pressed", "true")


def test_the_last_date_comes_while_last_nights_times_are_still_to_be_had(busy_demo: DemoService, window: Opens) -> None:
    late = {day: [["12:00", "11:00"]] for day in HOURS}
    zone = zone_of_the_morning()
    before = {(today() - NIGHT).isoformat(): {"windows": [], "reason": "Inventory"}}
    policy = {"step": 120, "max_advance_days": 3}
    bookable(busy_demo, "night-last", timezone=zone, hours=late, exceptions=before, policy=policy)
    looking = window(busy_demo)
    passing = Passing(looking.page)
    page = looking.open("/find/night-last")
    fresh = page.locator(f'[data-date="{today() + 4 * NIGHT}"]')
    expect(fresh).to_have_attribute("aria-disabled", "true")
    passing.by(NIGHT)
    expect(page.locator(".week button").first).to_have_attribute("data-date", today().isoformat())
    expect(fresh).not_to_have_attribute("aria-disabled", "true")


def test_the_desk_goes_on_with_the_next_day(busy_demo: DemoService, window: Opens) -> None:
    place(busy_demo, "night-desk")
    sam = window(busy_demo)
    passing = Passing(sam.page)
    page = sam.sign_in("Sam", "/desk?kind=night-desk")
    asked = page.get_by_label("Date", exact=True)
    expect(asked).to_have_value(today().isoformat())
    expect(page.get_by_text("Closed: Inventory")).to_be_visible()
    passing.by(NIGHT)
    expect(asked).to_have_value((today() + NIGHT).isoformat())
    expect(page.get_by_text("Closed: Inventory")).to_have_count(0)


def test_the_desk_stays_with_a_day_that_somebody_chose_or_is_at_work_on(busy_demo: DemoService, window: Opens) -> None:
    place(busy_demo, "night-work")
    sam = window(busy_demo)
    passing = Passing(sam.page)
    chosen = (today() - NIGHT).isoformat()
    page = sam.sign_in("Sam", f"/desk?kind=night-work&date={chosen}")
    asked = page.get_by_label("Date", exact=True)
    expect(asked).to_have_value(chosen)
    passing.by(NIGHT)
    expect(page.locator(".desk-past").first).to_be_attached()
    expect(asked).to_have_value(chosen)
    page.get_by_role("button", name="Today").click()
    expect(asked).to_have_value((today() + NIGHT).isoformat())
    page.get_by_role("button", name="Block time").click()
    passing.by(NIGHT)
    page.clock.run_for(60_000)
    expect(asked).to_have_value((today() + NIGHT).isoformat())
    page.keyboard.press("Escape")
    page.clock.run_for(60_000)
    expect(asked).to_have_value((today() + 2 * NIGHT).isoformat())
    expect(page.get_by_role("button", name="Block time")).to_be_focused()


def test_the_desk_goes_on_also_with_who_turns_to_another_kind_before_it_does(
    busy_demo: DemoService, window: Opens
) -> None:
    for resource in ("night-before", "night-after"):
        place(busy_demo, resource)
    sam = window(busy_demo)
    Passing(sam.page)
    page = sam.sign_in("Sam", "/desk?kind=night-before")
    asked = page.get_by_label("Date", exact=True)
    expect(asked).to_have_value(today().isoformat())
    page.clock.set_system_time(datetime.now(UTC) + NIGHT)  # and nothing that is due has happened yet
    page.get_by_label("Places", exact=True).select_option("night-after")
    expect(page.get_by_role("heading", level=3, name="Night After")).to_be_visible()
    expect(asked).to_have_value((today() + NIGHT).isoformat())


def test_a_next_day_that_does_not_come_to_the_desk_is_asked_for_again(busy_demo: DemoService, window: Opens) -> None:
    place(busy_demo, "night-missing")
    sam = window(busy_demo)
    passing = Passing(sam.page)
    page = sam.sign_in("Sam", "/desk?kind=night-missing")
    asked = page.get_by_label("Date", exact=True)
    expect(asked).to_have_value(today().isoformat())
    tomorrow = (today() + NIGHT).isoformat()
    page.route(f"**/days/{tomorrow}", lambda route: route.fulfill(status=500, body="{}"), times=1)
    passing.by(NIGHT)
    expect(page.get_by_text("could not be loaded.")).to_be_visible()
    expect(asked).to_have_value(today().isoformat())
    page.clock.run_for(60_000)
    expect(asked).to_have_value(tomorrow)
    expect(page.get_by_text("could not be loaded.")).to_have_count(0)


def test_taking_whoever_is_free_goes_on_with_the_next_day(busy_demo: DemoService, window: Opens) -> None:
    for resource in ("night-any-a", "night-any-b"):
        place(busy_demo, resource, kind="night-any")
    looking = window(busy_demo)
    passing = Passing(looking.page)
    page = looking.open("/find?any=night-any")
    asked = page.get_by_label("On", exact=True)
    expect(asked).to_have_value(today().isoformat())
    page.get_by_label("At", exact=True).fill("08:00")  # which is remembered, with the date
    passing.by(NIGHT)
    tomorrow = (today() + NIGHT).isoformat()
    expect(asked).to_have_value(tomorrow)
    page.get_by_role("link", name="All places").click()
    expect(page.get_by_role("heading", name="Find a place")).to_be_visible()
    passing.by(NIGHT)
    page.go_back()
    expect(asked).to_have_value((today() + 2 * NIGHT).isoformat())
    expect(page.get_by_label("At", exact=True)).to_have_value("08:00")
    asked.fill((today() + 9 * NIGHT).isoformat())
    passing.by(NIGHT)
    page.clock.run_for(60_000)
    expect(asked).to_have_value((today() + 9 * NIGHT).isoformat())


def test_several_together_go_on_with_the_next_day(busy_demo: DemoService, window: Opens) -> None:
    for resource in ("night-both-a", "night-both-b"):
        place(busy_demo, resource)
    looking = window(busy_demo)
    passing = Passing(looking.page)
    page = looking.open("/find?need=id:night-both-a&need=id:night-both-b")
    asked = page.get_by_label("On", exact=True)
    expect(asked).to_have_value(today().isoformat())
    expect(page.get_by_text("There is no time on this day at which all of it is free.")).to_be_visible()
    asked.focus()
    passing.by(NIGHT)
    page.clock.run_for(60_000)
    expect(asked).to_have_value(today().isoformat())  # of whoever may be typing another
    asked.press("Shift+Tab")
    page.clock.run_for(60_000)
    tomorrow = (today() + NIGHT).isoformat()
    expect(asked).to_have_value(tomorrow)
    expect(slot(page, "00:00")).to_be_visible()
    expect(page).to_have_url(re.compile(f"date={tomorrow}"))


def test_moving_several_goes_on_with_the_next_day(busy_demo: DemoService, window: Opens) -> None:
    legs = []
    for resource in ("night-moved-a", "night-moved-b"):
        bookable(busy_demo, resource, kind=resource, timezone=zone_of_the_morning())
        legs.append({"resource": resource, "start": f"{today()}T16:00"})
    sent = send(busy_demo, "POST", "/v1/bookings", {"legs": legs}, by="customer", Idempotency_Key="night-moved")
    alice = window(busy_demo)
    passing = Passing(alice.page)
    page = alice.sign_in("Alice", f"/mine/{sent['id']}/move")
    asked = page.get_by_label("On", exact=True)
    expect(asked).to_have_value(today().isoformat())
    passing.by(NIGHT)
    tomorrow = (today() + NIGHT).isoformat()
    expect(asked).to_have_value(tomorrow)
    expect(asked).to_have_attribute("min", tomorrow)
    expect(slot(page, "16:00")).to_be_visible()


def test_the_preview_of_a_place_goes_on_with_the_next_day(busy_demo: DemoService, window: Opens) -> None:
    place(busy_demo, "night-preview")
    ada = window(busy_demo)
    passing = Passing(ada.page)
    page = ada.sign_in("Ada", "/places/night-preview")
    preview = page.get_by_role("region", name="Preview")
    first = preview.get_by_role("listitem").first.locator("strong")
    expect(first).to_have_text(short(today()))
    passing.by(NIGHT)
    expect(first).to_have_text(short(today() + NIGHT))
    preview.get_by_role("button", name="Week after").click()
    expect(first).to_have_text(short(today() + 8 * NIGHT))
    passing.by(NIGHT)
    page.clock.run_for(60_000)
    expect(first).to_have_text(short(today() + 8 * NIGHT))
