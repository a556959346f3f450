"""How much one caller may ask: a token bucket each, in bounded memory."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from math import ceil

from interface.http.problems import Declined

MOST_BODY = 64 * 1024
"""Bytes that a request's body may have."""

MOST_CALLERS = 20_000
"""Callers remembered; the one that was quiet for longest is forgotten, which only ever favours it."""


def share_of(rate: float | None, doors: int) -> float | None:
    """The requests a second that each of so many doors lets a caller ask, who may ask `rate` of all of them together.

    At least 1, unless the whole is less: a share that nobody could work with would serve no one.
    """
    return rate if rate is None else max(rate / doors, min(rate, 1.0))


class RateLimit:
    """`rate` requests a second for each caller, with a burst of two seconds' worth. For one event loop."""

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = max(2 * rate, 1.0)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def spend(self, caller: str) -> None:
        """Count one request. Raises Declined (`rate-limited`) with Retry-After."""
        now = self._clock()
        left, since = self._buckets.get(caller, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._rate)
        if left < 1:
            wait = ceil((1 - left) / self._rate)
            raise Declined(
                "rate-limited",
                f"One caller may send {self._rate:g} requests a second. Please wait {wait} s.",
                headers={"Retry-After": str(wait)},
            )
        self._buckets[caller] = (left - 1, now)
        self._buckets.move_to_end(caller)
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)


class OpenStreams:
    """How many live streams are open, in all and of each caller. For one event loop."""

    def __init__(self, most: int, most_each: int) -> None:
        self._most = most
        self._most_each = most_each
        self._open: Counter[str] = Counter()

    @property
    def number(self) -> int:
        """How many are open now."""
        return self._open.total()

    @contextmanager
    def one_more(self, caller: str) -> Iterator[None]:
        """One is open for as long as it lasts. Raises Declined (`rate-limited`, `busy`) with Retry-After."""
        if self._open[caller] >= self._most_each:
            raise Declined(
                "rate-limited",
                f"One caller may have {self._most_each} live streams open. Please close one.",
                headers={"Retry-After": "10"},
            )
        if self.number >= self._most:
            raise Declined(
                "busy",
                "As many live streams are open as there may be. Please come back.",
                headers={"Retry-After": "10"},
            )
        self._open[caller] += 1
        try:
            yield
        finally:
            self._open[caller] -= 1
            if not self._open[caller]:
                del self._open[caller]


class Addresses:
    """Where requests come from. A trusted proxy's word (X-Forwarded-For) is taken, nobody else's."""

    def __init__(self, trusted: Sequence[IPv4Network | IPv6Network]) -> None:
        self._trusted = tuple(trusted)

    def of(self, peer: str, forwarded: str) -> str:
        """The address nearest to us that is no trusted proxy; of IPv6 the /64, since one host has all of it."""
        address = peer
        for hop in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
            if not self._is_trusted(address):
                break
            address = hop
        return _network(address)

    def _is_trusted(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted if network.version == parsed.version)


def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((parsed, 64), strict=False))
