"""`daybook keys`: the master key, changed while the service runs."""

from app.key_rotation import rotate
from app.settings import Settings
from interface.announcement import Say
from interface.progress import Shown


def rotate_with_progress(settings: Settings, say: Say, *, drop_old: bool) -> None:
    """Wrap all keys under the first master key. Raises one of `failures.EXPECTED`."""
    with Shown() as shown:
        rotated = rotate(settings, lambda done, total: shown("Wrapping keys", done, total), drop_old=drop_old)
    if rotated.made:
        say("A new master key is the first line of master.key. Copy the file to where you keep it safe.")
    say(f"{rotated.wrapped:,} keys were wrapped under it." if rotated.wrapped else "All keys are wrapped under it.")
    if rotated.dropped:
        say("The old one is gone from master.key. Keep your copy of it as long as you keep backups of before.")
    elif drop_old and settings.master_key is None:
        say("There is only this one in master.key: nothing to drop.")
    elif settings.master_key is None:
        say("The old one still opens. `daybook keys rotate --drop-old` lets it go without making another.")
    else:
        say("Take the old one out of DAYBOOK_MASTER_KEY, and keep it as long as you keep backups of before.")
