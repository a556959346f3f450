"""Signing in by clicks, in real Chromium: what the cookies and the policy say is what the browser does."""

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import DemoService, Opens
from tests.browser.late import Held
from tests.browser.looking import every_look, kept_picture, narrow_enough, serious

LOOKED_AT = "document.dispatchEvent(new Event('visibilitychange'))"


@every_look
def test_somebody_of_the_demo_signs_in_and_out(
    shared_demo: DemoService, window: Opens, width: str, colours: str
) -> None:
    alice = window(shared_demo, width, colours)
    page = alice.open()
    expect(page.get_by_role("heading", name="Moon Hospital")).to_be_visible()
    assert serious(page) == []
    page.get_by_role("link", name="Sign in").click()
    expect(page.get_by_role("heading", name="Who are you?")).to_be_visible()
    assert serious(page) == []
    page.get_by_role("button", name="Alice").click()
    expect(page.get_by_role("banner").get_by_text("Alice", exact=True)).to_be_visible()
    page.get_by_role("link", name="Mine").click()
    expect(page.get_by_text("You have not booked anything yet.")).to_be_visible()
    assert page.url == f"{shared_demo.url}/mine"
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    assert alice.context.cookies() == []
    assert alice.complaints == []


@pytest.mark.parametrize(("width", "colours"), [("phone", "dark"), ("desktop", "light")])
def test_a_view_that_is_not_for_everybody_says_so_and_leads_there(
    shared_demo: DemoService, window: Opens, width: str, colours: str
) -> None:
    visitor = window(shared_demo, width, colours)
    page = visitor.open("/mine")
    expect(page.get_by_text("Sign in to see this.")).to_be_visible()
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"signed-out-{width}-{colours}")
    page.get_by_role("main").get_by_role("link", name="Sign in").click()
    page.get_by_role("button", name="Alice").click()
    expect(page.get_by_role("heading", name="My bookings")).to_be_visible()
    page.goto(f"{shared_demo.url}/desk")
    expect(page.get_by_text("This is for people with the role staff.")).to_be_visible()
    assert serious(page) == []
    assert visitor.complaints == []


def test_chromium_keeps_the_cookie_over_plain_http_to_this_machine(shared_demo: DemoService, window: Opens) -> None:
    """`__Host-` needs Secure: 127.0.0.1 counts as safe enough for it."""
    alice = window(shared_demo)
    page = alice.sign_in("Alice", "/mine")
    assert page.url == f"{shared_demo.url}/mine"
    [cookie] = alice.context.cookies()
    assert (cookie["name"], cookie["secure"], cookie["httpOnly"]) == ("__Host-daybook", True, True)
    assert (cookie["sameSite"], cookie["path"], cookie["domain"]) == ("Lax", "/", "127.0.0.1")
    assert page.evaluate("document.cookie") == ""
    assert page.evaluate("Object.keys(localStorage).length + Object.keys(sessionStorage).length") == 0


def test_scripts_of_the_page_change_things_by_the_session(shared_demo: DemoService, window: Opens) -> None:
    ada = window(shared_demo)
    page = ada.sign_in("Ada")
    room = {"name": "Attic", "kind": "attic", "timezone": "Europe/Vienna"}
    send = """async ([path, body]) => {
        const headers = {"Content-Type": "application/json"};
        return (await fetch(path, {method: "PUT", headers, body: JSON.stringify(body)})).status;
    }"""
    assert page.evaluate(send, ["/v1/resources/attic", room]) == 201


def test_the_policy_stops_what_is_not_the_pages_own(shared_demo: DemoService, window: Opens) -> None:
    page = window(shared_demo).open()
    assert page.evaluate("() => { try { document.body.innerHTML = '<b>x</b>' } catch (error) { return error.name } }")
    written = """() => {
        const script = document.createElement("script");
        try { script.textContent = "window.ran = true" } catch {}
        document.body.append(script);
        return window.ran === undefined;
    }"""
    assert page.evaluate(written)


def test_the_colours_that_one_chooses_stay(shared_demo: DemoService, window: Opens) -> None:
    page = window(shared_demo).open()
    page.get_by_role("button", name="Dark colours").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("button", name="Light colours")).to_be_visible()


