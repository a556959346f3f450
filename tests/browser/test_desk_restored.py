"""The store is replaced by a backup while pages are open: they show what the restored log says, without a reload."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.bookings import at_desk, booked, card, done
from tests.browser.conftest import COMMAND, DemoService, Opens
from tests.browser.looking import open_date, register
from tests.browser.steps import bookable, taken

pytestmark = pytest.mark.slow  # each starts services of its own


def _daybook(service: DemoService, *arguments: str) -> None:
    subprocess.run([COMMAND, *arguments], env=service._environment, check=True, capture_output=True, text=True)


def _restored(service: DemoService, backup: Path) -> None:
    folder = Path(service._environment["DAYBOOK_DATA"])
    service.kill()
    shutil.move(folder, folder.with_name("moved-away"))
    folder.mkdir(mode=0o700)
    shutil.copy2(folder.with_name("moved-away") / "master.key", folder / "master.key")
    _daybook(service, "restore", str(backup))
    service.start()


def test_open_pages_show_what_a_restored_log_says(demo: DemoService, window: Opens, tmp_path: Path) -> None:
    register(window, demo, "court-b", kind="court-b", policy={"approval": True})
    alice, sam = window(demo).sign_in("Alice"), window(demo).sign_in("Sam")
    asked, approved = (
        booked(alice, "court-b", "10:00", name="Asked"),
        booked(alice, "court-b", "11:00", name="Approved"),
    )
    _daybook(demo, "backup", "--out", str(tmp_path / "backup"))

    assert done(alice, asked, "cancel") == 200
    assert done(sam, approved, "approve") == 200
    later = booked(alice, "court-b", "13:00", name="Later")
    desk = at_desk(sam, "court-b")
    one = alice.context.new_page()
    one.goto(f"{demo.url}/mine/{approved}")
    over = alice.context.new_page()
    over.goto(f"{demo.url}/find/court-b?step=done&booking={approved}")
    alice.goto(f"{demo.url}/mine")
    for page in (desk, alice, one, over):
        page.evaluate("window.stays = true")
    expect(card(desk, later)).to_be_visible()
    expect(card(desk, asked)).to_have_count(0)
    expect(card(alice, later)).to_be_visible()
    expect(card(alice, approved)).to_contain_text("Confirmed")
    expect(alice.locator(".past-bookings")).to_contain_text("Cancelled")
    expect(card(one, approved)).to_contain_text("Confirmed")
    expect(over.get_by_role("heading", name="Booked")).to_be_visible()
    card(desk, later).get_by_role("button", name="Approve").focus()  # whoever works there is not spared
    card(alice, later).get_by_role("link").first.focus()

    _restored(demo, tmp_path / "backup")
    for page in (alice, desk):
        expect(card(page, asked)).to_contain_text("Asked")
        expect(card(page, later)).to_have_count(0)
        expect(card(page, approved)).to_be_visible()
    expect(alice.get_by_role("heading", name="Upcoming")).to_be_focused()
    expect(card(alice, asked)).to_contain_text("Waits for approval")
    expect(card(alice, approved)).to_contain_text("Waits for approval")
    expect(alice.locator(".past-bookings")).not_to_contain_text("Cancelled")
    expect(card(one, approved)).to_contain_text("Waits for approval")
    expect(one.locator(".history strong")).to_have_text(["Asked for"])
    expect(over.get_by_role("heading", name="Waiting for approval")).to_be_visible()
    for name in ("Asked", "Approved"):
        expect(desk.get_by_role("button", name=re.compile(f"{name}, Waits for approval"))).to_be_visible()
    expect(desk.get_by_role("button", name=re.compile("Later"))).to_have_count(0)
    again = booked(alice, "court-b", "14:00", date=open_date())
    expect(card(desk, again)).to_be_visible()
    expect(card(alice, again)).to_be_visible()
    card(desk, approved).get_by_role("button", name="Approve").click()
    expect(card(alice, approved)).to_contain_text("Confirmed")
    for page in (desk, alice, one, over):
        assert page.evaluate("window.stays")


def test_an_audited_day_shows_what_the_restored_log_has_at_the_same_version(
    demo: DemoService, window: Opens, tmp_path: Path
) -> None:
    bookable(demo, "oak-room")
    taken(demo, "oak-room", "09:00")
    _daybook(demo, "backup", "--out", str(tmp_path / "backup"))
    taken(demo, "oak-room", "10:00")
    page = window(demo).sign_in("Odile", f"/audit/days/oak-room/{open_date()}")
    standing = page.locator(".standing li strong")
    expect(standing).to_have_text([re.compile("^09:00"), re.compile("^10:00")])
    page.get_by_text("All steps, and what was refused").click()
    expect(page.locator(".entry")).to_have_count(3)
    page.evaluate("window.stays = true")
    page.context.set_offline(True)  # it comes back when the other log has as many versions

    _restored(demo, tmp_path / "backup")
    taken(demo, "oak-room", "15:00")
    page.context.set_offline(False)
    expect(standing).to_have_text([re.compile("^09:00"), re.compile("^15:00")])
    expect(page.locator(".entry")).to_have_count(3)
    expect(page.locator(".entry").last).to_contain_text("15:00")
    assert page.evaluate("window.stays")
