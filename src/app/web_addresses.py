"""Addresses on the web: which ones are safe from others on the way, and how browsers write an origin."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

_DEFAULT_PORTS: Final = {"https": 443, "http": 80}


def is_safe_address(url: str) -> bool:
    """Whether nobody on the way can read or change what comes from there: `https`, or `http` on this machine."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # one that is no number is told of here
    except ValueError:
        return False
    local = parts.scheme == "http" and is_this_machine(parts.hostname or "")
    return bool(parts.hostname) and (parts.scheme == "https" or local)


def is_this_machine(host: str) -> bool:
    """Whether a host, without a port, is `localhost` or an address that only this machine reaches."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def origin_of(url: str) -> str:
    """An address without a path as browsers write its origin (RFC 6454): small letters, no default port.

    Raises ValueError for one that has a path, a user or a password, or is not safe.
    """
    parts = urlsplit(url.rstrip("/"))
    if not is_safe_address(url) or parts.username is not None or parts[2:] != ("", "", ""):
        raise ValueError("write it as https://book.example.org, without a path; http is for this machine alone")
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else str(parts.hostname)
    port = "" if parts.port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"
