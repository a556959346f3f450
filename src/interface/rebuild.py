"""`daybook rebuild`, and what it tells people."""

from collections.abc import Callable

from app.read_models.rebuilding import Rebuilt
from app.rebuilding import rebuild
from app.settings import Settings
from interface.progress import Shown


def rebuild_with_progress(settings: Settings, say: Callable[[str], None]) -> None:
    """Build the read models anew. Raises NotSwapped, StoreUnavailable and its kinds."""
    with Shown() as shown:
        done = rebuild(settings, shown)
    say("The read models are new and in use.")
    for sentence in _about(done):
        say(sentence)


def _about(done: Rebuilt) -> list[str]:
    """How those of before differed."""
    if not done.compared:
        return ["There were none of before to compare them with; `daybook verify` compares them with the log."]
    if not done.wrong:
        return [f"They were compared with those of before, row by row, and are the same: {', '.join(done.compared)}."]
    rows = ", ".join(f"{table} {number}" for table, number in sorted(done.wrong.items()))
    because = (
        f" {done.standing_still} of them belonged to streams that had taken no more events (parked)."
        if done.standing_still
        else ""
    )
    told = [f"  position {each.position}: {each.sentence}" for each in done.examples]
    sentence = (
        f"Those of before were wrong in {done.wrong.total()} rows ({rows}), which is mended.{because} What is in use "
        "now is what a third build from the log is, too. Until now, lists, availability and the page may have shown "
        "these rows; bookings are decided on the log. Of the read models of before:"
    )
    return [sentence, *told, *(["  and more"] if done.wrong.total() > len(told) else [])]
