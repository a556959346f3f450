"""The service under torture: its store, its processes, the doors to them, and what starts them again."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from time import monotonic
from typing import Any, Literal
from urllib.parse import urlsplit

import psycopg
from tests.races.serving import MASTER_KEY, SECRET, Server
from tests.torture.faults import CLOCK_FILE
from tests.torture.private_postgres import PrivatePostgres
from tests.torture.wires import Wire, to_postgres, to_server

from app.log.migrate import migrate

StoreKind = Literal["sqlite", "postgresql"]
SCHEMA = "torture"
PROCESSES: dict[StoreKind, int] = {"sqlite": 1, "postgresql": 3}
_SECONDS_TO_START = 120.0
_SECONDS_TO_VERIFY = 300.0


class Room:
    """A place for one process: its door stays the same however often what is behind it dies."""

    def __init__(self, number: int, environment: dict[str, str], folder: Path, altered: Sequence[str]) -> None:
        self.number = number
        self._clock = folder / f"clock-{number}"
        self._environment = environment | {CLOCK_FILE: str(self._clock)}
        self._altered = altered
        self._said = folder / f"server-{number}.log"
        self.server: Server | None = None
        self.wire: Wire = to_server(self._address)
        self.url = ""
        self._where = ("127.0.0.1", 1)

    async def open(self) -> None:
        """A process, and a door to it."""
        self.url = f"http://127.0.0.1:{await self.wire.open()}"
        await self.start()

    async def start(self) -> None:
        """Start a process, again and again where the store is away, until it listens."""
        deadline = monotonic() + _SECONDS_TO_START
        while True:
            server = Server(self._environment, "told_clock", *self._altered, program="tests.torture.faults")
            while server.is_running and "Listening on" not in server.said:
                await asyncio.sleep(0.02)
                assert monotonic() < deadline, f"it does not start:\n{server.said}"
            if server.is_running:
                break
            await asyncio.to_thread(self._keep_words, server)
            assert monotonic() < deadline, f"it does not start:\n{server.said}"
            await asyncio.sleep(0.2)
        self.server = server
        parts = urlsplit(server.url)
        assert parts.hostname is not None
        assert parts.port is not None
        self._where = (parts.hostname, parts.port)

    @property
    def serving(self) -> Server:
        """The service that is there now."""
        assert self.server is not None
        return self.server

    async def kill(self, *, everything: bool) -> None:
        """`kill -9`, of all processes in one moment, or of the one over them alone."""
        await asyncio.to_thread(self.serving.kill if everything else self.serving.kill_first)
        self._keep_words(self.serving)

    async def stop(self) -> None:
        """End it as an operator does."""
        if self.server is not None and self.server.is_running:
            self.server.resume()
            await asyncio.to_thread(self.server.terminate)
            self._keep_words(self.server)
        await self.wire.close()

    def shift_clock(self, seconds: float) -> None:
        """Let its clock be off by so much from now on."""
        fresh = self._clock.with_suffix(".new")
        fresh.write_text(str(seconds))
        os.replace(fresh, self._clock)  # noqa: PTH105 - Path.replace in one word

    def _address(self) -> tuple[str, int]:
        return self._where

    def _keep_words(self, server: Server) -> None:
        server.ended()
        with self._said.open("a") as file:
            file.write(f"--- process {server.pid}, status {server.process.returncode}\n{server.said}")


class House:
    """All rooms, and the raw store behind their backs."""

    def __init__(self, kind: StoreKind, folder: Path, altered: Sequence[str], settings: Sequence[str] = ()) -> None:
        self.kind = kind
        self.folder = folder
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DAYBOOK_")}
        self.environment = environment | {"DAYBOOK_SECRET": SECRET, "DAYBOOK_MAX_HOLDS": "5"}
        self.postgres = PrivatePostgres(*settings) if kind == "postgresql" else None
        self.store_wire = to_postgres(self.postgres.socket) if self.postgres is not None else None
        self._altered = altered
        self.rooms: list[Room] = []

    async def open(self) -> None:
        """Start everything."""
        if self.postgres is not None and self.store_wire is not None:
            await asyncio.to_thread(migrate, self.postgres.url, SCHEMA)
            port = await self.store_wire.open()
            self.environment |= {
                "DAYBOOK_DATABASE_URL": f"postgresql://postgres@127.0.0.1:{port}/{self.postgres.database}",
                "DAYBOOK_SCHEMA": SCHEMA,
                "DAYBOOK_MASTER_KEY": MASTER_KEY,
            }
        else:
            self.environment["DAYBOOK_DATA"] = str(self.folder / "data")
        self.rooms = [
            Room(number, self.environment, self.folder, self._altered) for number in range(PROCESSES[self.kind])
        ]
        await asyncio.gather(*(room.open() for room in self.rooms))

    async def close(self) -> None:
        """End everything."""
        await asyncio.gather(*(room.stop() for room in self.rooms))
        if self.postgres is not None and self.store_wire is not None:
            await self.store_wire.close()
            (self.folder / "postgresql.log").write_text(self.postgres.said())
            await asyncio.to_thread(self.postgres.close)

    def ask(self, statement: str) -> list[Any]:
        """Read the raw tables, past Daybook."""
        if self.postgres is not None:
            with psycopg.connect(
                self.postgres.url, connect_timeout=5, options=f"-c search_path={SCHEMA}"
            ) as connection:
                return connection.execute(statement.encode()).fetchall()
        with closing(sqlite3.connect(self.folder / "data" / "log.sqlite3", timeout=10)) as file:
            return file.execute(statement).fetchall()

    def head(self) -> int:
        """Where the log ends."""
        return int(self.ask("SELECT position FROM log_head")[0][0])

    def verify(self) -> None:
        """Let the product itself say whether its log and read models are whole, beside its processes."""
        command = str(Path(sys.executable).with_name("daybook"))
        said = subprocess.run(
            [command, "verify", "--json"],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=_SECONDS_TO_VERIFY,
            check=False,
        )
        (self.folder / "verified.json").write_text(said.stdout or json.dumps({"whole": False, "said": said.stderr}))

    def dump(self) -> None:
        """The raw tables as they are, into the folder."""
        columns = ("position", "stream", "version", "topic", "command_id", "by", "timestamp", "recorded_at", "state")
        listed = ", ".join(f'"{column}"' for column in columns)
        with (self.folder / "events.jsonl").open("w") as file:
            for row in self.ask(f"SELECT {listed} FROM events ORDER BY position"):
                file.write(json.dumps(dict(zip(columns, row, strict=True))) + "\n")
        with (self.folder / "appends.jsonl").open("w") as file:
            for last, digest in self.ask("SELECT last_position, digest FROM appends ORDER BY last_position"):
                file.write(json.dumps({"last": last, "digest": bytes(digest).hex()}) + "\n")
        ((log_id, position, timestamp, digest),) = self.ask("SELECT log_id, position, timestamp, digest FROM log_head")
        ((secret,),) = self.ask("SELECT secret FROM log_secret")
        head = {"log_id": log_id, "position": position, "timestamp": timestamp}
        raw = {"digest": bytes(digest).hex(), "secret": bytes(secret).hex()}
        (self.folder / "head.json").write_text(json.dumps(head | raw))


@asynccontextmanager
async def opened(
    kind: StoreKind, folder: Path, altered: Sequence[str] = (), settings: Sequence[str] = ()
) -> AsyncIterator[House]:
    """A service on an empty store, ended afterwards whatever happens."""
    house = await asyncio.to_thread(House, kind, folder, altered, settings)
    try:
        await house.open()
        yield house
    finally:
        await house.close()
