"""The log, in real Chromium: filters, refusals in line, what belongs together one click away, and live."""

import json
import re
from collections.abc import Callable
from urllib.error import HTTPError

import pytest
from playwright.sync_api import Page, Request, Route, expect
from tests.browser.conftest import DemoService, Opens
from tests.browser.looking import every_look, kept_picture, narrow_enough, open_date, serious
from tests.browser.steps import bookable, refused, send, taken


def test_refusals_stand_in_line_and_filters_stand_in_the_address(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "line-room")
    taken(busy_demo, "line-room", "09:00")
    refused(window, busy_demo, "line-room", "09:00")
    taken(busy_demo, "line-room", "10:00")
    odile = window(busy_demo)
    page = odile.sign_in("Odile", "/audit")
    page.get_by_role("combobox", name="Place").select_option("line-room")
    page.get_by_role("button", name="Show").click()
    expected = ["Time taken", "Book", "Time taken", "Day begun", "Place registered"]
    expect(page.locator(".entry strong")).to_have_text(expected)
    expect(page).to_have_url(re.compile(r"/audit\?resource=line-room$"))
    marked = page.locator('.entry[data-kind="refusal"]')
    expect(marked).to_contain_text("Refused")
    expect(marked).to_contain_text("not available")
    page.get_by_role("combobox", name="Order").select_option("oldest")
    page.get_by_role("button", name="Show").press("Enter")
    expect(page.locator(".entry strong")).to_have_text(expected[::-1])
    page.get_by_label("With what was refused").uncheck()
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".entry strong")).to_have_text([each for each in expected[::-1] if each != "Book"])
    page.reload()
    expect(page.locator(".entry")).to_have_count(4)
    page.go_back()
    expect(page.locator(".entry")).to_have_count(5)
    marked.get_by_role("link", name=re.compile("^All by customer:")).click()
    expect(page).to_have_url(re.compile("by=customer"))
    expect(page.locator(".entry strong").first).to_have_text("Book")
    assert (
        page.locator(".entry-foot > span:first-child").all_text_contents()
        == [page.locator(".entry-foot > span:first-child").first.inner_text()] * page.locator(".entry").count()
    )
    assert odile.complaints == []


def test_a_refusal_says_for_whom_somebody_asked_and_how_much_of_a_window(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "asked-for")
    taken(busy_demo, "asked-for", "09:00")
    alice = send(busy_demo, "GET", "/v1/me", by="customer")["customer"]
    between = [f"{open_date()}T09:00", f"{open_date()}T10:00"]
    wish = {"any_of": ["asked-for"], "between": between, "duration": 60, "customer": alice}
    with pytest.raises(HTTPError, match="409"):
        send(busy_demo, "POST", "/v1/bookings", wish, by="staff")
    odile = window(busy_demo)
    page = odile.sign_in("Odile", "/audit?resource=asked-for")
    marked = page.locator('.entry[data-kind="refusal"]')
    expect(marked).to_contain_text(f"any 60 min of it, 1 place, for {alice[:10]}")
    assert odile.complaints == []


def test_from_one_event_to_its_command_its_booking_and_its_day(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "from-one")
    booking = taken(busy_demo, "from-one", "09:00")
    moved = {"start": f"{open_date()}T13:00"}
    send(busy_demo, "POST", f"/v1/bookings/{booking}/reschedule", moved, by="customer")
    send(busy_demo, "POST", f"/v1/bookings/{booking}/cancel", {}, by="customer")
    events = send(busy_demo, "GET", f"/v1/events?booking={booking}", by="auditor")["items"]
    command = events[1]["command_id"]
    wrote = send(busy_demo, "GET", f"/v1/events?command={command}", by="auditor")["items"]
    odile = window(busy_demo)
    page = odile.sign_in("Odile", "/audit?resource=from-one&order=oldest")
    at = next(each["position"] for each in wrote if each["topic"].startswith("TimeClaimed"))
    follow(page, at, "Same command")
    expect(page.locator(".entry")).to_have_count(len(wrote))
    assert sorted(shown(page)) == sorted(str(each["position"]) for each in wrote)
    expect(page.get_by_text(f"What command {command[:10]} wrote.")).to_be_visible()
    page.go_back()
    follow(page, at, "Booking since")
    since = [each for each in events if each["position"] > at]
    expect(page.locator(".entry")).to_have_count(len(since))
    assert shown(page) == [str(each["position"]) for each in since]
    page.get_by_role("link", name="From its start").click()
    expect(page.locator(".entry strong")).to_have_text(["Booking confirmed", "Booking moved", "Booking cancelled"])
    page.go_back()
    page.go_back()
    follow(page, at, "Day then")
    version = next(each["version"] for each in wrote if each["position"] == at)
    expect(page).to_have_url(re.compile(f"/audit/days/from-one/{open_date()}.version={version}$"))
    expect(page.locator(".standing li strong")).to_have_text([re.compile("^1?3?:?13:00")])
    assert odile.complaints == []


