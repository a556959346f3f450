"""`python benchmarks/decide.py`: how long a resource-day takes to decide, against the number of its claims."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from statistics import median, quantiles
from time import perf_counter_ns

from report import table

from domain.claim import Claim, Wanted
from domain.definition import Definition
from domain.event import Cause
from domain.plan import Policy
from domain.refusal import Refused
from domain.resource import Resource
from domain.resource_day import ResourceDay

CAPACITY = 10_000
CLAIMS = (0, 100, 1_000, 5_000, 10_000)
TIMES = 2_000
NOW = datetime(2026, 11, 1, tzinfo=UTC)
OPENS = datetime(2026, 12, 1, tzinfo=UTC)
CAUSE = Cause("customer:c-1", "0" * 32, NOW)
KEYS = count()


def main() -> None:
    """Print a table."""
    resource = registered()
    rows = []
    for claims in CLAIMS:
        day = filled(resource, claims)
        took = sorted(timed(day, resource))
        copied = sorted(timed_copies(day))
        shown = [median(took), quantiles(took, n=100)[98], median(copied)]
        rows.append([f"{claims:,}", *(f"{nanoseconds / 1000:.1f}" for nanoseconds in shown)])
        print(f"{claims:,} claims: {rows[-1][1]} us", flush=True)
    head = ["claims on the day", "decide, median us", "99th percentile us", "copy before it, median us"]
    print(f"\nResourceDay.change, one claim of 30 minutes, capacity {CAPACITY:,}, {TIMES:,} times each:\n")
    print(table(head, rows))
    print("\nThe copy is made once a batch and day (the first touch), not once a booking.")


def registered(key: str = "stadium") -> Resource:
    """A resource with many places."""
    resource = Resource.untouched(Resource.stream(key))
    everyday = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), (("00:00", "24:00"),))
    definition = Definition(name="Stadium", kind="stadium", capacity=CAPACITY, hours=everyday, policy=Policy(step=30))
    resource.register(CAUSE, "UTC", definition)
    return resource


def filled(resource: Resource, claims: int) -> ResourceDay:
    """A day with claims of 30 minutes all over it."""
    day = ResourceDay.untouched(ResourceDay.stream("stadium", OPENS.date()))
    for number in range(claims):
        day.change(CAUSE, resource, claim=[wanted(number)])
    day.collect_events()
    return day


def wanted(number: int) -> Wanted:
    """The claim of a booking nobody else has."""
    start = OPENS + number % 48 * timedelta(minutes=30)
    end = start + timedelta(minutes=30)
    return Wanted(Claim(f"b-{next(KEYS):032}", 0, f"c-{number:032}", start, end, 1, None, True), start, end)


def timed(day: ResourceDay, resource: Resource) -> Iterator[int]:
    """Nanoseconds of one decision each; a place taken is given back between two, outside what is measured."""
    for number in range(TIMES):
        claim = wanted(number)
        began = perf_counter_ns()
        try:
            day.change(CAUSE, resource, claim=[claim])
        except Refused:
            raise SystemExit("The day is full: the decisions measured would be refusals.") from None
        yield perf_counter_ns() - began
        day.release(CAUSE, claim.claim.booking, "cancelled")
        day.collect_events()


def timed_copies(day: ResourceDay) -> Iterator[int]:
    """Nanoseconds of a copy."""
    for _ in range(200):
        began = perf_counter_ns()
        day.copy()
        yield perf_counter_ns() - began


if __name__ == "__main__":
    main()
