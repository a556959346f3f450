"""A whole running service on SQLite behind its HTTP application, and people with tokens at its door."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from app.assembly import Daybook
from app.log.records import RecordedEvent
from app.master_key import token_secrets_for
from interface.http.auth import TokenRole, issue_token

_NEXT_WEEK = datetime.now(UTC) + timedelta(days=7)
ALWAYS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


class ShiftedClock:
    """The machine's clock, and up to a minute beside it, which is what the settings of these tests tolerate."""

    def __init__(self) -> None:
        self.shift = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.shift


class Appended:
    """What was appended within a `with`."""

    def __init__(self) -> None:
        self.events: list[RecordedEvent] = []

    @property
    def topics(self) -> list[str]:
        """What kinds of events, in order."""
        return [event.topic for event in self.events]


class Guest:
    """Somebody who sends requests with one token, or with none."""

    def __init__(self, client: "TestClient[Litestar]", token: str | None) -> None:
        self._client = client
        self.headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def get(self, path: str, headers: dict[str, str] | None = None, **params: Any) -> Response:
        return self._client.get(path, params=params or None, headers={**self.headers, **(headers or {})})

    def send(self, method: str, path: str, json: Any = None, headers: dict[str, str] | None = None) -> Response:
        sent = {**self.headers, **(headers or {})}
        return self._client.request(method, path, json=json, headers=sent)

    def post(self, path: str, json: Any = None, headers: dict[str, str] | None = None) -> Response:
        return self.send("POST", path, json, headers)

    def put(self, path: str, json: Any = None, headers: dict[str, str] | None = None) -> Response:
        return self.send("PUT", path, json, headers)

    def delete(self, path: str, headers: dict[str, str] | None = None) -> Response:
        return self.send("DELETE", path, None, headers)

    def raw(self, method: str, path: str, content: Any, headers: dict[str, str]) -> Response:
        """A request with a body as it is."""
        return self._client.request(method, path, content=content, headers={**self.headers, **headers})

    def me(self) -> str:
        """The made-up id of the token's person."""
        return str(self.get("/v1/me").json()["customer"])


class House:
    """The service, its clock, and its log."""

    def __init__(self, daybook: Daybook, client: "TestClient[Litestar]", clock: ShiftedClock) -> None:
        self.daybook = daybook
        self.client = client
        self.clock = clock
        self._secret = token_secrets_for(daybook.settings)[0]

    def guest(self, subject: str, *roles: TokenRole, resources: list[str] | None = None) -> Guest:
        """Somebody with a token."""
        return Guest(self.client, issue_token(self._secret, subject, roles, resources=resources))

    @property
    def nobody(self) -> Guest:
        """Somebody without a token."""
        return Guest(self.client, None)

    @contextmanager
    def appending(self) -> Iterator[Appended]:
        """Collects the events that are appended meanwhile."""
        found, before = Appended(), self.daybook.log.head().position
        yield found
        found.events = list(self.daybook.log.after(before, 1000))

    def register(self, resource: str, **changed: Any) -> Response:
        """Register a resource in Dhaka, open at all hours, one place a half hour. The read models know it then."""
        body = {"name": resource.title(), "kind": "room", "timezone": "Asia/Dhaka", "hours": ALWAYS, **changed}
        ada = self.guest("ada", "admin")
        answer = ada.put(f"/v1/resources/{resource}", body)
        assert answer.status_code == 201, answer.text
        ada.get(f"/v1/resources/{resource}", {"Daybook-Position": answer.headers["daybook-position"]})
        return answer


def problem(answer: Response) -> dict[str, Any]:
    """The answer's problem document, which must be a proper one."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    found: dict[str, Any] = answer.json()
    assert found["status"] == answer.status_code
    assert found["type"] == f"/problems/{found['code']}"
    assert found["title"]
    assert found["detail"]
    return found


def next_week(hour: int = 10, minute: int = 0) -> str:
    """A wall-clock time of a day soon to come: the same one on both sides of midnight."""
    return f"{_NEXT_WEEK:%Y-%m-%d}T{hour:02}:{minute:02}"
