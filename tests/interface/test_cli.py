"""The command line, as its users run it: real processes, real signals, real stores."""

import itertools
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import httpx
import psutil  # type: ignore[import-untyped] # it ships no types
import pytest
from typer.testing import CliRunner

from interface.cli import app
from interface.door import GRACE_SECONDS
from interface.failures import EXPECTED
from interface.http.auth import issue_token

COMMAND = str(Path(sys.executable).with_name("daybook"))
SECRET = {"DAYBOOK_SECRET": "a secret of the tests that is long enough"}
POSTGRES = {"DAYBOOK_MASTER_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", **SECRET}


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
        token = token_of(subject, roles or ("customer",))
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {token}"}, timeout=30)


Start = Callable[..., Daybook]


def run(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command line to its end."""
    return subprocess.run(
        [COMMAND, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def environment(**variables: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DAYBOOK_")}
    return clean | variables


@cache
def token_of(subject: str, roles: Sequence[str]) -> str:
    """A token of the command line, made once: all Daybooks here have one secret."""
    wanted = [option for role in roles for option in ("--role", role)]
    return run(environment(**SECRET), "token", "--subject", subject, *wanted).stdout.strip()


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """The environment of a Daybook with an empty data folder."""
    return environment(DAYBOOK_DATA=str(tmp_path / "data"), **SECRET)


@pytest.fixture
def database(postgres: Place) -> dict[str, str]:
    """The environment of a Daybook on a migrated PostgreSQL schema."""
    return environment(DAYBOOK_DATABASE_URL=postgres.url, DAYBOOK_SCHEMA=postgres.schema, **POSTGRES)


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts Daybooks, and ends them after the test."""
    yield from starting()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daybook]:
    """A demo on a data folder that several tests share. Nobody ends it."""
    for begin in starting():
        yield begin(environment(DAYBOOK_DATA=str(tmp_path_factory.mktemp("demo")), **SECRET), "--demo")


def starting() -> Iterator[Start]:
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


def test_a_token_that_no_service_would_accept_is_not_made(tmp_path: Path) -> None:
    """Whoever stands in the wrong folder is told so, and nothing is left there."""
    refused = run(environment(DAYBOOK_DATA=str(tmp_path / "data")), "token", "--subject", "alice", "--role", "customer")
    assert_one_sentence(refused, str(tmp_path / "data"), "Set DAYBOOK_DATA", "start the service first")
    assert refused.stdout == ""
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("days", [0, -1, 1e-9, float("nan"), float("inf"), 1e300, 36_501])
def test_a_token_is_good_for_some_time_and_not_for_ever(days: float) -> None:
    with pytest.raises(ValueError, match="at least a second, at most 36,500 days"):
        issue_token(b"s" * 32, "alice", ["customer"], days)


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
        (["serve"], {"DAYBOOK_DATABASE_URL": "postgresql://moon:100%@localhost/moon"}, "percent-encoded"),
        (["serve", "--demo", "--host", "192.0.2.1"], {}, "--demo"),
        (["serve", "--host", "nowhere.invalid"], {}, "--host"),
        (["rebuild"], {}, "There is no event log"),
    ],
)
def test_expected_errors_are_one_sentence(
    files: dict[str, str], arguments: list[str], variables: dict[str, str], part: str
) -> None:
    assert_one_sentence(run(files | variables, *arguments), part)


@pytest.mark.parametrize(
    ("arguments", "variables", "part"),
    [
        (["token", "--subject", "alice", "--role", "king"], {}, "The roles are"),
        (["token", "--subject", "alice", "--role", "customer", "--days", "inf"], {}, "some time"),
        (["token", "--subject", "", "--role", "customer"], {}, "printable characters"),
        (["token", "--subject", "alice", "--role", "customer"], {"DAYBOOK_SECRET": "short"}, "at least 32 bytes"),
        (["migrate"], {"DAYBOOK_PORT": "8080"}, "`make run PORT="),
        (["migrate", "--service-role", "daybook"], {}, "PostgreSQL"),
    ],
)
def test_what_is_wrong_with_options_and_settings_is_an_expected_error(
    files: dict[str, str], arguments: list[str], variables: dict[str, str], part: str
) -> None:
    """The same, without a process for each."""
    ended = CliRunner().invoke(app, arguments, env=files | variables)
    assert isinstance(ended.exception, EXPECTED)
    assert part in str(ended.exception)


@pytest.mark.slow
def test_a_schema_without_tables_says_how_to_make_them(empty_postgres: Place) -> None:
    there = environment(DAYBOOK_DATABASE_URL=empty_postgres.url, DAYBOOK_SCHEMA=empty_postgres.schema, **POSTGRES)
    assert_one_sentence(run(there, "serve", "--port", "0"), "daybook migrate")
    assert_one_sentence(run(there, "serve", "--port", "0", "--workers", "2"), "daybook migrate")


def test_a_data_folder_is_served_by_one_process(demo: Daybook) -> None:
    assert_one_sentence(run(demo.environment, "serve", "--port", "0"), str(demo.process.pid), "DAYBOOK_DATA")


