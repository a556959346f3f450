"""The part of the command line that takes a log out of a store, and into another one."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from app.settings import load_settings
from interface import logs

# What these need is imported where it is used, as in `cli`.


def add_to(app: typer.Typer) -> None:
    """Give the command line these commands, too."""
    app.command()(export)
    app.command()(replay)


def export(
    begin: Annotated[
        str | None, typer.Option("--from", help="Position, date or time of the first event; otherwise the log's first.")
    ] = None,
    to: Annotated[str | None, typer.Option(help="Position, date or time of the last; otherwise all there is.")] = None,
    resource: Annotated[str | None, typer.Option(help="Only what concerns this resource.")] = None,
    customer: Annotated[str | None, typer.Option(help="Only what concerns this customer's bookings.")] = None,
    form: Annotated[
        Literal["jsonl", "csv"], typer.Option("--format", help="jsonl can be replayed; csv is to be looked at.")
    ] = "jsonl",
    out: Annotated[Path | None, typer.Option(help="File for it, a new one. Without: standard output.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the file of --out that was cut off.")] = False,
    keys: Annotated[Path | None, typer.Option(help="File for people and their wrapped keys, a new one.")] = None,
) -> None:
    """Write the log's events, all or some, beside a working service."""
    from interface.transfer import Wanted, export_with_progress

    settings = load_settings()
    wanted = Wanted(begin, to, resource, customer, form == "csv", out, resume, keys)
    export_with_progress(settings, wanted, lambda text: typer.echo(text, err=True))


def replay(
    files: Annotated[
        list[Path], typer.Argument(help="An export, or several that go on from each other.", metavar="FILE...")
    ],
    keys: Annotated[Path | None, typer.Option(help="File of people and their keys that belongs to it.")] = None,
) -> None:
    """Put an exported log, with its times and digests, into an empty store of either kind."""
    from interface.transfer import replay_with_progress

    settings = load_settings()
    logs.set_up(settings.log_level)
    replay_with_progress(settings, files, keys, typer.echo)
