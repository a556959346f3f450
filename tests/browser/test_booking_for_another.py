"""Who books for somebody else reads for whom: at each step, after a reload, and when it is done."""

from playwright.sync_api import expect
from tests.browser.bookings import at_desk
from tests.browser.conftest import DemoService, Opens
from tests.browser.late import Late
from tests.browser.steps import bookable, confirm, send, slot, to_review


def test_each_step_says_for_whom_it_is(busy_demo: DemoService, window: Opens) -> None:
    address = bookable(busy_demo, "for-orjan", policy={"hold_seconds": 60})
    profile = {"name": "Örjan Lind", "phone": "+46 8 555 0100"}
    orjan = send(busy_demo, "POST", "/v1/customers", profile, by="staff", Idempotency_Key="orjan")["customer"]
    sam = window(busy_demo)
    asked: list[str] = []
    sam.page.on("request", lambda request: asked.append(request.url))
    page = sam.sign_in("Sam", f"{address}&customer={orjan}")
    said = page.get_by_text("For Örjan Lind", exact=True)
    expect(said).to_be_visible()
    slot(page, "10:00").click()
    expect(page.get_by_text("Leave it empty if it is for Örjan Lind.")).to_be_visible()
    expect(said).to_be_visible()
    to_review(page)
    expect(said).to_be_visible()
    assert len([url for url in asked if f"/v1/customers/{orjan}" in url]) == 1
    page.reload()
    expect(said).to_be_visible()
    confirm(page)
    expect(said).to_be_visible()
    expect(page.get_by_text("This is booked for Örjan Lind.")).to_be_visible()
    expect(page.get_by_text("This is yours.")).to_have_count(0)
    assert sam.complaints == []


def test_enter_in_the_search_books_for_nobody_new(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "sought-desk", kind="sought-desk")
    desk = at_desk(window(busy_demo).sign_in("Sam"), "sought-desk")
    made: list[str] = []
    desk.on("request", lambda request: made.append(request.url) if request.url.endswith("/v1/customers") else None)
    desk.get_by_role("button", name="Book for someone").click()
    desk.get_by_label("Search by name").fill("Qq")
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("0 people", exact=True)).to_be_visible()
    expect(desk.get_by_role("dialog", name="Book for someone")).to_be_visible()
    assert made == []


def test_whoever_has_gone_elsewhere_is_not_led_to_booking_for_another(busy_demo: DemoService, window: Opens) -> None:
    bookable(busy_demo, "left-desk", kind="left-desk")
    desk = at_desk(window(busy_demo).sign_in("Sam"), "left-desk")
    late = Late(desk, "**/v1/customers", "POST")
    desk.get_by_role("button", name="Book for someone").click()
    desk.get_by_label("Name", exact=True).fill("Zoe")
    desk.get_by_role("button", name="Choose a time").click()
    desk.keyboard.press("Escape")
    desk.get_by_role("link", name="Find", exact=True).click()
    expect(desk.get_by_role("heading", name="Find a place")).to_be_visible()
    late.comes()
    expect(desk.get_by_role("heading", name="Find a place")).to_be_visible()
