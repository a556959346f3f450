"""What clients want: customers, the desk and the administrator, each in a loop until the run ends."""

import asyncio
import random
from collections import deque
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from tests.torture.clients import Client
from tests.torture.history import History, Operation
from tests.torture.places import CAPACITIES, HALL, PLACES, SHED

MOST_BOOKINGS = 4
MOST_REMEMBERED = 50


class Customer(Client):
    """Books, holds, confirms, cancels, moves and looks."""

    def begin(self) -> None:
        self._holds: deque[str] = deque()
        self._bookings: deque[str] = deque()
        self._done: deque[Operation] = deque(maxlen=MOST_REMEMBERED)

    async def live(self, desk: "Desk") -> None:
        """One wish after the other."""
        self.begin()
        while True:
            wish = self.chance.random()
            if self._holds and wish < 0.25:
                await self._on(self._holds.popleft(), "confirm", {"details": {"said": "yes"}})
            elif self._bookings and (wish < 0.4 or len(self._bookings) > MOST_BOOKINGS):
                await self._on(self._bookings.popleft(), "cancel", {"reason": "ill"})
            elif self._bookings and wish < 0.55:
                leg = self.chance.choice(PLACES).leg(self.chance)
                await self._on(self._bookings.popleft(), "reschedule", {"legs": [leg]}, keep=True)
            else:
                await self._something_else(desk)
            await asyncio.sleep(self.chance.uniform(0, 0.02))

    async def _something_else(self, desk: "Desk") -> None:
        wish = self.chance.random()
        if self._done and wish < 0.1:
            await self.repeat(self.chance.choice(self._done))
        elif wish < 0.25:
            await self._look()
        else:
            await self._take(desk, hold=wish < 0.55)

    async def _take(self, desk: "Desk", *, hold: bool) -> None:
        number = self.history.next_number()
        legs = [self.chance.choice(PLACES).leg(self.chance) for _ in range(self.chance.choice((1, 1, 1, 2)))]
        # The party is the operation's number: so a booking in the log tells who asked for it.
        body = {"legs": legs, "party": number, "details": {"operation": number}}
        kind, path = ("hold", "/v1/holds") if hold else ("book", "/v1/bookings")
        keyed = self.chance.random() < 0.9
        done = await self.command(kind, "POST", path, body, number=number, keyed=keyed)
        self._remember(done)
        if done.answer is not None:
            booking = done.answer["id"]
            (self._holds if hold else self._bookings).append(booking)
            if done.answer["status"] == "pending":
                desk.hears_of(booking, "pending")

    async def _on(self, booking: str, verb: str, body: dict[str, Any], *, keep: bool = False) -> None:
        done = await self.command(verb, "POST", f"/v1/bookings/{booking}/{verb}", body)
        self._remember(done)
        if keep or (done.result == "ok" and verb == "confirm"):
            self._bookings.append(booking)

    def _remember(self, done: Operation) -> None:
        if done.result == "ok" and done.key is not None:
            self._done.append(done)

    async def _look(self) -> None:
        if self._bookings and self.chance.random() < 0.6:
            await self.question("show", f"/v1/bookings/{self._bookings[0]}", self.last_position)
        else:
            place = self.chance.choice(PLACES)
            day = place.leg(self.chance)["start"][:10]
            path = f"/v1/resources/{place.key}/availability?from={day}&to={day}"
            await self.question("availability", path, self.last_position)


class Visitor(Client):
    """Looks what is free, and takes nothing."""

    async def live(self) -> None:
        """One look after the other, often for the same: then an answer may be one that a server has kept."""
        while True:
            place = self.chance.choice(PLACES)
            first = date.fromisoformat(place.leg(self.chance)["start"][:10])
            path = f"/v1/resources/{place.key}/availability?from={first}&to="
            if self.chance.random() < 0.6:
                path += f"{first}"
            else:
                units = self.chance.randint(1, place.policy.get("max_units", 1))
                path += f"{first + timedelta(days=1)}&duration={self.chance.choice(place.lengths)}&units={units}"
            await self.question("availability", path, self.chance.choice((None, self.last_position)))
            await asyncio.sleep(self.chance.uniform(0, 0.1))


