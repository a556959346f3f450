"""Several places in one booking, in real Chromium: what is needed, when all of it is free, and who was faster."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect
from tests.browser.bookings import booked
from tests.browser.conftest import DemoService, Opens
from tests.browser.keys import press, tab_to, type_date
from tests.browser.looking import every_look, kept_picture, narrow_enough, open_date, serious
from tests.browser.steps import bookable, confirm, revise, slot, statuses, taken, to_review

HELD = {"hold_seconds": 60}
ALWAYS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


def theatre(service: DemoService, name: str, **policy: int) -> str:
    """A surgeon, and two theatres that are none but theirs; where one says what else is needed."""
    bookable(service, f"{name}-surgeon", kind=f"{name}-surgeon", policy={**HELD, **policy})
    for each in ("a", "b"):
        bookable(service, f"{name}-theatre-{each}", kind=f"{name}-theatre", policy={**HELD, **policy})
    return f"/find?need=id:{name}-surgeon&need=kind:{name}-theatre&date={open_date()}"


def expect_times(page: Page, *times: str) -> None:
    """These starts are offered, and no others."""
    buttons = page.get_by_role("list", name="Times").get_by_role("button")
    expect(buttons.locator("strong")).to_have_text(list(times))


def test_a_surgeon_and_a_theatre_are_booked_together_by_keyboard(busy_demo: DemoService, window: Opens) -> None:
    theatre(busy_demo, "knee")
    taken(busy_demo, "knee-theatre-a", "10:00")
    taken(busy_demo, "knee-surgeon", "11:00")
    alice = window(busy_demo)
    page = alice.sign_in("Alice", "/find/knee-surgeon")
    press(page, page.get_by_role("link", name="And also another place"))
    tab_to(page, page.get_by_label("And also"))
    page.keyboard.type("Any knee theatre")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("And also")).to_be_focused()
    expect(page.get_by_role("button", name="Leave out: Any knee theatre")).to_be_visible()
    type_date(page, page.get_by_label("On", exact=True), open_date())
    expect_times(page, "09:00", "10:00", "12:00", "13:00", "14:00", "15:00", "16:00")
    press(page, slot(page, "09:00"), "ArrowRight")
    expect(slot(page, "10:00")).to_contain_text("Knee Theatre B")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Details")).to_be_focused()
    tab_to(page, page.get_by_label("What is it about?"))
    page.keyboard.type("Both knees")
    press(page, page.get_by_role("button", name="Continue to review"))
    expect(page.get_by_role("heading", name="Is this right?")).to_be_focused()
    expect(page.get_by_text("Set aside for you for", exact=False).first).to_be_visible()
    assert statuses(busy_demo, "knee-theatre-b") == ["held"]
    press(page, page.get_by_role("button", name="Confirm booking"))
    expect(page.get_by_role("heading", name="Booked")).to_be_focused()
    expect(page.get_by_role("definition").filter(has_text="Knee Theatre B")).to_contain_text("10:00")
    press(page, page.get_by_role("link", name="See my bookings"))
    both = page.get_by_role("article").filter(has=page.get_by_role("heading", name="Knee Surgeon, Knee Theatre B"))
    expect(both).to_contain_text(re.compile("Knee Surgeon: .*10:00.*Knee Theatre B: .*10:00"))
    assert alice.complaints == []


@every_look
def test_each_step_of_several_places_can_be_used_by_everybody(
    busy_demo: DemoService, window: Opens, width: str, colours: str
) -> None:
    name = f"joint-{width}-{colours}"
    path = theatre(busy_demo, name)
    alice = window(busy_demo, width, colours)
    page = alice.sign_in("Alice", path)
    slot(page, "10:00").wait_for()
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"together-time-{width}-{colours}")
    slot(page, "10:00").click()
    page.get_by_label("What is it about?").wait_for()
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"together-details-{width}-{colours}")
    to_review(page)
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"together-review-{width}-{colours}")
    confirm(page)
    assert alice.complaints == []


def test_who_came_too_late_takes_what_is_free_next_at_one_click(busy_demo: DemoService, window: Opens) -> None:
    path = theatre(busy_demo, "hip")
    taken(busy_demo, "hip-theatre-b", "10:00")
    bob = window(busy_demo).sign_in("Bob")
    page = window(busy_demo).sign_in("Alice")
    page.route("**/v1/live*", lambda route: route.abort())  # as in the moment before the news arrives
    page.goto(busy_demo.url + path)
    slot(page, "10:00").click()
    page.get_by_label("What is it about?").fill("A hip")
    booked(bob, "hip-theatre-a", "10:00")
    page.get_by_role("button", name="Continue to review").click()
    refused = page.get_by_role("main").get_by_role("alert")
    expect(refused).to_be_focused()
    expect(page.get_by_label("What is it about?")).to_have_value("A hip")
    refused.get_by_role("button", name=re.compile("11:00")).click()
    expect(page.get_by_role("definition").filter(has_text="A hip")).to_be_visible()
    confirm(page)
    assert statuses(busy_demo, "hip-surgeon") == ["confirmed"]


@pytest.mark.slow
def test_while_one_types_it_is_said_that_somebody_was_faster(busy_demo: DemoService, window: Opens) -> None:
    path = theatre(busy_demo, "hand")
    bob = window(busy_demo).sign_in("Bob")
    page = window(busy_demo).sign_in("Alice", path)
    slot(page, "10:00").click()
    page.get_by_label("What is it about?").fill("A hand")
    booked(bob, "hand-surgeon", "10:00")
    told = page.get_by_role("alert").filter(has_text="Somebody was faster")
    expect(told).to_contain_text("Hand Surgeon and Hand Theatre A")
    expect(page.get_by_label("What is it about?")).to_be_focused()
    told.get_by_role("button", name=re.compile("11:00")).click()
    expect(page.get_by_role("definition").filter(has_text="A hand")).to_be_visible()
    confirm(page)


@pytest.mark.slow
def test_a_day_without_a_common_time_leads_to_the_next_ones(busy_demo: DemoService, window: Opens) -> None:
    path = theatre(busy_demo, "eye")
    only_then = {open_date(5): {"windows": [["11:00", "13:00"]]}}
    bookable(busy_demo, "eye-nurse", kind="eye-nurse", hours={}, exceptions=only_then)
    page = window(busy_demo).sign_in("Alice", f"{path}&need=id:eye-nurse")
    expect(page.get_by_text("There is no time on this day at which all of it is free.")).to_be_visible()
    page.get_by_role("button", name=re.compile("11:00")).click()
    expect(page.get_by_role("heading", name="Eye Surgeon, Eye Theatre A and Eye Nurse")).to_be_visible()
    page.get_by_role("link", name="Time", exact=True).click()
    page.get_by_role("button", name="Leave out: Eye Nurse").click()
    expect_times(page, *(f"{hour:02}:00" for hour in range(9, 17)))


@pytest.mark.slow
def test_places_in_several_zones_are_told_by_one_clock(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "zone-vienna", kind="zoned", seats=4)
    bookable(busy_demo, "zone-dhaka", kind="zoned", seats=4, timezone="Asia/Dhaka")
    bookable(busy_demo, "zone-table", kind="zone-table", seats=4, hours=ALWAYS)
    path = f"/find?need=kind:zoned&need=id:zone-table&date={open_date()}&people=3"
    page = window(busy_demo).sign_in("Alice", path)
    expect(page.get_by_text(re.compile("Times are those of Vienna"))).to_be_visible()
    starts = page.get_by_role("list", name="Times").get_by_role("button").locator("strong")
    expect(starts.last).to_have_text("16:00")
    assert starts.all_inner_texts() == sorted(starts.all_inner_texts())
    opens = datetime.fromisoformat(f"{open_date()}T09:00").replace(tzinfo=ZoneInfo("Asia/Dhaka"))
    first = f"{opens.astimezone(ZoneInfo('Europe/Vienna')):%H:%M}"  # four in winter, five in summer
    slot(page, first).click()
    expect(page.get_by_text(re.compile(f"Zone Dhaka: .*09:00.*Zone Table: .*{first}"))).to_be_visible()
    expect(page.get_by_label("How many people come?")).to_have_value("3")


@pytest.mark.slow
def test_a_hold_over_several_places_runs_out_and_is_taken_again(busy_demo: DemoService, window: Opens) -> None:
    path = theatre(busy_demo, "ear", hold_seconds=3)
    page = window(busy_demo).sign_in("Alice", path)
    slot(page, "10:00").click()
    page.get_by_label("What is it about?").fill("An ear")
    page.get_by_role("button", name="Continue to review").click()
    expect(page.get_by_role("alert").filter(has_text="Your time to confirm has run out")).to_be_focused()
    for each, kind in (("ear-surgeon", "ear-surgeon"), ("ear-theatre-a", "ear-theatre")):  # the next one is to last
        revise(busy_demo, each, kind=kind, policy=HELD)
    page.get_by_role("button", name="Set it aside again").click()
    expect(page.get_by_role("definition").filter(has_text="An ear")).to_be_visible()
    confirm(page)
    assert sorted(statuses(busy_demo, "ear-theatre-a")) == ["confirmed", "expired"]


@pytest.mark.slow
def test_going_back_gives_all_of_it_back(busy_demo: DemoService, window: Opens) -> None:
    path = theatre(busy_demo, "nose", hold_seconds=600)
    page = window(busy_demo).sign_in("Alice", path)
    slot(page, "10:00").click()
    to_review(page)
    page.get_by_role("link", name="Time", exact=True).click()
    expect(slot(page, "10:00")).to_contain_text("Nose Theatre A")
    assert statuses(busy_demo, "nose-surgeon") == ["cancelled"]
