"""What generated requests need in order to succeed: things that exist, free times, current versions."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from itertools import count, cycle
from typing import Any, Final, NamedTuple

from tests.interface.house import ALWAYS, House, next_week

DATE = next_week()[:10]
TEN, ELEVEN = f"{DATE}T10:00", f"{DATE}T11:00"
ENDLESS: dict[str, Any] = {"capacity": 1_000_000, "policy": {"max_units": 1_000_000}}
_BESIDE_THE_CLOCK = timedelta(seconds=58)

NOWHERE: Final = "https://127.0.0.1/basic.ics"
"""An address that may not be gone to, for calendars and webhooks."""


class Operation(NamedTuple):
    """One of the document's: a path's template and a method in small letters."""

    path: str
    method: str


class Seeds:
    """Makes what an operation is about, new each time, and writes it into a generated case.

    What need not be real stays as it was generated: details, reasons, names, filters. `begun`: how many bookings
    that have begun can be had; they are made beforehand, since time in a log never runs back.
    """

    def __init__(self, house: House, begun: int) -> None:
        self._house = house
        self._numbers = count(1)
        self._is_to_be_new = cycle((True, False))
        house.clock.shift = -_BESIDE_THE_CLOCK
        self.guest = house.guest("everyone", "admin", "staff", "agent", "customer", "auditor")
        self.me = self.guest.me()
        house.register("hall", **ENDLESS)
        house.register("pitch", **{**ENDLESS, "policy": {**ENDLESS["policy"], "approval": True}})
        house.register("shed")
        self._has_begun = self._soon_begun(begun)
        house.clock.shift = _BESIDE_THE_CLOCK

    def plant(self, case: Any, operation: Operation) -> None:
        """Make the case one that should succeed."""
        for header in ("If-Match", "If-None-Match", "Last-Event-ID"):
            case.headers.pop(header, None)
        if "Idempotency-Key" in case.headers:
            case.headers["Idempotency-Key"] = self._new("key")
        if "Daybook-Position" in case.headers:
            case.headers["Daybook-Position"] = self._position()
        case.query = {name: value for name, value in (case.query or {}).items() if name not in _NOT_MADE_UP}
        if "as_of" in case.query:
            case.query["as_of"] = self._position()
        for name in case.path_parameters or {}:
            case.path_parameters[name] = self._of_path(name, operation)
        planting = _PLANTINGS.get(operation)
        if planting is not None:
            planting(self, case)

    def to_book(self, case: Any) -> None:
        """A free place, for somebody who is there."""
        case.body = {**_kept(case.body, "details"), "resource": "hall", "start": TEN, "customer": self.me}
        if next(self._is_to_be_new) and case.path == "/v1/bookings":
            case.body |= {"repeat": "FREQ=DAILY;COUNT=2"}

    def to_end(self, case: Any) -> None:
        """From before its bookings on."""
        case.body = {**_kept(case.body, "reason"), "from": TEN}

    def to_move(self, case: Any) -> None:
        """Another time of the same day."""
        case.body = {"start": ELEVEN}

    def to_block(self, case: Any) -> None:
        """Some hours."""
        case.body = {**_kept(case.body, "units", "reason"), "start": TEN, "end": ELEVEN}

    def to_follow(self, case: Any) -> None:
        """A calendar of a resource that has none, or the one that it has then."""
        case.path_parameters["resource"] = resource = self._resource()
        self._house.daybook.runner.wait_for(self._house.daybook.log.head().position)
        if "calendar" in case.path_parameters:
            made = self._made(f"/v1/resources/{resource}/calendars", {"url": NOWHERE})
            case.path_parameters["calendar"] = made["calendar"]
        else:
            case.body = {"url": NOWHERE}

    def to_wait(self, case: Any) -> None:
        """What is taken, for somebody who waits for nothing yet."""
        case.body = self._wish()

    def to_hook(self, case: Any) -> None:
        """One whom nothing reaches; of those before it none is left, since there may be only so many."""
        self._end_webhooks()
        case.body = {**_kept(case.body, "types"), "url": NOWHERE}

    def to_change_hook(self, case: Any) -> None:
        """Anything but an address."""
        case.body = _kept(case.body, "types", "enabled")

    def to_replay(self, case: Any) -> None:
        """All of it."""
        case.body = {"after": "0"}

    def to_define(self, case: Any) -> None:
        """A resource that is new, or one that is there with its version, in turn."""
        kept = _kept(case.body, "capacity", "seats", "visibility")
        case.body = {**kept, "name": "Ballroom", "kind": "room", "timezone": "Asia/Dhaka", "hours": ALWAYS}
        if next(self._is_to_be_new):
            case.path_parameters["resource"] = self._new("room")
        else:
            case.headers["If-Match"] = '"1"'

    def to_preview(self, case: Any) -> None:
        """A resource that is there, as it might be, on two dates."""
        case.query = {"from": DATE, "to": DATE}
        case.body = {**_kept(case.body, "seats", "visibility"), "name": "Hall", "kind": "room", "hours": ALWAYS}

    def to_imagine(self, case: Any) -> None:
        """A resource that is there, as it might have been, on two dates."""
        case.query = {"from": DATE, "to": DATE}
        case.body = {"set": {"hours.fri": "closed"}}

    def to_close(self, case: Any) -> None:
        """A closed date, with the version of the resource."""
        case.body = {"windows": []}
        case.headers["If-Match"] = '"1"'

    def to_see_what_is_free(self, case: Any) -> None:
        """Two dates."""
        case.query = {"from": DATE, "to": DATE, **_kept(case.query, "as_of")}

    def to_find_what_is_free(self, case: Any) -> None:
        """An hour of one resource or of two at once, or the next starts."""
        hour, day = {"start": f"{TEN}:00Z", "end": f"{ELEVEN}:00Z"}, {"from": f"{TEN}:00Z", "to": f"{ELEVEN}:00Z"}
        together = {"need": ["kind:room", "id:hall;units:2"]}
        kept = _kept(case.query, "kind", "q", "seats", "units", "limit")
        wishes = ({**kept, **hour}, {**together, **hour}, {**together, **day})
        case.query = wishes[next(self._numbers) % len(wishes)]

    def to_listen(self, case: Any) -> None:
        """Two resources, from a position on."""
        case.query |= {"resource": ["hall", "shed"], "after": self._position()}

    def to_see_demand(self, case: Any) -> None:
        """Two dates, in any form."""
        case.query = {**_kept(case.query, "by", "format"), "resource": "hall", "from": DATE, "to": DATE}
        case.headers.pop("Accept", None)

    def to_list_bookings(self, case: Any) -> None:
        """Those from now on, as far as anybody knows."""
        case.query |= {"from": f"{TEN}:00Z", "to": f"{ELEVEN}:00Z", "changed_after": self._position()}

    def _of_path(self, name: str, operation: Operation) -> str:
        what_for = operation.path.rpartition("/")[2]
        match name:
            case "booking":
                return self._booking(what_for)
            case "customer" if what_for == "calendar":
                return self.me
            case "feed":
                return str(self._made("/v1/customers/me/calendar", {})["address"]).rpartition("/")[2]
            case "series":
                return self._series()
            case "customer":
                return str(self._made("/v1/customers", {"name": "Noor"})["customer"])
            case "block":
                return str(self._made("/v1/resources/shed/blocks", {"start": TEN, "end": ELEVEN})["block"])
            case "webhook":
                self._end_webhooks()
                return str(self._made("/v1/webhooks", {"url": NOWHERE})["id"])
            case "wish":
                made = self._made("/v1/waitlist", self._wish())
                self._house.daybook.runner.wait_for(self._house.daybook.log.head().position)
                return str(made["id"])
            case "resource" if "exceptions" in operation.path or operation.method in {"put", "delete"}:
                return "shed" if "blocks" in operation.path else self._resource()
            case "resource":
                return "shed" if what_for == "blocks" else "hall"
        return {"date": DATE, "code": "closed", "calendar": "made by its planting"}[name]

    def _end_webhooks(self) -> None:
        table = self._house.daybook.log.webhooks
        for row in table.all():
            table.delete(row.webhook)

    def _wish(self) -> dict[str, Any]:
        taken, customer = self._resource(), self._made("/v1/customers", {"name": "Noor"})["customer"]
        self._made(f"/v1/resources/{taken}/blocks", {"start": TEN, "end": ELEVEN})
        return {"resource": taken, "start": TEN, "customer": customer}

    def _resource(self) -> str:
        key = self._new("room")
        self._house.register(key)
        return key

    def _booking(self, what_for: str) -> str:
        if what_for in {"complete", "no-show"}:
            return next(self._has_begun)
        where = "/v1/holds" if what_for == "confirm" else "/v1/bookings"
        resource = "pitch" if what_for in {"approve", "reject"} else "hall"
        made = self._made(where, {"resource": resource, "start": TEN, "customer": self.me})
        self._house.daybook.runner.wait_for(made["position"])
        return str(made["id"])

    def _series(self) -> str:
        weekly = {"resource": "hall", "start": TEN, "customer": self.me, "repeat": "FREQ=WEEKLY;COUNT=2"}
        made = self._made("/v1/bookings", weekly)
        self._house.daybook.runner.wait_for(made["bookings"][-1]["position"])
        return str(made["id"])

    def _soon_begun(self, number: int) -> Iterator[str]:
        """Bookings made while the clock is slow: once it is fast, what starts in between has begun."""
        # Most of a minute off at least, so that there is time to make them, and over when the clock is fast.
        start = (self._house.clock() + timedelta(seconds=110)).replace(second=0, microsecond=0)
        hours = {day: [[f"{start:%H:%M}", f"{start:%H:%M}"]] for day in ALWAYS}
        self._house.register("sauna", timezone="UTC", hours=hours, **ENDLESS)
        wanted = {"resource": "sauna", "start": f"{start:%Y-%m-%dT%H:%M}Z", "customer": self.me}
        return iter([str(self._made("/v1/bookings", wanted)["id"]) for _ in range(number)])

    def _made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.guest.post(path, body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def _new(self, kind: str) -> str:
        return f"{kind}-{next(self._numbers)}"

    def _position(self) -> str:
        log = self._house.daybook.log
        return f"{log.log_id}.{log.head().position}"


def _kept(body: Any, *names: str) -> dict[str, Any]:
    return {name: body[name] for name in names if name in body} if isinstance(body, dict) else {}


_NOT_MADE_UP = {"cursor", "after", "changed_after", "from", "to", "start", "end"}
"""Parameters that succeed only when somebody handed them out, or when they fit together."""

_PLANTINGS: Mapping[Operation, Callable[[Seeds, Any], None]] = {
    Operation("/v1/bookings", "post"): Seeds.to_book,
    Operation("/v1/holds", "post"): Seeds.to_book,
    Operation("/v1/waitlist", "post"): Seeds.to_wait,
    Operation("/v1/bookings/{booking}/reschedule", "post"): Seeds.to_move,
    Operation("/v1/series/{series}/cancel", "post"): Seeds.to_end,
    Operation("/v1/webhooks", "post"): Seeds.to_hook,
    Operation("/v1/webhooks/{webhook}", "patch"): Seeds.to_change_hook,
    Operation("/v1/webhooks/{webhook}/replay", "post"): Seeds.to_replay,
    Operation("/v1/resources/{resource}/blocks", "post"): Seeds.to_block,
    Operation("/v1/resources/{resource}/calendars", "post"): Seeds.to_follow,
    Operation("/v1/resources/{resource}/calendars/{calendar}", "delete"): Seeds.to_follow,
    Operation("/v1/resources/{resource}/calendars/{calendar}/refresh", "post"): Seeds.to_follow,
    Operation("/v1/resources/{resource}", "put"): Seeds.to_define,
    Operation("/v1/resources/{resource}/preview", "post"): Seeds.to_preview,
    Operation("/v1/resources/{resource}/what-if", "post"): Seeds.to_imagine,
    Operation("/v1/resources/{resource}/exceptions/{date}", "put"): Seeds.to_close,
    Operation("/v1/resources/{resource}/availability", "get"): Seeds.to_see_what_is_free,
    Operation("/v1/availability", "get"): Seeds.to_find_what_is_free,
    Operation("/v1/bookings", "get"): Seeds.to_list_bookings,
    Operation("/v1/demand", "get"): Seeds.to_see_demand,
    Operation("/v1/live", "get"): Seeds.to_listen,
}
