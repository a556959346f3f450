"""The demonstration: the five systems that Daybook replaces, as plain resources, registered by plain commands."""

from typing import TYPE_CHECKING, Final, NamedTuple

from app.commands import Actor, DefineResource
from app.identity import command_id
from domain.definition import Definition
from domain.plan import WEEKDAYS, Policy, Weekday, Windows
from domain.resource import Resource

if TYPE_CHECKING:  # the command line looks here for OtherData alone, and need not wait for all the rest
    from app.assembly import Daybook

DEMO: Final = Actor("admin", "demo")


class Registered(NamedTuple):
    """One resource of the demonstration, as an administrator would send it."""

    key: str
    timezone: str
    definition: Definition


class OtherData(Exception):  # noqa: N818 - what was found, not an error
    """The store holds what no demonstration wrote. The message is a sentence for people."""


async def set_up(daybook: "Daybook") -> int:
    """Register what is not there yet; how many that were. What was revised or retired since stays as it is.

    Raises `OtherData`, and what `Daybook.execute` raises.
    """
    first = daybook.log.after(0, 1)
    if first and first[0].by != DEMO.by:
        raise OtherData(
            "This store holds other data, and --demo would add to it. "
            "Start without --demo, or give the demo its own folder with DAYBOOK_DATA."
        )
    there = daybook.log.streams([Resource.stream(each.key) for each in RESOURCES], daybook.log.head().position)
    missing = [each for each in RESOURCES if Resource.stream(each.key) not in there]
    for each in missing:
        await daybook.execute(
            DefineResource(
                actor=DEMO,
                command_id=command_id(daybook.log.secret, DEMO.by, "demo", each.key),
                keyed=True,  # two starts at once register it once
                resource=each.key,
                timezone=each.timezone,
                definition=each.definition,
            )
        )
    return len(missing)


def _weekly(days: str, *windows: tuple[str, str]) -> dict[Weekday, Windows]:
    return {day: windows for day in WEEKDAYS if day in days.split()}


def _practitioner(key: str, name: str, kind: str, timezone: str, policy: Policy) -> Registered:
    """One client at a time, on an hourly grid, with a break at noon."""
    hours = _weekly("mon tue wed thu fri", ("09:00", "12:00"), ("13:00", "18:00"))
    return Registered(key, timezone, Definition(name=name, kind=kind, hours=hours, policy=policy))


def _hospital(key: str, name: str, places: int) -> Registered:
    """So many places each half hour, never on a Friday."""
    return Registered(
        key,
        "Asia/Dhaka",
        Definition(
            name=name,
            kind="hospital",
            capacity=places,
            hours=_weekly("sat sun mon tue wed thu", ("09:00", "17:00")),
            policy=Policy(step=30),
        ),
    )


def _ground(key: str, name: str, surface: str) -> Registered:
    """By the hour, and only once the desk has approved it."""
    return Registered(
        key,
        "Europe/Vienna",
        Definition(
            name=name,
            kind="sports-ground",
            attributes={"surface": surface, "floodlight": True},
            hours=_weekly("mon tue wed thu fri sat sun", ("08:00", "22:00")),
            policy=Policy(step=60, approval=True),
        ),
    )


def _room(key: str, name: str, seats: int, building: str, floor: int, projector: bool, clean: int = 0) -> Registered:
    """Any quarter of an hour for 15 minutes to 4 hours; `clean`: minutes kept free after each booking."""
    return Registered(
        key,
        "Europe/Vienna",
        Definition(
            name=name,
            kind="room",
            seats=seats,
            attributes={"building": building, "floor": floor, "projector": projector},
            hours=_weekly("mon tue wed thu fri", ("07:00", "21:00")) | _weekly("sat", ("08:00", "14:00")),
            policy=Policy(step=15, min_duration=15, max_duration=240, hold_seconds=30, buffer_after=clean),
        ),
    )


_SESSION = Policy(step=60, min_duration=50, max_duration=50)
_THERAPY = Policy(step=60, cancel_notice=120)

RESOURCES: Final = (
    _practitioner("lena-weber", "Lena Weber", "psychologist", "Europe/Vienna", _SESSION),
    _practitioner("nadia-rahman", "Nadia Rahman", "psychologist", "Asia/Dhaka", _SESSION),
    _practitioner("jonas-berg", "Jonas Berg", "therapist", "Europe/Vienna", _THERAPY),
    _hospital("sun-hospital", "Sun Hospital", 15),
    _hospital("moon-hospital", "Moon Hospital", 20),
    _hospital("star-hospital", "Star Hospital", 25),
    _ground("north-ground", "North Ground", "grass"),
    _ground("south-ground", "South Ground", "clay"),
    _room("oak-12", "Oak 12", 12, "Oak", 1, projector=True),
    _room("oak-30", "Oak 30", 30, "Oak", 1, projector=True),
    _room("oak-hall", "Oak Hall", 120, "Oak", 0, projector=True),
    _room("elm-4", "Elm 4", 4, "Elm", 2, projector=False),
    _room("elm-8", "Elm 8", 8, "Elm", 2, projector=False),
    _room("elm-laboratory", "Elm Laboratory", 20, "Elm", 3, projector=True, clean=15),
)
