"""External calendars are followed by one process of several, and by another when it dies at it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.app.external_calendars.calendar_server import Answer, serving
from tests.conftest import Store
from tests.races.guests import ALWAYS
from tests.races.kinds import on_postgres
from tests.races.serving import SECONDS, SECRET, Server, Service, until

from interface.http.auth import issue_token

PATH = "/private-0c9d4be7/basic.ics"
DAY = datetime.now(UTC).date() + timedelta(days=2)
CALENDARS = "/v1/resources/room/calendars"


@pytest.fixture
def following(store: Store) -> Any:
    """A service that may fetch from this machine."""
    made = Service(store, DAYBOOK_CALENDAR_NETWORKS="127.0.0.0/8")
    yield made
    made.stop()


def feed(*hours: int) -> Answer:
    entries = [
        line
        for number, hour in enumerate(hours)
        for line in (
            *("BEGIN:VEVENT", f"UID:lesson-{number}"),
            *(f"DTSTART:{DAY:%Y%m%d}T{hour:02}0000Z", "DURATION:PT1H", "END:VEVENT"),
        )
    ]
    return Answer("\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *entries, "END:VCALENDAR", ""]).encode())


class Desk:
    """Somebody of the staff who is an administrator, too, at the door of one server."""

    def __init__(self, server: Server) -> None:
        token = issue_token(SECRET.encode(), "sam", ("admin", "staff"))
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=server.url, headers=headers, timeout=SECONDS, trust_env=False)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._http.request(method, path, json=body)
        assert answer.is_success, answer.text
        if "Daybook-Position" in answer.headers:  # whatever is asked next has seen this
            self._http.headers["Daybook-Position"] = answer.headers["Daybook-Position"]
        return answer.json()

    @property
    def blocks(self) -> list[str]:
        """When blocks of the day begin."""
        return sorted(block["start"][11:16] for block in self.send("GET", f"/v1/resources/room/days/{DAY}")["blocks"])


@on_postgres
@pytest.mark.slow
def test_a_process_that_dies_at_a_calendar_is_followed_by_one_that_goes_on_from_there(following: Service) -> None:
    first = following.start()
    first.says("projecting and sweeping")
    second = following.start()
    desk = Desk(second)
    desk.send("PUT", "/v1/resources/room", {"name": "Room", "kind": "room", "timezone": "UTC", "hours": ALWAYS})
    with serving({PATH: feed(9, 14)}) as server:
        calendar = desk.send("POST", CALENDARS, {"url": server.url(PATH)})["calendar"]
        until(lambda: desk.blocks == ["09:00", "14:00"], "blocks are placed")
        assert len(server.asked) == 1, "by one of the two alone"

        server.answers[PATH] = Answer(slowly=True)
        desk.send("POST", f"{CALENDARS}/{calendar}/refresh")
        until(lambda: len(server.asked) == 2, "it is fetched again")
        first.kill()
        server.answers[PATH] = feed(9, 16)

        second.says(r"\bprojecting and sweeping")
        until(lambda: desk.blocks == ["09:00", "16:00"], "the other process has followed it")
        (item,) = desk.send("GET", CALENDARS)["items"]
        assert (item["failures"], item["blocks"]) == (0, 2)
    topics = [row.topic.partition(".")[0] for row in following.rows()]
    assert (topics.count("BlockPlaced"), topics.count("BlockLifted")) == (3, 1)
