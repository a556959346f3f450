"""Following one external calendar: fetch, read, plan, write down what is to be done, do it, write down that it is done.

What was intended is stored before the first command, so that after whatever happens in between the next time finds it
and goes on from there. A feed that fails, or that cannot be read as a whole, changes nothing.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from app.details import DESK, Unreadable, Vault
from app.external_calendars.commanding import Commanding, NotDone
from app.external_calendars.fetching import Fetched, Limits, NotFetched, fetch
from app.external_calendars.plan import KeptBlock, key_of_time, plan, read, to_be_lifted, written
from app.external_calendars.reading_apart import read_apart
from app.external_calendars.window import BusyTime, FeedUnreadable, Window
from app.identity import random_command_id
from app.log.event_log import EventLog
from app.log.external_calendars import ExternalCalendar
from app.log.instants import timestamp_text

LONGEST_PAUSE: Final = timedelta(hours=6)
"""Between two looks at a calendar that fails."""


class Pace(NamedTuple):
    """How often a calendar is looked at, and for how many days of it."""

    every: timedelta
    days: int


class Following:
    """Thread-safe; one calendar is followed by one thread at a time. `zone_of`: a resource's time zone, or None when
    there is no such resource; `reading`: what finds the busy times in a feed.
    """

    def __init__(
        self,
        event_log: EventLog,
        vault: Vault,
        commanding: Commanding,
        zone_of: Callable[[str], ZoneInfo | None],
        now: Callable[[], datetime],
        pace: Pace,
        limits: Limits,
        reading: Callable[[bytes, Window], list[BusyTime]] = read_apart,
    ) -> None:
        self._log = event_log
        self._table = event_log.external_calendars
        self._vault = vault
        self._commanding = commanding
        self._zone_of = zone_of
        self._now = now
        self._pace = pace
        self._limits = limits
        self._reading = reading

    def follow(self, row: ExternalCalendar) -> bool:
        """Look at a calendar now, or let go of one that has ended; whether it went well. What went wrong is stored, for
        the desk. Raises StoreUnavailable, OutcomeUnknown.
        """
        try:
            if row.is_ended:
                self._let_go(row)
            else:
                self._keep_up(row)
        except (NotFetched, FeedUnreadable, NotDone) as trouble:
            return self.failed(row.calendar, str(trouble))
        except Unreadable:
            return self.failed(row.calendar, "Its address cannot be opened any more. Please add the calendar again.")
        return True

    def failed(self, calendar: str, told: str) -> bool:
        """Store for the desk what went wrong, and when to look again. Raises StoreUnavailable, OutcomeUnknown."""
        row = self._table.get(calendar)
        if row is not None:
            pause = min(self._pace.every * 2 ** min(row.failures, 10), max(LONGEST_PAUSE, self._pace.every))
            due_at = timestamp_text(self._now() + pause)
            self._table.save(row._replace(due_at=due_at, failures=row.failures + 1, failure=told))
        return False

    def _keep_up(self, row: ExternalCalendar) -> None:
        zone = self._zone_of(row.resource)
        if zone is None:
            raise NotDone("Its resource is not known yet.")
        window = Window(self._now().astimezone(zone).date(), self._pace.days, zone)
        read_for = f"{window.first} {window.days} {zone.key}"
        address = self._vault.open(DESK, row.calendar, row.address)
        fetched = fetch(address, row.etag if row.read_for == read_for else None, self._limits)
        if fetched.feed is not None:
            left = self._change(row, self._reading(fetched.feed, window), window)
            if left is None:
                return
            row = left
        self._succeeded(row, fetched, read_for)

    def _change(self, row: ExternalCalendar, busy: list[BusyTime], window: Window) -> ExternalCalendar | None:
        """Make the blocks what they should be; the row as it is then, or None when somebody else changed it."""
        kept = [block for block in read(row.blocks) if block.day >= window.first]
        if not all(block.is_placed for block in kept):  # finished first, so that a lift finds what it lifts
            placed = self._placed(row, kept)
            if placed is None:
                return None
            row, kept = placed
        found = plan(
            kept,
            busy,
            window.first,
            lambda each: key_of_time(self._log.secret, row.calendar, each),
            random_command_id,
        )
        if found.place or found.lift:
            # Marked in what is stored: whatever happens before their lift is written down, they are lifted again, and
            # a time that comes back meanwhile gets a block of its own.
            going = [to_be_lifted(block) for block in found.lift]
            intended = [*found.stay, *going, *found.place]
            stored = self._table.save(row._replace(blocks=written(intended), etag=None))
            placed = None if stored is None else self._placed(stored, intended)
            if placed is None:
                return None
            row, kept = placed
            gone = set(going)
            kept = [block for block in kept if block not in gone]
            self._lifted(row, kept, going)
        return row._replace(blocks=written(block for block in kept if block.day >= window.first))

    def _placed(
        self, row: ExternalCalendar, blocks: list[KeptBlock]
    ) -> tuple[ExternalCalendar, list[KeptBlock]] | None:
        try:
            done = self._commanding.place(row.resource, blocks)
        except NotDone as trouble:
            self._table.save(row._replace(blocks=written(trouble.left), etag=None))
            raise
        return row, done

    def _lifted(self, row: ExternalCalendar, staying: Sequence[KeptBlock], going: Sequence[KeptBlock]) -> None:
        try:
            self._commanding.lift(row.resource, going)
        except NotDone as trouble:
            self._table.save(row._replace(blocks=written([*staying, *trouble.left]), etag=None))
            raise

    def _let_go(self, row: ExternalCalendar) -> None:
        """Lift what lies ahead of a calendar that has ended, then forget it."""
        zone = self._zone_of(row.resource)
        today = None if zone is None else self._now().astimezone(zone).date()
        blocks = [block for block in read(row.blocks) if today is None or block.day >= today]
        try:
            # One that nobody knows of may be there: placed once more, it is there for sure, and can be lifted.
            blocks = self._commanding.place(row.resource, blocks)
        except NotDone as trouble:
            blocks = list(trouble.left)
        self._commanding.lift(row.resource, blocks)
        self._table.delete(row)

    def _succeeded(self, row: ExternalCalendar, fetched: Fetched, read_for: str) -> None:
        now = self._now()
        self._table.save(
            row._replace(
                due_at=timestamp_text(now + self._pace.every),
                succeeded_at=timestamp_text(now),
                failures=0,
                failure=None,
                etag=fetched.etag,
                read_for=read_for,
            )
        )
