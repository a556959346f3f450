"""What an administrator says of a resource, and the rules that a definition must keep."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from domain.interval import DAY
from domain.plan import (
    MINUTES_A_DAY,
    WEEKDAYS,
    DateException,
    Plan,
    Policy,
    Stored,
    Weekday,
    Windows,
    wall_window,
)
from domain.refusal import Fact, Refused

Visibility = Literal["public", "signed-in", "staff"]
Attribute = str | int | float | bool

MOST = 1_000_000
MOST_ATTRIBUTES = 50
FIRST_DATE, LAST_DATE = date(1970, 1, 2), date(2999, 12, 30)
WALL_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")
IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
ONE_LINE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")
"""A name: no control characters, and no signs that turn the direction of what is written around it."""
NOT_PLACES = ("localtime", "posixrules", "posix/", "right/")
"""What some machines keep beside the database's zones: their own setting, and zones that count leap seconds."""
POLICY_BOUNDS: Mapping[str, tuple[int, int]] = {
    "step": (5, MINUTES_A_DAY),
    "min_duration": (5, 31 * MINUTES_A_DAY),
    "max_duration": (5, 31 * MINUTES_A_DAY),
    "max_units": (1, MOST),
    "hold_seconds": (1, 3600),
    "min_notice": (0, 3660 * MINUTES_A_DAY),
    "max_advance_days": (0, 3660),
    "cancel_notice": (0, 3660 * MINUTES_A_DAY),
    "buffer_before": (0, MINUTES_A_DAY),
    "buffer_after": (0, MINUTES_A_DAY),
    "daily_limit": (1, MOST),
    "offer_minutes": (1, 7 * MINUTES_A_DAY),
}


class Definition(Stored):
    """A resource as its administrator defines it; the time zone stands beside it, since it never changes."""

    name: str
    kind: str
    capacity: int = 1
    seats: int | None = None
    attributes: dict[str, Attribute] = Field(default_factory=dict)
    visibility: Visibility = "public"
    hours: dict[Weekday, Windows] = Field(default_factory=dict)
    exceptions: dict[date, DateException] = Field(default_factory=dict)
    policy: Policy = Policy()

    def plan(self, timezone: str) -> Plan:
        """The plan that the definition makes in a time zone."""
        return Plan(ZoneInfo(timezone), self.hours, self.exceptions, self.policy)

    def checked(self, timezone: str) -> "Definition":
        """The definition with its durations filled in and its windows in order.

        Raises `Refused` with `malformed` and every broken rule as `errors: [{pointer, detail}]`.
        """
        policy = self.policy
        shortest = policy.min_duration or policy.step
        filled = policy.model_copy(update={"min_duration": shortest, "max_duration": policy.max_duration or shortest})
        complete = self.model_copy(update={"policy": filled})
        errors = [
            *_of_terms(complete),
            *_of_policy(complete),
            *_of_timezone(timezone),
            *_of_windows(complete),
        ]
        errors = errors or list(_of_neighbours(complete))
        if errors:
            listed: list[Fact] = [{"pointer": pointer, "detail": detail} for pointer, detail in errors]
            raise Refused("malformed", f"The resource cannot be defined like this: {errors[0][1]}.", errors=listed)
        return complete.model_copy(
            update={
                "hours": {day: _ordered(complete.hours[day]) for day in WEEKDAYS if complete.hours.get(day)},
                "exceptions": {
                    day: exception.model_copy(update={"windows": _ordered(exception.windows)})
                    for day, exception in sorted(complete.exceptions.items())
                },
            }
        )


Errors = Iterator[tuple[str, str]]


