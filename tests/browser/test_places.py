"""Places as administrators change them, in real Chromium: with a preview, and never over somebody else's change."""

import re

import pytest
from playwright.sync_api import Page, Route, expect
from tests.browser.bookings import booked
from tests.browser.conftest import DemoService, Opens
from tests.browser.late import Held, Late
from tests.browser.looking import every_look, kept_picture, narrow_enough, open_date, register, serious
from tests.browser.steps import bookable, revise


def opened(page: Page, resource: str) -> Page:
    """The form of a place, with its preview."""
    page.goto(f"{page.url.split('/places')[0]}/places/{resource}")
    expect(page.get_by_role("region", name="Preview").get_by_role("listitem")).to_have_count(7)
    return page


def unheard(page: Page) -> None:
    """As in the moment before the news arrives: the page is told nothing of what others do."""
    page.route("**/v1/live*", lambda route: route.abort())


def saved(page: Page) -> None:
    """Save, and see that it is."""
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()


@pytest.mark.slow
@every_look
def test_a_change_is_previewed_and_saved(busy_demo: DemoService, window: Opens, width: str, colours: str) -> None:
    resource = f"attic-{width}-{colours}"
    register(window, busy_demo, resource)
    ada = window(busy_demo, width, colours)
    page = ada.sign_in("Ada", "/places")
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"places-{width}-{colours}")
    opened(page, resource)
    preview = page.get_by_role("region", name="Preview")
    expect(preview).to_contain_text("56 starts in these seven days")
    page.get_by_role("group", name="Monday").get_by_label("Monday: until").fill("12:00")
    expect(preview).to_contain_text("51 starts in these seven days, 1 h each, by the clock in Vienna.")
    expect(preview.locator("del")).to_have_count(5)
    page.get_by_label("Date of the exception").fill("2030-12-24")
    page.get_by_role("button", name="Add this date").click()
    page.get_by_label("Reason").fill("Christmas")
    expect(page.get_by_text("2 changes are not saved yet.")).to_be_visible()
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"place-{width}-{colours}")
    saved(page)
    page.reload()
    expect(page.get_by_label("Monday: until")).to_have_value("12:00")
    expect(page.get_by_label("Reason")).to_have_value("Christmas")
    assert ada.complaints == []


@pytest.mark.slow
@pytest.mark.parametrize("width", ["phone", "desktop"])
def test_an_edit_lost_to_another_administrator_is_refused_kindly(
    busy_demo: DemoService, window: Opens, width: str
) -> None:
    resource = f"cellar-{width}"
    register(window, busy_demo, resource, capacity=2)
    one = opened(window(busy_demo).sign_in("Ada", "/places"), resource)
    other = window(busy_demo, width).sign_in("Ada", "/places")
    unheard(other)
    opened(other, resource)
    other.get_by_label("Capacity").fill("5")
    other.get_by_label("Name", exact=True).fill("Deep cellar")
    one.get_by_label("Capacity").fill("9")
    one.get_by_label("Tuesday: until").fill("18:00")
    saved(one)
    other.get_by_role("button", name="Save", exact=True).click()
    refusal = other.get_by_role("alert")
    expect(refusal).to_be_focused()
    theirs, ours = refusal.get_by_role("list").all()
    expect(theirs).to_contain_text("Capacity: 2 → 9 You typed 5.")
    expect(theirs).to_contain_text(re.compile("Hours of Tuesday: 09:00.17:00 → 09:00.18:00"))
    expect(ours.get_by_role("listitem")).to_have_count(2)
    expect(ours).to_contain_text("Capacity: 9 → 5")
    expect(ours).to_contain_text("→ Deep cellar")
    expect(other.get_by_label("Capacity")).to_have_value("5")
    assert (serious(other), narrow_enough(other)) == ([], True)
    kept_picture(other, f"lost-edit-{width}")
    refusal.get_by_role("button", name="Save mine on top of theirs").press("Enter")
    expect(other.get_by_text("Saved.")).to_be_visible()
    expect(other.get_by_role("heading", name="Deep cellar")).to_be_visible()
    expect(other.get_by_label("Capacity")).to_have_value("5")
    expect(other.get_by_label("Tuesday: until")).to_have_value("18:00")
    expect(one.get_by_label("Capacity")).to_have_value("5")
    expect(one.get_by_text("Somebody else has just changed it. You see it as it is now.")).to_be_visible()


