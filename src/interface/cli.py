"""The command line: `daybook serve`, `token`, `migrate` and so on. Exit status 0, or a sentence on stderr."""

from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Final

import typer

from app.master_key import token_secrets_for
from app.settings import load_settings
from app.web_addresses import is_this_machine
from interface import announcement, audit_commands, logs, transfer_commands, whatif_commands
from interface.failures import EXPECTED, Unsuitable
from interface.http.auth import ROLES, issue_token
from interface.listening import must_be_free, must_be_two, take_port
from interface.signals import leave_on_signals

# The server, the stores and what they need are imported where they are used: `token`, and what is wrong with
# options and settings, are to be quick.

app: Final = typer.Typer(
    name="daybook",
    help="Daybook, a booking service that cannot double-book. Settings are DAYBOOK_* variables, see docs/settings.md.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


keys: Final = typer.Typer(help="The master key.", no_args_is_help=True)
app.add_typer(keys, name="keys")


def main() -> None:
    """Run the command line."""
    try:
        app()
    except EXPECTED as trouble:
        announcement.of_trouble(trouble)
        raise SystemExit(1) from None


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"daybook {version('daybook-service')}")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version and exit.")
    ] = False,
) -> None:
    """Options of the command itself."""


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Processes that answer requests.")] = 1,
    demo: Annotated[
        bool,
        typer.Option("--demo", help="Register the demo's resources, print tokens; let people choose who they are."),
    ] = False,
) -> None:
    """Serve the API until SIGTERM or Ctrl-C."""
    leave_on_signals()
    settings = load_settings()
    logs.set_up(settings.log_level)
    if demo and not is_this_machine(host):
        raise Unsuitable(
            f"--demo prints tokens that open everything, so it is refused on {host}. Leave out --host, or --demo."
        )
    must_be_two(host, port, settings.metrics_host, settings.metrics_port)
    if workers > 1:
        must_be_free(host, port)
    listener = take_port(host, port, shared=workers > 1)
    from interface.processes import Wanted
    from interface.processes import serve as serve_by_processes

    serve_by_processes(Wanted(settings, listener, workers, demo), typer.echo)


@app.command()
def token(
    subject: Annotated[str, typer.Option(help="Whom the token is for: your name for the person or program.")],
    role: Annotated[
        list[str], typer.Option(help=f"What the bearer may do: {', '.join(sorted(ROLES))}; several times.")
    ],
    days: Annotated[float, typer.Option(help="How long it is good.")] = 30,
    resource: Annotated[
        list[str] | None, typer.Option(help="Limit staff to a resource's id, or to kind:<kind>; several times.")
    ] = None,
) -> None:
    """Print a token, and nothing else."""
    if unknown := set(role) - ROLES:
        raise Unsuitable(f"There is no role {unknown.pop()}. The roles are {', '.join(sorted(ROLES))}.")
    settings = load_settings()
    secrets = token_secrets_for(settings, make=False)
    if not secrets:
        raise Unsuitable("Tokens come from your identity provider, since DAYBOOK_JWKS_URL is set.")
    try:
        issued = issue_token(
            secrets[0],
            subject,
            [known for known in ROLES if known in role],
            days,
            issuer=settings.issuer,
            audience=settings.audience,
            resources=resource or None,
        )
    except ValueError as error:
        raise Unsuitable(str(error)) from None
    typer.echo(issued)


@app.command()
def migrate(
    service_role: Annotated[
        str | None, typer.Option(help="PostgreSQL role that the service runs as: gets what it needs, no more.")
    ] = None,
) -> None:
    """Make the tables, or bring them up to this version; as often as you like."""
    from app.log.migrate import migrate as migrate_log
    from app.log.sqlite import open_sqlite

    settings = load_settings()
    where = f"schema {settings.schema_name}"
    if settings.database_url is not None:
        created = migrate_log(settings.database_url, settings.schema_name, service_role)
    elif service_role is not None:
        raise Unsuitable("--service-role is for PostgreSQL: set DAYBOOK_DATABASE_URL.")
    else:
        where = f"folder {settings.data}"
        log = open_sqlite(settings.data, serving=False)
        created = log.created
        log.close()
    typer.echo(f"The {where} has a new, empty log." if created else f"The {where} is up to date.")


@app.command()
def rebuild() -> None:
    """Build all read models anew beside a working service, compare them with those in use, and swap them in."""
    from interface.rebuild import rebuild_with_progress

    settings = load_settings()
    logs.set_up(settings.log_level)
    rebuild_with_progress(settings, typer.echo)


@app.command()
def backup(
    out: Annotated[Path, typer.Option(help="Folder for it: a new one, or an empty one.")],
) -> None:
    """Copy the log and the people beside it, beside a working service. The master key is not in it."""
    from interface.backup import back_up_with_progress

    back_up_with_progress(load_settings(), out, typer.echo)


@app.command()
def restore(backup: Annotated[Path, typer.Argument(help="Folder of the backup.", metavar="DIR")]) -> None:
    """Check a backup and put it back where no log is yet, as a log with a new id."""
    from interface.backup import restore_with_progress

    restore_with_progress(load_settings(), backup, typer.echo)


@app.command()
def renew() -> None:
    """Check the log and give it a new id: after point-in-time recovery, or when a folder was copied back."""
    from interface.backup import renew_with_progress

    renew_with_progress(load_settings(), typer.echo)


@keys.command()
def rotate(
    drop_old: Annotated[
        bool, typer.Option("--drop-old", help="Make no new key; let those go that nothing is wrapped under any more.")
    ] = False,
) -> None:
    """Wrap all people's keys under a new master key, beside a working service."""
    from interface.keys import rotate_with_progress

    rotate_with_progress(load_settings(), typer.echo, drop_old=drop_old)


@app.command()
def check(
    host: Annotated[str, typer.Option(help="Address that `serve` is to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port that `serve` is to take; 0 is any.")] = 8000,
) -> None:
    """Say what is wrong with the settings, the store and the keys, before anything starts. Changes nothing."""
    settings = load_settings()
    from interface.check import check as check_all

    check_all(settings, host, port, typer.echo)


audit_commands.add_to(app)
transfer_commands.add_to(app)
whatif_commands.add_to(app)
