"""The command line, as its users run it: real processes, real signals, real stores."""

import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any, Protocol

import httpx
import psutil  # type: ignore[import-untyped] # it ships no types
import pytest

COMMAND = str(Path(sys.executable).with_name("daybook"))
POSTGRES = {
    "DAYBOOK_MASTER_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "DAYBOOK_SECRET": "a secret of the tests that is long enough",
}


class Place(Protocol):
    """Where PostgreSQL's tables are."""

    url: str
    schema: str


class Daybook:
    """A Daybook that was started as a process of its own."""

    def __init__(self, environment: dict[str, str], *options: str, port: int = 0) -> None:
        self.environment = environment
        self.printed: list[str] = []
        self.process = subprocess.Popen(
            [COMMAND, "serve", "--port", str(port), *options],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def listening(self) -> "Daybook":
        """Wait until it says where it listens."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed.append(line)
            if line.startswith("Listening on "):
                return self
        raise AssertionError(f"it ended: {self.process.communicate()[1]}")

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.printed[-1].split()[2].rstrip(";")

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait; the exit status."""
        with suppress(ProcessLookupError):
            self.process.send_signal(number)
        self.rest = self.process.communicate(timeout=60)
        return self.process.returncode

    def client(self, subject: str = "alice", *roles: str) -> httpx.Client:
        """Somebody with a token, talking to it."""
        wanted = [option for role in roles or ("customer",) for option in ("--role", role)]
        made = run(self.environment, "token", "--subject", subject, *wanted)
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {made.stdout.strip()}"}, timeout=30)


Start = Callable[..., Daybook]


def run(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command line to its end."""
    return subprocess.run(
        [COMMAND, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def environment(**variables: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DAYBOOK_")}
    return clean | variables


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """The environment of a Daybook with an empty data folder."""
    return environment(DAYBOOK_DATA=str(tmp_path / "data"))


@pytest.fixture
def database(postgres: Place) -> dict[str, str]:
    """The environment of a Daybook on a migrated PostgreSQL schema."""
    return environment(DAYBOOK_DATABASE_URL=postgres.url, DAYBOOK_SCHEMA=postgres.schema, **POSTGRES)


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts Daybooks, and ends them after the test."""
    started: list[Daybook] = []

    def begin(environment: dict[str, str], *options: str, port: int = 0) -> Daybook:
        started.append(Daybook(environment, *options, port=port))
        return started[-1].listening()

    yield begin
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
            each.process.communicate()


def slots(client: httpx.Client, resource: str, most: int) -> list[str]:
    """Starts of free slots from tomorrow on."""
    tomorrow = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 2 * 86_400))
    later = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 60 * 86_400))
    answer = client.get(f"/v1/resources/{resource}/availability", params={"from": tomorrow, "to": later})
    assert answer.status_code == 200, answer.text
    free = [slot["start"] for day in answer.json()["days"] for slot in day["slots"] if slot["status"] == "available"]
    return free[:most]


def book(client: httpx.Client, resource: str, start: str) -> httpx.Response:
    return client.post("/v1/bookings", json={"resource": resource, "start": start})


# Small commands.


def test_the_version_is_that_of_the_distribution(files: dict[str, str]) -> None:
    assert re.fullmatch(r"daybook \d+\.\d+\.\d+\n", run(files, "--version").stdout)


def test_token_prints_the_token_and_nothing_else(files: dict[str, str]) -> None:
    made = run(files, "token", "--subject", "sam", "--role", "staff", "--resource", "kind:room", "--days", "2")
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", made.stdout)
    assert made.stderr == ""


def test_migrate_can_be_repeated(empty_postgres: Place) -> None:
    there = environment(DAYBOOK_DATABASE_URL=empty_postgres.url, DAYBOOK_SCHEMA=empty_postgres.schema)
    first, second = run(there, "migrate"), run(there, "migrate")
    assert "new, empty log" in first.stdout
    assert "up to date" in second.stdout


# Errors that people can do something about.