def follow(page: Page, position: int, link: str) -> None:
    """A link of the entry at a position."""
    page.locator(f'.entry[data-key="{position}"]').get_by_role("link", name=re.compile(f"^{link}")).click()


def shown(page: Page) -> list[str]:
    """Positions of the entries, from the top."""
    return [str(each) for each in page.locator(".entry").evaluate_all("all => all.map(each => each.dataset.key)")]


@pytest.mark.slow
def test_what_happens_comes_at_the_top_by_itself(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "live-log")
    odile = window(busy_demo)
    page = odile.sign_in("Odile", "/audit?resource=live-log")
    expect(page.locator(".entry strong")).to_have_text(["Place registered"])
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    page.get_by_text("To the letter").click()
    taken(busy_demo, "live-log", "09:00")
    expect(page.locator(".entry strong")).to_have_text(["Time taken", "Day begun", "Place registered"])
    refused(window, busy_demo, "live-log", "09:00")
    expect(page.locator(".entry strong").first).to_have_text("Book")
    refused(window, busy_demo, "live-log", "09:00")
    expect(page.locator('.entry[data-kind="refusal"]')).to_contain_text("2 times within a minute")
    expect(page.locator("details[open]")).to_have_count(1)
    expect(page.locator("details[open]")).to_contain_text("Europe/Vienna")
    assert odile.complaints == []


def test_what_somebody_wrote_reads_erased_once_they_were(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "forgetting")
    guest = send(busy_demo, "POST", "/v1/customers", {"name": "Zelda Quist"}, by="staff")["customer"]
    wish = {"resource": "forgetting", "start": f"{open_date()}T09:00", "customer": guest, "details": {"for": "harp"}}
    booking = send(busy_demo, "POST", "/v1/bookings", wish, by="staff")["id"]
    send(busy_demo, "POST", f"/v1/bookings/{booking}/cancel", {"reason": "moved to Graz"}, by="staff")
    send(busy_demo, "DELETE", f"/v1/customers/{guest}")
    odile = window(busy_demo)
    page = odile.sign_in("Odile", "/audit")
    expect(page.locator(".entry strong").filter(has_text="Person erased")).to_be_visible()
    page.goto(f"{busy_demo.url}/audit?booking={booking}")
    expect(page.locator(".entry").first).to_contain_text("Booking cancelled reason: erased")
    for summary in page.get_by_text("To the letter").all():
        summary.click()
    expect(page.locator(".entry dl")).to_have_count(2)
    expect(page.get_by_role("main")).not_to_contain_text(re.compile("Zelda|harp|Graz"))
    assert odile.complaints == []


def test_more_comes_when_asked_for(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "long-log", capacity=40)
    legs = [{"resource": "long-log", "start": f"{open_date()}T{hour:02}:00"} for hour in range(9, 17)]
    for number in range(7):
        send(busy_demo, "POST", "/v1/bookings", {"legs": legs}, by="customer", Idempotency_Key=f"long-{number}")
    events = send(busy_demo, "GET", "/v1/events?resource=long-log&limit=500", by="auditor")["items"]
    assert len(events) == 58
    odile = window(busy_demo)
    page = odile.sign_in("Odile", "/audit?resource=long-log")
    expect(page.locator(".entry")).to_have_count(50)
    more = page.get_by_role("button", name="More")
    more.press("Enter")
    expect(page.locator(".entry")).to_have_count(len(events))
    assert shown(page) == [str(each["position"]) for each in reversed(events)]
    expect(more).to_be_hidden()
    expect(page.locator(".entry").nth(50).get_by_role("link").first).to_be_focused()
    assert odile.complaints == []


def test_a_filter_that_cannot_be_is_said(shared_demo: DemoService, window: Opens) -> None:
    page = window(shared_demo).sign_in("Odile", "/audit?command=nonsense")
    expect(page.get_by_role("alert")).to_contain_text("command")
    page.get_by_role("link", name="Clear").click()
    expect(page.locator(".entry").first).to_be_visible()


