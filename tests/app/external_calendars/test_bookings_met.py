"""Which bookings stand where an external calendar's blocks are."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from app.external_calendars.adding import met_by
from app.external_calendars.plan import KeptBlock
from app.read_models.days import Taken
from app.read_models.tables import instant_number

FIRST: Final = datetime(2026, 12, 1, tzinfo=UTC)
COMPARED = list[int]()


class Instant(int):
    """One that tells when it is compared."""

    def __lt__(self, other: Any) -> bool:
        COMPARED.append(1)
        return int(self) < int(other)

    def __gt__(self, other: Any) -> bool:
        COMPARED.append(1)
        return int(self) > int(other)


def block(number: int, start: int, end: int) -> KeptBlock:
    """A block from one minute to another."""
    begin, until = (FIRST + timedelta(minutes=minutes) for minutes in (start, end))
    return KeptBlock(f"{number:032x}", f"{number:032x}", begin.date(), begin, until, is_placed=True)


def taken(start: int, end: int) -> Taken:
    begin, until = (Instant(instant_number(FIRST + timedelta(minutes=minutes))) for minutes in (start, end))
    return Taken(begin, until, 1)


_TIMES = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 8)), max_size=12)


@given(_TIMES, _TIMES)
def test_a_booking_is_met_by_each_block_that_shares_time_with_it(
    blocks: list[tuple[int, int]], bookings: list[tuple[int, int]]
) -> None:
    listed = [block(number, start, start + lasts) for number, (start, lasts) in enumerate(blocks)]
    claims = [(f"b-{number}", taken(start, start + lasts)) for number, (start, lasts) in enumerate(bookings)]
    expected = {
        each.block: [
            f"b-{number}"
            for number, (begin, long) in enumerate(bookings)
            if begin < start + lasts and start < begin + long
        ]
        for each, (start, lasts) in zip(listed, blocks, strict=True)
    }
    assert met_by(listed, claims) == expected


def test_many_bookings_are_not_each_compared_with_all_of_many_blocks() -> None:
    blocks = [block(number, number * 10, number * 10 + 10) for number in range(300)]
    claims = [(f"b-{number}", taken(number * 5, number * 5 + 5)) for number in range(600)]
    COMPARED.clear()
    assert met_by(blocks, claims)[blocks[7].block] == ["b-14", "b-15"]
    assert len(COMPARED) < 20_000  # 300 x 600 are 180,000
