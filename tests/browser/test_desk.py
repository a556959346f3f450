"""The desk, in real Chromium: what waits, the day of all places, and what the desk does with both."""

import re

import pytest
from playwright.sync_api import expect
from tests.browser.bookings import at_desk, booked, card
from tests.browser.conftest import DemoService, Opens, Window
from tests.browser.looking import every_look, kept_picture, narrow_enough, open_date, register, serious

FOR_A_GUEST = """async ([resource, start, name]) => {
    const sent = async (path, body) => {
        const headers = {"Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID()};
        return await fetch(path, {method: "POST", headers, body: JSON.stringify(body)});
    };
    const {customer} = await (await sent("/v1/customers", {name})).json();
    const answer = await sent("/v1/bookings", {resource, start, customer});
    if (!answer.ok) throw new Error(await answer.text());
    const reached = {"Daybook-Position": answer.headers.get("Daybook-Position")};
    for (let at = 0; at < 30 && (await fetch("/v1/resources", {headers: reached})).status === 503; at += 1);
    return customer;
}"""


@pytest.fixture
def alice(busy_demo: DemoService, window: Opens) -> Window:
    """A customer, signed in."""
    opened = window(busy_demo)
    opened.sign_in("Alice")
    return opened


@pytest.fixture
def sam(busy_demo: DemoService, window: Opens) -> Window:
    """The desk, signed in."""
    opened = window(busy_demo)
    opened.sign_in("Sam", "/desk")
    return opened


def test_approval_at_the_desk_shows_up_on_the_customers_page(
    busy_demo: DemoService, window: Opens, alice: Window, sam: Window
) -> None:
    register(window, busy_demo, "court-a", kind="court-a", policy={"approval": True})
    booking = booked(alice.page, "court-a", "10:00", name="Tennis")
    alice.open("/mine")
    expect(card(alice.page, booking)).to_contain_text("Waits for approval")
    at_desk(sam.page, "court-a")
    card(sam.page, booking).get_by_role("button", name="Approve").press("Enter")
    expect(sam.page.get_by_role("status").filter(has_text="Approved.")).to_be_visible()
    expect(card(alice.page, booking)).to_contain_text("Confirmed")
    expect(alice.page.get_by_role("status").filter(has_text="Confirmed")).to_be_visible()
    expect(sam.page.get_by_role("button", name=re.compile("Tennis, Confirmed"))).to_be_visible()
    assert (alice.complaints, sam.complaints) == ([], [])


