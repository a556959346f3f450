"""A running service on SQLite whose page people open in browsers."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from litestar import Litestar
from litestar.testing import TestClient
from tests.interface.sign_in.browser import Browser

from app.assembly import Daybook
from app.master_key import master_keys_for
from app.settings import load_settings
from interface.http.app import create_app
from interface.sign_in.seals import Seals, secrets_for

LOCAL = "http://127.0.0.1:8000"


class FrontDoor:
    """The service, and the browsers of those who visit its page."""

    def __init__(self, daybook: Daybook, client: "TestClient[Litestar]", origin: str) -> None:
        self.daybook = daybook
        self.client = client
        self.origin = origin
        self.kept: dict[str, str] = {}
        """Cookies of an earlier visit."""

    def browser(self) -> Browser:
        """Another one, that nobody has signed in with."""
        return Browser(self.client, self.origin)

    def guest(self, person: str) -> Browser:
        """Somebody of the demo, signed in."""
        browser = self.browser()
        assert browser.submit("/sign-in", {"person": person}).status_code == 303
        return browser

    def seals(self, way: str = "demo") -> Seals:
        """What its cookies are sealed with, for those who want to know what happens to others."""
        master_key = master_keys_for(self.daybook.settings, self.daybook.log)
        return Seals(lambda: secrets_for(self.daybook.settings, master_key), self.daybook.log.secret, way)


@contextmanager
def front_door(folder: Path, *, with_demo: bool = False, **settings: Any) -> Iterator[FrontDoor]:
    """A service on that folder, for the demo or with these settings."""
    daybook = Daybook.open(load_settings(data=folder, clock_tolerance=60, **settings))
    daybook.start()
    origin = LOCAL if with_demo else str(daybook.settings.public_url)
    try:
        with TestClient(create_app(daybook, with_demo=with_demo), base_url=LOCAL) as client:
            yield FrontDoor(daybook, client, origin)
    finally:
        daybook.stop()
