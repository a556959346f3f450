"""The contestants: each a server process of its own, on an empty store, with the same resources."""

import json
import os
import re
import secrets
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from time import monotonic, sleep
from typing import NamedTuple

import httpx
import psutil  # type: ignore[import-untyped] # it ships no types
import psycopg
from postgres import Postgres
from workloads import CUSTOMERS, RESOURCES, Workload

from interface.http.auth import issue_token

HERE = Path(__file__).parent
START_SECONDS = 60.0
STOP_SECONDS = 30.0
SECRET = secrets.token_hex(32)
MASTER_KEY = b64encode(secrets.token_bytes(32)).decode()

_CLAIMS = "SELECT stream, state FROM {events} WHERE topic = 'TimeClaimed.1'"


class Described(NamedTuple):
    """What RESULTS.md says of a contestant."""

    title: str
    store: str
    durability: str


TWO = "_two"
POSTGRES_DURABLE = "fsync on, synchronous_commit on: answered after the WAL is flushed"
DESCRIBED = {
    "floor": Described("floor", "nothing", "stores nothing"),
    "unique_index": Described("unique-index", "PostgreSQL, a row per booking, partial unique index", POSTGRES_DURABLE),
    "unique_index_two": Described("unique-index, two processes", "the same", POSTGRES_DURABLE),
    "counted": Described("counted", "PostgreSQL, places counted on a locked slot row", POSTGRES_DURABLE),
    "exclusion": Described("exclusion", "PostgreSQL, EXCLUDE USING gist, rooms as int4range", POSTGRES_DURABLE),
    "library": Described("library", "PostgreSQL, eventsourcing's own recorder", POSTGRES_DURABLE),
    "daybook_sqlite": Described("Daybook, SQLite", "SQLite, WAL", "synchronous=FULL: answered after the WAL is synced"),
    "daybook_postgres": Described("Daybook, PostgreSQL", "PostgreSQL", POSTGRES_DURABLE),
}


class Claim(NamedTuple):
    """What is stored of a booking: start and end in seconds since 1970."""

    booking: str
    resource: str
    start: float
    end: float
    units: int


_REACHED = """
SELECT min(position) FROM {schema}generations AS g
JOIN {schema}projections AS p ON p.name = g.projection AND p.generation = g.generation
"""


@dataclass
class Contestant:
    """A running server, and the way to what it stored."""

    name: str
    address: str
    process: subprocess.Popen[bytes]
    output: Path
    folder: Path
    database: str | None
    next_request: int = 0

    @property
    def is_daybook(self) -> bool:
        return self.name.startswith("daybook")

    def claims(self) -> Iterable[Claim]:
        """Everything that is stored, read past the server."""
        if self.name == "daybook_sqlite":
            with closing(sqlite3.connect(f"file:{self.folder}/store/log.sqlite3?mode=ro", uri=True)) as file:
                return [_claimed(*row) for row in file.execute(_CLAIMS.format(events="events"))]
        if self.database is None:
            return []
        with psycopg.connect(self.database) as connection:
            if self.is_daybook:
                rows = connection.execute(_CLAIMS.format(events="daybook.events").encode())
                return [_claimed(*row) for row in rows]
            rows = connection.execute(import_module(f"peers.{peer_of(self.name)}").CLAIMS.encode())
            return [Claim(row[0], row[1], float(row[2]), float(row[3]), row[4]) for row in rows]

    def memory(self) -> float:
        """Megabytes that its processes have for themselves, and their part of what they share."""
        return sum(_kilobytes(pid, "Pss") for pid in family(self.process.pid)) / 1024

    def cpu_seconds(self) -> float:
        """CPU time that its processes have had so far, all threads; what PostgreSQL used is not in it."""
        ticks = 0
        for pid in family(self.process.pid):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def lag(self) -> int:
        """Events that Daybook's read models are behind its log, read past the server."""
        head, reached = self.progress()
        return max(0, head - reached)

    def progress(self) -> tuple[int, int]:
        """The position of Daybook's log, and the one that its read models had reached just before."""
        if self.name == "daybook_sqlite":
            store = self.folder / "store"
            with closing(sqlite3.connect(f"file:{store}/read-models.sqlite3?mode=ro", uri=True)) as models:
                ((reached,),) = models.execute(_REACHED.format(schema="")).fetchall()
            with closing(sqlite3.connect(f"file:{store}/log.sqlite3?mode=ro", uri=True)) as log:
                ((head,),) = log.execute("SELECT position FROM log_head").fetchall()
        else:
            assert self.database is not None
            with psycopg.connect(self.database) as connection:
                sql = f"SELECT ({_REACHED}), position FROM {{schema}}log_head".format(schema="daybook.")
                ((reached, head),) = connection.execute(sql.encode()).fetchall()
        return int(head), int(reached)

    def stop(self) -> None:
        """End the process and remove its files."""
        end(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)


