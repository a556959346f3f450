"""A request that is cut off before its body is there does nothing: over real sockets, to a real server."""

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from tests.conftest import Store
from tests.interface.house import ALWAYS, next_week
from tests.races.serving import SECRET, Service, until

from interface.http.auth import issue_token

TOKEN = issue_token(SECRET.encode(), "everyone", ["admin", "staff", "customer"])
SIGNED = {"Authorization": f"Bearer {TOKEN}"}
CUT_OFF = {
    "nothing of the body": ("Content-Length: 20", b""),
    "half of the body": ("Content-Length: 20", b'{"reason":'),
    "what would be a whole body": ("Content-Length: 20", b'{"reason": "ill"}'),
    "a first piece": ("Transfer-Encoding: chunked", b"2\r\n{}\r\n"),
    "no piece": ("Transfer-Encoding: chunked", b""),
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A process that serves a folder of its own, with a room and a pitch in it."""
    folder: Path = tmp_path_factory.mktemp("cut-off") / "data"
    store = Store(folder, None)
    made = Service(store)
    try:
        url = made.start().url
        for resource, policy in (("room", {}), ("pitch", {"approval": True})):
            body = {"name": resource, "kind": "room", "timezone": "UTC", "hours": ALWAYS, "policy": policy}
            terms = {**body, "capacity": 1000, "policy": {**policy, "hold_seconds": 600}}
            assert httpx.put(f"{url}/v1/resources/{resource}", json=terms, headers=SIGNED).status_code == 201
        yield made
    finally:
        made.stop()
        store.close()


def made(service: Service, where: str, resource: str) -> str:
    customer = httpx.get(f"{service.servers[0].url}/v1/me", headers=SIGNED).json()["customer"]
    wish = {"resource": resource, "start": next_week(), "customer": customer}
    answer = httpx.post(f"{service.servers[0].url}{where}", json=wish, headers=SIGNED)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def sent(service: Service, method: str, path: str, announced: str, body: bytes, *, is_cut_off: bool) -> bytes:
    """The answer to a request; one that is cut off has none, since nobody listens any more."""
    parts = urlsplit(service.servers[0].url)
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: {parts.netloc}",
        f"Authorization: Bearer {TOKEN}",
        "Content-Type: application/json",
        "Idempotency-Key: cut-off",
        "Connection: close",
        announced,
    ]
    with closing(socket.create_connection((parts.hostname, parts.port), timeout=30)) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        return b"" if is_cut_off else b"".join(iter(lambda: connection.recv(1 << 16), b""))


def refusals(service: Service) -> int:
    """How many requests the server has answered with 400, as its metrics tell."""
    lines = httpx.get(f"{service.servers[0].url}/metrics").text.splitlines()
    told = [line for line in lines if line.startswith("daybook_requests_total") and 'status="400"' in line]
    return sum(int(float(line.rpartition(" ")[2])) for line in told)


@pytest.mark.parametrize("part", CUT_OFF)
@pytest.mark.parametrize(
    ("verb", "where", "resource"),
    [("cancel", "/v1/bookings", "room"), ("confirm", "/v1/holds", "room"), ("approve", "/v1/bookings", "pitch")],
)
def test_a_command_without_the_rest_of_its_body_does_nothing(
    service: Service, verb: str, where: str, resource: str, part: str
) -> None:
    path = f"/v1/bookings/{made(service, where, resource)}/{verb}"
    before, refused = service.rows(), refusals(service)
    sent(service, "POST", path, *CUT_OFF[part], is_cut_off=True)
    until(lambda: refusals(service) > refused, "the end of that request")
    assert service.rows() == before


def test_a_resource_is_not_retired_by_half_a_request(service: Service) -> None:
    before, refused = service.rows(), refusals(service)
    sent(service, "DELETE", "/v1/resources/room", "Content-Length: 20", b"", is_cut_off=True)
    until(lambda: refusals(service) > refused, "the end of that request")
    assert service.rows() == before


def test_the_same_request_as_a_whole_is_done(service: Service) -> None:
    """The control: it is the missing rest that keeps the others from happening."""
    path = f"/v1/bookings/{made(service, '/v1/bookings', 'room')}/cancel"
    before = len(service.rows())
    answer = sent(service, "POST", path, "Content-Length: 17", b'{"reason": "ill"}', is_cut_off=False)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert [row.topic for row in service.rows()[before:]] == ["BookingCancelled.1", "TimeReleased.1"]
