"""`daybook check` says what is wrong before anything starts, all of it, and changes nothing."""

import json
import os
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psycopg
import pytest
from tests.interface.sign_in.identity_provider import at_work
from tests.interface.test_cli import environment, run

from app.details import Vault
from app.log.folder import READ_MODELS_NAME, FolderLock
from app.log.records import LoggedEvent
from app.log.sqlite import FILE_NAME, open_sqlite
from app.master_key import master_keys_for, token_secrets_for
from app.preflight import folder as folder_checks
from app.settings import Settings
from interface import check as check_module
from interface.check import check
from interface.failures import Unsuitable

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
OTHER_KEY = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="
SECRET = "a secret of the tests that is long enough"


def told_of(settings: Settings, port: int = 0) -> list[str]:
    """Every line; it ends with how many things are wrong, if any are."""
    lines: list[str] = []
    try:
        check(settings, "127.0.0.1", port, lines.append)
    except Unsuitable as trouble:
        lines.append(str(trouble))
    return lines


def wrong_with(settings: Settings, port: int = 0) -> list[str]:
    return [line.removeprefix("wrong: ") for line in told_of(settings, port) if line.startswith("wrong: ")]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The folder of a Daybook that was started once, has a person, and was stopped."""
    settings = Settings(data=tmp_path / "data")
    log = open_sqlite(settings.data, serving=True)
    vault = Vault(log, master_keys_for(settings, log))
    vault.check()
    vault.admit("c-alice")
    token_secrets_for(settings)
    log.append([event()], log.head())
    log.close()
    return settings.data


def event(timestamp: str = "2026-01-01T04:00:00.000000Z", version: int = 1) -> LoggedEvent:
    return LoggedEvent("booking/b1", version, "BookingConfirmed.1", b"{}", timestamp, "staff:bob", "command-1")


def traces(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    return {
        path.name: (path.stat().st_mode, path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.iterdir())
    }


def test_a_folder_where_all_is_well_is_left_as_it_was(data: Path) -> None:
    before = traces(data)

    assert told_of(Settings(data=data)) == [
        "note: The log has 1 events, the last of 2026-01-01T04:00:00.000000Z.",
        "Nothing is wrong.",
    ]

    assert traces(data) == before


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    told = told_of(Settings(data=tmp_path / "some" / "data"))

    assert told[-1] == "Nothing is wrong."
    assert "There is no log in" in told[0]
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_service_left_is_read_and_left_alone(data: Path) -> None:
    log = open_sqlite(data, serving=False)
    log.append([event(version=2)], log.head())  # in the write-ahead log alone
    kept = {path.name: path.read_bytes() for path in data.glob(f"{FILE_NAME}*")}
    log.close()
    for name, content in kept.items():
        (data / name).write_bytes(content)
    assert (data / f"{FILE_NAME}-wal").stat().st_size

    assert "note: The log has 2 events" in told_of(Settings(data=data))[0]

    for name in (FILE_NAME, f"{FILE_NAME}-wal"):
        assert (data / name).read_bytes() == kept[name]


def test_a_service_at_work_is_news_and_so_is_its_port(data: Path) -> None:
    lock = FolderLock(data)
    try:
        with closing(socket.create_server(("127.0.0.1", 0))) as listener:
            told = told_of(Settings(data=data), listener.getsockname()[1])
    finally:
        lock.release()

    assert f"note: A Daybook (process {os.getpid()}) is serving {data} now." in told
    assert any("is in use, most likely by that Daybook" in line for line in told)
    assert told[-1] == "Nothing is wrong."


def test_a_port_that_another_program_has_is_wrong(data: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        (said,) = wrong_with(Settings(data=data), listener.getsockname()[1])

    assert "in use by another program" in said


def test_keys_that_others_can_read_are_told_each(data: Path) -> None:
    for name in ("master.key", "token.secret"):
        (data / name).chmod(0o640)

    told = told_of(Settings(data=data))

    assert [line.split(" is open to")[0] for line in told if line.startswith("wrong")] == [
        f"wrong: {data / 'master.key'}",
        f"wrong: {data / 'token.secret'}",
    ]
    assert told[-1] == "2 things are wrong, see above."


def test_a_master_key_that_does_not_open_is_told(data: Path) -> None:
    (said,) = wrong_with(Settings(data=data, master_key=OTHER_KEY))

    assert "is not the one that this log's people were sealed under" in said


def test_a_master_key_that_is_missing_is_told(data: Path) -> None:
    (data / "master.key").unlink()

    (said,) = wrong_with(Settings(data=data))

    assert "master.key is missing, and this log has people" in said


def test_a_folder_that_cannot_be_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    (said,) = wrong_with(Settings(data=tmp_path / "file" / "data"))

    assert said == f"{tmp_path / 'file'} is no folder. Set DAYBOOK_DATA to another place."


def test_a_folder_that_cannot_be_written_is_told(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # the tests may run as root, whom nothing stops

    (said,) = wrong_with(Settings(data=data))

    assert "This user may not write into" in said


def test_a_disk_that_is_nearly_full_is_told(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_checks, "LEAST_BYTES", 1 << 60)

    (said,) = wrong_with(Settings(data=data))

    assert "MiB left" in said


def test_a_log_that_was_lost_is_told_as_a_start_would(data: Path) -> None:
    (data / READ_MODELS_NAME).touch()
    (data / FILE_NAME).write_bytes(b"")
    (said,) = wrong_with(Settings(data=data))
    assert "is empty, although a log was kept in this folder before" in said

    (data / FILE_NAME).unlink()
    (said,) = wrong_with(Settings(data=data))
    assert "is missing, although a log was kept in this folder before" in said


def test_what_a_first_start_left_that_was_cut_short_is_no_trouble(data: Path) -> None:
    (data / FILE_NAME).write_bytes(b"")
    assert told_of(Settings(data=data))[-1] == "Nothing is wrong."
    with closing(open_sqlite(data, serving=False)) as log:
        assert log.created


def test_a_folder_in_the_place_of_a_file_is_told(data: Path) -> None:
    (data / READ_MODELS_NAME).mkdir()
    (said,) = wrong_with(Settings(data=data))
    assert "read-models.sqlite3 is a folder" in said


def test_an_address_for_metrics_that_cannot_be_had_is_told(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        (said,) = wrong_with(Settings(data=data, metrics_port=port))
        assert "in use by another program" in said
        assert "DAYBOOK_METRICS_PORT" in said
    for same in ("127.0.0.1", "localhost", "0.0.0.0"):  # noqa: S104 - all of them, to be told
        assert "that of its metrics" in wrong_with(Settings(data=data, metrics_port=port, metrics_host=same), port)[0]
    elsewhere = Settings(data=data, metrics_port=port, metrics_host="127.0.0.2")
    assert wrong_with(elsewhere, port) == []
    with closing(open_sqlite(data, serving=True)):
        nowhere = Settings(data=data, metrics_port=port, metrics_host="nowhere.invalid")
        assert "no address of this machine" in wrong_with(nowhere)[0]


def test_a_service_and_its_metrics_do_not_share_a_port(tmp_path: Path) -> None:
    settings = environment(DAYBOOK_DATA=str(tmp_path / "data"), DAYBOOK_METRICS_PORT="8765")
    done = run(settings, "serve", "--port", "8765")
    assert done.returncode == 1
    assert "cannot be the service's and that of its metrics" in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_file_that_is_no_log_is_told(data: Path) -> None:
    (data / FILE_NAME).write_bytes(b"no database at all, but long enough to be taken for one" * 100)
    assert "is damaged or no database" in wrong_with(Settings(data=data))[0]

    (data / FILE_NAME).unlink()
    with closing(sqlite3.connect(data / FILE_NAME)) as other:
        other.execute("CREATE TABLE cats (name)")
    assert "is a database of some other program" in wrong_with(Settings(data=data))[0]


def test_a_clock_that_is_behind_the_log_is_told(data: Path) -> None:
    log = open_sqlite(data, serving=False)
    ahead = datetime.now(UTC) + timedelta(hours=2)
    log.append([event(ahead.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), version=2)], log.head())
    log.close()

    (said,) = wrong_with(Settings(data=data))

    assert "ahead of this machine's clock" in said


def test_every_setting_that_is_wrong_is_told_at_once() -> None:
    ended = run(
        environment(DAYBOOK_PROT="8000", DAYBOOK_FOO="1", DAYBOOK_MAX_HOLDS="many", DAYBOOK_SECRET="short"), "check"
    )

    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 4
    for name in ("DAYBOOK_PROT", "DAYBOOK_FOO", "DAYBOOK_MAX_HOLDS", "DAYBOOK_SECRET"):
        assert name in ended.stderr


def test_the_command_ends_with_a_status(data: Path) -> None:
    there = environment(DAYBOOK_DATA=str(data))
    well = run(there, "check", "--port", "0")
    assert (well.returncode, well.stdout.splitlines()[-1], well.stderr) == (0, "Nothing is wrong.", "")

    ill = run(there | {"DAYBOOK_MASTER_KEY": OTHER_KEY}, "check", "--port", "0")
    assert (ill.returncode, ill.stderr) == (1, "daybook: One thing is wrong, see above.\n")


@contextmanager
def provider(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """An identity provider's address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/jwks"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def of_provider(url: str, data: Path) -> Settings:
    return Settings(data=data, jwks_url=url, issuer="https://login.example.org")


