"""What the command line tells people about the start: which store, whether it is new, tokens to try, the address."""

from collections.abc import Callable
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import typer

from app.demo import RESOURCES
from app.master_key import token_secrets_for
from interface.guests import GUESTS
from interface.http.auth import issue_token
from interface.listening import Address, url_of

if TYPE_CHECKING:
    from app.assembly import Daybook

Say = Callable[[str], None]
"""How a line reaches people."""

DEMO_TOKEN_DAYS: Final = 30


def of_store(daybook: "Daybook", registered: int | None, say: Say) -> None:
    """Which store was opened and whether it is new; `registered`: how many resources the demo added, if it is on."""
    settings = daybook.settings
    where = f"SQLite files in {settings.data}" if settings.is_embedded else f"PostgreSQL, schema {settings.schema_name}"
    how = "new" if daybook.log.created else f"{daybook.log.head().position:,} events"
    say(f"Daybook {version('daybook-service')}")
    say(f"Store: {where} ({how})")
    if registered is not None:
        say(f"Demo: {len(RESOURCES)} resources, {registered} of them registered just now")
        _tokens(daybook, say)


def of_address(address: Address, say: Say, workers: int = 1) -> None:
    """Where it listens."""
    by = f" with {workers} workers" if workers > 1 else ""
    say(f"Page: {url_of(address)}/")
    say(f"Listening on {url_of(address)}{by}; the API is described at /schema. Ctrl-C stops it.")


def of_trouble(trouble: BaseException) -> None:
    """Why it did not work, on stderr."""
    typer.echo(f"daybook: {trouble}", err=True)


def _tokens(daybook: "Daybook", say: Say) -> None:
    secrets = token_secrets_for(daybook.settings)
    if not secrets:
        say("Tokens come from your identity provider.")
        return
    say(f'Tokens for {DEMO_TOKEN_DAYS} days, for `curl -H "Authorization: Bearer $TOKEN"`:')
    settings = daybook.settings
    for guest in GUESTS:
        token = issue_token(
            secrets[0],
            guest.subject,
            [guest.role],
            DEMO_TOKEN_DAYS,
            issuer=settings.issuer,
            audience=settings.audience,
        )
        say(f"  {guest.title + ':':16} {token}")
