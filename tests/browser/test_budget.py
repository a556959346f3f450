"""What the page costs: bytes over the wire when Chromium opens a view for the first time."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, expect
from tests.browser.conftest import DemoService, Opens
from tests.browser.looking import open_date

BUDGET = 100_000
"""Bytes with everything that is loaded: the document, every file, the API's answers, and the headers of all of them."""


class Meter:
    """Counts what a page loads, as it comes over the wire: packed, with headers; nothing for what the browser kept.
    What is asked for again, because the service was busy or something changed meanwhile, counts once.
    """

    def __init__(self, page: Page) -> None:
        self._wire: CDPSession = page.context.new_cdp_session(page)
        self._wire.send("Network.enable")
        self._wire.on("Network.requestWillBeSent", self._begun)
        self._wire.on("Network.loadingFinished", self._ended)
        self._wire.on("Network.loadingFailed", lambda said: self._under_way.discard(said["requestId"]))
        self._page = page
        self._addresses: dict[str, str] = {}
        self._under_way: set[str] = set()
        self._sizes: dict[str, int] = {}

    def loaded(self) -> int:
        """Bytes, once nothing is under way but live streams."""
        for _ in range(600):
            if not self._under_way:
                return sum(self._sizes.values())
            self._page.evaluate("() => new Promise(requestAnimationFrame)")
        raise AssertionError([self._addresses[request] for request in self._under_way])

    def forget(self) -> None:
        """As if the browser had never been here."""
        self._wire.send("Network.clearBrowserCache")
        self._sizes.clear()
        self._under_way.clear()

    def _begun(self, said: dict[str, Any]) -> None:
        self._addresses[said["requestId"]] = said["request"]["url"]
        if "/v1/live" not in said["request"]["url"]:
            self._under_way.add(said["requestId"])

    def _ended(self, said: dict[str, Any]) -> None:
        self._under_way.discard(said["requestId"])
        address = self._addresses.get(said["requestId"], said["requestId"])
        self._sizes[address] = max(self._sizes.get(address, 0), int(said["encodedDataLength"]))


@pytest.fixture(scope="module")
def untouched_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoService]:
    """A demo as it begins: whatever tests register or book in another makes answers longer."""
    service = DemoService(tmp_path_factory.mktemp("untouched") / "data")
    yield service
    service.kill()


@pytest.mark.parametrize(
    ("person", "path"),
    [
        ("Alice", "/"),
        pytest.param("Alice", "/find/oak-12", marks=pytest.mark.slow),
        pytest.param("Alice", "/mine", marks=pytest.mark.slow),
        ("Sam", "/desk"),
        ("Ada", "/places"),
        pytest.param("Ada", "/places/oak-12", marks=pytest.mark.slow),
        ("Odile", "/audit"),
        pytest.param("Odile", "/audit/days/oak-12/DATE", marks=pytest.mark.slow),
    ],
)
def test_every_view_stays_within_the_budget_at_its_first_load(
    untouched_demo: DemoService, window: Opens, person: str, path: str
) -> None:
    page = window(untouched_demo).sign_in(person)
    meter = Meter(page)
    if person != "Alice":  # the view that is shown comes first; the other one only after it
        page.route("**/views/find.js", lambda route: route.abort())
    page.goto("about:blank")  # what the view before was still asking for is not counted
    meter.forget()
    page.goto(untouched_demo.url + path.replace("DATE", open_date()))
    expect(page.get_by_role("main").get_by_role("listitem").first).to_be_visible()
    expect(page.get_by_role("main")).not_to_contain_text("Loading")
    assert 30_000 < meter.loaded() < BUDGET
