"""The pool of connections that the peers on PostgreSQL share: opened once, every statement prepared, autocommit."""

import os

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

CONNECTIONS = int(os.environ.get("BENCH_POOL", "8"))


class Pool:
    """Connections to one database, in which the tables are made at once."""

    def __init__(self, dsn: str, tables: str) -> None:
        with psycopg.connect(dsn) as connection:
            connection.execute(tables.encode())
        self.connections: AsyncConnectionPool[AsyncConnection] = AsyncConnectionPool(
            dsn, min_size=CONNECTIONS, max_size=CONNECTIONS, kwargs={"autocommit": True}, configure=_prepare, open=False
        )

    async def opened(self) -> None:
        """Open the connections."""
        await self.connections.open(wait=True)

    async def closed(self) -> None:
        """Close the connections."""
        await self.connections.close(timeout=5)


async def _prepare(connection: AsyncConnection) -> None:
    connection.prepare_threshold = 0