_LINE = """async () => {
    const file = (name) => document.querySelector(`link[href$="/${name}"]`).href;
    const {lineOf} = await import(file("audit_line.js"));
    const {items: [event]} = await (await fetch("/v1/events?order=newest&limit=1")).json();
    const at = (position) => ({...event, position});
    const answers = [];
    const ask = () => new Promise((resolve) => answers.push(resolve));
    const {signal} = new AbortController();
    const show = () => ({places: new Map(), zone: "UTC", log: "log"});
    const line = lineOf({ask, newest: true, show, empty: "", signal});
    const count = () => line.element.querySelectorAll(".entry").length;
    const first = () => line.element.querySelector(".entry").dataset.key;
    const begun = [line.begin(), line.begin()];
    answers[1]({items: [at(7), at(6)], next: "on"});
    answers[0]({items: [at(5)], next: null});
    await Promise.all(begun);
    const before = [first(), count(), line.isWhole()];
    line.add(Array.from({length: 2100}, (_, more) => at(8 + more)));
    return [...before, first(), count(), line.element.querySelector("[role=status]").textContent.slice(0, 13)];
}"""


@pytest.mark.slow
def test_a_line_keeps_what_was_asked_for_last_and_not_more_than_one_can_use(
    shared_demo: DemoService, window: Opens
) -> None:
    page = window(shared_demo).sign_in("Odile", "/audit")
    expect(page.locator(".entry").first).to_be_visible()
    assert page.evaluate(_LINE) == ["7", 2, False, "2107", 2000, "More has come"]


@pytest.mark.slow
def test_a_log_without_the_position_of_the_address_is_said(shared_demo: DemoService, window: Opens) -> None:
    page = window(shared_demo).sign_in("Odile", "/audit?after=1")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    page.route("**/v1/events?*", of_another_log)
    said = page.get_by_role("main").get_by_role("alert")
    expect(said).to_contain_text("It is of another log.")
    expect(page.get_by_text("Live", exact=True)).to_have_count(0)
    expect(page.locator(".entry").first).to_be_visible()
    page.unroute("**/v1/events?*")
    expect(said).to_have_count(0)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    page.goto(f"{shared_demo.url}/audit?after=99999999")
    page.get_by_role("link", name="Show the log from its start").click()
    expect(page.locator(".entry").first).to_be_visible()


def of_another_log(route: Route) -> None:
    problem = {"code": "unknown-position", "status": 400, "detail": "It is of another log."}
    route.fulfill(status=400, content_type="application/problem+json", body=json.dumps(problem))


@pytest.mark.parametrize(
    "person", ["Alice", pytest.param("Sam", marks=pytest.mark.slow), pytest.param("Ada", marks=pytest.mark.slow)]
)
def test_nobody_else_sees_the_view_or_gets_its_scripts(shared_demo: DemoService, window: Opens, person: str) -> None:
    asked: list[str] = []
    page = window(shared_demo).sign_in(person)
    page.on("request", noted(asked))
    page.goto(f"{shared_demo.url}/audit")
    expect(page.get_by_text("This is for people with the role auditor.")).to_be_visible()
    expect(page.get_by_role("link", name="Audit")).to_have_count(0)
    page.wait_for_load_state("networkidle")
    assert [url for url in asked if "audit" in url.rpartition("/")[2] and not url.endswith("/audit")] == []


def test_whoever_comes_from_another_view_sees_it_as_it_is_meant(shared_demo: DemoService, window: Opens) -> None:
    odile = window(shared_demo)
    page = odile.sign_in("Odile")
    styles = page.locator('link[rel="stylesheet"][href*="audit.css"]')
    expect(styles).to_have_count(0)
    for _ in range(2):
        page.get_by_role("navigation", name="Views").get_by_role("link", name="Audit").click()
        expect(page.locator(".entry").first).to_be_visible()
        expect(styles).to_have_count(1)
        expect(page.locator(".entry").first).to_have_css("border-left-width", "3px")
        page.get_by_role("navigation", name="Views").get_by_role("link", name="Find").click()
        expect(page.get_by_role("heading", name="Find a place")).to_be_visible()
    assert odile.complaints == []


def noted(asked: list[str]) -> Callable[[Request], None]:
    return lambda request: asked.append(request.url)


@every_look
def test_the_log_is_for_everybody(busy_demo: DemoService, window: Opens, width: str, colours: str) -> None:
    resource = f"log-{width}-{colours}"
    bookable(busy_demo, resource)
    taken(busy_demo, resource, "09:00")
    refused(window, busy_demo, resource, "09:00")
    odile = window(busy_demo, width, colours)
    page = odile.sign_in("Odile", f"/audit?resource={resource}")
    expect(page.locator(".entry")).to_have_count(4)
    page.get_by_text("To the letter").first.click()
    assert (serious(page), narrow_enough(page), odile.complaints) == ([], True, [])
    kept_picture(page, f"audit-log-{width}-{colours}")