def test_views_come_and_go_without_a_new_document(shared_demo: DemoService, window: Opens) -> None:
    page = window(shared_demo).sign_in("Sam")
    page.evaluate("window.stays = true")
    page.get_by_role("link", name="Desk").click()
    expect(page.get_by_role("heading", name="Desk")).to_be_visible()
    expect(page.get_by_role("main")).to_be_focused()
    expect(page).to_have_title("Desk · Daybook")
    page.go_back()
    expect(page.get_by_role("heading", name="Find a place")).to_be_visible()
    assert page.evaluate("window.stays")


def test_the_keyboard_alone_signs_in(shared_demo: DemoService, window: Opens) -> None:
    page = window(shared_demo).open("/sign-in?return_to=/mine")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Alice")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("You have not booked anything yet.")).to_be_visible()


def test_a_session_that_is_gone_is_said_and_leads_back(shared_demo: DemoService, window: Opens) -> None:
    alice = window(shared_demo)
    page = alice.sign_in("Alice")
    alice.context.clear_cookies()
    page.get_by_role("link", name="Mine").click()
    again = page.get_by_role("link", name="Sign in again")
    expect(again).to_have_attribute("href", "/sign-in?return_to=%2Fmine")


def test_whoever_has_signed_in_again_elsewhere_is_no_longer_told_that_the_session_has_ended(
    shared_demo: DemoService, window: Opens
) -> None:
    alice = window(shared_demo)
    page = alice.sign_in("Alice")
    alice.context.clear_cookies()
    page.get_by_role("link", name="Mine").click()
    again = page.get_by_role("link", name="Sign in again")
    again.focus()  # as of whoever opens it in another window
    alice.page = alice.context.new_page()
    alice.sign_in("Alice", "/mine")
    page.evaluate(LOOKED_AT)
    expect(again).to_have_count(0)
    expect(page.get_by_role("main")).to_be_focused()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="My bookings")).to_be_visible()
    alice.context.clear_cookies()
    page.evaluate(LOOKED_AT)
    page.get_by_role("link", name="Find", exact=True).click()
    page.get_by_role("link", name="Mine").click()
    expect(again).to_be_visible()


def test_a_window_of_one_person_does_nothing_for_another_who_has_signed_in_since(
    shared_demo: DemoService, window: Opens
) -> None:
    """Two windows of one browser, as at a desk that several people use: they share the session."""
    shared = window(shared_demo)
    page = shared.sign_in("Alice", "/mine")
    box = page.get_by_text("How you are reached")
    box.click()
    page.get_by_label("Name").fill("Alice Liddell")
    shared.page = other = shared.context.new_page()
    shared.open("/").get_by_role("button", name="Sign out").click()
    other.get_by_role("banner").get_by_role("link", name="Sign in").wait_for()  # going elsewhere would stop it
    shared.sign_in("Bob", "/mine")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("main").get_by_text("Somebody else has signed in here")).to_be_visible()
    expect(page.get_by_role("link", name="Load this page anew")).to_be_visible()
    expect(page.get_by_text("Sign in again")).to_have_count(0)
    expect(page.get_by_label("Name")).to_have_value("Alice Liddell")
    assert other.evaluate("fetch('/v1/me').then((answer) => answer.json())")["profile"]["name"] is None


def test_a_window_that_only_looks_is_told_that_somebody_else_has_signed_in(
    shared_demo: DemoService, window: Opens
) -> None:
    shared = window(shared_demo)
    page = shared.sign_in("Alice", "/mine")
    live = Held(page, "**/v1/live*")
    page.get_by_role("link", name="Find", exact=True).click()
    expect(page.get_by_role("main").get_by_role("listitem").first).to_be_visible()
    shared.page = shared.context.new_page()
    shared.open("/").get_by_role("button", name="Sign out").click()
    shared.sign_in("Bob", "/mine")
    live.goes()
    expect(page.get_by_text("Somebody else has signed in here")).to_be_visible()
    expect(page.get_by_text("Sign in again")).to_have_count(0)


@pytest.mark.slow
def test_a_lost_connection_is_said_and_made_up_for(demo: DemoService, window: Opens) -> None:
    page = window(demo).sign_in("Alice", "/mine")  # so that its script is there
    expect(page.get_by_text("You have not booked anything yet.")).to_be_visible()
    page.get_by_role("link", name="Find", exact=True).click()
    expect(page.get_by_role("heading", name="Find a place")).to_be_visible()
    demo.kill()
    page.get_by_role("link", name="Mine").click()
    expect(page.get_by_text("The service cannot be reached.")).to_be_visible()
    demo.start()
    expect(page.get_by_text("You have not booked anything yet.")).to_be_visible()
    expect(page.get_by_text("The service cannot be reached.")).to_be_hidden()
