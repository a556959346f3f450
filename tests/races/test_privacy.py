"""What people say of themselves stands in plain nowhere: not in a file, a table, an event, a problem, a log line."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from tests.races.guests import Door, Guest, slot
from tests.races.kinds import mostly_on_postgres
from tests.races.serving import SECRET, Server, Service

pytestmark = pytest.mark.anyio

HALL = "Ombudsman Hall"
"""The resource's name, which is no secret: what finds it would find the words."""

PROFILE = {
    "name": "Wilhelmina Zorblax",
    "email": "xylophagous@quagga.example",
    "phone": "+43 5550 9182736",
    "language": "tlh-quenya",
}
SUBJECT, ISSUER, DETAILS, SEARCH, KEY = "marmoset", "https://ocelot.example", "humerus", "pangolin", "narwhal"
REASONS = {
    verb: f"because-of-{animal}"
    for verb, animal in {
        "cancel": "aardvark",
        "approve": "binturong",
        "reject": "capybara",
        "revoke": "dugong",
        "complete": "echidna",
        "no-show": "fossa",
        "block": "gerenuk",
    }.items()
}
WORDS = (
    *("wilhelmina", "zorblax", "xylophagous", "quagga", "9182736", "quenya"),
    *(SUBJECT, "ocelot", DETAILS, SEARCH, KEY),
    *(reason.rpartition("-")[2] for reason in REASONS.values()),
)


def found_in(text: bytes | str, words: tuple[str, ...] = WORDS) -> list[str]:
    """The words that stand in a text, whatever the case."""
    data = (text if isinstance(text, bytes) else text.encode()).lower()
    return [word for word in words if word.lower().encode() in data]


def stored(service: Service) -> Iterator[tuple[str, bytes]]:
    """Everything that the store keeps: each file's bytes, each table's rows."""
    if service.store.folder is not None:
        for path in sorted(service.store.folder.rglob("*")):
            if path.is_file():
                yield path.name, path.read_bytes()
        return
    tables = service.store.ask("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    for (table,) in tables:
        for row in service.store.ask(f'SELECT * FROM "{table}"'):
            yield str(table), b"\n".join(v if isinstance(v, bytes) else str(v).encode() for v in row)


class People:
    """Those who plant the words."""

    def __init__(self, door: Door, server: Server) -> None:
        self.alice = door.guest(server, f"{SUBJECT}-alice", "customer", issuer=ISSUER)
        self.sam = door.guest(server, f"{SUBJECT}-sam", "staff", issuer=ISSUER)
        self.website = door.guest(server, f"{SUBJECT}-website", "agent", issuer=ISSUER)
        self.ada = door.guest(server, f"{SUBJECT}-ada", "admin", issuer=ISSUER)
        self.odile = door.guest(server, f"{SUBJECT}-odile", "auditor", issuer=ISSUER)


def done(answer: httpx.Response) -> Any:
    """The answer to a request that had to succeed."""
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


async def book(person: Guest, resource: str, start: str, **more: Any) -> str:
    wanted = {"resource": resource, "start": start, "details": {"note": DETAILS, DETAILS: 1}, **more}
    return str(done(await person.post("/v1/bookings", wanted, Idempotency_Key=f"{KEY}-{resource}-{start}"))["id"])


async def act(person: Guest, booking: str, verb: str) -> None:
    """Do something to a booking, and say why."""
    answer = done(await person.post(f"/v1/bookings/{booking}/{verb}", {"reason": REASONS[verb]}))
    assert answer["details"] == {"note": DETAILS, DETAILS: 1}, "who may read it does"


async def plant_in_profiles(people: People) -> str:
    """Everybody's profile is said; answers the customer whom the desk made."""
    me = done(await people.alice.get("/v1/me"))["customer"]
    done(await people.alice.send("PATCH", f"/v1/customers/{me}", PROFILE))
    assert done(await people.alice.get("/v1/me"))["profile"] == {**PROFILE, "messages": None}
    done(await people.website.post("/v1/customers", PROFILE, Idempotency_Key=KEY))
    made = str(done(await people.sam.post("/v1/customers", {"name": PROFILE["name"]}))["customer"])
    done(await people.sam.send("PATCH", f"/v1/customers/{made}", PROFILE))
    assert done(await people.sam.get(f"/v1/customers/{made}"))["profile"] == {**PROFILE, "messages": None}
    return made


async def plant_in_bookings(people: People, server: Server, customer: str) -> None:
    """Every kind of command that takes details or a reason."""
    alice, sam = people.alice, people.sam
    await act(alice, await book(alice, "hall", slot(0)), "cancel")
    moved = await book(alice, "hall", slot(1))
    done(await alice.post(f"/v1/bookings/{moved}/reschedule", {"start": slot(2)}))
    await act(sam, moved, "revoke")
    await act(sam, await book(sam, "asked", slot(0), customer=customer), "approve")
    await act(sam, await book(alice, "asked", slot(1)), "reject")
    held = done(await alice.post("/v1/holds", {"resource": "hall", "start": slot(3), "details": {"note": DETAILS}}))
    done(await alice.post(f"/v1/bookings/{held['id']}/confirm", {"details": {"later": DETAILS}}))
    soon = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=10)
    start = f"{soon - timedelta(minutes=soon.minute % 5):%Y-%m-%dT%H:%M:%SZ}"
    begun = [await book(person, "soon", start, **more) for person, more in ((alice, {}), (sam, {"customer": customer}))]
    block = {"start": slot(0), "end": slot(4), "reason": REASONS["block"]}
    placed = [done(await sam.post("/v1/resources/hall/blocks", block))["block"] for _ in range(2)]
    done(await sam.send("DELETE", f"/v1/resources/hall/blocks/{placed[0]}"))
    server.switch(on=True)  # it is later now
    for booking, verb in zip(begun, ("complete", "no-show"), strict=True):
        await act(sam, booking, verb)
    for path in ("/v1/bookings", f"/v1/bookings/{moved}/events"):
        assert found_in((await alice.get(path)).content) != []


