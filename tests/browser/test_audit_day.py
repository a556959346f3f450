"""A day at each of its versions, in real Chromium: how it stood, what each step changed, and on as it changes."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser.conftest import DemoService, Opens
from tests.browser.keys import tab_to
from tests.browser.looking import every_look, kept_picture, narrow_enough, open_date, serious
from tests.browser.steps import bookable, refused, revise, send, taken

SENT = re.compile(r"/v1/resources/.+/days/")
NO_SUCH_TIME = "There was no such time in Apia: the clocks left that date out."


def day_of(resource: str, **asked: str) -> str:
    """Where the day is looked at on which tests book."""
    rest = "&".join(f"{name}={value}" for name, value in asked.items())
    return f"/audit/days/{resource}/{open_date()}{'?' if rest else ''}{rest}"


def slider(page: Page) -> Locator:
    """The slider over versions."""
    return page.get_by_role("slider", name="Version of the day")


def shows(page: Page, version: int, newest: int) -> None:
    """Wait until a version is there, as a whole."""
    expect(slider(page)).to_have_attribute("aria-valuetext", re.compile(f"^Version {version} of {newest}: "))
    expect(page.locator(".step-card")).not_to_have_attribute("aria-busy", "true")


def as_it_was(service: DemoService, resource: str, version: int) -> Any:
    """The day at a version, as the API has it."""
    return send(service, "GET", f"/v1/resources/{resource}/days/{open_date()}?as_of={version}", by="auditor")


def standing(page: Page) -> list[str]:
    """When what stood on the day began."""
    times = page.locator(".standing li strong").all_text_contents()
    return [time[:5] for time in times]


def starts(day: Any) -> list[str]:
    """The same, of an answer of the API."""
    return [each["start"][11:16] for each in day["claims"]]


def busy(service: DemoService, resource: str) -> list[str]:
    """A day with two bookings, of which the first is cancelled: four versions."""
    bookable(service, resource)
    made = [taken(service, resource, "09:00"), taken(service, resource, "11:00")]
    send(service, "POST", f"/v1/bookings/{made[0]}/cancel", {"reason": "ill"}, by="customer")
    return made


def test_the_slider_shows_each_version_by_keyboard(busy_demo: DemoService, window: Opens) -> None:
    first, second = busy(busy_demo, "back-room")
    odile = window(busy_demo)
    page = odile.sign_in("Odile", day_of("back-room"))
    shows(page, 4, 4)
    tab_to(page, slider(page))
    seen = {}
    for version, key in ((4, None), (3, "ArrowLeft"), (2, "ArrowLeft"), (1, "ArrowDown"), (0, "Home")):
        if key:
            page.keyboard.press(key)
        shows(page, version, 4)
        seen[version] = standing(page)
        assert seen[version] == starts(as_it_was(busy_demo, "back-room", version))
        assert page.url.endswith(f"?version={version}")
    assert (seen[4], seen[3], seen[2], seen[0]) == (["11:00"], ["09:00", "11:00"], ["09:00"], [])
    page.keyboard.press("End")
    shows(page, 4, 4)
    step = page.get_by_role("region", name="The step to this version")
    expect(step.get_by_role("heading")).to_have_text("Time given back")
    expect(step).to_contain_text("a customer")
    changed = step.get_by_role("row").nth(1)
    expect(changed.get_by_role("cell").nth(0)).to_contain_text(f"1 place taken, booking {first[:10]}")
    expect(changed.get_by_role("cell").nth(1)).to_have_text("nothing")
    expect(page.get_by_role("button", name=re.compile("gone at this version"))).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("button", name=re.compile(f"booking {second[:10]}, new at this version"))).to_be_visible()
    assert odile.complaints == []


def test_a_link_shows_the_same_version_and_a_time_finds_one(busy_demo: DemoService, window: Opens) -> None:
    busy(busy_demo, "linked-room")
    odile = window(busy_demo)
    page = odile.sign_in("Odile", day_of("linked-room", version="2"))
    shows(page, 2, 4)
    stood = as_it_was(busy_demo, "linked-room", 2)
    page.goto(f"{busy_demo.url}{day_of('linked-room', as_of=stood['timestamp'])}")
    shows(page, 2, 4)
    expect(page.get_by_role("status").filter(has_text="it was at version 2")).to_be_visible()
    page.goto(f"{busy_demo.url}{day_of('linked-room', version='99')}")
    shows(page, 4, 4)
    expect(page.get_by_text("There is no version 99.")).to_be_visible()
    page.get_by_label("As it was at").fill("2099-01-01T10:00")
    page.get_by_role("button", name="Show the day").click()
    expect(page.get_by_text(re.compile("lies in the future"))).to_be_visible()
    for nowhere in ("/audit/days/nowhere/2026-12-01", "/audit/days/linked-room/2026-02-31"):
        page.goto(busy_demo.url + nowhere)
        expect(page.get_by_text("There is no such place, or no such date.")).to_be_visible()


def test_a_booking_elsewhere_grows_the_slider_and_whoever_looks_back_stays(
    busy_demo: DemoService, window: Opens
) -> None:
    bookable(busy_demo, "growing")
    taken(busy_demo, "growing", "09:00")
    odile = window(busy_demo)
    page = odile.sign_in("Odile", day_of("growing"))
    shows(page, 2, 2)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    taken(busy_demo, "growing", "10:00")
    shows(page, 3, 3)
    assert standing(page) == ["09:00", "10:00"]
    assert page.url.endswith("?version=3")
    page.get_by_role("button", name="Version before").click()
    shows(page, 2, 3)
    taken(busy_demo, "growing", "11:00")
    news = page.get_by_role("status").filter(has_text="The day has gone on: 2 newer versions.")
    expect(news).to_be_visible()
    expect(slider(page)).to_have_js_property("max", "4")
    expect(slider(page)).to_have_value("2")
    assert standing(page) == ["09:00"]
    news.get_by_role("button", name="Go to the newest").press("Enter")
    shows(page, 4, 4)
    assert standing(page) == ["09:00", "10:00", "11:00"]
    assert odile.complaints == []


def test_the_way_to_the_newest_keeps_the_focus_while_the_day_goes_on(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "going-on")
    taken(busy_demo, "going-on", "09:00")
    page = window(busy_demo).sign_in("Odile", day_of("going-on", version="1"))
    shows(page, 1, 2)
    taken(busy_demo, "going-on", "10:00")
    look = page.get_by_role("button", name="Go to the newest")
    look.focus()
    taken(busy_demo, "going-on", "11:00")
    expect(page.get_by_text("The day has gone on: 3 newer versions.")).to_be_visible()
    expect(look).to_be_focused()
    page.route("**/days/*?as_of=4", lambda route: route.fulfill(status=500))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Version 4 could not be loaded.")).to_be_visible()
    expect(page.locator(".step-card")).not_to_have_attribute("aria-busy", "true")


def test_holds_blocks_and_the_plan_are_told_in_words(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "worded", capacity=3)
    start, end = f"{open_date()}T12:00", f"{open_date()}T13:00"
    held = send(busy_demo, "POST", "/v1/holds", {"resource": "worded", "start": start}, by="customer")
    send(busy_demo, "POST", f"/v1/bookings/{held['id']}/confirm", {}, by="customer")
    block = {"start": start, "end": end, "units": 2, "reason": "Painters, ask for Rosa"}
    send(busy_demo, "POST", "/v1/resources/worded/blocks", block, by="staff")
    revise(busy_demo, "worded", capacity=5)
    taken(busy_demo, "worded", "09:00")
    odile = window(busy_demo)
    page = odile.sign_in("Odile", day_of("worded", version="2"))
    told = {2: "1 place held until", 3: "1 place taken", 4: "2 places blocked, reason: sealed", 5: "3"}
    for version, text in told.items():
        shows(page, version, 6)
        expect(page.locator(".step-card")).to_contain_text(text)
        page.get_by_role("button", name="Version after").click()
    expect(page.locator(".step-card").get_by_role("heading")).to_have_text("Time taken")
    expect(page.get_by_role("main")).not_to_contain_text("Rosa")
    assert odile.complaints == []


@pytest.mark.slow
def test_all_steps_with_what_was_refused_and_on_as_it_happens(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "asked-for")
    taken(busy_demo, "asked-for", "09:00")
    odile = window(busy_demo)
    page = odile.sign_in("Odile", day_of("asked-for"))
    shows(page, 2, 2)
    steps = page.get_by_text("All steps, and what was refused")
    page.route("**/events?refusals=*", lambda route: route.fulfill(status=500, body="{}"), times=1)
    steps.click()
    steps.click()
    steps.click()
    expect(page.locator(".entry strong")).to_have_text(["Day begun", "Time taken"])
    refused(window, busy_demo, "asked-for", "09:00")
    expect(page.locator(".entry")).to_have_count(3)
    turned_down = page.locator('.entry[data-kind="refusal"]')
    expect(turned_down).to_contain_text(re.compile("Refused.*Book.*Asked For.*not available"))
    page.get_by_role("link", name=re.compile("^Day then: Day begun")).click()
    shows(page, 1, 2)
    turned_down.get_by_role("link", name=re.compile("^Day then")).click()
    shows(page, 2, 2)
    assert [each for each in odile.complaints if not re.search("500|went wrong", each)] == []


def test_a_time_that_the_zone_left_out_is_said(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "apia", timezone="Pacific/Apia")
    odile = window(busy_demo)
    page = odile.sign_in("Odile", day_of("apia"))
    shows(page, 0, 0)
    when = page.get_by_label("As it was at")
    when.fill("2011-12-30T10:00")
    page.get_by_role("button", name="Show the day").click()
    expect(when).to_have_js_property("validationMessage", NO_SUCH_TIME)
    when.fill("2011-12-31T10:00")
    with page.expect_request(re.compile("as_of=2011-12-30T20")):
        page.get_by_role("button", name="Show the day").click()
    expect(page.get_by_text(re.compile("There was no resource apia yet"))).to_be_visible()
    assert [each for each in odile.complaints if "404" not in each] == []


def test_before_anything_is_told_from_a_day_on_which_nothing_has_happened(
    busy_demo: DemoService, window: Opens
) -> None:
    busy(busy_demo, "begun")
    bookable(busy_demo, "never-begun")
    page = window(busy_demo).sign_in("Odile", day_of("begun", version="0"))
    shows(page, 0, 4)
    step = page.get_by_role("region", name="The step to this version")
    expect(step).to_contain_text("As it was before anything happened on it.")
    page.goto(busy_demo.url + day_of("never-begun"))
    shows(page, 0, 0)
    expect(step).to_contain_text("Nothing has happened on it so far.")
    taken(busy_demo, "never-begun", "10:00")
    shows(page, 2, 2)
    page.get_by_role("slider").press("Home")
    shows(page, 0, 2)
    expect(step).to_contain_text("As it was before anything happened on it.")


@every_look
def test_a_day_is_for_everybody(busy_demo: DemoService, window: Opens, width: str, colours: str) -> None:
    resource = f"day-{width}-{colours}"
    busy(busy_demo, resource)
    odile = window(busy_demo, width, colours)
    page = odile.sign_in("Odile", day_of(resource))
    shows(page, 4, 4)
    page.get_by_text("All that stood on it").click()
    page.get_by_text("All steps, and what was refused").click()
    expect(page.locator(".entry")).to_have_count(4)
    assert (serious(page), narrow_enough(page), odile.complaints) == ([], True, [])
    kept_picture(page, f"audit-day-{width}-{colours}")
    page.goto(f"{busy_demo.url}/audit/days")
    expect(page.get_by_text("Choose a place and a date.")).to_be_visible()
    assert (serious(page), narrow_enough(page)) == ([], True)
