"""The pool of connections that the peers on PostgreSQL share: opened once, every statement prepared, autocommit."""

import os
from datetime import timedelta

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

CONNECTIONS = int(os.environ.get("BENCH_POOL", "8"))
"""Measured here: 4 and 16 are slower."""


class Pool:
    """Connections to one database."""

    def __init__(self, dsn: str, tables: str) -> None:
        self._tables = tables
        self.connections: AsyncConnectionPool[AsyncConnection] = AsyncConnectionPool(
            dsn, min_size=CONNECTIONS, max_size=CONNECTIONS, kwargs={"autocommit": True}, configure=_prepare, open=False
        )

    async def opened(self) -> None:
        """Open the connections and make the tables."""
        await self.connections.open(wait=True)
        async with self.connections.connection() as connection:
            await connection.execute(self._tables.encode())

    async def closed(self) -> None:
        """Close the connections."""
        await self.connections.close(timeout=timedelta(seconds=5).total_seconds())


async def _prepare(connection: AsyncConnection) -> None:
    connection.prepare_threshold = 0
