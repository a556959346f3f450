"""The part of the command line that imagines things otherwise."""

from datetime import datetime
from typing import Annotated

import typer

from app.settings import load_settings
from interface import logs

# What this needs is imported where it is used, as in `cli`.


def add_to(app: typer.Typer) -> None:
    """Give the command line this command, too."""
    app.command()(whatif)


def whatif(
    resource: Annotated[str, typer.Option(help="Whose requests are decided once more.")],
    begin: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first date, of its own zone.")],
    to: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The last date; at most 366 in all.")],
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="What is otherwise: capacity=25, hours.fri=09:00-13:00, policy.step=15; several times."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as one JSON object.")] = False,
) -> None:
    """Decide what was asked of a resource once more, as if it had been otherwise. Changes nothing."""
    from app.whatif.question import Question
    from interface.whatif import imagine_with_progress

    settings = load_settings()
    logs.set_up(settings.log_level)
    question = Question(resource, begin.date(), to.date(), tuple(changes or ()))
    imagine_with_progress(settings, question, typer.echo, as_json=as_json)
