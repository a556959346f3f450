"""Notes beside the log: who was refused what, and who was shown whose texts. They decide nothing and can be pruned."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from app.log.event_log import EventLog

REFUSALS: Final = "refusals"
DISCLOSURES: Final = "disclosures"
"""The tables of notes."""
WITHIN: Final = "BookAnyBetween"
"""The `kind` of a refusal where any time from `start` to `end` would have done."""


class Refusal(NamedTuple):
    """A command that the rules turned down; `times` that the same caller repeated it within a minute.

    Instants are fixed-width UTC text, but `start` and `end`, which are as they were asked for. `command_id` and
    `position` are those of the first: the log up to that position is what the decision was made on. `customer`: who it
    was for, and `party`: how many people, where a booking was to be made; `minutes`: the length, where any time from
    `start` to `end` would have done (none: the shortest). These three were not noted before version 8 of the tables.
    """

    id: str
    first_at: str
    last_at: str
    times: int
    by: str
    command_id: str
    kind: str
    booking: str | None
    resource: str | None
    start: str | None
    end: str | None
    units: int | None
    code: str
    position: int
    customer: str | None = None
    party: int | None = None
    minutes: int | None = None


class Disclosure(NamedTuple):
    """Somebody was shown what is sealed for a person: of a booking, or (none) their profile; `times` in a minute."""

    id: str
    first_at: str
    last_at: str
    times: int
    by: str
    customer: str
    booking: str | None


Note = TypeVar("Note", Refusal, Disclosure)


def customer_of(by: str) -> str | None:
    """Who asked for themselves, as customers do: whom a refusal was for, also where that was not noted."""
    role, _, person = by.partition(":")
    return person if role == "customer" else None


class NoteTable(Generic[Note]):
    """Rows are durable when a method returns. Raises StoreUnavailable, and OutcomeUnknown when writing."""

    def __init__(self, log: "EventLog", name: str, kind: type[Note]) -> None:
        self._log = log
        self.name = name
        self._kind: type[Note] = kind
        self._columns = ", ".join(f'"{column}"' for column in kind._fields)

    def add(self, notes: Sequence[Note]) -> None:
        """Store notes with different ids; what is there under the same id is counted on."""
        places = ", ".join([f"({', '.join(['?'] * len(self._kind._fields))})"] * len(notes))
        sql = (
            f"INSERT INTO {self.name} ({self._columns}) VALUES {places} "  # noqa: S608 - constant names
            f"ON CONFLICT (id) DO UPDATE SET times = {self.name}.times + excluded.times, last_at = excluded.last_at"
        )
        self._log.write(sql, [value for note in notes for value in note])

    def search(
        self,
        equal: Mapping[str, str],
        since: str = "",
        until: str | None = None,
        after: tuple[str, str] = ("", ""),
        limit: int = 100,
        *,
        newest: bool = False,
        within: tuple[str, str] | None = None,
    ) -> list[Note]:
        """Notes in order of `first_at` and id, beyond the one with those two in `after`, first noted from `since`
        (included) to `until` (not), and with these values in these columns. `newest`: in the reverse order, from the
        newest on where `after` is empty. `within`: of refusals, those that asked for something from the first of these
        dates on and before the other, each by its own offset; of those that named no end, the start counts.
        """
        where = "first_at >= ?"
        parameters: list[Any] = [since]
        if not newest or after != ("", ""):
            where, parameters = f"{where} AND (first_at, id) {'<' if newest else '>'} (?, ?)", [*parameters, *after]
        if within is not None:
            where = f'{where} AND coalesce("end", "start") >= ? AND "start" < ?'
            parameters += within
        if until is not None:
            where, parameters = f"{where} AND first_at < ?", [*parameters, until]
        for column, value in equal.items():
            where, parameters = f'{where} AND "{column}" = ?', [*parameters, value]
        order = "first_at DESC, id DESC" if newest else "first_at, id"
        sql = f"SELECT {self._columns} FROM {self.name} WHERE {where} ORDER BY {order} LIMIT ?"  # noqa: S608 - constants
        rows: Sequence[Any] = self._log.rows(sql, [*parameters, limit])
        return [self._kind._make(row) for row in rows]

    def prune(self, before: str, most: int) -> int:
        """Delete at most so many that were first noted before a time; how many there were. Where there is none nothing
        is written, and nobody waits.
        """
        oldest = f"SELECT 1 FROM {self.name} WHERE first_at < ? LIMIT 1"  # noqa: S608 - constant names
        if not self._log.rows(oldest, [before]):
            return 0
        sql = (
            f"DELETE FROM {self.name} WHERE id IN "  # noqa: S608 - constant names
            f"(SELECT id FROM {self.name} WHERE first_at < ? ORDER BY first_at LIMIT ?) RETURNING id"
        )
        return len(self._log.write(sql, [before, most]))
