"""Fetching feeds, from real servers, those that mean no good among them."""

import ssl
from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path

import pytest
from tests.app.external_calendars.calendar_server import NAME, Answer, certified, serving

from app.external_calendars.fetching import MOST_REDIRECTS, Fetched, Limits, NotFetched, fetch, target_of_calendar
from app.outbound.addresses import AddressRefused

HERE = Limits(allowed=[ip_network("127.0.0.0/8")], seconds=20.0)
FEED = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


async def this_machine(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


def test_a_feed_is_fetched_once_and_then_only_when_it_has_changed() -> None:
    with serving({"/a.ics?key=1": Answer(FEED, headers={"ETag": '"one"'})}) as server:
        url = server.url("/a.ics?key=1")
        assert fetch(url, None, HERE) == Fetched(FEED, '"one"')
        assert fetch(url, '"one"', HERE) == Fetched(None, '"one"')
        server.answers["/a.ics?key=1"] = Answer(FEED * 2, headers={"ETag": '"two"'})
        assert fetch(url, '"one"', HERE) == Fetched(FEED * 2, '"two"')
        assert server.asked[0]["Host"] == f"127.0.0.1:{server.port}"


def test_it_connects_to_the_address_that_was_checked_and_asks_for_the_name(tmp_path: Path) -> None:
    certificate = certified(tmp_path)
    trusting = HERE._replace(trust=ssl.create_default_context(cafile=certificate), find=this_machine)
    with serving({"/a": Answer(FEED)}, certificate) as server:
        assert fetch(f"https://{NAME}:{server.port}/a", None, trusting).feed == FEED
        assert server.asked[0]["Host"] == f"{NAME}:{server.port}"


def test_a_server_that_cannot_prove_its_name_is_not_believed(tmp_path: Path) -> None:
    certificate = certified(tmp_path, "other.example.org")
    trusting = HERE._replace(trust=ssl.create_default_context(cafile=certificate), find=this_machine)
    with serving({"/a": Answer(FEED)}, certificate) as server:
        with pytest.raises(NotFetched, match="could not be reached"):
            fetch(f"https://{NAME}:{server.port}/a", None, trusting)
        assert server.asked == []


def test_this_machine_is_not_reached_unless_that_is_allowed() -> None:
    with serving({"/a": Answer(FEED)}) as server:
        with pytest.raises(NotFetched, match="not public"):
            fetch(server.url("/a"), None, Limits())
        assert server.asked == []


def test_each_redirect_is_checked_again() -> None:
    one_place = Limits(allowed=[ip_network("127.0.0.1/32")], seconds=20.0)
    with serving({"/a": Answer(FEED), "/on": Answer(status=302, headers={"Location": "/a"})}) as server:
        assert fetch(server.url("/on"), None, one_place).feed == FEED
        seen = len(server.asked)
        for onward in (f"http://127.0.0.2:{server.port}/a", "http://169.254.169.254/latest", "file:///etc/passwd"):
            server.answers["/on"] = Answer(status=302, headers={"Location": onward})
            with pytest.raises(NotFetched, match=r"not public|https://"):
                fetch(server.url("/on"), None, one_place)
        assert len(server.asked) == seen + 3


def test_redirects_come_to_an_end() -> None:
    with serving({"/on": Answer(status=301, headers={"Location": "/on"})}) as server:
        with pytest.raises(NotFetched, match="on and on"):
            fetch(server.url("/on"), None, HERE)
        assert len(server.asked) == MOST_REDIRECTS + 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(status=404), "HTTP status 404"),
        (Answer(status=304), "HTTP status 304"),
        (Answer(b"x" * 2_000), "longer than 1000 bytes"),
        (Answer(b"x", headers={"Content-Encoding": "gzip"}), "packed"),
        (Answer(slowly=True), "longer than"),
        (Answer(status=302, headers={"Location": "http://["}), "could not be reached|https://"),
    ],
)
def test_what_is_no_feed_is_told_without_its_address(answer: Answer, said: str) -> None:
    with serving({"/secret": answer}) as server:
        with pytest.raises(NotFetched, match=said) as told:
            fetch(server.url("/secret"), None, HERE._replace(most_bytes=1_000, seconds=1.0))
        assert "secret" not in str(told.value)
        assert told.value.__suppress_context__ or told.value.__context__ is None


def test_a_server_that_is_not_there_is_told() -> None:
    with serving({}) as server:
        url = server.url("/secret")
    with pytest.raises(NotFetched, match="could not be reached"):
        fetch(url, None, HERE)


@pytest.mark.parametrize(
    "url",
    [
        *("http://calendar.example.org/", "ftp://calendar.example.org/", "file:///etc/passwd", "https:///a", ""),
        *("https://anna:secret@calendar.example.org/", "https://calendar.example.org:port/", "webcal://example.org/"),
        *(
            "https://a b.example.org/",
            "https://kalender.example.org/\u00e4",
            "https://calendar.example.org/\r\nHost: x",
        ),
        pytest.param("https://calendar.example.org/" + "a" * 2_000, id="too long"),
    ],
)
def test_only_a_plain_https_address_is_taken(url: str) -> None:
    with pytest.raises(AddressRefused) as told:
        target_of_calendar(url)
    assert "example" not in str(told.value)


def test_http_is_for_this_machine_alone_though_a_network_is_allowed() -> None:
    with pytest.raises(NotFetched, match="https://"):
        fetch("http://10.20.3.4/a.ics", None, HERE._replace(allowed=[ip_network("10.20.0.0/16")]))


def test_another_address_of_the_host_is_tried_when_no_connection_comes_about() -> None:
    async def two(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.2", "127.0.0.1"]  # nobody listens at the first

    with serving({"/a": Answer(FEED)}) as server:
        assert fetch(f"http://localhost:{server.port}/a", None, HERE._replace(find=two)).feed == FEED
