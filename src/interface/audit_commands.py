"""The part of the command line that is about proof: what an auditor asks for."""

from pathlib import Path
from typing import Annotated

import typer

from app.settings import load_settings
from interface import logs

# What these need is imported where it is used, as in `cli`.


def add_to(app: typer.Typer) -> None:
    """Give the command line these commands, too."""
    app.command()(checkpoint)
    app.command()(verify)


def checkpoint(
    out: Annotated[Path | None, typer.Option(help="File for it, a new one. Without: standard output.")] = None,
) -> None:
    """Sign where the log ends now, beside a working service: proof later that it was not altered up to there."""
    from interface.audit import make_checkpoint

    make_checkpoint(load_settings(), out, typer.echo)


def verify(
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="A checkpoint that the log has to go on from; several times.")
    ] = None,
    public_key: Annotated[
        list[str] | None,
        typer.Option(help="Believe checkpoints that this key signed, in base64, and no others; several times."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as one JSON object.")] = False,
) -> None:
    """Read the whole log and say what is wrong: with it, with what was sold by it, with the read models."""
    from interface.audit import verify_with_progress

    settings = load_settings()
    logs.set_up(settings.log_level)
    if not verify_with_progress(settings, checkpoint or [], public_key or [], typer.echo, as_json=as_json):
        raise typer.Exit(1)
