"""`unique_index`: a row per booking in PostgreSQL, and a partial unique index on the active ones."""

from datetime import datetime

from litestar import Litestar
from peers import front
from peers.front import Wanted
from peers.pool import Pool

TABLES = """
CREATE TABLE IF NOT EXISTS bookings (
    id text PRIMARY KEY,
    resource text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    customer text NOT NULL,
    status text NOT NULL DEFAULT 'confirmed',
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX IF NOT EXISTS one_active_booking ON bookings (resource, starts_at) WHERE status = 'confirmed';
"""
BOOK = """
INSERT INTO bookings (id, resource, starts_at, ends_at, customer) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (resource, starts_at) WHERE status = 'confirmed' DO NOTHING
"""
TAKEN = """
SELECT starts_at FROM bookings
WHERE resource = %s AND starts_at >= %s AND starts_at < %s AND status = 'confirmed'
"""
CLAIMS = "SELECT id, resource, extract(epoch FROM starts_at), extract(epoch FROM ends_at), 1 FROM bookings"


def application(dsn: str) -> Litestar:
    """The peer, ready to be served."""
    pool = Pool(dsn, TABLES)

    async def book(wanted: Wanted) -> bool:
        row = (wanted.id, wanted.resource, wanted.start, wanted.end, wanted.customer)
        async with pool.connections.connection() as connection:
            return (await connection.execute(BOOK, row)).rowcount == 1

    async def taken(resource: str, first: datetime, last: datetime) -> set[datetime]:
        async with pool.connections.connection() as connection:
            cursor = await connection.execute(TAKEN, (resource, first, last))
            return {start for (start,) in await cursor.fetchall()}

    return front.application(book, taken=taken, opened=pool.opened, closed=pool.closed)
