"""Which events an export holds: from where to where, and of whom or what."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from msgspec import MsgspecError, Struct
from msgspec.json import Decoder

from app.log.event_log import EventLog
from app.log.reading import Reading
from app.log.records import RecordedEvent

_WINDOW: Final = 20_000
"""Positions that one statement looks through."""


class Selected(NamedTuple):
    """What is asked for: positions `begin` to `to`, both included; of a resource, of a customer, or of all."""

    begin: int
    to: int
    resource: str | None = None
    customer: str | None = None


class _Occurrence(Struct):
    booking: str


class _Names(Struct):
    booking: str | None = None
    block: str | None = None
    customer: str | None = None


class _OfSeries(Struct):
    customer: str
    bookings: tuple[_Occurrence, ...]


_NAMES: Final = Decoder(_Names)
_SERIES: Final = Decoder(_OfSeries)


class Selection:
    """Says of each event whether it belongs to what was asked for. Made by reading the log once, where it has to be
    known which bookings these are; their ids are kept in memory. Raises StoreUnavailable.
    """

    def __init__(self, log: Reading, selected: Selected) -> None:
        self._resource = selected.resource
        self._customer = selected.customer
        self._on_resource = set(_on_resource(log, selected)) if selected.resource is not None else set()
        self._of_customer = set(_of_customer(log, selected)) if selected.customer is not None else set()
        for stream, series in _series(log, selected):
            if not self._on_resource.isdisjoint(f"booking/{each.booking}" for each in series.bookings):
                self._on_resource.add(stream)
            if series.customer == selected.customer:
                self._of_customer.add(stream)

    def has(self, event: RecordedEvent) -> bool:
        """Whether this one belongs to it."""
        return (self._resource is None or self._is_on_resource(event.originator_id)) and (
            self._customer is None or self._is_of_customer(event)
        )

    def _is_on_resource(self, stream: str) -> bool:
        mine = stream == f"resource/{self._resource}" or stream.startswith(f"day/{self._resource}/")
        return mine or stream in self._on_resource

    def _is_of_customer(self, event: RecordedEvent) -> bool:
        stream = event.originator_id
        if stream.startswith("day/"):
            return f"booking/{_names(event.state).booking}" in self._of_customer
        return stream in self._of_customer or stream == f"customer/{self._customer}"


def is_known(log: EventLog, customer: str, head: int) -> bool:
    """Whether anything is there of a customer, erased or not. Without their keys, a log that was moved knows people by
    their bookings alone. Raises StoreUnavailable.
    """
    return (
        log.customers.get(customer) is not None
        or bool(log.stream(f"customer/{customer}", limit=1))
        or any(True for _ in _of_customer(log, Selected(1, head, customer=customer)))
    )


def last_position_at(log: Reading, timestamp: str, head: int) -> int:
    """The last position that is not later than a time, in the form of `timestamp`; 0 when all are later.

    Times never run back in the log, so that a few looks find it. Raises StoreUnavailable.
    """
    low, high = 0, head
    while low < high:
        middle = (low + high + 1) // 2
        ((at,),) = log.rows("SELECT timestamp FROM events WHERE position = ?", [middle])
        low, high = (middle, high) if at <= timestamp else (low, middle - 1)
    return low


def _on_resource(log: Reading, selected: Selected) -> Iterator[str]:
    """The streams of all bookings and blocks that ever had anything on a resource. Series are added to them."""
    stream, version, behind = f"day/{selected.resource}/", 0, f"day/{selected.resource}0"
    sql = "SELECT stream, version, state FROM events WHERE (stream, version) > (?, ?) AND stream < ? AND position <= ? "
    while page := log.rows(f"{sql}ORDER BY stream, version LIMIT ?", [stream, version, behind, selected.to, _WINDOW]):
        for stream, version, state in page:  # noqa: B007 - the last ones are where the next page begins
            names = _names(state)
            if names.booking is not None:
                yield f"booking/{names.booking}"
            if names.block is not None:
                yield f"block/{names.block}"


def _of_customer(log: Reading, selected: Selected) -> Iterator[str]:
    """The streams of all bookings that were ever claimed for a customer."""
    sql = "SELECT state FROM events WHERE position > ? AND position <= ? AND topic = ? AND state LIKE ?"
    like = f'%"{selected.customer}"%'
    for after in range(0, selected.to, _WINDOW):
        until = min(after + _WINDOW, selected.to)
        for (state,) in log.rows(sql, [after, until, "TimeClaimed.1", like]):
            names = _names(state)
            if names.customer == selected.customer:
                yield f"booking/{names.booking}"


def _series(log: Reading, selected: Selected) -> Iterator[tuple[str, _OfSeries]]:
    """All series, by stream; none where nothing is selected."""
    if selected.resource is None and selected.customer is None:
        return
    sql = "SELECT stream, state FROM events WHERE position > ? AND position <= ? AND topic = ?"
    for after in range(0, selected.to, _WINDOW):
        until = min(after + _WINDOW, selected.to)
        for stream, state in log.rows(sql, [after, until, "SeriesBooked.1"]):
            try:
                yield stream, _SERIES.decode(state)
            except MsgspecError:
                continue  # told by `daybook verify`


def _names(state: str | bytes) -> _Names:
    try:
        return _NAMES.decode(state)
    except MsgspecError:
        return _Names()
