"""How callers are told apart and how much each may ask."""

from ipaddress import ip_network

import pytest

from interface.http import limits
from interface.http.limits import Addresses, RateLimit, share_of
from interface.http.problems import Declined


class Seconds:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def allowed(limit: RateLimit, caller: str, times: int) -> int:
    count = 0
    for _ in range(times):
        try:
            limit.spend(caller)
        except Declined:
            continue
        count += 1
    return count


def test_a_burst_of_two_seconds_then_the_rate() -> None:
    clock = Seconds()
    limit = RateLimit(10, clock)
    assert allowed(limit, "alice", 50) == 20
    clock.now += 1
    assert allowed(limit, "alice", 50) == 10
    clock.now += 3600
    assert allowed(limit, "alice", 50) == 20


def test_less_than_one_a_second_says_how_long_to_wait() -> None:
    limit = RateLimit(0.1, Seconds())
    limit.spend("alice")
    with pytest.raises(Declined) as declined:
        limit.spend("alice")
    assert declined.value.headers == {"Retry-After": "10"}


def test_callers_do_not_share_and_are_forgotten_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_CALLERS", 3)
    limit = RateLimit(1, Seconds())
    assert [allowed(limit, caller, 5) for caller in ("a", "b", "c", "d")] == [2, 2, 2, 2]
    assert len(limit._buckets) == 3
    assert allowed(limit, "d", 5) == 0


@pytest.mark.parametrize(
    ("rate", "doors", "share"),
    [(2000.0, 1, 2000.0), (2000.0, 4, 500.0), (3.0, 4, 1.0), (0.5, 1, 0.5), (0.5, 4, 0.5), (None, 4, None)],
)
def test_several_doors_share_what_a_caller_may_ask(rate: float | None, doors: int, share: float | None) -> None:
    assert share_of(rate, doors) == share


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("198.51.100.7", "", "198.51.100.7"),
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "192.0.2.66, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "nonsense", "unknown"),
        ("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "", "203.0.113.9"),
        ("", "", "unknown"),
    ],
)
def test_only_trusted_proxies_are_believed(peer: str, forwarded: str, address: str) -> None:
    assert Addresses([ip_network("10.0.0.0/8")]).of(peer, forwarded) == address
