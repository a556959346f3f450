"""`make screenshots`: the pictures that the documentation shows, of the demo on a day on which much is booked."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, Error, Page, expect, sync_playwright
from tests.browser.conftest import DemoService, Window, launched

SIZES = {"desktop": (1200, 800), "tall": (1200, 900), "phone": (390, 780)}
NAMES = ("find", "book", "too-late", "desk", "places", "audit", "phone", "dark")
_SEND = """async ([path, body]) => {
    const headers = {"Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID()};
    const answer = await fetch(path, {method: "POST", headers, body: JSON.stringify(body)});
    return [answer.status, await answer.json()];
}"""

BOOKED = (
    ("oak-12", "08:00", "09:30", 10, "Physics teachers"),
    ("oak-12", "13:00", "14:30", 8, "Chess club"),
    ("oak-30", "09:00", "11:00", 24, "Parents of class 3b"),
    ("oak-hall", "10:00", "12:00", 90, "Choir rehearsal"),
    ("oak-hall", "15:00", "18:00", 60, "School theatre"),
    ("elm-4", "08:30", "09:15", 2, "Reading practice"),
    ("elm-8", "11:00", "12:30", 6, "Debating society"),
    ("elm-laboratory", "09:00", "10:30", 18, "Chemistry, class 5a"),
    ("lena-weber", "10:00", None, 1, "Nora Lindqvist"),
    ("lena-weber", "15:00", None, 1, "Emil Farkas"),
    ("jonas-berg", "11:00", None, 1, "Clara Novak"),
    ("north-ground", "17:00", None, 1, "Football, under 12"),
    ("north-ground", "18:00", None, 1, "Tuesday runners"),
    ("south-ground", "09:00", None, 1, "Tennis, Ida and Max"),
)
"""Resource, start, end (none: its shortest length), party, and what is told at the desk."""


def busy_day() -> date:
    """Tuesday of next week."""
    today = datetime.now(UTC).date()
    return today + timedelta(days=8 - today.weekday())


class Studio:
    """The demo, who is there, and where pictures go."""

    def __init__(self, browser: Browser, service: DemoService, folder: Path) -> None:
        self._browser, self._service, self._folder = browser, service, folder
        self.day = busy_day()

    @contextmanager
    def window(self, person: str, width: str = "desktop", colours: str = "light") -> Iterator[Page]:
        """Somebody's window, signed in."""
        across, down = SIZES[width]
        context = self._browser.new_context(
            viewport={"width": across, "height": down},
            color_scheme="dark" if colours == "dark" else "light",
            locale="en-GB",
            timezone_id="Europe/Vienna",
            reduced_motion="reduce",
        )
        yield Window(context, self._service.url).sign_in(person)
        context.close()

    def show(self, page: Page, path: str) -> None:
        """Go to a view and wait until all of it is there."""
        page.goto(self._service.url + path)
        main = page.get_by_role("main")
        expect(main.get_by_role("heading").first).to_be_visible()
        expect(main).not_to_contain_text(re.compile("Loading|Working it out"))

    def take(self, page: Page, name: str) -> None:
        """A picture of what the window shows."""
        path = self._folder / f"{name}.png"
        page.screenshot(path=path, animations="disabled", caret="hide")
        sys.stdout.write(f"{path}: {path.stat().st_size // 1000} KB\n")

    def book(self, page: Page, resource: str, start: str, end: str | None, party: int, **details: str) -> str:
        """A booking for whoever is signed in there, or for somebody new."""
        wish: dict[str, Any] = {"resource": resource, "start": f"{self.day}T{start}", "party": party}
        if end is not None:
            wish["end"] = f"{self.day}T{end}"
        if "name" in details:
            wish["customer"] = send(page, "/v1/customers", {"name": details["name"]})["customer"]
        return str(send(page, "/v1/bookings", {**wish, "details": details})["id"])


def send(page: Page, path: str, body: dict[str, Any]) -> Any:
    """Post something as whoever is signed in there."""
    status, answer = page.evaluate(_SEND, [path, body])
    assert status in {200, 201}, answer
    return answer


def set_the_scene(studio: Studio, alice: Page) -> None:
    """A day on which much is booked, some of it still to be approved."""
    with studio.window("Sam") as sam:
        made = [studio.book(sam, *wish[:4], name=wish[4]) for wish in BOOKED]
        send(sam, f"/v1/bookings/{made[-2]}/approve", {})
        start, end = (f"{studio.day}T{time}" for time in ("12:00", "13:00"))
        send(sam, "/v1/resources/oak-30/blocks", {"start": start, "end": end, "reason": "Window cleaning"})
        for number in range(8):
            studio.book(sam, "moon-hospital", "10:30", None, 1, name=f"Patient {number + 1}")
    studio.book(alice, "oak-12", "16:00", "17:00", 6, about="Summer fair")
    studio.book(alice, "south-ground", "19:00", None, 2, about="Tennis with Bob")


def too_late(studio: Studio, alice: Page) -> None:
    """Bob reads and types; Alice is faster."""
    with studio.window("Bob") as bob:
        # He is told nothing in between: the click comes before the news.
        bob.route("**/v1/live*", lambda route: route.abort())
        times = f"start={studio.day}T13:00:00%2B01:00&end={studio.day}T13:50:00%2B01:00"
        offset = bob.evaluate(
            "async (day) => (await (await fetch(`/v1/resources/lena-weber/availability?from=${day}&to=${day}`)).json())"
            ".days[0].slots[0].start.slice(-6)",
            str(studio.day),
        )
        studio.show(bob, f"/find/lena-weber?date={studio.day}&{times.replace('+01:00', offset)}&step=details")
        bob.get_by_label("What is it about?").fill("I sleep badly")
        bob.route("**/availability*", lambda route: route.abort())
        studio.book(alice, "lena-weber", "13:00", None, 1, about="First talk")
        bob.get_by_role("button", name="Continue to review").click()
        expect(bob.get_by_text("Still free:")).to_be_visible()
        studio.take(bob, "too-late")


def take_all(studio: Studio) -> None:
    """Every picture."""
    with studio.window("Alice") as alice:
        set_the_scene(studio, alice)
        studio.show(alice, "/")
        studio.take(alice, "find")
        studio.show(alice, f"/find/oak-12?date={studio.day}")
        studio.take(alice, "book")
        too_late(studio, alice)
    with studio.window("Sam", width="tall") as sam:
        studio.show(sam, f"/desk?date={studio.day}")
        studio.take(sam, "desk")
    with studio.window("Ada") as ada:
        studio.show(ada, "/places/oak-12")
        ada.get_by_label("Monday: until").fill("18:00")
        expect(ada.get_by_role("region", name="Preview").locator("del").first).to_be_visible()
        ada.get_by_label("Monday: until").blur()
        studio.take(ada, "places")
    with studio.window("Odile", width="tall") as odile:
        studio.show(odile, f"/audit/days/oak-12/{studio.day}?version=3")
        expect(odile.get_by_role("region", name="The step to this version")).to_be_visible()
        studio.take(odile, "audit")
    with studio.window("Alice", width="phone") as alice:
        studio.show(alice, f"/find/moon-hospital?date={studio.day}")
        studio.take(alice, "phone")
    with studio.window("Alice", colours="dark") as alice:
        studio.show(alice, "/mine")
        studio.take(alice, "dark")


def main(folder: Path) -> int:
    """The exit status."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, TemporaryDirectory() as data:
        try:
            browser = launched(playwright)
        except Error as error:
            sys.stderr.write(
                f"There is no Chromium: {str(error).splitlines()[0]}\nInstall `chromium`, and try again.\n"
            )
            return 1
        service = DemoService(Path(data) / "data")
        try:
            take_all(Studio(browser, service, folder))
        finally:
            service.kill()
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