def assert_one_sentence(ended: "subprocess.CompletedProcess[str]", *parts: str) -> None:
    assert ended.returncode == 1
    assert ended.stderr.startswith("daybook: ")
    assert "Traceback" not in ended.stderr
    for part in parts:
        assert part in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "variables", "part"),
    [
        (["serve"], {"DAYBOOK_DATTA": "x"}, "Did you mean DAYBOOK_DATA?"),
        (["serve"], {"DAYBOOK_SECRET": "short"}, "at least 32 bytes"),
        (["serve", "--demo", "--host", "192.0.2.1"], {}, "--demo"),
        (["serve", "--workers", "2"], {}, "DAYBOOK_DATABASE_URL"),
        (["serve", "--host", "nowhere.invalid"], {}, "--host"),
        (["token", "--subject", "alice", "--role", "king"], {}, "The roles are"),
        (["token", "--subject", "alice", "--role", "customer", "--days", "0"], {}, "some time"),
        (["migrate", "--service-role", "daybook"], {}, "PostgreSQL"),
        (["rebuild"], {}, "There is no event log"),
    ],
)
def test_expected_errors_are_one_sentence(
    files: dict[str, str], arguments: list[str], variables: dict[str, str], part: str
) -> None:
    assert_one_sentence(run(files | variables, *arguments), part)


def test_a_schema_without_tables_says_how_to_make_them(empty_postgres: Place) -> None:
    there = environment(DAYBOOK_DATABASE_URL=empty_postgres.url, DAYBOOK_SCHEMA=empty_postgres.schema, **POSTGRES)
    assert_one_sentence(run(there, "serve", "--port", "0"), "daybook migrate")
    assert_one_sentence(run(there, "serve", "--port", "0", "--workers", "2"), "daybook migrate")


def test_a_data_folder_is_served_by_one_process(files: dict[str, str], start: Start) -> None:
    first = start(files)
    assert_one_sentence(run(files, "serve", "--port", "0"), str(first.process.pid), "DAYBOOK_DATA")


def test_a_port_in_use_is_told_before_the_store_is_touched(files: dict[str, str]) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        assert_one_sentence(run(files, "serve", "--port", port), port, "in use", "--port")
    assert not Path(files["DAYBOOK_DATA"]).exists()


def test_a_port_in_use_is_told_by_workers_too(database: dict[str, str]) -> None:
    with closing(socket.create_server(("127.0.0.1", 0), reuse_port=True)) as taken:
        port = str(taken.getsockname()[1])
        assert_one_sentence(run(database, "serve", "--port", port, "--workers", "2"), port, "in use")


# Starting and stopping.


def test_the_start_says_which_store_it_opened_and_whether_it_is_new(files: dict[str, str], start: Start) -> None:
    first = start(files)
    first.end()
    second = start(files)
    assert [line for line in first.printed if files["DAYBOOK_DATA"] in line and "new" in line]
    assert [line for line in second.printed if files["DAYBOOK_DATA"] in line and "0 events" in line]


def test_it_does_not_listen_before_it_is_ready(files: dict[str, str], start: Start) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    starting = Daybook(files, port=port)
    try:
        while True:
            with suppress(httpx.ConnectError):
                first_answer = httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=30)
                break
            assert starting.process.poll() is None
    finally:
        starting.end(signal.SIGKILL)
    assert first_answer.status_code == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_finishes_what_is_under_way_and_exits_with_0(
    files: dict[str, str], start: Start, number: signal.Signals
) -> None:
    """Requests that were taken in are answered, and every booking that was answered is in the log."""
    served = start(files, "--demo")
    with served.client() as client:
        wanted = slots(client, "sun-hospital", 400)

        def ask(start: str) -> str | None:
            try:
                answer = book(client, "sun-hospital", start)
            except httpx.TransportError:
                return None  # it no longer listened
            assert answer.status_code == 201, answer.text
            return str(answer.json()["id"])

        with ThreadPoolExecutor(8) as clients:
            answers = clients.map(ask, wanted)
            assert next(answers) is not None
            assert served.end(number) == 0
            booked = [booking for booking in answers if booking is not None]
    again = start(files)
    with again.client() as client:
        for booking in booked:
            assert client.get(f"/v1/bookings/{booking}").status_code == 200


