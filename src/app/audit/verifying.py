"""Verifying: the whole log, what was sold by it, its read models, and the checkpoints that were made of it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from time import monotonic
from typing import Final, NamedTuple

from sqlalchemy.exc import DBAPIError

from app.audit.checkpoint import Checkpoint
from app.audit.commands import Commands
from app.audit.forgotten import lost, remembered
from app.audit.replayed import differences
from app.audit.snapshots import SnapshotsLooked
from app.audit.streams import Streams, capacities_of
from app.log.event_log import EventLog
from app.log.records import Head
from app.log.trouble import StoreUnavailable
from app.log.verifying import Finding, findings, outside
from app.read_models.database import ReadModels

MOST_TOLD: Final = 100
"""Findings that are told one by one; the others are counted, since one removed event may shift a million."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""

_KEEP: Final = (
    "The log was altered past Daybook. Stop the service, keep the store as it is, and look for the last backup that "
    "ends before this position and verifies, to `daybook restore` it."
)
_LOOK: Final = (
    "Daybook never writes this. `daybook export` with --from and --to at this position tells who wrote it, when and by "
    "which command; settle the bookings concerned by hand, and look for how it came into the log."
)
_REBUILD: Final = (
    "Nothing is wrong with the log in this: `daybook rebuild` makes the read models anew, then verify again."
)
_SHORT_CUT: Final = (
    "Nothing is wrong with the log in this, but somebody wrote to the table past Daybook. Snapshots are only a short "
    "cut: `DELETE FROM snapshots`, start the service again, which may have the day in memory, and verify again."
)
_NEXT: Final[Mapping[str, str]] = {
    "parked": "An event that this Daybook cannot apply: see the operations notes on parked streams.",
    "read-model": _REBUILD,
    "snapshot": _SHORT_CUT,
    "topic": "If a newer Daybook wrote it, verify with that one; otherwise somebody wrote it past Daybook.",
    "signature": "Nothing is proved by this file, for or against the log: take the checkpoint from where it was kept.",
    "unknown-key": "If you know it to be yours, bring checkpoint.keys from the folder where it signed, or name its "
    "public half: --public-key, or DAYBOOK_CHECKPOINT_PUBLIC_KEYS.",
    "erased": (
        "Daybook deletes it in the same append: it was put back. Start the service with its erasure list, which erases "
        "them again, and look for where the row came from: an old backup of the table, or another store's keys."
    ),
    "checkpoint": (
        "The log of today is not the one that the checkpoint was made of. Unless a backup of before it was restored on "
        "purpose, the log was altered: keep the store as it is, and compare it with backups."
    ),
    **dict.fromkeys(("capacity", "day", "claims", "lifecycle", "retired"), _LOOK),
}


class Proof(NamedTuple):
    """A checkpoint that the log is held against, and the file it is from."""

    path: Path
    checkpoint: Checkpoint


