"""`library`: the eventsourcing library as its tutorial has it: load, command, save; one transaction a request."""

import os
from datetime import datetime
from functools import partial
from urllib.parse import parse_qs, urlsplit
from uuid import NAMESPACE_URL, UUID, uuid5

from anyio import CapacityLimiter, to_thread
from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import IntegrityError
from litestar import Litestar
from peers import front
from peers.front import Wanted

CLAIMS = """
SELECT state::text, originator_id::text, 0, 1, 1 FROM schedule_events WHERE topic LIKE '%Slot.Booked'
"""
"""A slot is a stream here, so at most one booking may stand in each."""
THREADS = 8


class Slot(Aggregate):
    """One slot of one resource: a stream each, so that nobody waits for another slot's booking."""

    def __init__(self, resource: str, start: datetime) -> None:
        self.resource = resource
        self.start = start
        self.booking: str | None = None

    @staticmethod
    def create_id(resource: str, start: datetime) -> UUID:
        return uuid5(NAMESPACE_URL, f"/slots/{resource}/{start.isoformat()}")

    @event("Booked")
    def book(self, booking: str, customer: str, end: datetime) -> None:
        self.booking = booking


class Schedule(Application[UUID]):
    """Load, command, save."""

    def book(self, wanted: Wanted) -> bool:
        """Book a slot; a concurrent booking of it is told by the library and looked at once more."""
        while True:
            try:
                slot: Slot = self.repository.get(Slot.create_id(wanted.resource, wanted.start))
            except AggregateNotFoundError:
                slot = Slot(wanted.resource, wanted.start)
            if slot.booking is not None:
                return False
            slot.book(wanted.id, wanted.customer, wanted.end)
            try:
                self.save(slot)
            except IntegrityError:
                continue
            return True


def application(dsn: str) -> Litestar:
    """The peer, ready to be served."""
    parts = urlsplit(dsn)
    os.environ |= {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": parts.path.lstrip("/"),
        "POSTGRES_HOST": parts.hostname or parse_qs(parts.query)["host"][0],
        "POSTGRES_PORT": str(parts.port or 5432),
        "POSTGRES_USER": parts.username or "postgres",
        "POSTGRES_PASSWORD": parts.password or "",
        "POSTGRES_POOL_SIZE": str(THREADS),
    }
    schedule = Schedule()
    threads = CapacityLimiter(THREADS)

    async def book(wanted: Wanted) -> bool:
        return await to_thread.run_sync(partial(schedule.book, wanted), limiter=threads)

    async def closed() -> None:
        schedule.close()

    return front.application(book, closed=closed)