def test_asking_twice_to_stop_does_no_harm(files: dict[str, str], start: Start) -> None:
    served = start(files)
    served.process.send_signal(signal.SIGTERM)
    assert served.end(signal.SIGTERM) == 0


def test_a_kill_loses_nothing_that_was_answered_and_the_folder_is_free_at_once(
    files: dict[str, str], start: Start
) -> None:
    served = start(files, "--demo")
    with served.client() as client:
        booked = book(client, "lena-weber", slots(client, "lena-weber", 1)[0])
    served.end(signal.SIGKILL)
    again = start(files, port=served.port)
    with again.client() as client:
        found = client.get(
            f"/v1/bookings/{booked.json()['id']}",
            headers={"Daybook-Position": booked.headers["Daybook-Position"]},
        )
    assert found.json() == booked.json()


def test_a_thousand_connections_at_once_are_answered(files: dict[str, str], start: Start) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    served = start(files)
    with ExitStack() as connections:
        ends = [
            connections.enter_context(closing(socket.create_connection(("127.0.0.1", served.port), 30)))
            for _ in range(1000)
        ]
        for end in ends:
            end.sendall(b"GET /health/live HTTP/1.1\r\nHost: daybook\r\n\r\n")
        assert {end.recv(15) for end in ends} == {b"HTTP/1.1 200 OK"}


def test_rebuild_works_beside_a_working_service(files: dict[str, str], start: Start) -> None:
    served = start(files, "--demo")
    with served.client() as client:
        booked = book(client, "lena-weber", slots(client, "lena-weber", 1)[0])
        rebuilt = run(files, "rebuild")
        assert rebuilt.returncode == 0, rebuilt.stderr
        assert client.get(f"/v1/bookings/{booked.json()['id']}").json() == booked.json()
        assert client.get("/v1/bookings").json()["items"] == [booked.json()]


# Several processes.


def workers_of(served: Daybook, at_least: int = 2) -> list[Any]:
    """The worker processes, once there are so many."""
    parent = psutil.Process(served.process.pid)
    deadline = time.monotonic() + 30
    while True:
        found = [child for child in parent.children() if "spawn_main" in " ".join(child.cmdline())]
        if len(found) >= at_least:
            return found
        assert time.monotonic() < deadline


def test_workers_share_a_port_and_end_with_their_supervisor(database: dict[str, str], start: Start) -> None:
    served = start(database, "--workers", "2", "--demo")
    workers = workers_of(served)
    with served.client() as client:
        wanted = slots(client, "sun-hospital", 20)
    with served.client() as client:
        assert [book(client, "sun-hospital", start).status_code for start in wanted] == [201] * 20
    assert served.end() == 0
    assert psutil.wait_procs(workers, timeout=30)[1] == []


def test_workers_end_when_their_supervisor_is_killed(database: dict[str, str], start: Start) -> None:
    served = start(database, "--workers", "2")
    workers = workers_of(served)
    served.process.kill()
    assert psutil.wait_procs(workers, timeout=30)[1] == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", served.port), 5)


def test_a_worker_that_dies_is_replaced(database: dict[str, str], start: Start) -> None:
    served = start(database, "--workers", "2")
    victim, other = workers_of(served)
    victim.kill()
    victim.wait(30)
    replaced = until(lambda: [each for each in workers_of(served) if each not in {victim, other}])
    assert len(replaced) == 1
    assert served.end() == 0


def until(look: Callable[[], Sequence[Any]]) -> Sequence[Any]:
    """Look until there is something to see."""
    deadline = time.monotonic() + 30
    while not (found := look()):
        assert time.monotonic() < deadline
    return found


def test_log_lines_are_json_when_nobody_watches(database: dict[str, str], start: Start) -> None:
    served = start(database)
    served.end()
    for line in served.rest[1].splitlines():
        assert {"event", "level", "timestamp"} <= json.loads(line).keys()