async def plant_in_vain(people: People, door: Door, server: Server) -> None:
    """The words in requests that are refused, and in every part of them."""
    alice, sam, hall = people.alice, people.sam, {"resource": "hall", "start": slot(1)}
    bodies = [
        ("/v1/bookings", {**hall, "details": DETAILS}),
        ("/v1/bookings", {**hall, "details": {DETAILS: DETAILS * 2000}}),
        ("/v1/bookings", {**hall, "note": DETAILS}),
        ("/v1/bookings", {**hall, "customer": PROFILE["name"]}),
        ("/v1/bookings", {**hall, "details": {"note": DETAILS}}),  # blocked
        ("/v1/bookings", {"resource": "hall", "start": DETAILS}),
        ("/v1/holds", {**hall, "party": DETAILS}),
        ("/v1/customers", {"email": PROFILE["name"]}),
        ("/v1/customers", {"name": PROFILE["name"] * 50, "phone": 9182736, "language": PROFILE["email"]}),
        ("/v1/customers", {"name": f"{PROFILE['name']}\0"}),
        ("/v1/resources/hall/blocks", {"start": slot(1), "end": slot(2), "reason": REASONS["block"] * 100}),
        ("/v1/resources/hall/blocks", {"start": REASONS["block"], "end": slot(2), "reason": [REASONS["block"]]}),
    ]
    for path, body in bodies:
        for person in (alice, sam):
            assert (await person.post(path, body)).is_error
    kept = f"/v1/bookings/b-{'0' * 32}"
    for verb in ("cancel", "approve", "reject", "revoke", "complete", "no-show"):
        for person in (alice, sam):
            assert (await person.post(f"{kept}/{verb}", {"reason": REASONS[verb]})).is_error
            assert (await person.post(f"{kept}/{verb}", {"reason": REASONS[verb] * 100})).is_error
    searches = [
        f"/v1/resources?q={SEARCH}&attribute.{SEARCH}={SEARCH}",
        f"/v1/resources?kind={SEARCH}",
        f"/v1/availability?start={slot(1)}&end={slot(2)}&kind={SEARCH}&attribute.{SEARCH}={SEARCH}",
    ]
    for search in searches:
        assert (await alice.get(search)).is_success
    questions = [
        *(f"/v1/resources?seats={SEARCH}", f"/v1/resources?nonsense={SEARCH}", f"/v1/resources?cursor={SEARCH}"),
        *(f"/v1/bookings?customer={SEARCH}", f"/v1/bookings?from={SEARCH}", f"/v1/resources/hall/days/{SEARCH}"),
        *(f"/v1/bookings/{SEARCH}", f"/v1/customers/{SEARCH}", f"/{SEARCH}"),
        f"/v1/resources/hall/availability?from={SEARCH}&to={SEARCH}",
    ]
    for question in questions:
        for person in (alice, sam):
            assert (await person.get(question)).is_error
    for headers in ({"Daybook_Position": KEY}, {"Cookie": KEY, "User_Agent": KEY, "X_Forwarded_For": KEY}):
        await alice.get("/v1/bookings", **headers)
    for headers in ({"Idempotency_Key": KEY * 60}, {"Idempotency_Key": f"{KEY}-hall-{slot(1)}"}, {"If_Match": KEY}):
        assert (await alice.post("/v1/bookings", hall, **headers)).is_error
    await no_json(alice, server)
    await without_a_good_token(door, server)


