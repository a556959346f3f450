"""A follower inside the library: `log.subscribe(gt=...)`, in a process of its own that only reads the store.

`python -m tests.torture.subscriber FILE SEED <fault>...`, with the store named in the environment as for a server. It
writes what it sees into FILE, and subscribes anew from the last position that it saw: when it is cut off, and now
and then by itself.
"""

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep
from typing import IO

from eventsourcing.persistence import Notification, OperationalError
from tests.races.serving import ROOT
from tests.torture.faults import ALTERATIONS

from app.log.event_log import EventLog
from app.log.records import RecordedEvent
from app.stores import open_log

NAME = "followed-subscriber.jsonl"
AT_MOST = 400
"""Events of one subscription."""
_PATIENCE = 30.0
"""Seconds without any event after which no more is waited for."""
_READ_ONLY = "?options=-c%20default_transaction_read_only%3Don"


class Subscriber:
    """The process, as the run sees it."""

    def __init__(self, folder: Path, environment: dict[str, str], seed: int, altered: tuple[str, ...]) -> None:
        self._file = folder / NAME
        self._file.touch()
        self._said = (folder / "subscriber.log").open("w")
        command = [sys.executable, "-m", "tests.torture.subscriber", str(self._file), str(seed), *altered]
        variables = environment | {"PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(command, env=variables, stdout=self._said, stderr=self._said)

    def read_to(self, head: int) -> None:
        """Wait until it saw the log's end, or sees nothing more: what it has not seen is the checker's affair."""
        seen, since = 0, monotonic()
        while seen < head and monotonic() < since + _PATIENCE:
            assert self._process.poll() is None, f"it ended: see {self._said.name}"
            if (now := _position(self._file)) > seen:
                seen, since = now, monotonic()
            sleep(0.1)

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        self._said.close()


def _position(file: Path) -> int:
    """That of the last event in a file; a line that is being written does not count."""
    with file.open("rb") as lines:
        lines.seek(max(0, file.stat().st_size - 65_536))
        whole = lines.read().rpartition(b"\n")[0].splitlines()
    return int(json.loads(whole[-1])["position"]) if whole else 0


def follow(file: IO[str], chance: random.Random) -> None:
    """See all there is, for ever."""
    position = 0
    while True:
        try:
            log = _opened()
        except OperationalError as error:
            _say(f"not opened at {position}: {error}")
            sleep(0.2)
            continue
        try:
            position = _subscribed(log, position, chance.randint(1, AT_MOST), file)
        except OperationalError as error:
            position = _position(Path(file.name))
            _say(f"cut off at {position}: {error}")
        finally:
            log.close()


def _opened() -> EventLog:
    url = os.environ.get("DAYBOOK_DATABASE_URL")
    schema, data = os.environ.get("DAYBOOK_SCHEMA", ""), Path(os.environ.get("DAYBOOK_DATA", ""))
    return open_log(url and url + _READ_ONLY, schema, data, serving=False)


def _subscribed(log: EventLog, position: int, most: int, file: IO[str]) -> int:
    """Follow one subscription for `most` events; the last one's position."""
    with log.subscribe(gt=position or None) as subscription:
        for _ in range(most):
            seen = next(subscription)
            file.write(json.dumps(_facts(seen)) + "\n")
            file.flush()
            position = seen.id
    _say(f"leaves at {position}")
    return position


def _facts(seen: Notification) -> dict[str, object]:
    assert isinstance(seen, RecordedEvent)
    return {
        "position": seen.id,
        "stream": seen.originator_id,
        "version": seen.originator_version,
        "topic": seen.topic,
        "command_id": seen.command_id,
        "by": seen.by,
        "timestamp": seen.timestamp,
        "state": seen.state.decode(),
    }


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - into the run's folder


if __name__ == "__main__":
    for alter in ALTERATIONS:
        if alter.__name__ in sys.argv[3:]:
            alter()
    with Path(sys.argv[1]).open("a") as seen_events:
        follow(seen_events, random.Random(f"{sys.argv[2]} subscriber"))  # noqa: S311 - no secret