def test_a_port_in_use_is_told_before_the_store_is_touched(files: dict[str, str]) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        assert_one_sentence(run(files, "serve", "--port", port), port, "in use", "--port")
    assert not Path(files["DAYBOOK_DATA"]).exists()


def test_a_port_in_use_is_told_by_workers_too(database: dict[str, str]) -> None:
    with closing(socket.create_server(("127.0.0.1", 0), reuse_port=True)) as taken:
        port = str(taken.getsockname()[1])
        assert_one_sentence(run(database, "serve", "--port", port, "--workers", "2"), port, "in use")


@pytest.mark.slow
def test_a_port_of_the_metrics_in_use_is_told(files: dict[str, str], database: dict[str, str]) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        told = {"DAYBOOK_METRICS_PORT": str(taken.getsockname()[1])}
        for there, workers in ((files, "1"), (database, "2")):
            ended = run(there | told, "serve", "--port", "0", "--workers", workers)
            assert_one_sentence(ended, "DAYBOOK_METRICS_PORT", told["DAYBOOK_METRICS_PORT"])


# Starting and stopping.


@pytest.mark.slow
def test_the_start_says_which_store_it_opened_and_whether_it_is_new(files: dict[str, str], start: Start) -> None:
    first = start(files)
    first.end()
    second = start(files)
    assert [line for line in first.printed if files["DAYBOOK_DATA"] in line and "new" in line]
    assert [line for line in second.printed if files["DAYBOOK_DATA"] in line and "0 events" in line]


@pytest.mark.slow
def test_it_does_not_listen_before_it_is_ready(files: dict[str, str], start: Start) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    beginning = Daybook(files, port=port)
    try:
        with httpx.Client(timeout=30) as client:
            while True:
                with suppress(httpx.ConnectError):
                    first_answer = client.get(f"http://127.0.0.1:{port}/health/ready")
                    break
                with suppress(subprocess.TimeoutExpired):  # it needs the processor more than we do
                    raise AssertionError(f"it ended with {beginning.process.wait(0.01)}")
    finally:
        beginning.end(signal.SIGKILL)
    assert first_answer.status_code == 200


@pytest.mark.slow
def test_sigterm_finishes_what_is_under_way_and_exits_with_0(files: dict[str, str], start: Start) -> None:
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
            assert served.end() == 0
            booked = [booking for booking in answers if booking is not None]
    again = start(files)
    with again.client() as client:
        for booking in booked:
            assert client.get(f"/v1/bookings/{booking}").status_code == 200


@pytest.mark.slow
def test_ctrl_c_stops_it_and_asking_twice_does_no_harm(files: dict[str, str], start: Start) -> None:
    served = start(files)
    served.process.send_signal(signal.SIGINT)
    assert served.end(signal.SIGTERM) == 0


@pytest.mark.slow
def test_who_sends_half_a_request_does_not_hold_up_the_end(files: dict[str, str], start: Start) -> None:
    """Half a body and half a head; nothing is wrong then, so nothing is logged as an error."""
    served = start(files)
    token = token_of("alice", ("customer",))
    head = f"POST /v1/bookings HTTP/1.1\r\nHost: daybook\r\nAuthorization: Bearer {token}\r\n"
    rest = "Content-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n"
    with ExitStack() as connections:
        half_head, half_body = (
            connections.enter_context(closing(socket.create_connection(("127.0.0.1", served.port), 30)))
            for _ in range(2)
        )
        half_head.sendall(head.encode())
        half_body.sendall((head + rest).encode())
        assert half_body.recv(1000).startswith(b"HTTP/1.1 100 ")  # from here on somebody waits for the body
        half_body.sendall(b'{"resource": ')
        began = time.monotonic()
        assert served.end() == 0
    assert time.monotonic() - began < GRACE_SECONDS + 5
    lines = [json.loads(line) for line in served.rest[1].splitlines()]
    assert [line for line in lines if line["level"] == "error" or "Traceback" in line["event"]] == []


@pytest.mark.slow
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


def test_a_thousand_connections_at_once_are_answered(demo: Daybook) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    with ExitStack() as connections:
        ends = [
            connections.enter_context(closing(socket.create_connection(("127.0.0.1", demo.port), 30)))
            for _ in range(1000)
        ]
        for end in ends:
            end.sendall(b"GET /health/live HTTP/1.1\r\nHost: daybook\r\n\r\n")
        assert {end.recv(15) for end in ends} == {b"HTTP/1.1 200 OK"}


def test_rebuild_works_beside_a_working_service(demo: Daybook) -> None:
    with demo.client() as client:
        booked = book(client, "lena-weber", slots(client, "lena-weber", 1)[0])
        rebuilt = run(demo.environment, "rebuild")
        assert rebuilt.returncode == 0, rebuilt.stderr
        assert client.get(f"/v1/bookings/{booked.json()['id']}").json() == booked.json()
        assert client.get("/v1/bookings").json()["items"] == [booked.json()]


# Several processes.


