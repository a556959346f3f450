"""Booking the same again and again, in real Chromium: what is booked, what is left out, and giving the rest up."""

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect
from tests.browser.bookings import booked
from tests.browser.conftest import DemoService, Opens
from tests.browser.keys import fill, press, tab_to
from tests.browser.looking import every_look, kept_picture, narrow_enough, open_date, serious
from tests.browser.steps import bookable, slot, statuses


def details(page: Page, service: DemoService, path: str) -> Page:
    """Ten o'clock at that place, up to its details."""
    page.goto(service.url + path)
    slot(page, "10:00").click()
    expect(page.get_by_role("heading", name="Details")).to_be_focused()
    return page


@pytest.mark.slow
def test_every_week_is_booked_but_for_what_is_taken_and_the_rest_given_up_by_keyboard(
    busy_demo: DemoService, window: Opens
) -> None:
    path = bookable(busy_demo, "pilates", kind="pilates")
    bob = window(busy_demo).sign_in("Bob")
    booked(bob, "pilates", "10:00", open_date(10))
    alice = window(busy_demo)
    page = details(alice.sign_in("Alice"), busy_demo, path)
    tab_to(page, page.get_by_label("What is it about?"))
    page.keyboard.type("Stretching")
    tab_to(page, page.get_by_label("Repeat"))
    page.keyboard.type("Every week")
    fill(page, page.get_by_label("How many times?"), "4")
    expect(page.get_by_text("A series is not set aside for you before")).to_be_visible()
    press(page, page.get_by_role("button", name="Book 4 dates"))
    expect(page.get_by_text("3 of 4 dates are booked. 1 was left out.")).to_be_visible()
    expect(page.get_by_role("heading", name="Pilates")).to_be_focused()
    left_out = page.get_by_role("heading", name="Left out").locator("+ ul")
    expect(left_out.get_by_role("listitem")).to_have_count(1)
    press(page, page.get_by_role("link", name="See my bookings"))
    cards = page.get_by_role("article").filter(has_text="Pilates")
    expect(cards).to_have_count(3)
    expect(cards.first).to_contain_text("Stretching")
    press(page, cards.nth(1).get_by_role("button", name="Cancel the rest: Pilates"))
    page.keyboard.type("A sore back")
    press(page, page.get_by_role("button", name="Cancel it and all after it"))
    expect(cards.filter(has_text="Cancelled")).to_have_count(2)  # said at once, and of the other one as it is heard of
    expect(cards.filter(has_text="Confirmed")).to_have_count(1)
    press(page, cards.first.get_by_role("link", name="Series: Pilates"))
    expect(page.get_by_text("1 of 4 dates is booked. 1 was left out. 2 are over or given up.")).to_be_visible()
    assert alice.complaints == []


def test_all_or_none_names_what_is_taken_and_the_others_are_a_click_away(busy_demo: DemoService, window: Opens) -> None:
    path = bookable(busy_demo, "choir", kind="choir")
    booked(window(busy_demo).sign_in("Bob"), "choir", "10:00", open_date(5))
    page = details(window(busy_demo).sign_in("Alice"), busy_demo, path)
    page.get_by_label("What is it about?").fill("Songs")
    page.get_by_label("Repeat").select_option("Every day")
    page.get_by_label("How many times?").fill("3")
    page.get_by_label("If one of the dates is taken").select_option("Book none of them")
    page.get_by_role("button", name="Book 3 dates").click()
    refused = page.get_by_role("main").get_by_role("alert")
    expect(refused).to_be_focused()
    expect(refused.get_by_role("listitem")).to_have_count(1)
    expect(page.get_by_label("What is it about?")).to_have_value("Songs")
    assert statuses(busy_demo, "choir") == []
    refused.get_by_role("button", name="Leave them out, book the others").click()
    expect(page.get_by_text("2 of 3 dates are booked. 1 was left out.")).to_be_visible()
    assert statuses(busy_demo, "choir") == ["confirmed", "confirmed"]