def _of_terms(definition: Definition) -> Errors:
    if not definition.name.strip() or len(definition.name) > 200:
        yield "/name", "a name has 1 to 200 characters"
    if not IDENTIFIER.fullmatch(definition.kind):
        yield "/kind", "a kind is written like psychologist or sports-ground, in at most 63 characters"
    if not 1 <= definition.capacity <= MOST:
        yield "/capacity", f"capacity is 1 to {MOST}"
    if definition.seats is not None and not 1 <= definition.seats <= MOST:
        yield "/seats", f"seats is 1 to {MOST}, or left out"
    if len(definition.attributes) > MOST_ATTRIBUTES:
        yield "/attributes", f"a resource has at most {MOST_ATTRIBUTES} attributes"
    for name, value in definition.attributes.items():
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name):
            yield "/attributes", "an attribute's name is written like floor or has_projector"
        if isinstance(value, str) and len(value) > 200:
            yield f"/attributes/{name}", "an attribute's text has at most 200 characters"
        if isinstance(value, int | float) and not -1e15 < value < 1e15:
            yield f"/attributes/{name}", "an attribute's number lies between -1e15 and 1e15"


def _of_policy(definition: Definition) -> Errors:
    policy = definition.policy
    for name, (least, most) in POLICY_BOUNDS.items():
        value = getattr(policy, name)
        if value is not None and not least <= value <= most:
            yield f"/policy/{name}", f"{name} is {least} to {most}"
    if policy.max_units > definition.capacity:
        yield "/policy/max_units", f"max_units ({policy.max_units}) is above capacity ({definition.capacity})"
    if policy.max_duration < policy.min_duration:
        yield "/policy/max_duration", "max_duration is below min_duration"
    elif policy.step > 0 and (policy.max_duration - policy.min_duration) % policy.step:
        yield "/policy/max_duration", "max_duration is min_duration plus a multiple of step"


def _of_timezone(timezone: str) -> Errors:
    try:
        if timezone.startswith(NOT_PLACES):
            raise ValueError(timezone)
        ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        yield "/timezone", "this time zone is not in the time-zone database; write it like Europe/Vienna"


def _of_windows(definition: Definition) -> Errors:
    for day, windows in definition.hours.items():
        yield from _of_one_date(f"/hours/{day}", windows)
    if len(definition.exceptions) > 1000:
        yield "/exceptions", "a resource has at most 1,000 exceptions"
    for when, exception in definition.exceptions.items():
        if not FIRST_DATE <= when <= LAST_DATE:
            yield f"/exceptions/{when}", f"dates lie between {FIRST_DATE} and {LAST_DATE}"
        if exception.reason is not None and len(exception.reason) > 200:
            yield f"/exceptions/{when}/reason", "a reason has at most 200 characters"
        yield from _of_one_date(f"/exceptions/{when}/windows", exception.windows)


def _of_one_date(pointer: str, windows: Windows) -> Errors:
    if len(windows) > 288:
        yield pointer, "a date has at most 288 windows"
        return
    for index, times in enumerate(windows):
        if not all(WALL_CLOCK.fullmatch(text) for text in times) or times[0] == "24:00":
            yield f"{pointer}/{index}", "a window is written like ['09:00', '17:00']; 24:00 may only end one"
            return
    ordered = _ordered(windows)
    for earlier, later in pairwise(ordered):
        if wall_window(later).opens < wall_window(earlier).closes:
            yield pointer, f"windows may touch, never overlap: {'-'.join(earlier)} and {'-'.join(later)}"


def _ordered(windows: Windows) -> Windows:
    return tuple(sorted(windows, key=wall_window))


def _of_neighbours(definition: Definition) -> Errors:
    """A window that runs past midnight may touch the next date's first window, never overlap it."""
    plan = Plan(ZoneInfo("UTC"), definition.hours, definition.exceptions, definition.policy)
    for index, weekday in enumerate(WEEKDAYS):
        following = WEEKDAYS[(index + 1) % 7]
        if _run_into(plan.hours.get(weekday, ()), plan.hours.get(following, ())):
            yield (
                f"/hours/{weekday}",
                f"a window of {weekday} runs into one of {following}; they may only touch",
            )
    for day in plan.exceptions:
        for earlier in (day - DAY, day):
            following_day = earlier + DAY
            if _run_into(plan.times_on(earlier), plan.times_on(following_day)):
                yield (
                    f"/exceptions/{day}",
                    f"a window of {earlier} runs into one of {following_day}; they may only touch",
                )


def _run_into(earlier: Windows, later: Windows) -> bool:
    closes = max((wall_window(times).closes for times in earlier), default=0) - MINUTES_A_DAY
    return any(wall_window(times).opens < closes for times in later)
