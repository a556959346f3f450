"""Whether those are really forgotten of whom the log says that they were erased, and nobody else is."""

from collections.abc import Iterator, Set
from typing import Final

from app.log.reading import Reading
from app.log.verifying import Finding
from domain.customer import Customer, CustomerErased

_STILL_THERE: Final = (
    "SELECT events.position, events.stream FROM customers JOIN events ON events.stream = CAST(? AS TEXT) || customer "
    "WHERE events.topic = ? AND events.position <= ? ORDER BY events.position"
)
_ERASED: Final = "SELECT stream FROM events WHERE topic = ? AND position <= ?"
_MOST_NAMED: Final = 3


def remembered(log: Reading, position: int) -> Iterator[Finding]:
    """People erased up to a position who still have a row: the key and the row go in the append that says so."""
    for found, stream in log.rows(_STILL_THERE, [Customer.stream(""), CustomerErased.TOPIC, position]):
        sentence = "Somebody was erased here, and the store still has a row for them."
        yield Finding(found, sentence, "erased", stream, "neither key nor row", "a row")


def lost(log: Reading, people: Set[str], position: int) -> Iterator[str]:
    """A sentence where some of these people have no key, and were not erased up to a position. It need not be wrong: a
    log that was replayed without its keys has none.
    """
    known = {customer for (customer,) in log.rows("SELECT customer FROM customers WHERE wrapped_key IS NOT NULL")}
    erased = log.rows(_ERASED, [CustomerErased.TOPIC, position])
    known.update(stream.removeprefix(Customer.stream("")) for (stream,) in erased)
    if keyless := sorted(people - known):
        number, those = len(keyless), ", ".join(keyless[:_MOST_NAMED])
        whose = "One person has" if number == 1 else f"{number} people have"
        more = "" if number <= _MOST_NAMED else ", ..."
        yield (
            f"{whose} bookings and no key, although nobody erased them ({those}{more}): what was sealed for them "
            "cannot be read. Unless the log was replayed without its keys, rows were deleted: see whether a backup has "
            "them."
        )
