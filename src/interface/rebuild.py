"""`daybook rebuild`, with a bar for those who watch."""

from contextlib import ExitStack

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.rebuilding import rebuild
from app.settings import Settings


def rebuild_with_progress(settings: Settings) -> None:
    """Build the read models anew. Raises StoreUnavailable and its kinds."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console)
    events = bar.add_task("Building read models", total=None)
    with ExitStack() as shown:

        def show(done: int, total: int) -> None:
            if not bar.live.is_started:  # not before the store is open: it may have another thing to say
                shown.enter_context(bar)
            bar.update(events, completed=done, total=total)

        rebuild(settings, show)
    console.print("The read models are new and in use.")
