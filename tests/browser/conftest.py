"""Real Chromium at the page of a real service. Without a browser these tests are skipped, and fail where CI is set."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

COMMAND = str(Path(sys.executable).with_name("daybook"))
WIDTHS = {"phone": (390, 844), "desktop": (1280, 900)}
SECONDS = 30
"""The longest that anything is waited for."""
expect.set_options(timeout=1000 * SECONDS)


def launched(playwright: Playwright) -> Browser:
    """The browser: the system's Chromium, else Playwright's own. Raises Error where there is none."""
    # Whoever is root, as in most containers, has no sandbox; what it opens is our own page alone.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    # The shell is the same engine without the windows around the page, and takes a third of the time.
    found = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    return playwright.chromium.launch(executable_path=found, args=arguments)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser. Not for the whole run: as long as Playwright is there, an event loop runs, and no other test could
    have one.
    """
    with sync_playwright() as playwright:
        try:
            browser = launched(playwright)
        except Error as error:
            reason = f"there is no Chromium: {str(error).splitlines()[0]}"
            if os.environ.get("CI"):
                pytest.fail(reason)
            pytest.skip(f"{reason} (install `chromium`, or run `playwright install chromium`)")
        yield browser
        browser.close()


class DemoService:
    """A `daybook serve --demo` of its own; `url` is where its page is, `tokens` are those it prints, by what people are
    there (`admin`). It can be killed and started again there.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("DAYBOOK_")}
        self._environment |= {"DAYBOOK_DATA": str(folder), **settings}
        self._port = 0
        self.tokens: dict[str, str] = {}
        self.start()

    def start(self) -> None:
        """Start it, on the same port as before."""
        self._process = subprocess.Popen(
            [COMMAND, "serve", "--demo", "--port", str(self._port)],
            env=self._environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        printed = []
        for line in self._process.stdout:
            printed.append(line)
            if token := re.match(r"  ([a-z ]+): +(\S+)$", line):
                self.tokens[token[1]] = token[2]
            if found := re.match(r"Listening on (http://127\.0\.0\.1:(\d+))", line):
                self.url, self._port = found[1], int(found[2])
                return
        raise AssertionError(f"it ended: {''.join(printed)}")

    def kill(self) -> None:
        """`kill -9`."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.fixture(scope="session")
def shared_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoService]:
    """A demo that tests share which only look, or change what is theirs alone."""
    service = DemoService(tmp_path_factory.mktemp("demo") / "data")
    yield service
    service.kill()


@pytest.fixture(scope="session")
def busy_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoService]:
    """A demo that tests share which register places and book there; each has places of its own."""
    service = DemoService(tmp_path_factory.mktemp("busy") / "data")
    yield service
    service.kill()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[DemoService]:
    """A demo of one test's own."""
    service = DemoService(tmp_path / "data")
    yield service
    service.kill()


class Window:
    """One person's browser window, with cookies of its own. Whatever goes wrong in it is in `complaints`; that read
    models were behind on a slow machine, and the page asked once more, is nothing that went wrong.
    """

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self.url = url
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.set_default_timeout(1000 * SECONDS)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: str = "/") -> Page:
        """Go to an address of the page."""
        self.page.goto(self.url + path)
        return self.page

    def sign_in(self, person: str, path: str = "/") -> Page:
        """Sign in as somebody of the demo, by clicks, and be at that view."""
        self.open(path)
        self.page.get_by_role("banner").get_by_role("link", name="Sign in").click()
        self.page.get_by_role("button", name=person).first.click()
        self.page.get_by_role("banner").get_by_text(person, exact=True).wait_for()
        self.page.locator("main .view").wait_for(state="attached")  # before that, a link opens a new document
        return self.page

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "status of 503" not in message.text:
            self.complaints.append(message.text)


Opens = Callable[..., Window]


@pytest.fixture
def window(chromium: Browser) -> Iterator[Opens]:
    """Opens windows: `window(service, width="phone", colours="dark", language="de-AT")`, each of another person."""
    contexts: list[BrowserContext] = []

    def opened(service: DemoService, width: str = "desktop", colours: str = "light", language: str = "en-GB") -> Window:
        across, down = WIDTHS[width]
        context = chromium.new_context(
            viewport={"width": across, "height": down},
            color_scheme="dark" if colours == "dark" else "light",
            locale=language,
            timezone_id="Europe/Vienna",
        )
        contexts.append(context)
        return Window(context, service.url)

    yield opened
    for context in contexts:
        context.close()
