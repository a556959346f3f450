"""The page's cookies: how they are set, found and taken away (RFC 6265bis).

The prefix `__Host-` has browsers take such a cookie from this very host alone, and only with `Secure`: they send it
over HTTPS, and (but for Safari) over plain HTTP to `localhost` and 127.0.0.1.
"""

from collections.abc import Mapping
from typing import Final

SESSION: Final = "__Host-daybook"
"""Who is signed in."""
ATTEMPT: Final = "__Host-daybook-sign-in"
"""A sign-in that is under way at the identity provider."""
THEME: Final = "daybook-theme"
"""`light` or `dark`, where somebody has chosen; the page's own scripts set it."""

MOST_BYTES: Final = 4096
"""What browsers keep of one cookie, name and value together (RFC 6265, 6.1)."""
_ALWAYS: Final = "Path=/; Secure; HttpOnly; SameSite=Lax"


def set_cookie(name: str, value: str, seconds: int) -> str:
    """A Set-Cookie header's value for a cookie that lasts so long."""
    return f"{name}={value}; Max-Age={seconds}; {_ALWAYS}"


def take_away(name: str) -> str:
    """A Set-Cookie header's value that has the browser forget the cookie."""
    return set_cookie(name, "", 0)


def cookie_in(headers: Mapping[bytes, bytes], name: str) -> str | None:
    """The cookie's value in a request's headers, None without one. Two of one name, which no browser sends
    of such a cookie, are worth no more than an empty one.
    """
    found = [
        value.strip()
        for pair in headers.get(b"cookie", b"").decode("latin-1").split(";")
        for key, separator, value in [pair.partition("=")]
        if separator and key.strip() == name
    ]
    if not found:
        return None
    return found[0] if len(found) == 1 else ""
