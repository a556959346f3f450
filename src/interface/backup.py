"""`daybook backup`, `daybook restore` and `daybook renew`, and what they tell people."""

from pathlib import Path

from app.backup.backing_up import back_up
from app.backup.restoring import renew_in_place, restore
from app.settings import Settings
from interface.announcement import Say
from interface.progress import Shown


def back_up_with_progress(settings: Settings, out: Path, say: Say) -> None:
    """Make a backup in a new folder. Raises one of `failures.EXPECTED`."""
    with Shown() as shown:
        made = back_up(settings, out, shown)
    size = sum(file.bytes for file in made.files)
    say(f"{out} has a backup of {made.position:,} events{_until(made.timestamp)}, {size:,} bytes.")
    say("The master key is not in it: keep a copy of that, and keep it somewhere else.")


def restore_with_progress(settings: Settings, backup: Path, say: Say) -> None:
    """Put a backup back. Raises one of `failures.EXPECTED`."""
    with Shown() as shown:
        restored = restore(settings, backup, shown)
    made = restored.manifest
    where = f"folder {settings.data}" if settings.is_embedded else f"schema {settings.schema_name}"
    say(f"The {where} has a log again: {made.position:,} events{_until(made.timestamp)}, checked from the first on.")
    say("It has a new id: whoever holds a position of before is told so.")
    _say_unbuilt(restored.unbuilt, say)
    if restored.lacks_key:
        place = f"{settings.data / 'master.key'} (mode 0600), or set DAYBOOK_MASTER_KEY"
        say(f"Put the master key of before into {place if settings.is_embedded else 'DAYBOOK_MASTER_KEY'}")
        say("before you start: without it nobody's details can be read.")


def renew_with_progress(settings: Settings, say: Say) -> None:
    """Give the log that is in place a new id. Raises one of `failures.EXPECTED`."""
    with Shown() as shown:
        head, unbuilt = renew_in_place(settings, shown)
    say(f"The log has a new id: {head.position:,} events{_until(head.timestamp)}, checked from the first on.")
    say("Whoever holds a position of before is told so.")
    _say_unbuilt(unbuilt, say)


def _say_unbuilt(why: str | None, say: Say) -> None:
    if why is not None:
        say(f"Its read models are not built yet, which the next start will do: {why}")


def _until(timestamp: str) -> str:
    return f", the last of {timestamp}" if timestamp else ""