def giving(document: Any) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(request: BaseHTTPRequestHandler) -> None:
        body = json.dumps(document).encode()
        request.send_response(200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


def test_an_identity_provider_that_gives_its_keys_is_well(data: Path) -> None:
    key = {
        "kty": "OKP",
        "crv": "Ed25519",
        "alg": "EdDSA",
        "kid": "1",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    }
    with provider(giving({"keys": [key]})) as url:
        assert wrong_with(of_provider(url, data)) == []


def test_an_identity_provider_without_usable_keys_is_told(data: Path) -> None:
    with provider(giving({"keys": [{"kty": "oct", "alg": "HS256", "k": "c2VjcmV0"}]})) as url:
        (said,) = wrong_with(of_provider(url, data))
    assert "None of the keys at" in said


def test_an_identity_provider_that_people_cannot_sign_in_at_is_told(data: Path) -> None:
    with at_work() as working:
        settings = Settings(data=data, **working.settings("https://book.example.org"))
        assert wrong_with(settings) == []
        working.told = {"issuer": "https://id.evil.example"}
        (said,) = wrong_with(settings)
    assert f"Nobody can sign in on the page: {working.issuer} does not say where" in said


def test_an_identity_provider_that_cannot_be_reached_is_told(data: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    (said,) = wrong_with(of_provider(f"http://127.0.0.1:{port}/jwks", data))
    assert "cannot be fetched" in said


def test_an_identity_provider_that_trickles_is_not_waited_for(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time, the whole never."""
    monkeypatch.setattr(check_module, "ANSWER_SECONDS", 0.2)
    over = Event()

    def trickle(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000000")
        request.end_headers()
        while not over.wait(0.05):
            request.wfile.write(b" ")

    with provider(trickle) as url:
        (said,) = wrong_with(of_provider(url, data))
        over.set()
    assert "did not give its keys within" in said


def on_postgres(place: Any, **others: Any) -> Settings:
    named: dict[str, Any] = {"database_url": place.url, "schema_name": place.schema, "master_key": KEY}
    return Settings(**({**named, "secret": SECRET} | others))


def test_a_schema_where_all_is_well(postgres: Any) -> None:
    told = told_of(on_postgres(postgres))

    assert told[-1] == "Nothing is wrong."
    assert "note: The log has 0 events." in told


def test_a_schema_that_is_to_be_migrated_is_told_and_not_made(empty_postgres: Any) -> None:
    (said,) = wrong_with(on_postgres(empty_postgres))

    assert "run `daybook migrate`" in said
    with psycopg.connect(empty_postgres.url) as connection:
        made = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [empty_postgres.schema]).fetchone()
    assert made is None


def test_all_that_postgresql_needs_is_asked_for_at_once(empty_postgres: Any) -> None:
    said = wrong_with(on_postgres(empty_postgres, master_key=None, secret=()))

    assert len(said) == 3
    for wanted in ("DAYBOOK_MASTER_KEY", "daybook migrate", "DAYBOOK_SECRET"):
        assert any(wanted in line for line in said)


def test_a_server_that_is_not_there_is_told_without_its_password(data: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    url = f"postgresql://daybook:opensesame@127.0.0.1:{port}/bookings"

    said = wrong_with(Settings(database_url=url, master_key=KEY, secret=SECRET))

    assert "PostgreSQL cannot be reached" in said[0]
    assert "opensesame" not in "".join(said)


def test_what_a_role_lacks_is_told(postgres: Any) -> None:
    role = f"weak_{postgres.schema}"
    with psycopg.connect(postgres.url, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {role} LOGIN".encode())
        owner.execute(f"GRANT USAGE ON SCHEMA {postgres.schema} TO {role}".encode())
        owner.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {postgres.schema} TO {role}".encode())
        try:
            (said,) = wrong_with(on_postgres(postgres, database_url=postgres.url.replace("postgres:", f"{role}:", 1)))
        finally:
            owner.execute(f"DROP OWNED BY {role}".encode())
            owner.execute(f"DROP ROLE {role}".encode())
    assert f"The role {role} lacks INSERT on events, INSERT on appends, UPDATE on log_head" in said
    assert f"CREATE on the schema {postgres.schema}" in said


def test_a_clock_that_is_off_the_databases_is_told(postgres: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.preflight.postgres.system_clock", lambda: datetime.now(UTC) + timedelta(seconds=30))

    (said,) = wrong_with(on_postgres(postgres))

    assert "s off the database's" in said


def test_a_pooler_that_lends_one_session_to_two_is_told(postgres: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second connection gets the server's process of the first."""
    lent: list[Any] = []

    class Lent:
        def execute(self, statement: str) -> Any:
            return lent[0].execute(statement)

        def close(self) -> None:
            """It was never ours."""

    def connect(*arguments: Any, **named: Any) -> Any:
        from app.log.postgres_connection import connect as really

        if lent:
            return Lent()
        lent.append(really(*arguments, **named))
        return lent[0]

    monkeypatch.setattr("app.preflight.postgres.connect", connect)

    (said,) = wrong_with(on_postgres(postgres))

    assert "does not keep sessions" in said
