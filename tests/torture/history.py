"""What clients did and what they were told: one line of JSON for each operation, in a folder that outlives the run."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Lock
from time import monotonic, time
from typing import Any, Literal

Result = Literal["ok", "refused", "unknown"]


@dataclass
class Operation:
    """One wish of one client, with all its tries: they carry the same key, so it is to happen once or not at all.

    `ok`: some try was answered so. `refused`: every try was answered, with a refusal or a promise that nothing was
    stored. `unknown`: the rest. `began` and `ended` are seconds of this machine's monotonic clock around all tries.
    """

    number: int
    kind: str
    by: str
    method: str
    path: str
    key: str | None = None
    body: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    repeats: int | None = None
    """The number of the operation whose key and body this one sends again."""
    began: float = 0.0
    ended: float = 0.0
    ended_at: float = 0.0
    """Seconds since 1970."""
    result: Result = "unknown"
    tries: list[str] = field(default_factory=list)
    """What became of each: `ok`, the problem's code, or the kind of the error on the way."""
    answer: dict[str, Any] | None = None
    position: int | None = None
    replayed: bool = False


class History:
    """Writes operations and acts of the nemesis down as they end."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.results: Counter[tuple[str, Result]] = Counter()
        self.codes: Counter[str] = Counter()
        self.acts: Counter[str] = Counter()
        self._count = 0
        self._lock = Lock()
        self._operations = (folder / "operations.jsonl").open("w")
        self._acts = (folder / "acts.jsonl").open("w")

    def next_number(self) -> int:
        """A number that no other operation has."""
        self._count += 1
        return self._count

    def end(self, operation: Operation) -> None:
        """The operation has its result."""
        operation.ended, operation.ended_at = monotonic(), time()
        self.results[operation.kind, operation.result] += 1
        self.codes.update(operation.tries)
        self._operations.write(json.dumps(asdict(operation)) + "\n")

    def act(self, name: str, **facts: Any) -> None:
        """The nemesis did something."""
        with self._lock:
            self.acts[name] += 1
            self._acts.write(json.dumps({"act": name, "at": time(), **facts}) + "\n")

    def of_result(self, result: Result) -> int:
        """How many operations ended so."""
        return sum(count for (_, each), count in self.results.items() if each == result)

    def close(self) -> None:
        """Everything is on the disk."""
        self._operations.close()
        self._acts.close()
