"""Ids follow from what they should follow from, and from nothing else."""

import re

from hypothesis import given
from hypothesis import strategies as some

from app.identity import (
    block_id,
    booking_id,
    command_id,
    customer_id,
    keyed_hash,
    random_command_id,
    random_customer_id,
)

SECRET = b"the secret that was made with it"


def test_a_command_id_is_the_same_for_the_same_actor_route_and_key() -> None:
    ids = [command_id(SECRET, "customer:c-alice", "POST /v1/bookings", "key-1") for _ in range(2)]

    assert ids[0] == ids[1]
    assert re.fullmatch(r"[0-9a-f]{32}", ids[0])


def test_a_command_id_differs_by_actor_route_key_and_log() -> None:
    ids = {
        command_id(SECRET, "customer:c-alice", "POST /v1/bookings", "key-1"),
        command_id(SECRET, "customer:c-bob", "POST /v1/bookings", "key-1"),
        command_id(SECRET, "customer:c-alice", "POST /v1/holds", "key-1"),
        command_id(SECRET, "customer:c-alice", "POST /v1/bookings", "key-2"),
        command_id(b"another log's", "customer:c-alice", "POST /v1/bookings", "key-1"),
    }

    assert len(ids) == 5


@given(some.lists(some.text(), max_size=4), some.lists(some.text(), max_size=4))
def test_no_two_lists_of_parts_hash_alike(one: list[str], other: list[str]) -> None:
    assert (keyed_hash(SECRET, "test", *one) == keyed_hash(SECRET, "test", *other)) == (one == other)


def test_the_same_parts_hash_differently_for_another_purpose() -> None:
    assert keyed_hash(SECRET, "test", "parts") != keyed_hash(SECRET, "tes", "tparts")


def test_what_a_command_makes_is_named_after_it() -> None:
    command = random_command_id()

    made = [booking_id(command), block_id(command), customer_id(command)]

    assert made == [booking_id(command), block_id(command), customer_id(command)]
    assert [re.fullmatch(r"[bkc]-[0-9a-f]{32}", name) is not None for name in made] == [True] * 3
    assert len({name[2:] for name in made} | {command}) == 4


def test_random_ids_do_not_repeat() -> None:
    assert len({random_command_id() for _ in range(100)} | {random_customer_id()[2:] for _ in range(100)}) == 200
