"""The live stream: who is told what, until when, and what is left of it afterwards."""

import asyncio
import gc
from collections import Counter
from typing import Any

import pytest
from tests.interface.house import Guest, House, next_week, problem
from tests.interface.streamed import Event, Stream, book, listening, streaming

from app.live.listener import Listener
from app.master_key import token_secrets_for
from interface.http import live
from interface.http.auth import issue_token
from interface.http.live import LiveAnswer
from interface.http.service import Service, service_of
from interface.http.viewers import Viewers

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """What asynchronous tests run on."""
    return "asyncio"


def service(house: House) -> Service:
    return service_of(house.client.app.state)


def ended(house: House) -> Counter[str]:
    """Why streams ended, by the metrics."""
    families = {each.name: each for each in service(house).metrics.collected(house.daybook)}
    samples = families["daybook_live_ended"].samples
    return Counter({sample.labels["why"]: int(sample.value) for sample in samples})


def starts(event: Event) -> list[str]:
    return [slot["start"][:16] for slot in event.data["slots"]]


async def test_a_booking_is_told_as_availability_shows_it_and_nothing_of_the_person(
    house: House, room: str, alice: Guest, bob: Guest
) -> None:
    async with listening(house, house.nobody, f"resource={room}") as stream:
        assert stream.headers["content-type"] == "text/event-stream"
        assert stream.headers["cache-control"] == "no-store"
        made = await book(alice, room, next_week(10), details={"concern": "sleep"})
        event = await stream.event()
    log_id = house.daybook.log.log_id
    assert event.kind == "day"
    assert event.id == f"{log_id}.{house.daybook.log.head().position}"
    day = next_week()[:10]
    asked = bob.get(f"/v1/resources/{room}/availability?from={day}&to={day}").json()["days"][0]
    assert event.data["version"] == asked["version"]
    assert event.data["slots"] == [slot for slot in asked["slots"] if slot["start"] == made["legs"][0]["start"]]
    assert {key: event.data[key] for key in ("resource", "date")} == {"resource": room, "date": day}
    for secret in (made["id"], made["customer"], alice.me(), "alice", "sleep"):
        assert secret not in stream.text


async def test_who_comes_back_is_told_each_day_once_in_its_newest_state(house: House, room: str, alice: Guest) -> None:
    async with listening(house, house.nobody, f"resource={room}") as stream:
        since = stream.last_id
    first = await book(alice, room, next_week(10))
    await book(alice, room, next_week(11))
    await asyncio.to_thread(alice.post, f"/v1/bookings/{first['id']}/cancel")
    last = await book(alice, room, next_week(12))
    await house.daybook.reached(last["position"])
    for query, headers in (
        (f"resource={room}&after={since}", {}),
        (f"resource={room}", {"Last-Event-ID": since}),
        (f"resource={room}&after=another.7", {"Last-Event-ID": since}),
    ):
        async with listening(house, house.nobody, query, headers) as stream:
            assert stream.text.count("event: ") == 1
            assert 1_000 <= stream.retry <= 3_000 or "retry: " in stream.text
            days = stream.text
            assert f"id: {house.daybook.log.log_id}.{house.daybook.log.head().position}" in days
            for hour, status in ((10, "available"), (11, "full"), (12, "full")):
                assert f'"start":"{next_week(hour)}:00+06:00"' in days
                assert status in days


async def test_one_who_is_cut_off_in_a_round_is_told_all_of_it_again(house: House, alice: Guest) -> None:
    for key in ("east", "west"):
        house.register(key)
    async with listening(house, house.nobody, "resource=east&resource=west") as stream:
        since = stream.last_id
        legs = [{"resource": key, "start": next_week(10)} for key in ("east", "west")]
        await asyncio.to_thread(alice.post, "/v1/bookings", {"legs": legs})
        first, second = await stream.event(), await stream.event()
    assert (first.data["resource"], first.id) == ("east", since)
    assert (second.data["resource"], second.id) == (
        "west",
        f"{house.daybook.log.log_id}.{house.daybook.log.head().position}",
    )