def test_a_booking_appears_at_the_desk_as_it_comes_and_is_rejected_with_a_reason(
    busy_demo: DemoService, window: Opens, alice: Window, sam: Window
) -> None:
    register(window, busy_demo, "court-r", kind="court-r", policy={"approval": True})
    desk = at_desk(sam.page, "court-r")
    booking = booked(alice.page, "court-r", "11:00")
    expect(card(desk, booking)).to_contain_text("Waits for approval")
    expect(desk.get_by_role("status").filter(has_text="New: Court R")).to_be_visible()
    alice.open("/mine")
    card(desk, booking).get_by_role("button", name="Reject").click()
    reason = card(desk, booking).get_by_role("textbox")
    expect(reason).to_be_focused()
    reason.fill("The ground is under water")
    reason.press("Escape")
    expect(card(desk, booking).get_by_role("button", name="Reject")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(reason).to_have_value("The ground is under water")
    card(desk, booking).get_by_role("button", name="Reject booking").click()
    expect(card(alice.page, booking)).to_contain_text("Turned down")
    expect(card(alice.page, booking)).to_contain_text("The ground is under water")
    alice.page.get_by_role("link", name="History: Court R").click()
    expect(alice.page.get_by_role("listitem").filter(has_text="by the desk")).to_contain_text("under water")
    assert (alice.complaints, sam.complaints) == ([], [])


@pytest.mark.slow
def test_the_desk_books_for_somebody_without_an_account(busy_demo: DemoService, window: Opens, sam: Window) -> None:
    register(window, busy_demo, "hall-f", kind="hall-f")
    desk = at_desk(sam.page, "hall-f")
    desk.get_by_role("button", name="Book for someone").click()
    dialog = desk.get_by_role("dialog", name="Book for someone")
    dialog.get_by_role("combobox", name="Place").select_option("hall-f")
    dialog.get_by_role("textbox", name="Name").fill("Noor")
    dialog.get_by_role("textbox", name="Phone").fill("+43 1 555 0100")
    assert serious(desk) == []
    dialog.get_by_role("button", name="Choose a time").click()
    desk.get_by_role("button", name=re.compile("^09:00 to ")).first.click()
    desk.get_by_role("button", name="Continue to review").click()
    desk.get_by_role("button", name="Confirm booking").click()
    expect(desk.get_by_role("heading", name="Booked")).to_be_visible()
    assert sam.complaints == []


@pytest.mark.slow
def test_somebody_who_booked_for_another_date_is_found_by_name(
    busy_demo: DemoService, window: Opens, alice: Window, sam: Window
) -> None:
    register(window, busy_demo, "hall-s", kind="hall-s")
    guest = sam.page.evaluate(FOR_A_GUEST, ["hall-s", f"{open_date(20)}T10:00", "Zora Quist"])
    booked(alice.page, "hall-s", "11:00", date=open_date(20))
    desk = at_desk(sam.page, "hall-s")
    desk.get_by_role("button", name="Book for someone").click()
    dialog = desk.get_by_role("dialog", name="Book for someone")
    people = dialog.get_by_role("combobox", name="For whom?")
    asked: list[str] = []
    desk.on("request", lambda request: asked.append(request.url))
    dialog.get_by_role("searchbox", name="Search by name").fill("quis")
    expect(dialog.get_by_text("1 person", exact=True)).to_be_visible()
    expect(people.get_by_role("option")).to_have_text(["Somebody new", re.compile("^Zora Quist · ")])
    people_asked_for = {url for url in asked if "/v1/customers/" in url}  # nobody else's profile is read for it
    assert {url.rpartition("/")[2] for url in people_asked_for} == {"search"}
    people.select_option(guest)
    dialog.get_by_role("searchbox", name="Search by name").fill("nobody is called that")
    expect(dialog.get_by_text("0 people", exact=True)).to_be_visible()
    expect(people).to_have_value(guest)
    assert serious(desk) == []
    dialog.get_by_role("button", name="Choose a time").click()
    expect(desk).to_have_url(re.compile(f"customer={guest}"))
    assert sam.complaints == []


@pytest.mark.slow
def test_a_confirmed_booking_is_revoked_from_the_day(
    busy_demo: DemoService, window: Opens, alice: Window, sam: Window
) -> None:
    register(window, busy_demo, "hall-v", kind="hall-v")
    booking = booked(alice.page, "hall-v", "10:00", name="Yoga")
    alice.open("/mine")
    desk = at_desk(sam.page, "hall-v")
    item = desk.get_by_role("button", name=re.compile("Yoga, Confirmed"))
    item.press("Enter")
    panel = desk.get_by_role("dialog")
    panel.get_by_role("button", name="Revoke: Hall V").click()
    panel.get_by_role("textbox").fill("The teacher is ill")
    panel.get_by_role("button", name="Revoke booking").click()
    expect(panel.locator(".badge")).to_have_text("Taken back")
    desk.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(item).to_have_count(0)
    expect(card(alice.page, booking)).to_contain_text("The teacher is ill")


@pytest.mark.slow
def test_the_desk_moves_a_booking(busy_demo: DemoService, window: Opens, alice: Window, sam: Window) -> None:
    register(window, busy_demo, "hall-m", kind="hall-m")
    booking = booked(alice.page, "hall-m", "10:00")
    alice.open("/mine")
    sam.open(f"/desk/{booking}")
    sam.page.get_by_role("link", name="Move: Hall M").click()
    sam.page.get_by_role("button", name=re.compile("^15:00 to ")).click()
    expect(sam.page.get_by_role("heading", name="Move it to this time?")).to_be_focused()
    sam.page.get_by_role("button", name="Move it", exact=True).click()
    expect(sam.page.get_by_role("status").filter(has_text="Moved.")).to_be_visible()
    expect(sam.page.get_by_role("listitem").filter(has_text="Moved to")).to_contain_text("15:00")
    expect(card(alice.page, booking)).to_contain_text("15:00")
    expect(alice.page.get_by_role("status").filter(has_text="Moved.")).to_be_visible()
    assert sam.complaints == []


@every_look
def test_the_desk_is_for_everybody(
    busy_demo: DemoService, window: Opens, alice: Window, width: str, colours: str
) -> None:
    kind = f"many-{width}-{colours}"
    register(window, busy_demo, kind, kind=kind, capacity=3, policy={"approval": True, "step": 30})
    for time in ("09:00", "09:00", "10:30"):
        booked(alice.page, kind, time, note="Please bring chairs")
    sam = window(busy_demo, width, colours)
    desk = at_desk(sam.sign_in("Sam", "/desk"), kind)
    expect(desk.get_by_role("button", name=re.compile("2 of 3"))).to_be_visible()
    assert (serious(desk), narrow_enough(desk)) == ([], True)
    kept_picture(desk, f"desk-{width}-{colours}")
    desk.get_by_role("button", name=re.compile("2 of 3")).click()
    expect(desk.get_by_role("dialog").get_by_role("button", name=re.compile("^Approve"))).to_have_count(2)
    assert (serious(desk), narrow_enough(desk)) == ([], True)
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("button", name=re.compile("2 of 3"))).to_be_focused()
    desk.get_by_role("button", name="Block time").click()
    assert (serious(desk), narrow_enough(desk)) == ([], True)
    desk.screenshot(path=f"test-results/block-{width}-{colours}.png")
    assert sam.complaints == []
