"""A session that one process began is one for all that serve the store, and for no others."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from tests.conftest import PostgresPlace, Store
from tests.interface.sign_in.browser import Browser, path_of
from tests.interface.sign_in.identity_provider import CLIENT, CLIENT_SECRET, IdentityProvider, at_work
from tests.races.serving import Server, Service

PAGE = "https://book.example.org"


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    with at_work() as working:
        yield working


@pytest.fixture
def clients() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def signing_in_at(provider: IdentityProvider, service: Service) -> Service:
    """The service, set up for people who sign in there."""
    del service.environment["DAYBOOK_SECRET"]
    service.environment |= {
        "DAYBOOK_JWKS_URL": f"{provider.issuer}/keys",
        "DAYBOOK_ISSUER": provider.issuer,
        "DAYBOOK_CLIENT_ID": CLIENT,
        "DAYBOOK_CLIENT_SECRET": CLIENT_SECRET,
        "DAYBOOK_PUBLIC_URL": PAGE,
    }
    return service


def browser_at(server: Server, clients: ExitStack, cookies: dict[str, str] | None = None) -> Browser:
    """A browser whose requests reach that server."""
    browser = Browser(clients.enter_context(httpx.Client(base_url=server.url)), PAGE)
    browser.cookies = dict(cookies or {})
    return browser


def anew(server: Server, clients: ExitStack, cookies: dict[str, str]) -> Browser:
    """The same over a new connection: the system chooses which of the doors gets it."""
    return browser_at(server, clients, cookies)


def sign_in(browser: Browser) -> None:
    address = browser.open("/sign-in?return_to=/mine").headers["location"]
    answer = browser.open(path_of(httpx.get(address).headers["location"]), Sec_Fetch_Site="cross-site")
    assert (answer.status_code, answer.headers["location"]) == (303, "/mine")


@pytest.mark.slow
def test_every_door_and_the_next_start_accept_the_session(
    service: Service, provider: IdentityProvider, clients: ExitStack
) -> None:
    server = signing_in_at(provider, service).start(workers=2)
    alice = browser_at(server, clients)
    sign_in(alice)
    for _ in range(8):
        assert anew(server, clients, alice.cookies).call("GET", "/v1/me").json()["subject"] == "alice-4711"
    server.kill()
    again = browser_at(service.start(), clients, alice.cookies)
    assert again.call("GET", "/v1/me").json()["subject"] == "alice-4711"
    assert again.call("POST", "/v1/bookings", {}).status_code == 400
    assert again.call("POST", "/v1/bookings", {}, Origin="https://evil.example").status_code == 403
    assert "alice" not in server.said.lower()


@pytest.mark.slow
def test_services_on_one_database_share_what_was_begun(
    postgres: PostgresPlace, provider: IdentityProvider, clients: ExitStack
) -> None:
    """Also a sign-in that is under way: the answer may reach another service than the one that sent for it."""
    service = Service(Store(None, postgres))
    try:
        first, second = signing_in_at(provider, service).start_several(2)
        at_first = browser_at(first, clients)
        address = at_first.open("/sign-in").headers["location"]
        at_second = browser_at(second, clients, at_first.cookies)
        back = path_of(httpx.get(address).headers["location"])
        assert at_second.open(back, Sec_Fetch_Site="cross-site").status_code == 303
        for server in (first, second):
            assert browser_at(server, clients, at_second.cookies).call("GET", "/v1/me").status_code == 200
    finally:
        service.stop()


@pytest.mark.slow
def test_another_venue_under_the_same_master_key_does_not_accept_it(
    tmp_path: Path, provider: IdentityProvider, clients: ExitStack
) -> None:
    key = {"DAYBOOK_MASTER_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}
    venues = [signing_in_at(provider, Service(Store(tmp_path / name, None), **key)) for name in ("moon", "mars")]
    try:
        moon, mars = (venue.start() for venue in venues)
        alice = browser_at(moon, clients)
        sign_in(alice)
        assert alice.call("GET", "/v1/me").status_code == 200
        assert browser_at(mars, clients, alice.cookies).call("GET", "/v1/me").status_code == 401
    finally:
        for venue in venues:
            venue.stop()