@pytest.mark.parametrize("position", ["0123456789abcdef.3", "{log}.999999"])
async def test_a_position_of_another_log_or_beyond_this_one_is_answered_by_a_reset(
    house: House, room: str, alice: Guest, position: str
) -> None:
    known = position.format(log=house.daybook.log.log_id)
    async with streaming(house, house.nobody, f"resource={room}", {"Last-Event-ID": known}) as (stream, _):
        event = await stream.event()
        assert (event.kind, event.data) == ("reset", {})
        await book(alice, room, next_week())
        assert (await stream.event()).kind == "day"


async def test_a_resource_that_is_revised_is_told_and_one_that_is_retired(house: House, room: str, ada: Guest) -> None:
    body: dict[str, Any] = {"name": "Room", "kind": "room", "timezone": "Asia/Dhaka", "capacity": 3}
    async with listening(house, house.nobody, f"resource={room}") as stream:
        revised = await asyncio.to_thread(ada.put, f"/v1/resources/{room}", body, {"If-Match": '"1"'})
        assert revised.status_code == 200, revised.text
        assert await stream.event() == Event(
            "resource", revised.headers["Daybook-Position"], {"resource": room, "version": 2, "retired": False}
        )
        await asyncio.to_thread(ada.delete, f"/v1/resources/{room}")
        assert (await stream.event()).data == {"resource": room, "version": 3, "retired": True}


async def test_whoever_may_not_see_a_resource_any_more_is_let_go(
    house: House, room: str, ada: Guest, sam: Guest
) -> None:
    body: dict[str, Any] = {"name": "Room", "kind": "room", "timezone": "Asia/Dhaka", "visibility": "staff"}
    async with (
        listening(house, house.nobody, f"resource={room}") as stream,
        listening(house, sam, f"resource={room}") as desk,
    ):
        await asyncio.to_thread(ada.put, f"/v1/resources/{room}", body, {"If-Match": '"1"'})
        assert (await desk.event()).kind == "resource"
        await stream.ended()
        assert "event: " not in stream.text
    assert ended(house)["withdrawn"] == 1
    assert problem(house.nobody.get("/v1/live", resource=room))["code"] == "unknown-resource"


@pytest.mark.parametrize(
    ("visibility", "who", "sees"),
    [
        ("public", "nobody", True),
        ("signed-in", "nobody", False),
        ("signed-in", "alice", True),
        ("staff", "alice", False),
        ("staff", "sam", True),
    ],
)
async def test_a_resource_is_there_for_those_who_see_its_availability(
    house: House, visibility: str, who: str, sees: bool, request: pytest.FixtureRequest
) -> None:
    house.register("hidden", visibility=visibility)
    house.register("open")
    guest = house.nobody if who == "nobody" else request.getfixturevalue(who)
    async with streaming(house, guest, "resource=open&resource=hidden") as (stream, _):
        await stream.opened()
        assert stream.status == (200 if sees else 404), stream.text


async def test_bookings_are_told_to_those_who_may_see_them(
    house: House, room: str, alice: Guest, bob: Guest, website: Guest
) -> None:
    house.register("elsewhere", kind="other")
    query = f"resource={room}&resource=elsewhere&bookings=true"
    here = house.guest("sue", "staff", resources=["kind:room"])
    there = house.guest("tom", "staff", resources=["kind:other"])
    async with (
        listening(house, alice, query) as hers,
        listening(house, bob, query) as his,
        listening(house, website, query) as agents,
        listening(house, here, query) as desk,
        listening(house, there, query) as other_desk,
    ):
        made = await book(alice, room, next_week(10), details={"concern": "sleep"})
        for stream in (hers, desk):
            assert (await stream.event()).kind == "day"
            told = await stream.event()
            guest = alice if stream is hers else here
            assert told == Event("booking", told.id, guest.get(f"/v1/bookings/{made['id']}").json())
        sold = await book(website, "elsewhere", next_week(10), customer=bob.me())
        for stream in (his, agents, other_desk):
            while (event := await stream.event()).kind == "day":
                assert made["id"] not in str(event)
            assert (event.kind, event.data["id"]) == ("booking", sold["id"])
    for stream, own in ((hers, made), (his, sold), (agents, sold), (desk, made), (other_desk, sold)):
        foreign = sold if own is made else made
        assert foreign["id"] not in stream.text
        assert foreign["customer"] not in stream.text or foreign["customer"] == own["customer"]


