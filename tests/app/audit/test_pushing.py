"""Checkpoints go out by themselves, and nothing waits for who is to take them."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread
from time import monotonic
from typing import Any

import psutil  # type: ignore[import-untyped] # it ships no types
import pytest
from tests.app.audit.test_checkpoint import HEAD, SECRET
from tests.races.serving import until

from app.audit import pushing
from app.audit.checkpoint import Checkpoint, Signer
from app.audit.pushing import Pushing
from app.audit.sending import NotSent, to_address, to_command
from app.audit.signing_keys import known_keys
from app.log.event_log import EventLog
from app.log.sqlite import open_sqlite
from app.settings import Settings, load_settings

CHECKPOINT = Signer(SECRET).checkpoint(HEAD)
KEEP = f"{sys.executable} -c 'import os, sys; open(sys.argv[1], \"a\").write(sys.stdin.read() + str(dict(os.environ)))'"


class Archive:
    """Somebody who takes checkpoints by HTTP: `answers` says how, and what comes when there is no more."""

    def __init__(self) -> None:
        self.taken: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self.answers: list[int] = []
        self.silent = Event()
        self.free = Event()
        archive = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if archive.silent.is_set():
                    with suppress(OSError):
                        while not archive.free.wait(0.02):
                            self.wfile.write(b"H")  # byte by byte
                            self.wfile.flush()
                    return
                status = archive.answers.pop(0) if archive.answers else 204
                self.send_response(status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()
                archive.taken.put({"status": status, **json.loads(body)})

            def log_message(self, *_: Any) -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/checkpoints"
        self.thread = Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.free.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)


@pytest.fixture
def archive() -> Iterator[Archive]:
    made = Archive()
    yield made
    made.close()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    opened = open_sqlite(tmp_path / "data", serving=False)
    yield opened
    opened.close()


Push = Callable[..., Pushing]


@pytest.fixture
def push(log: EventLog) -> Iterator[Push]:
    """Begins to push; ends it after the test."""
    begun: list[Pushing] = []

    def begin(settings: Settings, may_run: Callable[[], bool] = lambda: True, **more: Any) -> Pushing:
        begun.append(Pushing(log, settings, may_run, **more))
        begun[-1].start()
        return begun[-1]

    yield begin
    for each in begun:
        each.stop()


def test_the_address_gets_one_after_the_other(archive: Archive, log: EventLog, tmp_path: Path, push: Push) -> None:
    settings = load_settings(data=tmp_path / "data", checkpoint_url=archive.url, checkpoint_minutes=0.001)

    push(settings)

    sent = [archive.taken.get(timeout=30) for _ in range(2)]
    keys = known_keys(settings)
    for each in sent:
        assert each.pop("status") == 204
        checkpoint = Checkpoint.model_validate(each)
        assert (checkpoint.log_id, checkpoint.position) == (log.log_id, 0)
        assert checkpoint.is_signed_by(keys[checkpoint.key])


def test_what_fails_is_counted_and_tried_again(
    archive: Archive, tmp_path: Path, push: Push, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "FIRST_PAUSE_SECONDS", 0.01)
    archive.answers = [500, 302]
    counted: SimpleQueue[bool] = SimpleQueue()

    push(load_settings(data=tmp_path / "data", checkpoint_url=archive.url), counted=counted.put)

    assert [archive.taken.get(timeout=30)["status"] for _ in range(3)] == [500, 302, 204]
    assert [counted.get(timeout=30) for _ in range(3)] == [False, False, True]


def test_a_process_without_the_duty_sends_nothing(archive: Archive, tmp_path: Path, push: Push) -> None:
    asked: SimpleQueue[None] = SimpleQueue()
    mine = Event()

    def is_mine() -> bool:
        asked.put(None)
        return mine.is_set()

    push(load_settings(data=tmp_path / "data", checkpoint_url=archive.url), is_mine)
    asked.get(timeout=30)
    asked.get(timeout=30)
    assert archive.taken.empty()
    mine.set()
    assert archive.taken.get(timeout=30)["status"] == 204


def test_a_program_gets_it_on_its_standard_input_and_no_settings(
    tmp_path: Path, log: EventLog, push: Push, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAYBOOK_SECRET", "a secret of the tests that is long enough")
    counted: SimpleQueue[bool] = SimpleQueue()
    command = f"{KEEP} {tmp_path / 'kept'}"

    push(load_settings(data=tmp_path / "data", checkpoint_command=command), counted=counted.put)

    assert counted.get(timeout=30)
    kept, _, variables = (tmp_path / "kept").read_text().partition("}\n")
    assert Checkpoint.model_validate_json(kept + "}").log_id == log.log_id
    assert "PATH" in variables
    assert "DAYBOOK" not in variables


def test_a_program_that_fails_or_is_not_there_is_told() -> None:
    with pytest.raises(NotSent, match="ended with status 3"):
        to_command(f"{sys.executable} -c 'raise SystemExit(3)'", lambda: False)(CHECKPOINT)
    with pytest.raises(NotSent, match="No such file"):
        to_command("/no/such/program", lambda: False)(CHECKPOINT)


def test_a_program_that_does_not_end_is_killed_with_what_it_started() -> None:
    waits = "import threading; threading.Event().wait()"
    starts = f'import subprocess, sys; subprocess.run([sys.executable, "-c", "{waits}", "{__name__}"])'
    with pytest.raises(NotSent, match="did not end in time"):
        to_command(f"{sys.executable} -c '{starts}'", lambda: False, seconds=1)(CHECKPOINT)
    until(lambda: not those_of_this_test(), "the end of what it started, which nobody waits for")


def those_of_this_test() -> list[psutil.Process]:
    return [each for each in psutil.process_iter(["cmdline"]) if __name__ in (each.info["cmdline"] or [])]


def test_an_address_that_answers_byte_by_byte_is_given_up(archive: Archive) -> None:
    archive.silent.set()
    with pytest.raises(NotSent, match="could not be reached"):
        to_address(archive.url, seconds=0.3)(CHECKPOINT)


def test_an_address_where_nobody_listens_is_told() -> None:
    with pytest.raises(NotSent, match=r"could not be reached \(ConnectError\)"):
        to_address("http://127.0.0.1:1/", seconds=5)(CHECKPOINT)


def test_stopping_waits_for_nobody(archive: Archive, tmp_path: Path, push: Push) -> None:
    archive.silent.set()
    command = f"{sys.executable} -c 'import sys; open(sys.argv[1], \"w\").close(); sys.stdin.read(); input()' "
    begun = push(load_settings(data=tmp_path / "data", checkpoint_url=archive.url, checkpoint_command=command))
    since = monotonic()
    begun.stop()
    assert monotonic() - since < 10
