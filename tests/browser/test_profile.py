"""How one is reached, said on the page, in real Chromium."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import DemoService, Opens
from tests.browser.keys import press, tab_to
from tests.browser.looking import every_look, kept_picture, narrow_enough, serious
from tests.browser.steps import send

from app.messages.known_languages import LANGUAGES


def opened(page: Page) -> None:
    tab_to(page, page.get_by_text("How you are reached"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("E-mail")).to_be_visible()


def save(page: Page) -> None:
    press(page, page.get_by_role("button", name="Save"))
    expect(page.get_by_text("Saved.")).to_be_visible()


def me(page: Page) -> dict[str, Any]:
    return dict(page.evaluate("fetch('/v1/me').then((answer) => answer.json())"))


@pytest.mark.slow
@every_look
def test_one_says_how_one_is_reached_and_that_one_wants_no_messages(
    demo: DemoService, window: Opens, width: str, colours: str
) -> None:
    alice = window(demo, width, colours)
    page = alice.sign_in("Alice", "/mine")
    opened(page)
    messages = page.get_by_label("Write to me about my bookings")
    expect(messages).to_be_checked()
    page.get_by_label("Name").fill("Alice Liddell")
    page.get_by_label("E-mail").fill("alice@example.org")
    page.get_by_label("Language of messages").select_option(label="Deutsch")
    press(page, messages, "Space")
    save(page)
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"profile-{width}-{colours}")
    said = {"name": "Alice Liddell", "email": "alice@example.org", "phone": None, "language": "de", "messages": False}
    assert me(page)["profile"] == said
    page.reload()
    opened(page)
    expect(page.get_by_label("E-mail")).to_have_value("alice@example.org")
    expect(messages).not_to_be_checked()
    assert alice.complaints == []


def test_what_the_desk_said_meanwhile_stays_unless_it_is_changed_here(demo: DemoService, window: Opens) -> None:
    page = window(demo).sign_in("Alice", "/mine")
    opened(page)
    path = f"/v1/customers/{me(page)['customer']}"
    send(demo, "PATCH", path, {"phone": "+43 660 1234567", "language": "fr-CA"}, by="staff")
    page.get_by_label("E-mail").fill("alice@example.org")
    save(page)
    page.get_by_label("E-mail").fill("")
    save(page)
    profile = me(page)["profile"]
    assert (profile["email"], profile["phone"], profile["language"]) == (None, "+43 660 1234567", "fr-CA")
    page.reload()
    opened(page)
    expect(page.get_by_label("Language of messages")).to_have_value("fr-CA")


def test_what_could_not_be_saved_is_said_and_can_be_saved_again(demo: DemoService, window: Opens) -> None:
    page = window(demo).sign_in("Alice", "/mine")
    opened(page)
    languages = page.get_by_label("Language of messages").locator("option")
    assert {each.get_attribute("value") for each in languages.all()} == {"", *LANGUAGES}, "all that there are words for"
    expect(languages.filter(has_text="Deutsch")).to_have_attribute("value", "de")
    page.get_by_label("Name").fill("Alice Liddell")
    page.route("**/v1/customers/*", lambda route: route.abort())
    press(page, page.get_by_role("button", name="Save"))
    trouble = page.get_by_role("main").get_by_role("alert")
    expect(trouble).to_be_focused()
    page.unroute("**/v1/customers/*")
    save(page)
    expect(trouble).to_have_count(0)
    assert me(page)["profile"]["name"] == "Alice Liddell"


def test_a_part_of_the_page_that_did_not_load_is_asked_for_again(demo: DemoService, window: Opens) -> None:
    page = window(demo).sign_in("Alice", "/mine")
    box = page.get_by_text("How you are reached")
    page.route("**/v1/me", lambda route: route.fulfill(status=500, json={"title": "Out of order"}))
    box.click()
    expect(page.get_by_text("Out of order")).to_be_visible()
    page.unroute("**/v1/me")
    box.click()
    box.click()
    expect(page.get_by_label("E-mail")).to_be_visible()
    expect(page.get_by_text("Out of order")).to_have_count(0)
