"""A measurement: deciding on a day with 5,000 claims costs about what it costs on an empty one."""

from time import perf_counter_ns

from tests.domain.given import DHAKA, a_day, at, cause, claimed, moon_hospital, wanted

from domain.interval import MINUTE, Interval
from domain.resource_day import ResourceDay

HALL = moon_hospital(capacity=10_000)


def a_crowded_day(claims: int) -> ResourceDay:
    """A day with so many claims, spread over its slots."""
    opening = at("09:00", DHAKA)
    places = [Interval(opening + n * 30 * MINUTE, opening + (n + 1) * 30 * MINUTE) for n in range(6)]
    return a_day(
        HALL, *(claimed(wanted(f"b-{n}", places[n % 6], customer=f"c-{n}")) for n in range(claims))
    ).aggregate  # fmt: skip


def nanoseconds_to_decide(day: ResourceDay, *, on_a_copy: bool) -> float:
    """The best of many decisions; a batch copies a day once, then decides on the copy as often as it is asked."""
    place = Interval(at("10:00", DHAKA), at("10:30", DHAKA))
    best, twin = float("inf"), day.copy()
    for n in range(300):
        asked = wanted(f"b-new-{n}", place, customer="c-new")
        begun = perf_counter_ns()
        (day.copy() if on_a_copy else twin).change(cause(), HALL, claim=[asked])
        best = min(best, perf_counter_ns() - begun)
    return best


def test_a_decision_does_not_slow_down_with_the_claims_of_its_day() -> None:
    empty, crowded = a_crowded_day(0), a_crowded_day(5_000)

    ratio = nanoseconds_to_decide(crowded, on_a_copy=False) / nanoseconds_to_decide(empty, on_a_copy=False)

    assert len(crowded.claims) == 5_000
    assert ratio < 3


def test_the_copy_that_a_batch_decides_on_costs_a_few_decisions() -> None:
    empty, crowded = a_crowded_day(0), a_crowded_day(5_000)

    ratio = nanoseconds_to_decide(crowded, on_a_copy=True) / nanoseconds_to_decide(empty, on_a_copy=True)

    assert ratio < 12