@pytest.mark.slow
def test_whoever_is_typing_hears_at_once_of_another_administrators_change(
    busy_demo: DemoService, window: Opens
) -> None:
    register(window, busy_demo, "vault")
    one = opened(window(busy_demo).sign_in("Ada", "/places"), "vault")
    other = opened(window(busy_demo).sign_in("Ada", "/places"), "vault")
    other.get_by_label("Name", exact=True).fill("Strong room")
    one.get_by_label("Seats").fill("4")
    saved(one)
    expect(other.get_by_role("alert")).to_contain_text("Seats: none → 4")
    expect(other.get_by_label("Name", exact=True)).to_have_value("Strong room")
    other.get_by_role("button", name="Put mine on top of theirs").click()
    expect(other.get_by_label("Seats")).to_have_value("4")
    expect(other.get_by_text("One change is not saved yet.")).to_be_visible()
    expect(other.get_by_role("button", name="Save", exact=True)).to_be_focused()
    one.get_by_label("Capacity").fill("3")
    saved(one)
    other.get_by_role("button", name="Drop mine, take theirs").click()
    expect(other.get_by_label("Capacity")).to_have_value("3")
    expect(other.get_by_label("Name", exact=True)).to_have_value("Vault")


@pytest.mark.slow
def test_whoever_drops_their_own_change_sees_the_name_that_another_administrator_gave(
    busy_demo: DemoService, window: Opens
) -> None:
    bookable(busy_demo, "renamed")
    page = window(busy_demo).sign_in("Ada", "/places/renamed")
    page.get_by_label("Name", exact=True).fill("Mine")
    revise(busy_demo, "renamed", name="Theirs")
    page.get_by_role("button", name="Drop mine, take theirs").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Theirs")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Theirs")
    expect(heading).to_be_focused()
    expect(page).to_have_title(re.compile("^Theirs"))
    page.get_by_role("button", name="Retire this place …").click()
    expect(page.get_by_role("dialog", name="Retire Theirs?")).to_be_visible()


@pytest.mark.slow
def test_another_administrators_change_that_did_not_come_is_asked_for_again(
    busy_demo: DemoService, window: Opens
) -> None:
    bookable(busy_demo, "changed-unseen")
    ada = window(busy_demo)
    page = ada.sign_in("Ada", "/places/changed-unseen")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Changed Unseen")
    failing = "**/v1/resources/changed-unseen"
    page.route(failing, lambda route: route.fulfill(status=500, body="{}"), times=1)
    with page.expect_response(failing) as first:
        revise(busy_demo, "changed-unseen", capacity=7)
    assert first.value.status == 500
    expect(page.get_by_text("Somebody else has just changed it.")).to_be_visible()


def test_what_is_typed_after_another_administrators_change_comes_along(busy_demo: DemoService, window: Opens) -> None:
    register(window, busy_demo, "crypt")
    one = opened(window(busy_demo).sign_in("Ada", "/places"), "crypt")
    other = opened(window(busy_demo).sign_in("Ada", "/places"), "crypt")
    other.get_by_label("Name", exact=True).fill("Strong room")
    one.get_by_label("Seats").fill("4")
    saved(one)
    expect(other.get_by_role("alert")).to_contain_text("Seats: none → 4")
    other.get_by_label("Capacity").fill("7")
    other.get_by_role("button", name="Put mine on top of theirs").click()
    expect(other.get_by_label("Seats")).to_have_value("4")
    expect(other.get_by_label("Capacity")).to_have_value("7")
    expect(other.get_by_text("2 changes are not saved yet.")).to_be_visible()


