"""`daybook checkpoint` and `daybook verify`, and what they tell people."""

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from app.audit.checkpoint import key_name, read_checkpoint, write_checkpoint
from app.audit.signing_keys import known_keys, public_text, signer_for
from app.audit.verifying import Proof, Verified, next_step, verify
from app.log.folder import READ_MODELS_NAME
from app.log.verifying import Finding
from app.setting_values import decoded_key
from app.settings import Settings
from app.stores import open_log, open_stores
from interface.announcement import Say
from interface.failures import Unsuitable
from interface.progress import Shown


def make_checkpoint(settings: Settings, out: Path | None, say: Say) -> None:
    """Make a checkpoint of the log as it is now, in a new file or, without one, on standard output.

    Raises one of `failures.EXPECTED`.
    """
    with closing(open_log(settings.database_url, settings.schema_name, settings.data, serving=False)) as log:
        signer = signer_for(settings)
        made = signer.checkpoint(log.head())
    if out is None:
        say(made.written().rstrip())
        return
    write_checkpoint(made, out)
    until = f", the last of {made.timestamp}" if made.timestamp else ""
    say(f"{out} has a checkpoint of {made.position:,} events{until}.")
    say(f"It is signed with the key {made.key}, whose public half is {public_text(signer.public_key)}")
    say("Keep both where nobody who can write to the log can change them.")


def verify_with_progress(
    settings: Settings, checkpoints: Sequence[Path], public_keys: Sequence[str], say: Say, *, as_json: bool
) -> bool:
    """Verify the log, its read models and these checkpoints; whether nothing is wrong. `public_keys`: those that
    checkpoints may be signed with; if none are named, all that are known here.

    Raises one of `failures.EXPECTED`.
    """
    proofs = [Proof(path, read_checkpoint(path)) for path in checkpoints]
    keys = _keys(public_keys) if public_keys else known_keys(settings)
    with ExitStack() as opened:
        if settings.is_embedded and not (settings.data / READ_MODELS_NAME).exists():  # looking must not make it
            log, models = open_log(None, settings.schema_name, settings.data, serving=False), None
        else:
            log, models = open_stores(settings, serving=False)
            opened.enter_context(closing(models))
        opened.enter_context(closing(log))
        shown = opened.enter_context(Shown())
        done = verify(
            log, models, proofs, keys, shown, (lambda found: None) if as_json else lambda found: _tell(found, say)
        )
    if as_json:
        say(json.dumps(_as_json(done)))
    else:
        _sum_up(done, say)
    return done.is_whole


def _keys(public_keys: Sequence[str]) -> Mapping[str, bytes]:
    try:
        return {key_name(key): key for key in map(decoded_key, public_keys)}
    except ValueError as error:
        raise Unsuitable(
            f"--public-key is no key: {error}. `daybook checkpoint` tells the one that it signs with."
        ) from None


def _tell(found: Finding, say: Say) -> None:
    where = f"position {found.position}" + (f", {found.stream}" if found.stream else "")
    say(f"{where}: {found.sentence}")
    if found.expected or found.found:
        say(f"  expected: {found.expected}")
        say(f"  there is: {found.found}")
    say(f"  next: {next_step(found)}")


def _sum_up(done: Verified, say: Say) -> None:
    for note in done.notes:
        say(f"note: {note}")
    for path, made in done.extended if done.is_whole else ():
        say(f"The log goes on from {path}: nothing up to position {made.position:,} was altered since {made.made_at}.")
    total = sum(done.counted.values())
    if total > len(done.findings):
        by_rule = ", ".join(f"{rule} {count:,}" for rule, count in done.counted.most_common())
        say(f"There is more: {total:,} findings in all ({by_rule}).")
    rate = done.head.position / max(done.seconds, 0.001)
    said = "Nothing is wrong" if done.is_whole else f"{total:,} {'thing is' if total == 1 else 'things are'} wrong"
    say(f"{said}: {done.head.position:,} events in {done.seconds:,.1f} s, {rate:,.0f} a second.")


def _as_json(done: Verified) -> dict[str, object]:
    return {
        "whole": done.is_whole,
        "log_id": done.head.log_id,
        "position": done.head.position,
        "timestamp": done.head.timestamp,
        "digest": done.head.digest.hex(),
        "seconds": round(done.seconds, 3),
        "counted": dict(done.counted),
        "findings": [{**found._asdict(), "next": next_step(found)} for found in done.findings],
        "checkpoints": [{"file": str(path), **made.model_dump()} for path, made in done.extended],
        "notes": done.notes,
    }
