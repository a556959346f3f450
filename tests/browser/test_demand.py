"""The desk sees what people wanted of a place, in real Chromium: in colours, in numbers, and read out."""

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import DemoService, Opens
from tests.browser.keys import press, tab_to
from tests.browser.looking import every_look, kept_picture, narrow_enough, open_date, register, serious

_ASK = """async ([resource, start]) => {
    const headers = {"Content-Type": "application/json"};
    const body = JSON.stringify({resource, start});
    return (await fetch("/v1/bookings", {method: "POST", headers, body})).status;
}"""


def wanted(window: Opens, service: DemoService, resource: str) -> None:
    """Alice takes the place's one hour at ten, and eleven; Bob wants ten, and gets nothing."""
    register(window, service, resource)
    for person, hours, status in (("Alice", (10, 11), 201), ("Bob", (10,), 409)):
        guest = window(service).sign_in(person)
        for hour in hours:
            assert guest.evaluate(_ASK, [resource, f"{open_date()}T{hour}:00"]) == status
        guest.context.close()


def share(hours: int, resource_since: date) -> str:
    """Of a week's opening hours up to the date on which tests book, eight a day: from when there was such a place."""
    days = min(7, (date.fromisoformat(open_date()) - resource_since).days + 1)
    return f"{round(100 * hours / (8 * days))}%"


def address(resource: str) -> str:
    return f"/demand?resource={resource}&weeks=1&to={open_date()}"


def seen(page: Page, name: str) -> None:
    """The refusal is noted a second behind its answer."""
    expect(page.get_by_role("heading", name=name, level=2)).to_be_visible()
    for _ in range(100):
        if page.get_by_text(re.compile("^1 wanted what others had$")).count():
            return
        page.reload()
        expect(page.get_by_role("heading", name=name, level=2)).to_be_visible()
    raise AssertionError("the refusal is not there")


@pytest.mark.slow
@every_look
def test_the_desk_sees_which_hours_are_full_and_who_was_turned_away(
    busy_demo: DemoService, window: Opens, width: str, colours: str
) -> None:
    resource = f"wanted-{width}-{colours}"
    today = datetime.now(ZoneInfo("Europe/Vienna")).date()
    wanted(window, busy_demo, resource)
    sam = window(busy_demo, width, colours)
    page = sam.sign_in("Sam", address(resource))
    seen(page, resource.replace("-", " ").title())
    expect(page.locator(".in-sum")).to_contain_text(share(2, today))
    heat = page.get_by_role("img", name=re.compile("^How much of each hour was taken"))
    expect(heat).to_be_visible()
    expect(heat.locator("g title").filter(has_text="100% taken, 1 refused, 1 turned away for good")).to_have_count(1)
    assert heat.locator(".heat").first.evaluate("each => getComputedStyle(each).fill") not in {"rgb(0, 0, 0)", "none"}
    expect(page.get_by_role("img", name=re.compile("^Day by day"))).to_be_visible()
    tab_to(page, page.get_by_text("As a table").first)
    page.keyboard.press("Enter")
    row = page.get_by_role("row").filter(has_text="10:00").filter(has_text="100%")
    expect(row).to_have_text(re.compile("10:00100%11100$"))
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"demand-{width}-{colours}")
    assert sam.complaints == []


def test_one_comes_there_from_the_desk_and_chooses_place_and_weeks(busy_demo: DemoService, window: Opens) -> None:
    register(window, busy_demo, "unwanted-room")
    sam = window(busy_demo)
    page = sam.sign_in("Sam", "/desk")
    press(page, page.get_by_role("main").get_by_role("link", name="Demand"))
    page.get_by_label("Place", exact=True).select_option("unwanted-room")
    page.get_by_label("How long").select_option("1")
    page.get_by_label("Up to").fill(open_date())
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="Unwanted Room")).to_be_visible()
    assert page.url.endswith(f"/demand?resource=unwanted-room&weeks=1&to={open_date()}")
    expect(page.locator(".in-sum")).to_contain_text("0%")
    assert (serious(page), narrow_enough(page)) == ([], True)
    with page.expect_download() as saving:
        page.get_by_role("link", name="Day by day, as CSV").click()
    assert saving.value.suggested_filename.startswith("demand-unwanted-room-")
    assert sam.complaints == []


@pytest.mark.slow
def test_it_is_for_the_desk_alone(busy_demo: DemoService, window: Opens) -> None:
    page = window(busy_demo).sign_in("Alice", "/demand")
    expect(page.get_by_text("This is for people with the role staff.")).to_be_visible()