@pytest.mark.slow
@every_look
def test_repeating_can_be_used_by_everybody(busy_demo: DemoService, window: Opens, width: str, colours: str) -> None:
    path = bookable(busy_demo, f"dance-{width}-{colours}", kind="dance")
    alice = window(busy_demo, width, colours)
    page = details(alice.sign_in("Alice"), busy_demo, path)
    page.get_by_label("Repeat").select_option("Every two weeks")
    page.get_by_label("How many times?").fill("3")
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"repeat-{width}-{colours}")
    page.get_by_role("button", name="Book 3 dates").click()
    expect(page.get_by_text("3 of 3 dates are booked.")).to_be_visible()
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"series-{width}-{colours}")
    page.get_by_role("link", name="See my bookings").click()
    name = f"Dance {width} {colours}".title()
    page.get_by_role("button", name=f"Cancel the rest: {name}").first.click()
    expect(page.get_by_role("button", name="Cancel it and all after it")).to_be_visible()
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"series-rest-{width}-{colours}")
    assert alice.complaints == []


@pytest.mark.slow
def test_several_places_repeat_together(busy_demo: DemoService, window: Opens) -> None:
    for name in ("band", "drums"):
        bookable(busy_demo, f"weekly-{name}", kind="weekly")
    asked = [("need", "id:weekly-band"), ("need", "id:weekly-drums"), ("date", open_date())]
    page = details(window(busy_demo).sign_in("Alice"), busy_demo, f"/find?{urlencode(asked)}")
    page.get_by_label("Repeat").select_option("Every week")
    page.get_by_label("How many times?").fill("2")
    page.get_by_role("button", name="Book 2 dates").click()
    expect(page.get_by_text("2 of 2 dates are booked.")).to_be_visible()
    expect(page.get_by_role("heading", name="Weekly Band and Weekly Drums")).to_be_visible()
    assert statuses(busy_demo, "weekly-drums") == ["confirmed", "confirmed"]


@pytest.mark.slow
def test_a_lost_answer_is_said_and_the_series_counts_once(busy_demo: DemoService, window: Opens) -> None:
    path = bookable(busy_demo, "pottery", kind="pottery")
    page = details(window(busy_demo).sign_in("Alice"), busy_demo, path)
    page.get_by_label("Repeat").select_option("Every day")
    page.get_by_label("How many times?").fill("2")
    page.route("**/v1/bookings", lambda route: route.fetch() and route.abort())  # it arrives; the answer does not
    page.get_by_role("button", name="Book 2 dates").click()
    told = page.get_by_role("main").get_by_role("alert").filter(has_text="It is not known whether")
    expect(told).to_be_focused()
    page.unroute("**/v1/bookings")
    page.get_by_role("button", name=re.compile("^Book 2 dates")).click()
    expect(page.get_by_text("2 of 2 dates are booked.")).to_be_visible()
    assert statuses(busy_demo, "pottery") == ["confirmed", "confirmed"]


@pytest.mark.slow
def test_what_was_typed_about_repeating_is_there_again(busy_demo: DemoService, window: Opens) -> None:
    page = details(window(busy_demo).sign_in("Alice"), busy_demo, bookable(busy_demo, "chess", kind="chess"))
    page.get_by_label("Repeat").select_option("Every week")
    page.get_by_label("How many times?").fill("7")
    page.reload()
    expect(page.get_by_label("How many times?")).to_have_value("7")
    page.get_by_label("Repeat").select_option("Once")
    expect(page.get_by_label("How many times?")).to_have_count(0)
    expect(page.get_by_role("button", name="Continue to review")).to_be_visible()


@pytest.mark.slow
def test_the_desk_books_a_series_of_several_places_for_somebody(busy_demo: DemoService, window: Opens) -> None:
    for name in ("court", "trainer"):
        bookable(busy_demo, f"tennis-{name}", kind="tennis")
    alice = window(busy_demo).sign_in("Alice")
    customer = alice.evaluate("async () => (await (await fetch('/v1/me')).json()).customer")
    sam = window(busy_demo)
    asked = [("need", "id:tennis-court"), ("need", "id:tennis-trainer"), ("date", open_date()), ("customer", customer)]
    page = details(sam.sign_in("Sam"), busy_demo, f"/find?{urlencode(asked)}")
    expect(page.locator(".whom")).to_be_visible()
    page.get_by_label("Repeat").select_option("Every day")
    page.get_by_label("How many times?").fill("2")
    page.get_by_role("button", name="Book 2 dates").click()
    expect(page.get_by_text("2 of 2 dates are booked.")).to_be_visible()
    expect(page.get_by_role("link", name="To the desk")).to_be_visible()
    alice.goto(f"{busy_demo.url}/mine")
    expect(alice.get_by_role("article").filter(has_text="Tennis Court, Tennis Trainer")).to_have_count(2)
    assert sam.complaints == []