@pytest.mark.slow
def test_what_cannot_be_is_said_beside_its_field_and_what_was_typed_comes_back(
    busy_demo: DemoService, window: Opens
) -> None:
    register(window, busy_demo, "garage")
    page = opened(window(busy_demo).sign_in("Ada", "/places"), "garage")
    page.get_by_label("Places in one booking").fill("7")
    page.get_by_role("button", name="Friday: add hours").click()
    page.keyboard.type("0800AM")
    page.get_by_label("Friday: until").last.fill("10:00")
    expect(page.get_by_label("Places in one booking")).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".wrong", has_text="Places in one booking (7) is above capacity (1)")).to_be_visible()
    expect(page.get_by_role("group", name="Friday")).to_contain_text("windows may touch, never overlap")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Friday: from").first).to_be_focused()
    expect(page.get_by_label("Places in one booking")).to_have_accessible_description(re.compile("is above capacity"))
    assert serious(page) == []
    kept_picture(page, "place-wrong")
    page.reload()
    expect(page.get_by_text("What you had typed here and not saved is back.")).to_be_visible()
    expect(page.get_by_label("Places in one booking")).to_have_value("7")
    expect(page.get_by_label("Friday: until")).to_have_count(2)
    page.get_by_role("button", name="Discard changes").click()
    expect(page.get_by_label("Places in one booking")).to_have_value("1")
    assert page.evaluate("sessionStorage.length") == 0


@pytest.mark.slow
def test_bookings_that_would_no_longer_fit_are_told_before_and_after_saving(
    busy_demo: DemoService, window: Opens
) -> None:
    register(window, busy_demo, "pier", kind="pier")
    booked(window(busy_demo).sign_in("Alice"), "pier", "16:00")
    page = opened(window(busy_demo).sign_in("Ada", "/places"), "pier")
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"):
        page.get_by_label(f"{day}: until").fill("12:00")
    preview = page.get_by_role("region", name="Preview")
    expect(preview).to_contain_text(
        "One booking would no longer fit (1 outside the hours). Whatever you save, it stands until the desk decides."
    )
    expect(preview.locator(".displaced")).to_have_text(re.compile("^Pier, .*16:00.17:00 · outside the hours$"))
    expect(preview.get_by_role("link")).to_have_count(0)  # the desk is not hers
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, "place-displaced")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(
        page.get_by_text("Saved. One booking no longer fits; it stands until the desk decides (1 outside the hours).")
    ).to_be_visible()
    expect(page.locator(".save-bar .displaced")).to_contain_text(re.compile("Pier, .*16:00.17:00"))
    assert serious(page) == []
    desk = window(busy_demo).sign_in("Sam", f"/desk?date={open_date()}&kind=pier")
    misfit = desk.get_by_role("button", name=re.compile("16:00.17:00, .*Confirmed, outside the hours"))
    expect(misfit).to_have_attribute("data-misfit", "")
    assert serious(desk) == []
    kept_picture(desk, "desk-misfit")


@pytest.mark.slow
def test_an_administrator_of_the_desk_is_led_to_the_day_of_what_no_longer_fits(
    busy_demo: DemoService, window: Opens
) -> None:
    register(window, busy_demo, "mole", kind="mole")
    booked(window(busy_demo).sign_in("Alice"), "mole", "16:00")
    page = window(busy_demo).sign_in("Ada", "/places")

    def as_both(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace('data-roles="admin"', 'data-roles="admin staff"'))

    page.route("**/places/mole", as_both)
    opened(page, "mole")
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"):
        page.get_by_label(f"{day}: until").fill("12:00")
    link = page.get_by_role("region", name="Preview").get_by_role("link", name=re.compile("^Mole, "))
    expect(link).to_have_attribute("href", f"/desk?date={open_date()}&kind=mole")


