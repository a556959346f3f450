"""What the checker judges by: the raw log, what clients were told, what followers saw, what queries showed,
and what the nemesis did.

Nothing of Daybook is imported here or by any rule: not its domain, not its log, not its clients.
"""

import hmac
import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

Facts = dict[str, Any]


class Finding(NamedTuple):
    """Something that must not be: the rule it breaks, the name of this way to break it, and what was seen."""

    rule: int
    name: str
    what: str


class Event(NamedTuple):
    """A row of the raw log. `state` is its JSON, `facts` what that says."""

    position: int
    stream: str
    version: int
    topic: str
    command_id: str
    by: str
    timestamp: str
    state: str
    facts: Facts

    @property
    def kind(self) -> str:
        """The topic without its version."""
        return self.topic.partition(".")[0]

    @property
    def key(self) -> str:
        """What the stream is about, such as a booking's id."""
        return self.stream.partition("/")[2]


class Operation(NamedTuple):
    """A client's wish and what it was told; see `History`."""

    number: int
    kind: str
    by: str
    method: str
    path: str
    key: str | None
    body: Facts | None
    headers: dict[str, str]
    repeats: int | None
    began: float
    ended: float
    ended_at: float
    result: str
    tries: list[str]
    answer: Facts | None
    position: int | None
    replayed: bool

    def __str__(self) -> str:
        return f"operation {self.number} ({self.kind} by {self.by}, {self.result})"


@dataclass
class Evidence:
    """Everything that a run left in its folder."""

    head: Facts
    events: list[Event]
    appends: list[tuple[int, str]]
    operations: list[Operation]
    followed: dict[str, list[Facts]]
    shown: list[Facts]
    acts: list[Facts]

    @cached_property
    def by_command(self) -> dict[str, list[Event]]:
        """The events of each command, in order."""
        found: dict[str, list[Event]] = defaultdict(list)
        for event in self.events:
            found[event.command_id].append(event)
        return found

    @cached_property
    def append_of(self) -> dict[int, int]:
        """For each position the last one of the append that it was stored in."""
        found: dict[int, int] = {}
        first = 1
        for last, _ in self.appends:
            found.update(dict.fromkeys(range(first, last + 1), last))
            first = last + 1
        return found

    @cached_property
    def by_name(self) -> dict[str, list[Event]]:
        """Definitions of resources by the name they give it: no two operations give the same."""
        found: dict[str, list[Event]] = defaultdict(list)
        for event in self.events:
            if event.kind in {"ResourceRegistered", "ResourceRevised"}:
                found[event.facts["definition"]["name"]].append(event)
        return found

    @cached_property
    def by_party(self) -> dict[int, list[Event]]:
        """Bookings' first events by the size of the party, which is the number of the operation that asked."""
        found: dict[int, list[Event]] = defaultdict(list)
        for event in self.events:
            terms = event.facts.get("terms")
            if terms is not None:
                found[terms["party"]].append(event)
        return found

    def command_of(self, operation: Operation) -> str | None:
        """The id under which the log has a keyed operation: HMAC-SHA-256, under the log's secret, of a purpose, the
        actor, the route and the key, each preceded by its length in eight bytes; the first 32 hex digits.
        """
        if operation.key is None:
            return None
        mac = hmac.new(bytes.fromhex(self.head["secret"]), digestmod=sha256)
        route = f"{operation.method} {operation.path}"
        for part in ("daybook command 1", operation.by, route, operation.key):
            mac.update(len(part.encode()).to_bytes(8, "big") + part.encode())
        return mac.hexdigest()[:32]

    def stored_by(self, operation: Operation) -> list[Event]:
        """The events in the log that this operation asked for, however often it was carried out."""
        command = self.command_of(operation)
        if command is not None:
            return self.by_command.get(command, [])
        if operation.kind in {"register", "revise"}:
            return self.by_name.get((operation.body or {})["name"], [])
        if operation.kind in {"retire", "lift"}:
            key = operation.path.rsplit("/", 1)[1]
            of, kind = ("resource", "ResourceRetired") if operation.kind == "retire" else ("block", "BlockLifted")
            return [event for event in self.streams.get(f"{of}/{key}", ()) if event.kind == kind]
        first = self.by_party.get(operation.number, ())
        return [event for each in first for event in self.by_command[each.command_id]]

    @cached_property
    def streams(self) -> dict[str, list[Event]]:
        """Each stream's events in the log's order."""
        found: dict[str, list[Event]] = defaultdict(list)
        for event in self.events:
            found[event.stream].append(event)
        return found


def read(folder: Path) -> Evidence:
    """The evidence in a run's folder."""
    return Evidence(
        head=json.loads((folder / "head.json").read_text()),
        events=[_event(row) for row in _lines(folder / "events.jsonl")],
        appends=[(row["last"], row["digest"]) for row in _lines(folder / "appends.jsonl")],
        operations=[Operation(**row) for row in _lines(folder / "operations.jsonl")],
        followed={path.stem: _lines(path) for path in sorted(folder.glob("followed-*.jsonl"))},
        shown=json.loads((folder / "shown.json").read_text()),
        acts=_lines(folder / "acts.jsonl"),
    )


def _lines(path: Path) -> list[Facts]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _event(row: Facts) -> Event:
    known = {name: row[name] for name in Event._fields if name in row}
    return Event(**known, facts=json.loads(row["state"]))
