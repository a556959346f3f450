"""Sending in a process of its own: the library that does it is large, and whatever it does holds up no booking."""

import json
import subprocess
import sys
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from itertools import count
from threading import Lock, Thread
from typing import Any, Final

from app.messages.addressing import NOT_ALONE, recipients, without_addresses
from app.messages.wording import Words
from app.settings import environment_of_others

SENDING_SECONDS: Final = 90.0
"""What sending one message may take, the start of the process included."""
TOO_LONG: Final = "It took too long."
ENDED: Final = "The process that sends has ended."


class SendingApart:
    """The process is started with the first message, and again when it has ended. Thread-safe.

    `place`: who writes, as mail says it.
    """

    def __init__(self, place: str, seconds: float = SENDING_SECONDS) -> None:
        self._place = place
        self._seconds = seconds
        self._lock = Lock()
        self._numbers = count(1)
        self._sender: _Sender | None = None
        self._is_closed = False

    def send(self, template: str, url: str, words: Words) -> str | None:
        """Send a message to an address, and block until it was taken; else why not, without an address."""
        whom = {"url": url, "template": template, "recipients": recipients(template, url)}
        asked = {"place": self._place, **whom, "subject": words.subject, "text": words.text}
        sender: _Sender | None = None
        try:
            with self._lock:
                sender = self._running()
                answer = sender.ask(next(self._numbers), asked)
            trouble = answer.result(self._seconds)
        except TimeoutError:
            trouble = TOO_LONG
        except (OSError, ValueError):  # it ended before it was asked, or while it was
            trouble = ENDED
        if trouble is None or trouble == NOT_ALONE:
            return trouble
        if sender is not None and trouble == TOO_LONG:
            sender.end()  # whatever it hangs on: the others are sent again
        return without_addresses(trouble, template, url)

    def close(self) -> None:
        """End it; messages under way are given up."""
        with self._lock:
            self._is_closed = True
            if self._sender is not None:
                self._sender.end()

    def _running(self) -> "_Sender":
        if self._is_closed:
            raise OSError("closed")
        if self._sender is None or not self._sender.is_running:
            self._sender = _Sender()
        return self._sender


class _Sender:
    """One process, and what it was asked to send."""

    def __init__(self) -> None:
        self._asked: dict[int, Future[str | None]] = {}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "app.messages.through_apprise"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # it may name whom it writes to
            env=environment_of_others(),
        )
        self._has_ended = False
        Thread(target=self._hear, name="daybook-sending", daemon=True).start()

    @property
    def is_running(self) -> bool:
        return not self._has_ended and self._process.poll() is None

    def ask(self, number: int, asked: dict[str, Any]) -> "Future[str | None]":
        """One at a time. Raises OSError."""
        answer = self._asked[number] = Future()
        assert self._process.stdin is not None  # noqa: S101 - asked for at its start
        self._process.stdin.write(json.dumps({"number": number, **asked}).encode() + b"\n")
        self._process.stdin.flush()
        if self._has_ended:  # and has answered all that it knew of
            _answer(answer, ENDED)
        return answer

    def end(self) -> None:
        """At once."""
        self._process.kill()

    def _hear(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - asked for at its start
        with self._process.stdout as answers:
            for line in answers:
                said: dict[str, Any] = json.loads(line)
                _answer(self._asked.pop(said["number"], None), said["trouble"])
        self._has_ended = True
        for left in list(self._asked.values()):
            _answer(left, ENDED)
        self._process.wait()
        if self._process.stdin is not None:
            with suppress(OSError):  # what it did not read any more
                self._process.stdin.close()


def _answer(asked: "Future[str | None] | None", trouble: str | None) -> None:
    if asked is not None:
        with suppress(InvalidStateError):  # it was answered already
            asked.set_result(trouble)
