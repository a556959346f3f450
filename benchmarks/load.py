"""Load by wrk, one thread, and what it measured."""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from workloads import Workload, first_day

SCRIPT = Path(__file__).with_name("load.lua")
MISSING = (
    "wrk is not installed; it makes the load. It is a package of Debian and Ubuntu (`apt-get install wrk`), "
    "and of Homebrew (`brew install wrk`)."
)


@dataclass(frozen=True)
class Round:
    """One contestant's round. `answered` of `sent` requests came back, `refused` of them with a status from 400 on.
    `bookings`: how many of those sent were to book.
    """

    sent: int
    bookings: int
    answered: int
    refused: int
    broken: int
    seconds: float
    median_us: float
    p99_us: float

    @property
    def rate(self) -> float:
        return self.answered / self.seconds

    @property
    def unanswered(self) -> int:
        """Bookings that nobody may have heard the answer of."""
        return min(self.bookings, self.sent - self.answered)

    @property
    def accepted(self) -> int:
        """Bookings that were surely accepted."""
        return max(0, self.bookings - self.unanswered - self.refused)


def wrk_version() -> str:
    """Such as `4.1.0`. Ends the program when wrk is not there."""
    if shutil.which("wrk") is None:
        raise SystemExit(MISSING)
    said = subprocess.run(["wrk", "-v"], capture_output=True, text=True, timeout=10, check=False)
    found = re.search(r"wrk (\S+)", said.stdout + said.stderr)
    return found[1] if found else "unknown"


def run(
    address: str,
    workload: Workload,
    connections: int,
    seconds: int,
    first: int,
    tokens: Path,
    script: str | None = None,
) -> Round:
    """Load a contestant. `first`: number of the first request. Raises RuntimeError when wrk says nothing."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "--latency", "-s", str(SCRIPT)]
    arguments = [script or workload.name, first, int(first_day().timestamp()), workload.opens, workload.slots, tokens]
    ended = subprocess.run(
        [*command, address, "--", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=seconds + 60,
        check=False,
    )
    found = re.search(r"^DONE (.*)$", ended.stdout, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"wrk failed: {ended.stdout}{ended.stderr}")
    return Round(**json.loads(found[1]))