def start(
    name: str, workload: Workload, postgres: Postgres | None, *, folder: Path | None = None, workers: int = 1
) -> Contestant:
    """Start a contestant and register the resources. `folder`: one with a store that was filled before.
    `workers`: processes of a Daybook on PostgreSQL.
    """
    fresh = folder is None
    folder = folder or Path(tempfile.mkdtemp(prefix=f"daybook-bench-{name}-"))
    on_postgres = postgres is not None and name not in {"floor", "daybook_sqlite"}
    database = postgres.database(f"bench_{name}_{workers}") if postgres is not None and on_postgres else None
    environment = environment_of(workload, folder, database if name.startswith("daybook") else None)
    if name == "daybook_postgres":
        migrated = subprocess.run([daybook(), "migrate"], env=environment, capture_output=True, text=True, timeout=60)
        if migrated.returncode:
            raise RuntimeError(migrated.stderr)
    command = [daybook(), "serve", "--port", "0", "--workers", str(workers)]
    if not name.startswith("daybook"):
        processes = "2" if name.endswith(TWO) else "1"
        command = [sys.executable, "-m", "peers.serving", peer_of(name), database or "none", processes]
    output = folder / "output.txt"
    with output.open("wb") as file:
        process = subprocess.Popen(command, env=environment, cwd=HERE, stdout=file, stderr=subprocess.STDOUT)
    try:
        address = _address(process, output)
        if name.startswith("daybook") and fresh:
            register(address, workload)
        return Contestant(name, address, process, output, folder, database)
    except BaseException:
        end(process)
        raise


def environment_of(workload: Workload, folder: Path, database: str | None) -> dict[str, str]:
    """What a contestant's process is told."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DAYBOOK_")}
    told = {
        "PYTHONPATH": str(HERE),
        "DAYBOOK_SECRET": SECRET,
        "DAYBOOK_RATE_LIMIT": "off",
        "DAYBOOK_LIVE_STREAMS": "20000",
        "DAYBOOK_LIVE_STREAMS_EACH": "20000",
        "DAYBOOK_LOG_LEVEL": "warning",
        "DAYBOOK_DATA": str(folder / "store"),
        "DAYBOOK_MASTER_KEY": MASTER_KEY,
        "BENCH_OPENS": str(workload.opens),
        "BENCH_SLOTS": str(workload.slots),
        "BENCH_CAPACITY": str(workload.capacity),
        "BENCH_ROOMS": str(int(workload.rooms)),
    }
    return kept | told | ({"DAYBOOK_DATABASE_URL": database} if database else {})


def peer_of(name: str) -> str:
    """The module of a peer, which may run in two processes."""
    return name.removesuffix(TWO)


def family(pid: int) -> list[int]:
    """A process and all that it started, and those started."""
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def _kilobytes(pid: int, what: str) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{what}:"))


def leave_nothing_running() -> None:
    """End in good order on SIGTERM as well, so that every server is stopped."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))


def daybook() -> str:
    """The command line of this environment."""
    return str(Path(sys.executable).with_name("daybook"))


def token(subject: str, role: str) -> str:
    """A token that every contestant accepts."""
    return issue_token(SECRET.encode(), subject, [role])  # type: ignore[list-item] # one of the roles


def tokens_file(folder: Path) -> Path:
    """A file with a token of each customer."""
    path = folder / "tokens.txt"
    path.write_text("\n".join(token(f"customer-{number}", "customer") for number in range(CUSTOMERS)) + "\n")
    return path


def register(address: str, workload: Workload) -> None:
    """Register every resource at a Daybook."""
    body = json.dumps(workload.definition())
    headers = {"Authorization": f"Bearer {token('admin', 'admin')}", "Content-Type": "application/json"}
    with httpx.Client(base_url=address, headers=headers, timeout=20) as client:
        for resource in RESOURCES:
            client.put(f"/v1/resources/{resource}", content=body).raise_for_status()


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to stop, and see that it does."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)


def _address(process: subprocess.Popen[bytes], output: Path) -> str:
    until = monotonic() + START_SECONDS
    while monotonic() < until and process.poll() is None:
        found = re.search(r"^Listening on (\S+?);?(\s.*)?\n", output.read_text(), re.MULTILINE)
        if found is not None:
            return found[1]
        sleep(0.05)
    raise RuntimeError(f"A contestant did not start:\n{output.read_text()}")


def _claimed(stream: str, state: str) -> Claim:
    said = json.loads(state)
    start, finish = (datetime.fromisoformat(said[name]).timestamp() for name in ("start", "end"))
    return Claim(said["booking"], stream.split("/")[1], start, finish, said["units"])
