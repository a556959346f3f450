"""Taking whoever is free, in real Chromium: any place of a kind, chosen by the service and set aside."""

import re

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import DemoService, Opens
from tests.browser.keys import press, tab_to, type_date, type_time
from tests.browser.looking import every_look, kept_picture, narrow_enough, open_date, serious
from tests.browser.steps import bookable, confirm, statuses, taken

HELD = {"hold_seconds": 60}


def advisers(service: DemoService, kind: str, *names: str, **defined: int) -> str:
    """Places of a kind of their own; where one takes whichever is free, on a date some days ahead."""
    for name in names:
        bookable(service, f"{kind}-{name}", kind=kind, policy=HELD, **defined)
    return f"/find?any={kind}&date={open_date()}"


def test_whoever_is_free_is_booked_by_keyboard(busy_demo: DemoService, window: Opens) -> None:
    advisers(busy_demo, "adviser", "ines", "omar")
    taken(busy_demo, "adviser-ines", "10:00")
    alice = window(busy_demo)
    page = alice.sign_in("Alice", "/find?kind=adviser")
    press(page, page.get_by_role("link", name="Any of them"))
    expect(page.get_by_text("One of Adviser Ines and Adviser Omar.")).to_be_visible()
    type_date(page, page.get_by_label("On", exact=True), open_date())
    type_time(page, page.get_by_label("At", exact=True), "10:00AM")
    tab_to(page, page.get_by_label("What is it about?"))
    page.keyboard.type("A contract")
    press(page, page.get_by_role("button", name="Find one and review"))
    expect(page.get_by_role("heading", name="Is this right?")).to_be_focused()
    expect(page.get_by_text("Chosen for you: Adviser Omar.")).to_be_visible()
    expect(page.get_by_text("Set aside for you for", exact=False).first).to_be_visible()
    expect(page.get_by_role("definition").filter(has_text="A contract")).to_be_visible()
    press(page, page.get_by_role("button", name="Confirm booking"))
    expect(page.get_by_role("heading", name="Booked")).to_be_focused()
    assert statuses(busy_demo, "adviser-omar") == ["confirmed"]
    assert alice.complaints == []


def test_when_all_are_taken_the_next_free_one_is_a_click_away(busy_demo: DemoService, window: Opens) -> None:
    path = advisers(busy_demo, "notary", "ada", "ben")
    for each in ("notary-ada", "notary-ben"):
        taken(busy_demo, each, "10:00")
    page = window(busy_demo).sign_in("Alice", f"{path}&time=10:00")
    page.get_by_label("What is it about?").fill("A house")
    page.get_by_role("button", name="Find one and review").click()
    refused = page.get_by_role("main").get_by_role("alert")
    expect(refused).to_be_focused()
    refused.get_by_role("button", name=re.compile("11:00.*Notary")).first.click()
    expect(page.get_by_role("heading", name="Details")).to_be_focused()
    expect(page.get_by_label("What is it about?")).to_have_value("A house")


@pytest.mark.slow
def test_the_smallest_that_fits_is_taken_between_two_times(busy_demo: DemoService, window: Opens) -> None:
    advisers(busy_demo, "hall", "large", seats=40)
    path = advisers(busy_demo, "hall", "small", seats=12)
    taken(busy_demo, "hall-small", "09:00")
    page = window(busy_demo).sign_in("Alice", path)
    page.get_by_label("When").select_option("Any time between two")
    page.get_by_label("Who or which?").select_option("The smallest in which all find a seat")
    page.get_by_label("How many people come?").fill("10")
    page.reload()
    expect(page.get_by_label("How many people come?")).to_have_value("10")  # what was typed is there again
    page.get_by_role("button", name="Find one and review").click()
    expect(page.get_by_text("Chosen for you: Hall Small.")).to_be_visible()
    expect(page.get_by_role("definition").filter(has_text=re.compile("10:00.11:00"))).to_be_visible()
    confirm(page)


@pytest.mark.slow
@every_look
def test_taking_whoever_is_free_can_be_used_by_everybody(
    busy_demo: DemoService, window: Opens, width: str, colours: str
) -> None:
    path = advisers(busy_demo, f"guide-{width}-{colours}", "a", "b", seats=6)
    alice = window(busy_demo, width, colours)
    page = alice.sign_in("Alice", path)
    page.get_by_role("button", name="Find one and review").wait_for()
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"any-{width}-{colours}")
    page.get_by_role("button", name="Find one and review").click()
    expect(page.get_by_text("Chosen for you:")).to_be_visible()
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"any-review-{width}-{colours}")
    confirm(page)
    assert alice.complaints == []


@pytest.mark.slow
def test_who_is_not_signed_in_comes_back_to_what_was_typed(busy_demo: DemoService, window: Opens) -> None:
    page = window(busy_demo).open(advisers(busy_demo, "tutor", "a", "b"))
    page.get_by_label("What is it about?").fill("Fractions")
    page.get_by_role("main").get_by_role("link", name="Sign in to book").click()
    page.get_by_role("button", name="Alice").first.click()
    expect(page.get_by_label("What is it about?")).to_have_value("Fractions")
    expect(page.get_by_role("button", name="Find one and review")).to_be_visible()
