"""Adding and ending a resource's external calendars, asking for one again, and where they meet bookings."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Final
from urllib.parse import urlsplit

from app.details import DESK, Unreadable, Vault
from app.external_calendars.fetching import target_of_calendar
from app.external_calendars.plan import KeptBlock
from app.log.event_log import EventLog
from app.log.external_calendars import ExternalCalendar
from app.log.instants import timestamp_text
from app.read_models import days
from app.read_models.reader import Reader
from app.read_models.tables import instant_number
from domain.refusal import Refused

MOST_OF_A_RESOURCE: Final = 20
_TRIES: Final = 20
_HIDDEN: Final = "/..."


def add_calendar(
    log: EventLog, vault: Vault, calendar: str, resource: str, address: str, now: datetime
) -> ExternalCalendar | None:
    """A new calendar, fetched within seconds; None where the resource has the most already. Once more under the same
    id answers the one that is there. Raises AddressRefused, StoreUnavailable, OutcomeUnknown, and Refused
    (`idempotency-key-reused`) where that one is another.
    """
    target_of_calendar(address)
    made_at = timestamp_text(now)
    row = ExternalCalendar(calendar, resource, vault.seal(DESK, calendar, address), made_at, 0, made_at)
    if not log.external_calendars.add(row, MOST_OF_A_RESOURCE):
        return None
    there = log.external_calendars.get(calendar)
    if there is not None and not _is_of(vault, there, resource, address):
        raise Refused(
            "idempotency-key-reused",
            "This Idempotency-Key was used for another calendar. Please make a new key for a new request.",
        )
    return there


def end_calendar(log: EventLog, resource: str, calendar: str, now: datetime) -> bool:
    """Let its blocks be lifted and it be forgotten, soon; False where there is none. Raises StoreUnavailable,
    OutcomeUnknown.
    """
    return _changed(log, resource, calendar, {"is_ended": 1, "due_at": timestamp_text(now)}) is not None


def ask_again(log: EventLog, resource: str, calendar: str, now: datetime) -> ExternalCalendar | None:
    """Let it be fetched within seconds, as a whole; None where there is none. Raises StoreUnavailable,
    OutcomeUnknown.
    """
    return _changed(log, resource, calendar, {"etag": None, "due_at": timestamp_text(now)})


def masked_address(vault: Vault, row: ExternalCalendar) -> str | None:
    """As much of a calendar's address as is no secret; None where it cannot be opened."""
    try:
        parts = urlsplit(vault.open(DESK, row.calendar, row.address))
    except Unreadable:
        return None
    return f"{parts.scheme}://{parts.netloc}{_HIDDEN}"


def bookings_met(reader: Reader, resource: str, blocks: Iterable[KeptBlock], now: datetime) -> dict[str, list[str]]:
    """The bookings that stand where blocks are, by the block's id."""
    listed = list(blocks)
    if not listed:
        return {}
    first, last = min(block.day for block in listed), max(block.day for block in listed)
    claims = days.claims_in_order(reader, resource, first, last, now)
    return met_by(listed, [(booking, taken) for _, booking, taken in claims])


def met_by(blocks: Iterable[KeptBlock], claims: Sequence[tuple[str, days.Taken]]) -> dict[str, list[str]]:
    """The same of these claims, in their order: each is looked at where blocks are near it, not for all of them."""
    in_time = sorted(range(len(claims)), key=lambda place: claims[place][1].start)
    found, begun, following = dict[str, list[str]](), list[int](), 0
    for block in sorted(blocks, key=lambda each: each.start):
        start, end = instant_number(block.start), instant_number(block.end)
        while following < len(in_time) and claims[in_time[following]][1].start < start:
            begun.append(in_time[following])
            following += 1
        begun = [place for place in begun if claims[place][1].end > start]
        later = (in_time[number] for number in range(following, len(in_time)))
        within = takewhile(lambda place: claims[place][1].start < end, later)  # noqa: B023 - used up in this turn
        found[block.block] = [claims[place][0] for place in sorted([*begun, *within])]
    return found


def _is_of(vault: Vault, row: ExternalCalendar, resource: str, address: str) -> bool:
    try:
        return row.resource == resource and vault.open(DESK, row.calendar, row.address) == address
    except Unreadable:  # nobody can follow it: whoever adds it again needs a new one
        return False


def _changed(log: EventLog, resource: str, calendar: str, to: Mapping[str, object]) -> ExternalCalendar | None:
    for _ in range(_TRIES):
        row = log.external_calendars.get(calendar)
        if row is None or row.resource != resource or row.is_ended:
            return None
        saved = log.external_calendars.save(row._replace(**to))  # type: ignore[arg-type] # columns and their types, above
        if saved is not None:
            return saved
    raise RuntimeError("A calendar's row changed each time that it was to be changed.")