class Desk(Client):
    """Approves, rejects and revokes; takes time away and gives it back. Without it the places would fill for good
    with bookings whose customers never heard that they have them.
    """

    def begin(self) -> None:
        self._heard: deque[tuple[str, str]] = deque(maxlen=MOST_REMEMBERED)
        self._lifted: set[str] = set()

    def hears_of(self, booking: str, status: str) -> None:
        """Somebody has this booking."""
        self._heard.append((booking, status))

    async def live(self) -> None:
        """One thing after the other."""
        while True:
            wish = self.chance.random()
            if self._heard and wish < 0.6:
                await self._decide(*self._heard.popleft())
            elif wish < 0.7:
                await self._block()
            elif wish < 0.9:
                await self._look_at_a_day()
            else:
                await self._look_at_bookings()
            await asyncio.sleep(self.chance.uniform(0, 0.1))

    async def _decide(self, booking: str, status: str) -> None:
        verbs = {"pending": ("approve", "approve", "reject"), "confirmed": ("revoke",)}
        if status in verbs:
            verb = self.chance.choice(verbs[status])
            await self.command(verb, "POST", f"/v1/bookings/{booking}/{verb}", {"reason": "so it is"})

    async def _block(self) -> None:
        leg = self.chance.choice(PLACES).leg(self.chance)
        body = {"start": leg["start"], "end": leg["end"], "units": 1, "reason": "repairs"}
        await self.command("block", "POST", f"/v1/resources/{leg['resource']}/blocks", body)

    async def _look_at_a_day(self) -> None:
        place = self.chance.choice(PLACES)
        day = datetime.fromisoformat(place.leg(self.chance)["start"]).astimezone(ZoneInfo(place.timezone))
        seen = await self.question("day", f"/v1/resources/{place.key}/days/{day:%Y-%m-%d}", self.last_position)
        for block in (seen.answer or {"blocks": []})["blocks"]:
            if block["block"] not in self._lifted and self.chance.random() < 0.7:
                self._lifted.add(block["block"])
                path = f"/v1/resources/{place.key}/blocks/{block['block']}"
                # One operation, however long it takes: the log does not say which of two requests lifted it.
                await self.command("lift", "DELETE", path, tries=1000)

    async def _look_at_bookings(self) -> None:
        status = self.chance.choice(("pending", "confirmed", "confirmed"))
        seen = await self.question("list", f"/v1/bookings?status={status}&limit=100", self.last_position)
        for booking in (seen.answer or {"items": []})["items"]:
            if self.chance.random() < 0.5:
                self.hears_of(booking["id"], booking["status"])


class Administrator(Client):
    """Registers the places, revises the hall's capacity to and fro, and retires the shed."""

    async def register(self) -> None:
        """All places, before anybody comes."""
        for place in PLACES:
            for _ in range(100):
                number = self.history.next_number()
                body = place.body(f"{place.key} of operation {number}")
                done = await self.command("register", "PUT", f"/v1/resources/{place.key}", body, number=number)
                if done.result == "ok" or "if-match-required" in done.tries:
                    break

    async def live(self, retire_after: float) -> None:
        """Less and more room in the hall, and no more shed after so many seconds."""
        retire_at = asyncio.get_running_loop().time() + retire_after
        retired = False
        while True:
            await asyncio.sleep(self.chance.uniform(0.2, 1.0))
            version = await self._version(HALL.key)
            if version is not None:
                number = self.history.next_number()
                body = HALL.body(f"hall of operation {number}", self.chance.choice(CAPACITIES))
                headers = {"If-Match": f'"{version}"'}
                path = f"/v1/resources/{HALL.key}"
                await self.command("revise", "PUT", path, body, number=number, headers=headers)
            if not retired and asyncio.get_running_loop().time() > retire_at:
                # One operation, however long it takes: the log does not say which of two requests retired it.
                await self.command("retire", "DELETE", f"/v1/resources/{SHED.key}", tries=1000)
                retired = True

    async def _version(self, place: str) -> int | None:
        seen = await self.question("resource", f"/v1/resources/{place}", self.last_position)
        return None if seen.answer is None else int(seen.answer["version"])


class Crowd(NamedTuple):
    """Everybody who wants something."""

    people: list[Customer]
    visitor: Visitor
    desk: Desk
    admin: Administrator


def crowd(history: History, doors: list[str], seed: int, customers: int) -> Crowd:
    """Everybody, each with a chance of their own, so that the seed says what each would want."""

    def chance(name: str) -> random.Random:
        return random.Random(f"{seed} {name}")  # noqa: S311 - wishes are no secret

    people = [Customer(history, doors, f"person-{n}", "customer", chance(f"person {n}")) for n in range(customers)]
    desk = Desk(history, doors, "sam", "staff", chance("desk"))
    desk.begin()
    visitor = Visitor(history, doors, "vera", "customer", chance("visitor"))
    return Crowd(people, visitor, desk, Administrator(history, doors, "ada", "admin", chance("admin")))