class Verified(NamedTuple):
    """What a verification came to. `findings` are the first of them, `counted` says how many there are by rule;
    `notes` say what could not be looked at. `extended`: checkpoints that the log of today goes on from.
    """

    head: Head
    seconds: float
    findings: list[Finding]
    counted: Counter[str]
    notes: list[str]
    extended: list[Proof]

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found."""
        return not self.counted


def next_step(finding: Finding) -> str:
    """What people can do about it."""
    return _NEXT.get(finding.rule, _KEEP)


def verify(
    log: EventLog,
    models: ReadModels | None,
    proofs: Sequence[Proof],
    keys: Mapping[str, bytes],
    progress: Progress,
    tell: Callable[[Finding], None] = lambda finding: None,
) -> Verified:
    """Read everything up to where the log ends now. `tell` hears of findings as they come, the first hundred.

    `keys`: public keys, by name, that checkpoints may be signed with. Raises StoreUnavailable, if nothing was found
    until then.
    """
    began, head = monotonic(), log.head()
    notes: list[str] = []
    held = _Held(log, head, proofs, keys)
    kept: list[Finding] = []
    counted: Counter[str] = Counter()
    try:
        for finding in chain(
            _of_log(log, head, held, progress, notes.append), _of_models(log, models, progress, notes.append)
        ):
            counted[finding.rule] += 1
            if len(kept) < MOST_TOLD:
                kept.append(finding)
                tell(finding)
    except StoreUnavailable as trouble:
        if not kept:
            raise
        notes.append(f"It was not read to its end: {trouble}")
    return Verified(head, monotonic() - began, kept, counted, notes, held.extended)


def _of_log(
    log: EventLog, head: Head, held: "_Held", progress: Progress, note: Callable[[str], None]
) -> Iterator[Finding]:
    if not log.has_snapshots:
        note("The table of snapshots is not there or cannot be used by this role, so they were not compared.")
    yield from outside(log)
    yield from held.begin()
    commands, streams = Commands(), Streams(capacities_of(log, head.position))
    snapshots = SnapshotsLooked(log, head.position)
    yield from findings(
        log,
        head,
        lambda done, total: progress("Verifying events", done, total),
        in_order=commands.look,
        in_stream=lambda event: chain(streams.look(event), snapshots.look(event)),
        reached=held.reached,
    )
    yield from commands.last()
    yield from snapshots.last()
    yield from remembered(log, head.position)
    for sentence in lost(log, streams.people, head.position):
        note(sentence)
    yield from held.end()


def _of_models(
    log: EventLog, models: ReadModels | None, progress: Progress, note: Callable[[str], None]
) -> Iterator[Finding]:
    if models is None:
        note("There are no read models here, so none were compared.")
        return
    try:
        yield from differences(log, models, lambda done, total: progress("Replaying events", done, total), note)
    except DBAPIError as error:
        note(f"The read models cannot be read by this role, so they were not compared: {error.orig}")


class _Held:
    """Checkpoints, held against the log as it is read."""

    def __init__(self, log: EventLog, head: Head, proofs: Sequence[Proof], keys: Mapping[str, bytes]) -> None:
        self._log = log
        self._head = head
        self._proofs = proofs
        self._keys = keys
        self._open: dict[int, list[Proof]] = {}
        self.extended: list[Proof] = []

    def begin(self) -> Iterator[Finding]:
        """What is wrong with the checkpoints themselves."""
        former = self._log.rows("SELECT log_id FROM former_log_ids")
        ids = {self._head.log_id, *(row[0] for row in former)}
        for proof in self._proofs:
            made = proof.checkpoint
            key = self._keys.get(made.key)
            if key is None:
                sentence = f"The checkpoint {proof.path} names the key {made.key}, which is not known here."
                known = " or ".join(sorted(self._keys)) or "a key that is known: there is none here"
                yield Finding(made.position, sentence, "unknown-key", "", known, made.key)
            elif not made.is_signed_by(key):
                sentence = f"The checkpoint {proof.path} is not as the key {made.key} signed it."
                yield Finding(made.position, sentence, "signature", "", "its signature", "another text")
            elif made.log_id not in ids:
                sentence = f"The checkpoint {proof.path} is of another log."
                yield Finding(made.position, sentence, "checkpoint", "", f"log {self._head.log_id}", made.log_id)
            elif made.position > self._head.position:
                sentence = f"The log ends before the checkpoint {proof.path}: its end is missing."
                found = f"{self._head.position} events"
                yield Finding(made.position, sentence, "checkpoint", "", f"{made.position} events or more", found)
            else:
                self._open.setdefault(made.position, []).append(proof)

    def reached(self, position: int, digest: bytes) -> Iterable[Finding]:
        """The log up to here has this digest."""
        for proof in self._open.pop(position, ()):
            if proof.checkpoint.digest == digest.hex():
                self.extended.append(proof)
            else:
                sentence = f"The log up to here is not the one that the checkpoint {proof.path} was made of."
                expected, found = f"digest {proof.checkpoint.digest}", f"digest {digest.hex()}"
                yield Finding(position, sentence, "checkpoint", "", expected, found)

    def end(self) -> Iterator[Finding]:
        """What was not come by."""
        for position, proofs in self._open.items():
            for proof in proofs:
                sentence = f"No append ends where the checkpoint {proof.path} was made."
                yield Finding(position, sentence, "checkpoint", "", "the end of an append", "none")
