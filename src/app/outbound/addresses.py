"""Where this machine may connect when somebody else names the address: to what the internet can see, and no further.

A name is looked up once, all that it leads to is checked, and the connection goes to an address that was checked: a
second look-up might answer something else (DNS rebinding).
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, NamedTuple
from urllib.parse import urlsplit

IPAddress = IPv4Address | IPv6Address
Networks = Sequence[IPv4Network | IPv6Network]

LONGEST_URL: Final = 2_000
_PORTS: Final = {"https": 443, "http": 80}
_NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052
_CLOUD: Final = frozenset({IPv4Address("168.63.129.16")})
"""Addresses of a cloud's own services that look public: those of others are link-local or private."""
_SPECIAL: Final = (
    IPv4Network("192.0.0.0/24"),  # protocols' own (RFC 6890)
    IPv4Network("192.88.99.0/24"),  # relays of 6to4 (RFC 7526)
    IPv6Network("64:ff9b:1::/48"),  # local translation to IPv4 (RFC 8215)
    IPv6Network("2001::/23"),  # protocols' own (RFC 2928)
    IPv6Network("3fff::/20"),  # documentation (RFC 9637)
    IPv6Network("5f00::/16"),  # segments of routes (RFC 9602)
    IPv6Network("fec0::/10"),  # once site-local (RFC 3879)
)
"""No web server on the internet is there. What Python's releases take for public among these differs."""


class AddressRefused(Exception):  # noqa: N818 - what the check says
    """No connection goes there. The message says why, and names neither the address nor what it leads to."""


class Target(NamedTuple):
    """An address as it was written, in its parts. `path` with the query, as it is requested."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The value of the `Host` header (RFC 9110, section 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def at(self, address: IPAddress) -> str:
        """The same, with numbers for the name, so that it is not looked up again."""
        place = f"[{address}]" if address.version == 6 else str(address)
        return f"{self.scheme}://{place}:{self.port}{self.path}"


def target_of(url: str) -> Target:
    """The parts of an address. Raises AddressRefused for one that could be read in more than one way."""
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url or len(url) > LONGEST_URL:
        raise AddressRefused(f"An address has at most {LONGEST_URL} visible ASCII characters, and no backslash.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefused("This is no address on the web.") from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise AddressRefused("An address begins with https:// and a host.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefused("An address has neither a user nor a password nor a fragment.")
    if port == 0:
        raise AddressRefused("An address has a port from 1 to 65535.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], path)


def checked(
    target: Target, found: Sequence[str], allowed: Networks, setting: str = "DAYBOOK_OUTBOUND_NETWORKS"
) -> list[IPAddress]:
    """All that a target's host leads to, if a connection may go to each of it. `allowed`: networks that are not
    public, to which it may go all the same, also without encryption; `setting`: what names them. Raises AddressRefused.
    """
    addresses = [_parsed(each) for each in found]
    if not addresses:
        raise AddressRefused("The host leads nowhere.")
    for address in addresses:
        named = _is_in(address, allowed)
        if not named and not is_public(address):
            raise AddressRefused(
                f"The host leads to an address that is not public. The operator can allow its network ({setting})."
            )
        if not named and target.scheme != "https":
            raise AddressRefused("Only https:// is used for an address on the internet.")
    return addresses


def is_public(address: IPAddress) -> bool:
    """Whether the whole internet reaches it: not private, link-local (cloud metadata among it), loopback, multicast,
    reserved, nor any of these written as IPv6.
    """
    inner = _embedded(address)
    if inner is not None:
        return is_public(inner)
    if address in _CLOUD or _is_in(address, _SPECIAL):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _embedded(address: IPAddress) -> IPv4Address | None:
    """The IPv4 address to which an IPv6 address is translated on the way, if it is one of those."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def _parsed(text: str) -> IPAddress:
    try:
        return ip_address(text)
    except ValueError as error:
        raise AddressRefused("The host leads to something that is no address.") from error


def _is_in(address: IPAddress, networks: Networks) -> bool:
    """Where it leads to counts: a network of IPv6 allows no IPv4 address that is written as one of its own."""
    reached = _embedded(address) or address
    return any(reached in network for network in networks)