@pytest.mark.slow
def test_an_id_that_is_taken_is_said_at_the_id(busy_demo: DemoService, window: Opens) -> None:
    register(window, busy_demo, "belfry")
    page = window(busy_demo).sign_in("Ada", "/places/+")
    page.get_by_label("Id", exact=True).fill("belfry")
    page.get_by_label("Name", exact=True).fill("Another belfry")
    page.get_by_label("Kind").fill("room")
    with page.expect_response("**/preview?*"):  # it has nothing against it, and takes nothing away
        page.get_by_role("button", name="Add this place").click()
    expect(page.get_by_role("region", name="Preview")).to_contain_text("starts in these seven days")
    expect(page.get_by_label("Id", exact=True)).to_be_focused()
    expect(page.get_by_label("Id", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("There is a place with this id already. Choose another one.")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Another belfry")
    page.get_by_label("Id", exact=True).fill("another-belfry")
    expect(page.get_by_text("There is a place with this id already.")).to_have_count(0)


@pytest.mark.slow
def test_a_place_is_retired_after_one_more_question(busy_demo: DemoService, window: Opens) -> None:
    register(window, busy_demo, "shack")
    page = opened(window(busy_demo).sign_in("Ada", "/places"), "shack")
    other = opened(window(busy_demo).sign_in("Ada", "/places"), "shack")
    other.get_by_label("Seats").fill("2")
    page.get_by_role("button", name="Retire this place").click()
    assert serious(page) == []
    page.get_by_role("button", name="Keep it").click()
    page.get_by_role("button", name="Retire this place").press("Enter")
    page.get_by_role("button", name="Retire it").press("Enter")
    expect(page.get_by_text("Shack is retired. What is booked there stands.")).to_be_visible()
    expect(page.get_by_role("link", name="Shack")).to_have_count(0)
    expect(other.get_by_text("It is retired: it takes no bookings any more.")).to_be_visible()
    expect(other.get_by_role("button", name="Save", exact=True)).to_have_count(0)
    page.goto(f"{busy_demo.url}/places/shack")
    expect(page.get_by_text("It is retired: it takes no bookings any more.")).to_be_visible()


@pytest.mark.slow
def test_whoever_has_gone_elsewhere_is_not_led_back_to_the_places(busy_demo: DemoService, window: Opens) -> None:
    register(window, busy_demo, "old-barn")
    page = opened(window(busy_demo).sign_in("Ada", "/places"), "old-barn")
    late = Late(page, "**/v1/resources/old-barn", "DELETE")
    page.get_by_role("button", name="Retire this place …").click()
    page.get_by_role("button", name="Retire it").click()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Find", exact=True).click()
    expect(page.get_by_role("heading", name="Find a place")).to_be_visible()
    late.comes()
    expect(page.get_by_role("heading", name="Find a place")).to_be_visible()


@pytest.mark.slow
def test_whoever_saves_by_enter_goes_on_in_the_same_field(busy_demo: DemoService, window: Opens) -> None:
    register(window, busy_demo, "entered-hall", exceptions={"2030-12-24": {"windows": [], "reason": "Christmas"}})
    page = opened(window(busy_demo).sign_in("Ada", "/places"), "entered-hall")
    for field, value in ((page.get_by_label("Monday: until"), "12:00"), (page.get_by_label("Reason"), "Feast")):
        field.fill(value)
        field.press("Enter")
        expect(page.get_by_text("Saved.")).to_be_visible()
        expect(field).to_be_focused()
        page.get_by_label("Seats").fill("4")
        page.get_by_role("button", name="Discard changes").click()
        expect(field).to_have_value(value)


@pytest.mark.slow
def test_a_double_click_saves_once_and_a_lost_answer_is_made_up_for(busy_demo: DemoService, window: Opens) -> None:
    register(window, busy_demo, "mill")
    page = window(busy_demo).sign_in("Ada", "/places")
    unheard(page)
    opened(page, "mill")
    page.get_by_label("Seats").fill("8")
    page.get_by_role("button", name="Save", exact=True).dblclick()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    assert page.evaluate("fetch('/v1/resources/mill').then((answer) => answer.headers.get('ETag'))") == '"2"'

    def lose(route: Route) -> None:
        if route.request.method == "PUT":
            route.fetch()
            return route.abort()
        return route.continue_()

    page.route("**/v1/resources/mill", lose)
    page.get_by_label("Seats").fill("9")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("The service cannot be reached.")
    expect(page.get_by_label("Seats")).to_have_value("9")
    page.unroute("**/v1/resources/mill")
    saved(page)
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.slow
def test_what_is_typed_while_it_is_saved_is_kept(busy_demo: DemoService, window: Opens) -> None:
    register(window, busy_demo, "forge")
    page = opened(window(busy_demo).sign_in("Ada", "/places"), "forge")
    held = Held(page, "**/v1/resources/forge")
    page.get_by_label("Seats").fill("8")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saving …")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Old forge")
    held.goes()
    expect(page.get_by_text("One change is not saved yet.")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Old forge")


@pytest.mark.slow
def test_when_the_session_is_over_what_was_typed_is_there_after_signing_in_again(
    busy_demo: DemoService, window: Opens
) -> None:
    register(window, busy_demo, "loft")
    ada = window(busy_demo)
    page = opened(ada.sign_in("Ada", "/places"), "loft")
    page.get_by_label("Thursday: until").fill("20:00")
    ada.context.clear_cookies()
    page.get_by_role("button", name="Save", exact=True).click()
    again = page.locator("#notices").get_by_role("link", name="Sign in again")
    expect(again).to_be_visible()
    expect(page.get_by_label("Thursday: until")).to_have_value("20:00")
    again.click()
    page.get_by_role("button", name="Ada").click()
    expect(page.get_by_text("What you had typed here and not saved is back.")).to_be_visible()
    expect(page.get_by_label("Thursday: until")).to_have_value("20:00")
    saved(page)


@pytest.mark.slow
@pytest.mark.parametrize("width", ["phone", "desktop"])
def test_hostile_and_long_names_are_texts_like_any_other(busy_demo: DemoService, window: Opens, width: str) -> None:
    name = '"><img src=x onerror=document.title=1>' + width + "W" * 120
    resource = f"{'trap-' * 10}{width}"
    register(window, busy_demo, resource, name=name, attributes={"w" * 63: "<b>" + "W" * 190})
    ada = window(busy_demo, width)
    page = ada.sign_in("Ada", "/places")
    expect(page.get_by_role("link", name=name)).to_be_visible()
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"places-hostile-{width}")
    opened(page, resource)
    page.get_by_label("Date of the exception").fill("2030-12-24")
    page.get_by_role("button", name="Add this date").click()
    page.get_by_label("Reason").fill("<script>" + "W" * 150)
    saved(page)
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"place-hostile-{width}")
    assert name in page.title()
    assert ada.complaints == []


