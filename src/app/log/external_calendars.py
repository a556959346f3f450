"""External calendars beside the log: where each is, sealed, how it went last, and which blocks it has."""

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from app.log.event_log import EventLog


class ExternalCalendar(NamedTuple):
    """A calendar whose busy times are blocks of a resource. Times are fixed-width UTC text.

    `address`: sealed under the desk's key for this calendar's id. `is_ended`: 1 when it is to be forgotten as soon as
    its blocks are lifted. `due_at`: not to be looked at before. `succeeded_at`: when it was last read and all of it
    done, or None. `failures`: how many there were since, `failure` the last one's sentence. `etag`: the server's name
    for what was read then; `read_for`: the window it was read for. `blocks`: JSON, see `app.external_calendars.plan`.
    """

    calendar: str
    resource: str
    address: str
    made_at: str
    is_ended: int
    due_at: str
    succeeded_at: str | None = None
    failures: int = 0
    failure: str | None = None
    etag: str | None = None
    read_for: str | None = None
    blocks: str = "[]"
    version: int = 1


_COLUMNS = ", ".join(ExternalCalendar._fields)
_CHANGING = tuple(field for field in ExternalCalendar._fields if field not in {"calendar", "version"})


class ExternalCalendarTable:
    """Rows are durable when a method returns. Methods raise StoreUnavailable, and those that write OutcomeUnknown."""

    def __init__(self, log: "EventLog") -> None:
        self._log = log

    def add(self, row: ExternalCalendar, most: int) -> bool:
        """Add a calendar; once more under the same id changes nothing. False when its resource has `most` already,
        or, as two may be added at once, a few more.
        """
        if self.get(row.calendar) is None and len(self.of_resource(row.resource)) >= most:
            return False
        marks = ", ".join("?" * len(row))
        sql = f"INSERT INTO external_calendars ({_COLUMNS}) VALUES ({marks}) "  # noqa: S608 - names of this file
        self._log.write(f"{sql} ON CONFLICT DO NOTHING RETURNING 1", row)
        return True

    def get(self, calendar: str) -> ExternalCalendar | None:
        """The calendar of an id."""
        return next(iter(self._select("WHERE calendar = ?", [calendar])), None)

    def of_resource(self, resource: str) -> list[ExternalCalendar]:
        """A resource's, oldest first; those that have ended are not among them."""
        return self._select("WHERE resource = ? AND is_ended = 0 ORDER BY made_at, calendar", [resource])

    def after(self, calendar: str, most: int) -> list[ExternalCalendar]:
        """All resources' by id, from the one after that id on; those that have ended are not among them."""
        return self._select("WHERE calendar > ? AND is_ended = 0 ORDER BY calendar LIMIT ?", [calendar, most])

    def due(self, now: str, most: int = 1_000) -> list[ExternalCalendar]:
        """Those to be looked at, longest due first."""
        return self._select("WHERE due_at <= ? ORDER BY due_at, calendar LIMIT ?", [now, most])

    def failing(self) -> int:
        """How many could not be read, or not followed, when that was last tried."""
        ((found,),) = self._log.rows("SELECT count(*) FROM external_calendars WHERE failures > 0 AND is_ended = 0", [])
        return int(found)

    def save(self, row: ExternalCalendar) -> ExternalCalendar | None:
        """Replace the row that this one was made of; answers it with its new version. None when it has changed
        since, or is gone: then nothing was written.
        """
        sets = ", ".join(f"{field} = ?" for field in _CHANGING)
        values: list[Any] = [getattr(row, field) for field in _CHANGING]
        here = "WHERE calendar = ? AND version = ?"
        sql = f"UPDATE external_calendars SET {sets}, version = version + 1 {here} RETURNING 1"  # noqa: S608 - the same
        saved = self._log.write(sql, [*values, row.calendar, row.version])
        return row._replace(version=row.version + 1) if saved else None

    def delete(self, row: ExternalCalendar) -> bool:
        """Forget it, unless it has changed since it was read."""
        sql = "DELETE FROM external_calendars WHERE calendar = ? AND version = ? RETURNING 1"
        deleted = bool(self._log.write(sql, [row.calendar, row.version]))
        if deleted:
            self._log.scrub()  # a secret address was in it
        return deleted

    def _select(self, rest: str, parameters: list[Any]) -> list[ExternalCalendar]:
        sql = f"SELECT {_COLUMNS} FROM external_calendars {rest}"  # noqa: S608 - written in this file
        return [ExternalCalendar(*row) for row in self._log.rows(sql, parameters)]
