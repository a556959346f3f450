"""`counted`: places are counted on a slot row, locked by its own update, in the transaction that adds the booking."""

import os

from litestar import Litestar
from peers import front
from peers.front import Wanted
from peers.pool import Pool

TABLES = """
CREATE TABLE IF NOT EXISTS slots (
    resource text NOT NULL,
    starts_at timestamptz NOT NULL,
    booked integer NOT NULL,
    PRIMARY KEY (resource, starts_at)
) WITH (fillfactor = 70);
CREATE TABLE IF NOT EXISTS bookings (
    id text PRIMARY KEY,
    resource text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    customer text NOT NULL,
    status text NOT NULL DEFAULT 'confirmed',
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS bookings_of_slot ON bookings (resource, starts_at);
"""
# One statement is one transaction and one round trip: lock, count and add.
BOOK = """
WITH taken AS (
    INSERT INTO slots AS slot (resource, starts_at, booked) VALUES (%(resource)s, %(start)s, 1)
    ON CONFLICT (resource, starts_at) DO UPDATE SET booked = slot.booked + 1 WHERE slot.booked < %(capacity)s
    RETURNING 1
)
INSERT INTO bookings (id, resource, starts_at, ends_at, customer)
SELECT %(id)s, %(resource)s, %(start)s, %(end)s, %(customer)s FROM taken
"""
CLAIMS = "SELECT id, resource, extract(epoch FROM starts_at), extract(epoch FROM ends_at), 1 FROM bookings"


def application(dsn: str) -> Litestar:
    """The peer, ready to be served."""
    pool = Pool(dsn, TABLES)
    capacity = int(os.environ["BENCH_CAPACITY"])

    async def book(wanted: Wanted) -> bool:
        row = {
            "id": wanted.id,
            "resource": wanted.resource,
            "start": wanted.start,
            "end": wanted.end,
            "customer": wanted.customer,
            "capacity": capacity,
        }
        async with pool.connections.connection() as connection:
            return (await connection.execute(BOOK, row)).rowcount == 1

    return front.application(book, opened=pool.opened, closed=pool.closed)
