"""Pages that are still open the next morning: what they call today is today."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import DemoService, Opens
from tests.browser.looking import HOURS, zone_of_the_morning
from tests.browser.passing import Passing
from tests.browser.steps import bookable

pytestmark = pytest.mark.slow

ALWAYS = {day: [["00:00", "24:00"]] for day in HOURS}
NIGHT = timedelta(days=1)


def today() -> date:
    """The date at the places of these tests, which none of them is near the end of."""
    return datetime.now(ZoneInfo(zone_of_the_morning())).date()


def place(service: DemoService, resource: str) -> None:
    """One that is closed today and open from tomorrow on, so that nothing of today is left once it is tomorrow."""
    closed = {today().isoformat(): {"windows": [], "reason": "Inventory"}}
    bookable(service, resource, kind=resource, timezone=zone_of_the_morning(), hours=ALWAYS, exceptions=closed)


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
    expect(found).to_contain_text("Next free today at 00:00")


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
