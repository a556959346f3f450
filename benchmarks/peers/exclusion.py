"""`exclusion`: rooms in PostgreSQL, whose intervals an exclusion constraint keeps apart."""

from litestar import Litestar
from peers import front
from peers.front import Wanted
from peers.pool import Pool
from psycopg import errors
from workloads import RESOURCES

# GiST knows no equality of numbers without an extension that this server lacks: a range of one number does it.
TABLES = """
CREATE TABLE IF NOT EXISTS bookings (
    id text PRIMARY KEY,
    room integer NOT NULL,
    during tstzrange NOT NULL,
    customer text NOT NULL,
    status text NOT NULL DEFAULT 'confirmed',
    created_at timestamptz NOT NULL DEFAULT now(),
    EXCLUDE USING gist (int4range(room, room, '[]') WITH &&, during WITH &&) WHERE (status = 'confirmed')
);
"""
BOOK = "INSERT INTO bookings (id, room, during, customer) VALUES (%s, %s, tstzrange(%s, %s), %s) ON CONFLICT DO NOTHING"
CLAIMS = "SELECT id, room::text, extract(epoch FROM lower(during)), extract(epoch FROM upper(during)), 1 FROM bookings"
NUMBERS = {resource: number for number, resource in enumerate(RESOURCES)}
TRIES = 5


def application(dsn: str) -> Litestar:
    """The peer, ready to be served."""
    pool = Pool(dsn, TABLES)

    async def book(wanted: Wanted) -> bool:
        row = (wanted.id, NUMBERS[wanted.resource], wanted.start, wanted.end, wanted.customer)
        async with pool.connections.connection() as connection:
            for _ in range(TRIES):
                try:
                    return (await connection.execute(BOOK, row)).rowcount == 1
                except errors.DeadlockDetected:
                    continue  # two overlapping inserts wait for each other: the server ends one of them
        return False

    return front.application(book, opened=pool.opened, closed=pool.closed)