def processes_of(served: Daybook, at_least: int) -> list[Any]:
    """The service's processes in order of their start, the one that writes before those that answer."""
    over = psutil.Process(served.process.pid)
    children = until(lambda: found if len(found := over.children()) >= at_least else [])
    return sorted(children, key=lambda each: (each.create_time(), each.pid))


@pytest.mark.slow
@pytest.mark.parametrize("options", [("--workers", "2", "--demo"), ("--demo",)])
def test_a_process_that_ends_is_replaced_and_all_end_with_the_one_over_them(
    files: dict[str, str], start: Start, options: tuple[str, ...]
) -> None:
    """The first that answers told people about the start: nobody is told twice."""
    served = start(files, *options)
    before = processes_of(served, 1 + (2 if "--workers" in options else 1))
    with served.client() as client:
        wanted = slots(client, "sun-hospital", 20)
    for index, died in enumerate(before[:2]):
        died.kill()
        died.wait(30)
        until(lambda: [each for each in processes_of(served, len(before)) if each not in before])
        until(lambda start=wanted[index]: is_booked(served, "sun-hospital", start))  # type: ignore[misc] # a default
    replaced = processes_of(served, len(before))
    assert served.end() == 0
    assert psutil.wait_procs(replaced, timeout=30)[1] == []
    assert [line for line in served.printed if "second customer: " in line]


@pytest.mark.slow
def test_one_of_two_workers_lets_pass_half_of_what_a_caller_may_ask(files: dict[str, str], start: Start) -> None:
    """A connection leads to one of them, where two seconds' worth may come at once."""
    served = start(files | {"DAYBOOK_RATE_LIMIT": "8"}, "--workers", "2", "--demo")
    with served.client() as client:
        began = time.monotonic()
        answers = Counter(client.get("/v1/resources").status_code for _ in range(30))
        most = 2 * 4 + 4 * (time.monotonic() - began)
    assert answers.keys() == {200, 429}
    assert answers[200] <= most


@pytest.mark.slow
@pytest.mark.parametrize("left", [0, 2, 4])
def test_a_process_that_cannot_be_replaced_yet_is_replaced_once_it_can(
    files: dict[str, str], start: Start, left: int
) -> None:
    """With so many descriptors left a fork fails at its beginning, or between the pipes that it needs."""
    served = start(files, "--demo")
    over, before = psutil.Process(served.process.pid), processes_of(served, 2)
    limit = over.rlimit(psutil.RLIMIT_NOFILE)
    with served.client() as client:
        (wanted,) = slots(client, "sun-hospital", 1)
    opened = descriptors_of(served)
    unused = (number for number in itertools.count() if number not in opened)
    over.rlimit(psutil.RLIMIT_NOFILE, (next(itertools.islice(unused, left, None)), limit[1]))
    before[-1].kill()
    for _ in range(2):
        assert next_line(served, "process could not be started")["reason"] == "Too many open files"
    assert len(descriptors_of(served)) == len(opened)
    over.rlimit(psutil.RLIMIT_NOFILE, limit)
    until(lambda: is_booked(served, "sun-hospital", wanted))
    assert before[0] in processes_of(served, 2)
    assert served.end() == 0


def descriptors_of(served: Daybook) -> set[int]:
    """What the process over the others has open."""
    return {int(path.name) for path in Path(f"/proc/{served.process.pid}/fd").iterdir()}


def next_line(served: Daybook, event: str) -> dict[str, Any]:
    """The next log line of that event."""
    assert served.process.stderr is not None
    told: dict[str, Any] = next(line for line in map(json.loads, served.process.stderr) if line["event"] == event)
    return told


@pytest.mark.slow
@pytest.mark.parametrize("options", [("--workers", "2"), pytest.param((), marks=pytest.mark.slow)])
def test_all_processes_end_when_the_one_over_them_is_killed(
    files: dict[str, str], start: Start, options: tuple[str, ...]
) -> None:
    served = start(files, *options)
    those = processes_of(served, 2)
    shared = {Path(file.path).parent for each in those for file in each.open_files() if file.path.endswith(".db")}
    assert len(shared) == 1
    served.process.kill()
    assert psutil.wait_procs(those, timeout=30)[1] == []
    assert not shared.pop().exists(), "what they counted together goes with them"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", served.port), 5)


def is_booked(served: Daybook, resource: str, start: str) -> bool:
    """Whether this try books it: while a process is being replaced the answer is 503, or the connection ends."""
    with served.client() as client, suppress(httpx.TransportError):
        return book(client, resource, start).status_code in {201, 409}  # 409: the try before was stored
    return False


def until(look: Callable[[], Any]) -> Any:
    """Look until there is something to see."""
    deadline = time.monotonic() + 30
    while not (found := look()):
        assert time.monotonic() < deadline
    return found


@pytest.mark.slow
def test_log_lines_are_json_when_nobody_watches(database: dict[str, str], start: Start) -> None:
    served = start(database)
    served.end()
    for line in served.rest[1].splitlines():
        assert {"event", "level", "timestamp"} <= json.loads(line).keys()
