"""A store that cannot be written, or reached: questions are answered as long as they can be, and it heals by itself."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.races.guests import Door, Guest, codes, is_ready, reached, slot, statuses, together, troubles
from tests.races.kinds import mostly_on_postgres
from tests.races.serving import Server, Service

pytestmark = pytest.mark.anyio

FULL_DISK = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END$$;
CREATE TRIGGER full_disk BEFORE UPDATE ON log_head EXECUTE FUNCTION full_disk();
"""
ROOM_AGAIN = "DROP TRIGGER full_disk ON log_head; DROP FUNCTION full_disk();"

Unwritable = Callable[[bool], None]


@pytest.fixture
def server(service: Service) -> Server:
    """A process whose store can be made unwritable."""
    return service.start("small_files") if service.store.place is None else service.start()


@pytest.fixture
def unwritable(service: Service, server: Server) -> Unwritable:
    """Lets the disk be full, and then no longer."""
    if service.store.place is None:
        return lambda on: server.switch(on=on)
    return lambda on: [service.store.ask(FULL_DISK if on else ROOM_AGAIN)].clear()


@pytest.mark.slow
@mostly_on_postgres
async def test_with_the_store_unwritable_questions_are_answered_and_commands_told_so(
    service: Service, door: Door, server: Server, unwritable: Unwritable
) -> None:
    hospital = await door.register(server, capacity=100)
    people = await door.crowd([server], 5)
    alice = people[0]
    booked = await alice.book(hospital, slot(), Idempotency_Key="before")
    path, position = f"/v1/bookings/{booked.json()['id']}", booked.headers["Daybook-Position"]
    assert (await alice.get(path, Daybook_Position=position)).json() == booked.json()
    before = len(service.rows())
    unwritable(True)
    refused = await together(
        [
            *(person.book(hospital, slot(1)) for person in people),
            alice.post(f"{path}/cancel"),
            door.guest(server, "sam", "staff").post(
                f"/v1/resources/{hospital}/blocks", {"start": slot(2), "end": slot(3)}
            ),
            door.guest(server, "ada", "admin").send("DELETE", f"/v1/resources/{hospital}", If_Match='"1"'),
        ]
    )
    assert codes(refused) == {"store-unavailable": 8}
    assert statuses(refused) == {503: 8}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
    day = slot()[:10]
    questions = [
        path,
        "/v1/me",
        "/v1/bookings",
        f"{path}/events",
        "/v1/resources",
        f"/v1/resources/{hospital}",
        f"/v1/resources/{hospital}/availability?from={day}&to={day}",
        f"/v1/availability?start={slot()}&end={slot(1)}",
        "/health/live",
        "/metrics",
    ]
    asked = await together(alice.get(question) for question in questions)
    assert {q: answer.status_code for q, answer in zip(questions, asked, strict=True)} == dict.fromkeys(questions, 200)
    assert asked[0].json() == booked.json()
    stranger = door.guest(server, "somebody new", "customer")
    assert (await stranger.get(f"/v1/resources/{hospital}")).status_code == 200, "though never here before"
    said = await reached(lambda: troubles(door, server))
    assert any("store cannot be written" in trouble or "append failed" in trouble for trouble in said)
    assert len(service.rows()) == before
    unwritable(False)
    assert codes([await person.book(hospital, slot(1)) for person in people]) == {"ok": 5}
    await reached(lambda: is_ready(door, server))
    again = await alice.book(hospital, slot(), Idempotency_Key="before")
    assert again.headers["Idempotency-Replayed"] == "true"
    last = await alice.post(f"{path}/cancel")
    assert last.status_code == 200
    assert (await alice.get(path, Daybook_Position=last.headers["Daybook-Position"])).json()["status"] == "cancelled"
    assert service.recount().oversold == []
    assert "Traceback" not in server.said


async def keeps_asking(person: Guest, hospital: str, proxy: Any) -> list[Any]:
    """Commands and questions while nobody is let through to PostgreSQL."""
    proxy.refusing = True
    proxy.cut_all()
    return [
        *await together(person.book(hospital, slot(number)) for number in range(1, 4)),
        await person.get("/v1/bookings"),
        await person.get(f"/v1/resources/{hospital}"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("store", ["postgres"], indirect=True)
async def test_without_postgresql_everything_says_so_at_once_and_heals_without_a_restart(
    store: Any, severing_proxy: Any, door: Door
) -> None:
    service = Service(store, DAYBOOK_DATABASE_URL=severing_proxy.url)
    try:
        server = service.start()
        hospital = await door.register(server, capacity=100)
        (alice,) = await door.crowd([server], 1)
        booked = await alice.book(hospital, slot())
        for _ in range(2):
            answers = await keeps_asking(alice, hospital, severing_proxy)
            assert set(codes(answers)) <= {"store-unavailable", "outcome-unknown"}
            assert statuses(answers) == {503: 5}
            assert all(answer.elapsed.total_seconds() < 10 for answer in answers)
            assert (await alice.get("/health/live")).status_code == 200
            said = await reached(lambda: troubles(door, server))
            assert all("log lines say" in trouble for trouble in said), said
            severing_proxy.refusing = False

            async def heals() -> bool:
                return (await alice.book(hospital, slot(9))).status_code == 201

            await reached(heals)
            await reached(lambda: is_ready(door, server))
        found = await alice.get(f"/v1/bookings/{booked.json()['id']}")
        assert found.json() == booked.json()
        assert service.recount().oversold == []
        assert "Traceback" not in server.said
    finally:
        service.stop()


@pytest.mark.parametrize("store", ["postgres"], indirect=True)
async def test_a_booking_whose_acknowledgement_was_lost_is_made_once(
    store: Any, severing_proxy: Any, door: Door
) -> None:
    """A connection cut after COMMIT and before the answer, then a retry: one booking."""
    service = Service(store, DAYBOOK_DATABASE_URL=severing_proxy.url)
    try:
        server = service.start()
        hospital = await door.register(server, capacity=100)
        (alice,) = await door.crowd([server], 1)
        severing_proxy.lose_answer_to("BookingConfirmed")
        first = await alice.book(hospital, slot(), Idempotency_Key="once")
        assert severing_proxy.cut.wait(10)
        again = await alice.book(hospital, slot(), Idempotency_Key="once")
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json() == again.json()
        assert again.headers["Idempotency-Replayed"] == "true"
        assert len(service.recount().claimed[hospital]) == 1
    finally:
        service.stop()
