"""Places by keyboard alone: adding, editing and retiring them, and going on where another administrator was faster."""

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import DemoService, Opens
from tests.browser.keys import fill, press, tab_to, type_date, type_time
from tests.browser.looking import register
from tests.browser.steps import revise

pytestmark = pytest.mark.slow  # a form of a place has many stops


def test_the_hours_of_a_place_are_changed_and_saved(busy_demo: DemoService, window: Opens) -> None:
    register(window, busy_demo, "key-attic")
    ada = window(busy_demo)
    page = ada.sign_in("Ada", "/places")
    press(page, page.get_by_role("link", name="Key Attic"))
    preview = page.get_by_role("region", name="Preview")
    expect(preview).to_contain_text("56 starts in these seven days")
    type_time(page, page.get_by_label("Monday: until"), "12:00PM")
    expect(preview).to_contain_text("51 starts in these seven days")
    press(page, page.get_by_role("button", name="Tuesday: add hours"))
    expect(page.get_by_label("Tuesday: from").last).to_be_focused()
    page.keyboard.type("0600PM")
    type_time(page, page.get_by_label("Tuesday: until").last, "08:00PM")
    press(page, page.get_by_label("Bookings wait for the desk's approval"), "Space")
    save = page.get_by_role("button", name="Save", exact=True)
    press(page, save)
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(save).to_be_focused()
    stored = page.evaluate("fetch('/v1/resources/key-attic').then((answer) => answer.json())")
    assert stored["hours"]["mon"] == [["09:00", "12:00"]]
    assert stored["hours"]["tue"] == [["09:00", "17:00"], ["18:00", "20:00"]]
    assert stored["policy"]["approval"]
    # What one thinks better of is discarded, and the focus is at the beginning again.
    fill(page, page.get_by_label("Capacity"), "4")
    press(page, page.get_by_role("button", name="Discard changes"))
    expect(page.get_by_label("Capacity")).to_have_value("1")
    expect(page.get_by_role("heading", name="Key Attic")).to_be_focused()
    assert ada.complaints == []


def test_an_edit_lost_to_another_administrator_is_refused_kindly_and_goes_on(
    busy_demo: DemoService, window: Opens
) -> None:
    register(window, busy_demo, "key-cellar", capacity=2)
    page = window(busy_demo).sign_in("Ada", "/places")
    page.route("**/v1/live*", lambda route: route.abort())  # as in the moment before the news arrives
    page.goto(f"{busy_demo.url}/places/key-cellar")
    expect(page.get_by_role("region", name="Preview").get_by_role("listitem")).to_have_count(7)
    fill(page, page.get_by_label("Capacity"), "5")
    revise(busy_demo, "key-cellar", capacity=9, seats=30)
    page.keyboard.press("Enter")
    refusal = page.get_by_role("alert")
    expect(refusal).to_be_focused()
    expect(refusal).to_contain_text("Capacity: 2 → 9 You typed 5.")
    page.keyboard.press("Tab")
    expect(refusal.get_by_role("button", name="Save mine on top of theirs")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_focused()
    expect(page.get_by_label("Capacity")).to_have_value("5")
    expect(page.get_by_label("Seats")).to_have_value("30")
    # Once more, and this time one takes theirs.
    fill(page, page.get_by_label("Capacity"), "6")
    revise(busy_demo, "key-cellar", capacity=7)
    page.keyboard.press("Enter")
    expect(refusal).to_be_focused()
    press(page, refusal.get_by_role("button", name="Drop mine, take theirs"))
    expect(page.get_by_label("Capacity")).to_have_value("7")
    expect(page.get_by_role("heading", name="Key Cellar")).to_be_focused()


def test_a_place_is_retired_after_one_more_question(busy_demo: DemoService, window: Opens) -> None:
    register(window, busy_demo, "key-shack")
    ada = window(busy_demo)
    page = ada.sign_in("Ada", "/places")
    press(page, page.get_by_role("link", name="Key Shack"))
    ask = page.get_by_role("button", name="Retire this place")
    press(page, ask)
    dialog = page.get_by_role("dialog", name="Retire Key Shack?")
    expect(dialog.get_by_role("heading")).to_be_focused()
    press(page, dialog.get_by_role("button", name="Keep it"))
    expect(ask).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(ask).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, dialog.get_by_role("button", name="Keep it"))
    tab_to(page, dialog.get_by_role("button", name="Retire it"), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Key Shack is retired. What is booked there stands.")).to_be_visible()
    expect(page.get_by_role("main")).to_be_focused()
    expect(page.get_by_role("link", name="Key Shack")).to_have_count(0)
    assert ada.complaints == []


def test_a_new_place_is_added(busy_demo: DemoService, window: Opens) -> None:
    ada = window(busy_demo)
    page = ada.sign_in("Ada", "/places")
    press(page, page.get_by_role("link", name="Add a place"))
    fill(page, page.get_by_label("Id", exact=True), "tower")
    fill(page, page.get_by_label("Time zone"), "Asia/Dhaka")
    fill(page, page.get_by_label("Name", exact=True), "Tower")
    page.keyboard.press("Tab")
    page.keyboard.type("room")
    press(page, page.get_by_role("button", name="Monday: remove these hours"))
    expect(page.get_by_role("button", name="Monday: add hours")).to_be_focused()
    press(page, page.get_by_role("button", name="Sunday: add hours"))
    page.keyboard.type("1000AM")
    type_time(page, page.get_by_label("Sunday: until"), "02:00AM")
    expect(page.get_by_role("group", name="Sunday")).to_contain_text("until the next day")
    type_date(page, page.get_by_label("Date of the exception"), "2030-12-24")
    page.keyboard.press("Enter")
    page.keyboard.type("Christmas")
    press(page, page.get_by_role("button", name="Add equipment"))
    page.keyboard.type("bells")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("3")
    expect(page.get_by_role("region", name="Preview")).to_contain_text("by the clock in Dhaka")
    press(page, page.get_by_role("button", name="Add this place"))
    expect(page.get_by_role("heading", name="Tower")).to_be_visible()
    expect(page).to_have_url(f"{busy_demo.url}/places/tower")
    stored = page.evaluate("fetch('/v1/resources/tower').then((answer) => answer.json())")
    assert (stored["timezone"], stored["attributes"]) == ("Asia/Dhaka", {"bells": 3})
    assert (stored["hours"]["sun"], "mon" in stored["hours"]) == ([["10:00", "02:00"]], False)
    assert stored["exceptions"] == {"2030-12-24": {"windows": [], "reason": "Christmas"}}
    assert ada.complaints == []
