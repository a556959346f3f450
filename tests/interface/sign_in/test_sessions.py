"""Sessions by themselves: how long they last, which keys open them, and from where they come."""

from functools import partial

import pytest
from tests.interface.hand_clock import HandClock
from tests.interface.sign_in.front_door import LOCAL

from app.master_keys import MasterKeys
from app.settings import Settings
from interface.http.auth import Caller
from interface.sign_in.origins import Origins
from interface.sign_in.seals import Seals, secrets_for
from interface.sign_in.sessions import LONGEST_SECONDS, SessionOver, Sessions

SEALS = Seals(lambda: [b"a secret of the tests that is long"], b"store", "demo")
HEADERS = {b"host": b"127.0.0.1:8000"}


def begun(clock: HandClock, seals: Seals = SEALS, lasts: float = 1e9) -> dict[bytes, bytes]:
    """The headers of somebody whose token lasts so long and who has just signed in."""
    caller = Caller("alice", "https://id.example", frozenset({"staff"}), frozenset({"room"}), clock() + lasts)
    cookie = Sessions(seals, Origins(LOCAL), clock).begin(caller, "Alice")
    return {**HEADERS, b"cookie": cookie.partition(";")[0].encode()}


def found(clock: HandClock, headers: dict[bytes, bytes], seals: Seals = SEALS) -> Caller | None:
    session = Sessions(seals, Origins(LOCAL), clock).session_in(headers)
    return None if session is None else session.caller


@pytest.mark.parametrize(("token", "lasts"), [(60, 60), (1e9, LONGEST_SECONDS)])
def test_a_session_lasts_as_long_as_the_token_and_a_working_day_at_most(token: float, lasts: float) -> None:
    clock = HandClock(1_764_583_200)
    headers = begun(clock, lasts=token)
    caller = Caller("alice", "https://id.example", frozenset({"staff"}), frozenset({"room"}), clock() + lasts)
    assert found(clock, headers) == caller
    clock.time += lasts - 0.5
    assert found(clock, headers) == caller
    clock.time += 0.5
    with pytest.raises(SessionOver):
        found(clock, headers)


def test_while_secrets_change_sessions_of_both_work_and_the_old_alone_ends_none() -> None:
    clock = HandClock(1_764_583_200)
    old, new = b"the session secret of last year ....", b"the session secret of this year ...."
    by_old, by_new = (Seals(partial(list, [secret]), b"store", "demo") for secret in (old, new))
    both = Seals(lambda: [new, old], b"store", "demo")
    assert found(clock, begun(clock, by_old), both) is not None
    assert found(clock, begun(clock, both), by_new) is not None
    with pytest.raises(SessionOver):
        found(clock, begun(clock, by_old), by_new)


def test_the_settings_say_what_seals_and_else_the_master_key_does() -> None:
    secret = "a session secret that is long enough"
    assert secrets_for(Settings(), MasterKeys([b"k" * 32])) == [b"k" * 32]
    assert secrets_for(Settings(session_secret=f"{secret} 2,{secret} 1"), MasterKeys([b"k" * 32])) == [
        f"{secret} 2".encode(),
        f"{secret} 1".encode(),
    ]


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("127.0.0.1", "http://127.0.0.1"),
        ("LOCALHOST:8000", "http://localhost:8000"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("book.example.org", None),
        ("127.0.0.1.evil.example", None),
        ("localhost.evil.example:8000", None),
        ("[::1]evil.example", None),
        ("127.0.0.1:8000@evil.example", None),
        ("", None),
    ],
)
def test_the_demos_page_is_this_machines_alone(host: str, origin: str | None) -> None:
    assert Origins(None).own({b"host": host.encode()}) == origin
