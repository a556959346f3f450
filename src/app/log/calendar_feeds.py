"""Calendar feeds beside the log: whoever knows an address may read it, so the table knows addresses by a hash alone."""

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from app.log.event_log import EventLog

_COLUMNS = "f.customer, f.resource, f.made_at"


class CalendarFeed(NamedTuple):
    """A feed of somebody's: of their own bookings where `resource` is '', else of that resource, for its desk.
    `made_at`, when it got its address, is fixed-width UTC text.
    """

    customer: str
    resource: str
    made_at: str


class CalendarFeedTable:
    """Rows are durable when a method returns. Everybody has one feed of each kind at most. Methods raise
    StoreUnavailable, and those that write OutcomeUnknown.
    """

    def __init__(self, log: "EventLog") -> None:
        self._log = log

    def put(self, feed: CalendarFeed, digest: bytes) -> None:
        """Make a feed, or give it another address: the one before is worth nothing from then on."""
        sql = (
            "INSERT INTO calendar_feeds (customer, resource, digest, made_at) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (customer, resource) DO UPDATE SET digest = excluded.digest, made_at = excluded.made_at "
            "RETURNING 1"
        )
        self._log.write(sql, [feed.customer, feed.resource, digest, feed.made_at])

    def find(self, digest: bytes) -> CalendarFeed | None:
        """The feed of an address, unless the person is not there any more: they may have been erased meanwhile."""
        known = "JOIN customers AS c ON c.customer = f.customer WHERE f.digest = ? AND c.wrapped_key IS NOT NULL"
        return next(iter(self._select(known, [digest])), None)

    def of_person(self, customer: str) -> list[CalendarFeed]:
        """All feeds of a person, their own bookings' first."""
        return self._select("WHERE f.customer = ? ORDER BY f.resource", [customer])

    def of_resource(self, resource: str) -> list[CalendarFeed]:
        """Everybody's feeds of a resource, oldest first."""
        return self._select("WHERE f.resource = ? ORDER BY f.made_at, f.customer", [resource])

    def end(self, resource: str, customer: str | None = None) -> int:
        """End a person's feed, or everybody's of a resource; how many there were."""
        sql, parameters = "DELETE FROM calendar_feeds WHERE resource = ?", [resource]
        if customer is not None:
            sql, parameters = f"{sql} AND customer = ?", [*parameters, customer]
        return len(self._log.write(f"{sql} RETURNING 1", parameters))

    def _select(self, rest: str, parameters: list[Any]) -> list[CalendarFeed]:
        sql = f"SELECT {_COLUMNS} FROM calendar_feeds AS f {rest}"  # noqa: S608 - written in this file
        return [CalendarFeed(*row) for row in self._log.rows(sql, parameters)]
