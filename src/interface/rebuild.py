"""`daybook rebuild`, with a bar for those who watch."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.rebuilding import rebuild
from app.settings import Settings


def rebuild_with_progress(settings: Settings) -> None:
    """Build the read models anew. Raises StoreUnavailable and its kinds."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        events = bar.add_task("Building read models", total=None)
        rebuild(settings, lambda done, total: bar.update(events, completed=done, total=total))
    console.print("The read models are new and in use.")