async def test_a_booking_that_moves_away_is_told_where_it_was(
    house: House, room: str, alice: Guest, sam: Guest
) -> None:
    house.register("elsewhere")
    made = await book(alice, room, next_week(10))
    async with listening(house, sam, f"resource={room}&bookings=true") as desk:
        moved = {"start": next_week(11), "resource": "elsewhere"}
        await asyncio.to_thread(alice.post, f"/v1/bookings/{made['id']}/reschedule", moved)
        day, booking = await desk.event(), await desk.event()
    assert starts(day) == [next_week(10)]
    assert [leg["resource"] for leg in booking.data["legs"]] == ["elsewhere"]


async def test_an_approval_that_changes_no_slot_is_told(house: House, alice: Guest, sam: Guest) -> None:
    house.register("pitch", policy={"approval": True})
    made = await book(alice, "pitch", next_week(10))
    await house.daybook.reached(made["position"])
    async with listening(house, alice, "resource=pitch&bookings=true") as stream:
        await asyncio.to_thread(sam.post, f"/v1/bookings/{made['id']}/approve")
        event = await stream.event()
    assert (event.kind, event.data["status"], event.data["actions"]) == (
        "booking",
        "confirmed",
        ["cancel", "reschedule"],
    )


async def test_what_cannot_be_asked_for_is_refused(house: House, room: str, ada: Guest) -> None:
    many = "&".join(f"resource=room-{number}" for number in range(51))
    for guest, query, status, code in (
        (house.nobody, "", 400, "malformed"),
        (house.nobody, many, 400, "malformed"),
        (house.nobody, "resource=No", 400, "malformed"),
        (house.nobody, f"resource={room}&after=yesterday", 400, "malformed"),
        (house.nobody, f"resource={room}&bookings=maybe", 400, "malformed"),
        (house.nobody, f"resource={room}&colour=red", 400, "unknown-field"),
        (house.nobody, f"resource={room}&resource=nowhere", 404, "unknown-resource"),
        (house.nobody, f"resource={room}&bookings=true", 401, "unauthenticated"),
        (ada, f"resource={room}&bookings=true", 403, "forbidden"),
    ):
        answer = await asyncio.to_thread(guest.get, f"/v1/live?{query}")
        assert (answer.status_code, problem(answer)["code"]) == (status, code), query
    answer = await asyncio.to_thread(house.nobody.get, f"/v1/live?resource={room}", {"Last-Event-ID": "yesterday"})
    assert problem(answer)["errors"][0]["pointer"] == "Last-Event-ID"


class TestThereAreOnlySoMany:
    @pytest.fixture
    def settings_of_house(self) -> dict[str, Any]:
        return {"live_streams": 3, "live_streams_each": 2}

    async def test_streams_of_one_caller_and_in_all(self, house: House, room: str, alice: Guest, bob: Guest) -> None:
        query = f"resource={room}"
        async with listening(house, alice, query), listening(house, bob, query):
            async with listening(house, alice, query):
                for guest, status, code in ((alice, 429, "rate-limited"), (bob, 503, "busy")):
                    answer = await asyncio.to_thread(guest.get, "/v1/live", resource=room)
                    assert (answer.status_code, problem(answer)["code"]) == (status, code)
                    assert answer.headers["Retry-After"].isdigit()
            async with listening(house, bob, query):
                pass
        assert service(house).open_streams.number == 0


async def test_a_stream_ends_with_its_token(house: House, room: str, alice: Guest) -> None:
    secret = token_secrets_for(house.daybook.settings)[0]
    brief = Guest(house.client, issue_token(secret, "alice", ["customer"], days=6 / 86_400))  # long enough to come in
    async with (
        listening(house, brief, f"resource={room}") as stream,
        listening(house, alice, f"resource={room}") as other,
    ):
        await stream.ended()
        assert not other.has_ended
    assert ended(house)["token"] == 1