async def no_json(person: Guest, server: Server) -> None:
    """Bodies that are no JSON, or too much of it."""
    kinds = {"application/json": f'{{"details": {DETAILS}', "text/plain": DETAILS, f"text/{DETAILS}": DETAILS}
    for kind, body in {**kinds, "application/json; charset=utf-8": DETAILS * 20_000}.items():
        headers = {**person.headers, "Content-Type": kind}
        answer = await person.http.post(f"{server.url}/v1/bookings", content=body, headers=headers)
        assert answer.is_error


async def without_a_good_token(door: Door, server: Server) -> None:
    """Tokens that say who it is and are worth nothing."""
    claims = {"sub": SUBJECT, "iss": ISSUER, "roles": ["customer"], "exp": 4_000_000_000, "name": PROFILE["name"]}
    tokens = [
        jwt.encode(claims, "another secret that is long enough for this", algorithm="HS256"),
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode({**claims, "exp": 1}, SECRET, algorithm="HS256"),
        jwt.encode({**claims, "sub": f"{SUBJECT}\0"}, SECRET, algorithm="HS256"),
        jwt.encode({**claims, "sub": SUBJECT * 100}, SECRET, algorithm="HS256"),
        jwt.encode({**claims, "roles": PROFILE["name"]}, SECRET, algorithm="HS256"),
        SUBJECT,
    ]
    for authorization in [*(f"Bearer {token}" for token in tokens), f"Basic {SUBJECT}"]:
        answer = await door.stranger(server, Authorization=authorization).get("/v1/me")
        assert answer.status_code == 401


@pytest.mark.slow
@mostly_on_postgres
async def test_what_people_say_stands_in_plain_nowhere(service: Service, door: Door) -> None:
    service.environment["DAYBOOK_LOG_LEVEL"] = "debug"
    server = service.start("later")
    people = People(door, server)
    always = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    resource = {"kind": "room", "timezone": "UTC", "hours": always}
    for key, policy in (("hall", {}), ("asked", {"approval": True}), ("soon", {"step": 5})):
        body = {**resource, "name": HALL, "policy": policy, "capacity": 2}
        done(await people.ada.send("PUT", f"/v1/resources/{key}", body))
    customer = await plant_in_profiles(people)
    await plant_in_bookings(people, server, customer)
    await plant_in_vain(people, door, server)

    day = slot()[:10]
    for_others = [
        await door.stranger(server).get("/metrics"),
        await door.stranger(server).get(f"/v1/resources/hall/availability?from={day}&to={day}"),
        await people.ada.get("/v1/resources"),
        await people.odile.get(f"/v1/resources/hall/days/{day}"),
        await people.odile.get(f"/v1/resources/hall/days/{day}/events"),
        await people.odile.get("/v1/events?limit=500"),
    ]
    for answer in for_others:
        in_plain = found_in(answer.content) + found_in(str(answer.headers))
        assert (answer.status_code, in_plain) == (200, []), answer.url
    for answer in [answer for answer in door.answers if answer.is_error]:
        assert found_in(answer.content) + found_in(str(answer.headers)) == [], answer.text
    assert {name: words for name, data in stored(service) if (words := found_in(data))} == {}
    assert server.terminate() == 0
    assert {name: words for name, data in stored(service) if (words := found_in(data))} == {}
    assert found_in(server.said) == []
    # The control: what may be seen is found in the same places.
    hall = (HALL,)
    assert any(found_in(data, hall) for _, data in stored(service))
    assert found_in(for_others[-1].content, hall) == [HALL]
    assert any(found_in(answer.content, hall) for answer in door.answers if answer.is_error)
    assert "projecting and sweeping" in server.said
