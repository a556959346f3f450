"""The page's session: a sealed cookie that says who is signed in, as a verified token says it of other callers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from app.sealing import Unreadable
from interface.http.auth import ROLES, Caller, Unauthenticated
from interface.http.problems import Declined
from interface.sign_in.cookies import MOST_BYTES, SESSION, cookie_in, set_cookie
from interface.sign_in.origins import Origins
from interface.sign_in.seals import Seals

LONGEST_SECONDS: Final = 8 * 3600
"""A working day; a session never outlives the token that it came from either."""
PERSON: Final = b"daybook-person"
"""The header in which the page says for whom its document was made, by their mark."""
_MARK_DIGITS: Final = 16
READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_KIND: Final = "session"


class SessionOver(Unauthenticated):
    """The request came with a session that is worth nothing, or nothing any more."""

    def __init__(self) -> None:
        super().__init__("Your session has ended. Please sign in again.")


class SomebodyElse(Unauthenticated):
    """The page was loaded by one person, and another has signed in since: in another window, say."""

    def __init__(self) -> None:
        super().__init__("Somebody else has signed in here since this page was loaded. Please load it anew.")


class TooMuchForACookie(Exception):  # noqa: N818 - what is the case with the account
    """The account names more resources than browsers keep."""


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in. `name`: what the page calls them; theirs alone to see."""

    caller: Caller
    name: str


def mark_of(caller: Caller) -> str:
    """By which the page tells people apart. A subject may say who somebody is: this does not."""
    return sha256(f"{caller.issuer}\0{caller.subject}".encode()).hexdigest()[:_MARK_DIGITS]


class Sessions:
    """Begins sessions and recognises them. Nothing is kept here: any process with the same secrets will do."""

    def __init__(self, seals: Seals, origins: Origins, clock: Callable[[], float]) -> None:
        self._seals = seals
        self._origins = origins
        self._clock = clock

    def begin(self, caller: Caller, name: str) -> str:
        """The Set-Cookie header of a new session of at most eight hours, and no longer than the caller's token.

        Raises TooMuchForACookie.
        """
        ends = int(min(caller.expires_at, self._clock() + LONGEST_SECONDS))
        content = {
            "subject": caller.subject,
            "issuer": caller.issuer,
            "roles": sorted(caller.roles),
            "resources": None if caller.scope is None else sorted(caller.scope),
            "name": name,
            "ends": ends,
        }
        value = self._seals.seal(_KIND, content)
        if len(SESSION) + len(value) > MOST_BYTES:
            raise TooMuchForACookie
        return set_cookie(SESSION, value, max(0, int(ends - self._clock())))

    def session_in(self, headers: Mapping[bytes, bytes]) -> Session | None:
        """Who is signed in, None without the cookie. Raises SessionOver."""
        value = cookie_in(headers, SESSION)
        if value is None:
            return None
        try:
            session = _session(self._seals.open(_KIND, value))
        except Unreadable:
            raise SessionOver from None
        if session.caller.expires_at <= self._clock():
            raise SessionOver
        return session

    def caller_of(self, method: str, headers: Mapping[bytes, bytes]) -> Caller | None:
        """Who sent a request to the API by the page's session. A question that another site caused is nobody's.

        Raises SessionOver, SomebodyElse, and Declined (`forbidden`) for a change that did not come from the page.
        """
        if method in READING and not self._origins.is_own_question(headers):
            return None
        session = self.session_in(headers)
        if session is None:
            return None
        if method not in READING and not self._origins.is_own_change(headers):
            raise Declined(
                "forbidden",
                "A change by the page's session must come from the page itself: its Origin is missing or another one. "
                "Programs send a bearer token.",
            )
        if headers.get(PERSON, mark := mark_of(session.caller).encode()) != mark:
            raise SomebodyElse
        return session.caller


def _session(content: dict[str, Any]) -> Session:
    resources = content["resources"]
    caller = Caller(
        subject=content["subject"],
        issuer=content["issuer"],
        roles=frozenset(role for role in ROLES if role in content["roles"]),
        scope=None if resources is None else frozenset(resources),
        expires_at=float(content["ends"]),
    )
    return Session(caller, content["name"])
