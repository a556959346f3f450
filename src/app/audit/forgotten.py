"""Whether those are really forgotten of whom the log says that they were erased."""

from collections.abc import Iterator
from typing import Final

from app.log.reading import Reading
from app.log.verifying import Finding
from domain.customer import Customer, CustomerErased

_STILL_THERE: Final = (
    "SELECT events.position, events.stream FROM customers JOIN events ON events.stream = CAST(? AS TEXT) || customer "
    "WHERE events.topic = ? AND events.position <= ? ORDER BY events.position"
)


def remembered(log: Reading, position: int) -> Iterator[Finding]:
    """People erased up to a position who still have a row: the key and the row go in the append that says so."""
    for found, stream in log.rows(_STILL_THERE, [Customer.stream(""), CustomerErased.TOPIC, position]):
        sentence = "Somebody was erased here, and the store still has a row for them."
        yield Finding(found, sentence, "erased", stream, "neither key nor row", "a row")