async def test_a_stream_ends_after_its_time(house: House, room: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LONGEST_SECONDS", 0.05)
    async with listening(house, house.nobody, f"resource={room}") as stream:
        await stream.ended()
    assert ended(house)["time"] == 1


async def test_a_quiet_stream_says_that_it_lives_and_where_it_stands(
    house: House, room: str, alice: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So whoever listens to a quiet place is never far behind, however much happens elsewhere."""
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.02)
    house.register("elsewhere")
    async with listening(house, house.nobody, f"resource={room}") as stream:
        made = await book(alice, "elsewhere", next_week())
        position = house.daybook.log.head().position
        assert made["position"] <= position
        while f":\nid: {house.daybook.log.log_id}.{position}\n\n" not in stream.text:
            await stream.more()
        assert "event: " not in stream.text


async def test_a_client_that_takes_nothing_is_closed_and_never_waited_for(
    house: House, room: str, alice: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "SEND_SECONDS", 0.2)
    async with (
        listening(house, house.nobody, f"resource={room}") as quick,
        streaming(house, house.nobody, f"resource={room}") as (slow, request),
    ):
        await slow.opened()
        slow.takes.clear()
        await book(alice, room, next_week(10))
        assert starts(await quick.event()) == [next_week(10)]
        await asyncio.wait_for(request, 30)
        assert not slow.has_ended, "it is cut off: it could not be told the end either"
        assert service(house).live.listeners == 1
    assert ended(house)["slow"] == 1


def of_streams() -> list[Any]:
    gc.collect()
    return [each for each in gc.get_objects() if isinstance(each, (Listener, LiveAnswer, Viewers, Stream))]


async def test_clients_that_went_leave_no_task_and_no_object(house: House, room: str, alice: Guest) -> None:
    """However they go: before the answer, in the middle of it, or with something unread."""
    before = asyncio.all_tasks()

    opened: asyncio.Queue[int] = asyncio.Queue()

    async def come_and_go(number: int) -> None:
        async with streaming(house, house.nobody, f"resource={room}") as (stream, request):
            if number % 4 == 0:
                return
            await stream.opened()
            opened.put_nowait(number)
            if number % 4 == 2:
                await stream.event()
            elif number % 4 == 3:
                request.cancel()
                await asyncio.wait({request})

    async def come_and_go_quietly(number: int) -> None:
        try:
            await come_and_go(number)
        except asyncio.CancelledError:
            assert number % 4 == 3

    async with listening(house, alice, f"resource={room}") as stays:
        crowd = [asyncio.ensure_future(come_and_go_quietly(number)) for number in range(80)]
        for _ in range(60):
            await opened.get()
        await book(alice, room, next_week(10))
        await asyncio.gather(*crowd)
        await stays.event()
        assert service(house).live.listeners == 1
        assert service(house).open_streams.number == 1
        del crowd
        async with asyncio.timeout(30):  # the thread that read the last round may yet have to put it down
            while len(of_streams()) > 4:  # noqa: ASYNC110 - objects that go set no event
                await asyncio.sleep(0)
        assert Counter(type(each) for each in of_streams()) == {Listener: 1, LiveAnswer: 1, Viewers: 1, Stream: 1}
    del stays
    assert service(house).open_streams.number == 0
    for task in asyncio.all_tasks() - before:  # the stream's own, which sees that nobody listens
        await asyncio.wait_for(task, 30)
    assert asyncio.all_tasks() == before
    families = {each.name: each for each in service(house).metrics.collected(house.daybook)}
    assert [sample.value for sample in families["daybook_live_clients"].samples] == [0]


async def test_at_the_end_streams_end_and_nobody_is_let_in(house: House, room: str) -> None:
    async with listening(house, house.nobody, f"resource={room}") as stream:
        service(house).live.end()
        await stream.ended()
        answer = await asyncio.to_thread(house.nobody.get, "/v1/live", resource=room)
        assert (problem(answer)["code"], answer.headers["Retry-After"]) == ("busy", "1")
    assert ended(house)["stopped"] == 1
