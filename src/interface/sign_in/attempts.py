"""A sign-in that is under way: what must come back from the identity provider, known to this one browser alone."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from hmac import compare_digest
from typing import Final, Self

from app.sealing import Unreadable
from interface.sign_in.cookies import ATTEMPT, cookie_in, set_cookie
from interface.sign_in.return_path import safe_return
from interface.sign_in.seals import Seals

SECONDS: Final = 600
"""How long somebody may take at the identity provider."""
_KIND: Final = "sign-in"
_BYTES: Final = 32


class NotBegunHere(Exception):  # noqa: N818 - what is the case with the answer
    """The identity provider's answer belongs to no sign-in that this browser began, or to one that is over."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """`state` ties the answer to this browser, `nonce` the ID token to this attempt, and `verifier` (PKCE, RFC 7636)
    the code to whoever asked for it: three secrets of 256 random bits. `ends`: seconds since 1970.
    """

    state: str
    nonce: str
    verifier: str
    return_to: str
    ends: int

    @classmethod
    def begun(cls, return_to: str, now: float) -> Self:
        """A new one."""
        state, nonce, verifier = (secrets.token_urlsafe(_BYTES) for _ in range(3))
        return cls(state, nonce, verifier, return_to, int(now) + SECONDS)


class Attempts:
    """Leaves an attempt in the browser, sealed, and finds it again when the answer comes."""

    def __init__(self, seals: Seals, clock: Callable[[], float]) -> None:
        self._seals = seals
        self._clock = clock

    def begin(self, return_to: str) -> tuple[Attempt, str]:
        """A new attempt and its Set-Cookie header. It takes the place of an earlier one of this browser."""
        attempt = Attempt.begun(safe_return(return_to), self._clock())
        return attempt, set_cookie(ATTEMPT, self._seals.seal(_KIND, asdict(attempt)), SECONDS)

    def answered(self, headers: Mapping[bytes, bytes], state: str | None) -> Attempt:
        """The attempt that an answer with this state belongs to. Raises NotBegunHere."""
        value = cookie_in(headers, ATTEMPT)
        try:
            attempt = Attempt(**self._seals.open(_KIND, value or ""))
        except Unreadable:
            raise NotBegunHere from None
        if state is None or not compare_digest(state.encode(), attempt.state.encode()):
            raise NotBegunHere
        if attempt.ends <= self._clock():
            raise NotBegunHere
        return attempt