@pytest.mark.slow
def test_on_a_phone_the_preview_is_one_click_away(busy_demo: DemoService, window: Opens) -> None:
    register(window, busy_demo, "quay")
    page = opened(window(busy_demo, "phone").sign_in("Ada", "/places"), "quay")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="What can be booked")).to_be_in_viewport()
    page.get_by_role("button", name="Week after").click()
    expect(page.get_by_role("region", name="Preview")).to_contain_text("56 starts in these seven days")


@pytest.mark.slow
def test_those_who_are_no_administrators_are_told_so(shared_demo: DemoService, window: Opens) -> None:
    page = window(shared_demo).sign_in("Sam", "/desk")
    page.goto(f"{shared_demo.url}/places/oak-12")
    expect(page.get_by_text("This is for people with the role admin.")).to_be_visible()


def test_an_address_that_names_no_place_says_so_and_asks_for_nothing_else(
    shared_demo: DemoService, window: Opens
) -> None:
    page = window(shared_demo).sign_in("Ada", "/places")
    page.goto("about:blank")  # what the view before asks for is not counted
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in ("/places/..%2Fme", "/places/%25", "/places/%", "/places/nowhere"):
        page.goto(shared_demo.url + path)
        expect(page.get_by_role("heading", name="There is no such place")).to_be_visible()
    assert [url.rpartition("/v1/")[2] for url in asked if "/v1/" in url] == ["resources/nowhere"]
