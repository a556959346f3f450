"""How people sign in on the page: as somebody of the demo, at the identity provider of the settings, or not at all."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.master_keys import MasterKeys
from app.settings import Settings
from interface.guests import GUESTS, Guest
from interface.http.auth import Authenticator, Caller
from interface.sign_in.attempts import Attempts
from interface.sign_in.origins import Origins
from interface.sign_in.seals import Seals, secrets_for
from interface.sign_in.sessions import LONGEST_SECONDS, Sessions

if TYPE_CHECKING:  # who has no provider need not wait for its libraries, nor keep them in memory
    from interface.sign_in.provider import IdentityProvider

_DEMO: Final = "demo"


@dataclass(frozen=True, slots=True)
class SignIn:
    """What signing in needs. Without a provider it is the demo's choice of persons."""

    origins: Origins
    sessions: Sessions
    attempts: Attempts
    tokens: Authenticator
    provider: "IdentityProvider | None"
    issuer: str
    clock: Callable[[], float]

    def as_guest(self, subject: str) -> tuple[Caller, Guest] | None:
        """Somebody of the demo, the same person as the bearer of the token that the demo prints; None of others, and
        where there is no demo.
        """
        guest = next((each for each in GUESTS if each.subject == subject), None)
        if guest is None or self.provider is not None:
            return None
        until = self.clock() + LONGEST_SECONDS
        return Caller(guest.subject, self.issuer, frozenset({guest.role}), None, until), guest


def sign_in_for(
    settings: Settings,
    tokens: Authenticator,
    store: bytes,
    master: MasterKeys,
    *,
    with_demo: bool,
    clock: Callable[[], float] = time.time,
) -> SignIn | None:
    """The one way to sign in that settings and demo leave; None where there is none. `store`: a secret of its own."""
    provider, way, public_url = None, _DEMO, settings.public_url
    if with_demo:
        public_url = None  # it is for this machine alone
    elif settings.client_id is not None:
        from interface.sign_in.provider import IdentityProvider

        provider, way = IdentityProvider(settings), f"{settings.issuer}\n{settings.client_id}"
    else:
        return None
    origins, seals = Origins(public_url), Seals(lambda: secrets_for(settings, master), store, way)
    sessions, attempts = Sessions(seals, origins, clock), Attempts(seals, clock)
    return SignIn(origins, sessions, attempts, tokens, provider, settings.issuer or "", clock)
