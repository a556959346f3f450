"""The address of a PostgreSQL, taken apart as PostgreSQL's own library does it, without ever repeating a password."""

import re
from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict

# Everything up to the first `@` is a user and a password, but a `/` ends the search for it. An `@` after that was
# meant to be part of a password, the rest of which the library would take for a host and name in its errors.
_PASSWORD_ENDS_WITH_ITS_AT: Final = re.compile(r"postgres(ql)?://([^@/]*@)?[^@?]*(\?.*)?", re.DOTALL)
_PORTS: Final = re.compile(r"(\d{0,5}(,\d{0,5})*)?")


def parts_of(url: str) -> dict[str, Any]:
    """What the URL says, by libpq's names, such as `host` and `options`.

    Raises ValueError with a reason that repeats nothing of it where it cannot be read, or where a password that is not
    percent-encoded would end up in other parts.
    """
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error:
        parts = None
    is_read = parts is not None and _PORTS.fullmatch(str(parts.get("port") or ""))
    if parts is None or not is_read or not _PASSWORD_ENDS_WITH_ITS_AT.fullmatch(url):
        raise ValueError(
            "it cannot be read as postgresql://user:password@host/database. Write what is special in a password "
            "percent-encoded (`%` as `%25`, `@` as `%40`, `/` as `%2F`, `:` as `%3A`), or keep the password in a "
            "password file (`passfile`) or a `service`"
        ) from None
    return parts
