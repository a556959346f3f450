"""What is sealed for a person opens for that person and place alone, and for nobody once the key is gone."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.details import DESK, UnknownCustomer, Unreadable, Vault
from app.log.event_log import EventLog
from app.log.records import LoggedEvent
from app.sealing import SealingKey
from app.settings import SettingsError
from domain.customer import CustomerErased

MASTER_KEY = b"thirty-two bytes of a master key"
DETAILS = json.dumps({"patient": "Zaphod Beeblebrox", "note": "🪐 second head"})


@pytest.fixture
def alarms() -> list[str]:
    """Whose texts could not be read though they should be."""
    return []


@pytest.fixture
def vault(log: EventLog, alarms: list[str]) -> Vault:
    """A vault that knows Alice and Bob."""
    vault = Vault(log, MASTER_KEY, alarm=alarms.append)
    vault.admit("c-alice")
    vault.admit("c-bob")
    return vault


def erase(log: EventLog, customer: str) -> None:
    """What erasure leaves behind."""
    log.customers.delete(customer)
    log.insert_events(
        [
            LoggedEvent(
                originator_id=f"customer/{customer}",
                originator_version=1,
                topic=CustomerErased.TOPIC,
                state=b"{}",
                timestamp="2026-12-01T04:00:00.000000Z",
                by="admin:c-admin",
                command_id="command-1",
            )
        ]
    )


def test_what_was_sealed_opens_again(vault: Vault) -> None:
    sealed = vault.seal("c-alice", "b-1", DETAILS)

    assert vault.open("c-alice", "b-1", sealed) == DETAILS
    assert "Zaphod" not in sealed


def test_another_process_with_the_same_master_key_opens_it(vault: Vault, log: EventLog) -> None:
    sealed = vault.seal("c-alice", "b-1", DETAILS)

    assert Vault(log, MASTER_KEY).open("c-alice", "b-1", sealed) == DETAILS


def test_the_envelope_names_format_and_key_and_never_repeats(vault: Vault, log: EventLog) -> None:
    row = log.customers.get("c-alice")
    assert row is not None

    envelopes = {vault.seal("c-alice", "b-1", DETAILS) for _ in range(50)}

    assert len(envelopes) == len({envelope.split(".")[2] for envelope in envelopes}) == 50
    assert {tuple(envelope.split(".")[:2]) for envelope in envelopes} == {("1", row.key_id)}


@pytest.mark.parametrize(("customer", "about"), [("c-bob", "b-1"), ("c-alice", "b-2"), (DESK, "b-1")])
def test_it_opens_neither_for_another_customer_nor_for_another_booking(customer: str, about: str, vault: Vault) -> None:
    sealed = vault.seal("c-alice", "b-1", DETAILS)

    with pytest.raises(Unreadable):
        vault.open(customer, about, sealed)


def test_the_same_key_under_another_customers_name_opens_nothing(vault: Vault, log: EventLog) -> None:
    """Somebody who can write to the table copies Alice's key to a person of their own."""
    alice = log.customers.get("c-alice")
    assert alice is not None
    log.customers.add(alice._replace(customer="c-mallory"))
    sealed = vault.seal("c-alice", "b-1", DETAILS)

    with pytest.raises(Unreadable):
        vault.open("c-mallory", "b-1", sealed)
    assert vault.knows("c-mallory")


def test_every_altered_character_is_noticed(vault: Vault) -> None:
    sealed = vault.seal("c-alice", "b-1", "four")

    for place, character in enumerate(sealed):
        altered = f"{sealed[:place]}{'B' if character == 'A' else 'A'}{sealed[place + 1 :]}"
        with pytest.raises(Unreadable):
            vault.open("c-alice", "b-1", altered)


@pytest.mark.parametrize("text", ["", "1", "...", "1.a.b.c", "2.a.b.c", "1..\n.\x00", "🪐.🪐.🪐.🪐"])
def test_what_is_no_envelope_is_unreadable(text: str, vault: Vault) -> None:
    with pytest.raises(Unreadable):
        vault.open("c-alice", "b-1", text)


def test_nothing_is_sealed_for_somebody_unknown(vault: Vault) -> None:
    with pytest.raises(UnknownCustomer) as refused:
        vault.seal("c-nobody", "b-1", DETAILS)

    assert refused.value.code == "unknown-customer"
    assert not vault.knows("c-nobody")


def test_the_desk_has_a_key_of_its_own_that_is_made_when_needed(log: EventLog) -> None:
    sealed = Vault(log, MASTER_KEY).seal(DESK, "k-1", "painting the walls")

    assert Vault(log, MASTER_KEY).open(DESK, "k-1", sealed) == "painting the walls"


def test_details_are_revealed_as_the_object_that_they_were(vault: Vault) -> None:
    sealed = vault.seal("c-alice", "b-1", DETAILS)

    assert vault.reveal("c-alice", "b-1", sealed, to="staff:c-sam") == json.loads(DETAILS)
    assert vault.reveal("c-alice", "b-1", None, to="staff:c-sam") is None


@pytest.mark.parametrize("text", ["I am ill", "5", '["list"]', "[" * 5000])
def test_any_other_text_is_revealed_as_text(text: str, vault: Vault) -> None:
    assert vault.reveal("c-alice", "b-1", vault.seal("c-alice", "b-1", text), to="staff:c-sam") == {"text": text}


def test_a_reason_that_looks_like_json_is_still_a_text(vault: Vault) -> None:
    sealed = vault.seal("c-alice", "b-1", '{"erased": true}')

    assert vault.reveal_text("c-alice", "b-1", sealed, to="staff:c-sam") == {"text": '{"erased": true}'}


def test_of_an_erased_person_everything_reads_as_erased(vault: Vault, log: EventLog, alarms: list[str]) -> None:
    sealed = vault.seal("c-alice", "b-1", DETAILS)
    erase(log, "c-alice")
    vault.forget("c-alice")

    assert vault.reveal("c-alice", "b-1", sealed, to="staff:c-sam") == {"erased": True}
    assert vault.reveal_text("c-alice", "b-1", sealed, to="staff:c-sam") == {"erased": True}
    assert alarms == []
    with pytest.raises(UnknownCustomer):
        vault.seal("c-alice", "b-1", DETAILS)


def test_a_key_that_is_gone_without_the_log_saying_so_is_an_alarm(
    vault: Vault, log: EventLog, alarms: list[str]
) -> None:
    sealed = vault.seal("c-alice", "b-1", DETAILS)
    log.customers.delete("c-alice")
    vault.forget_all()

    assert vault.reveal("c-alice", "b-1", sealed, to="staff:c-sam") == {"unreadable": True}
    assert alarms == ["c-alice"]


def test_an_altered_text_of_somebody_who_is_there_is_an_alarm(vault: Vault, alarms: list[str]) -> None:
    assert vault.reveal("c-alice", "b-1", vault.seal("c-bob", "b-1", DETAILS), to="staff:c-sam") == {"unreadable": True}
    assert alarms == ["c-alice"]


def test_a_fingerprint_recognises_the_body_of_the_same_customer_alone(vault: Vault, log: EventLog) -> None:
    body = b"\x01" * 32

    fingerprints = [
        vault.fingerprint("c-alice", body),
        vault.fingerprint("c-alice", b"\x02" * 32),
        vault.fingerprint("c-bob", body),
        vault.fingerprint(None, body),
    ]

    assert len(set(fingerprints)) == 4
    assert {len(fingerprint) for fingerprint in fingerprints} == {32}
    assert Vault(log, MASTER_KEY).fingerprint("c-alice", body) == fingerprints[0]


def test_keys_are_not_in_the_table_in_plain(log: EventLog) -> None:
    """The wrapped key opens with the master key, for this customer."""
    row, _ = Vault(log, MASTER_KEY).admit("c-alice")
    assert row.wrapped_key is not None

    master = SealingKey.named_by_itself(MASTER_KEY)

    assert len(master.open(("key", "c-alice", row.key_id), row.wrapped_key)) == 32
    with pytest.raises(Unreadable):
        master.open(("key", "c-bob", row.key_id), row.wrapped_key)


def test_another_master_key_is_noticed_at_the_start(vault: Vault, log: EventLog) -> None:
    vault.check()

    with pytest.raises(SettingsError, match="is not the one that this store was begun with"):
        Vault(log, b"another master key, 32 bytes long").check()


def test_threads_that_admit_one_person_at_once_get_one_key(log: EventLog) -> None:
    vaults = [Vault(log, MASTER_KEY) for _ in range(8)]

    with ThreadPoolExecutor(8) as threads:
        admitted = list(threads.map(lambda vault: vault.admit("c-alice"), vaults))

    assert len({row.wrapped_key for row, _ in admitted}) == 1
    assert [made for _, made in admitted].count(True) == 1


def test_threads_seal_and_open_at_once(vault: Vault) -> None:
    def round_trip(number: int) -> bool:
        customer = "c-alice" if number % 2 else "c-bob"
        text = f"text {number}"
        return vault.open(customer, "b-1", vault.seal(customer, "b-1", text)) == text

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(round_trip, range(500)))


def test_people_warmed_ahead_need_no_further_question_to_the_store(vault: Vault, log: EventLog) -> None:
    sealed = vault.seal("c-alice", "b-1", DETAILS)
    cold = Vault(log, MASTER_KEY)
    cold.warm(["c-alice", "c-bob", "c-nobody"])
    log.customers.delete("c-alice")  # behind its back

    assert cold.open("c-alice", "b-1", sealed) == DETAILS


def test_the_memory_for_keys_is_bounded(log: EventLog) -> None:
    vault = Vault(log, MASTER_KEY, keys_in_memory=2)
    for customer in ("c-1", "c-2", "c-3"):
        vault.admit(customer)
        vault.seal(customer, "b-1", DETAILS)
    for customer in ("c-1", "c-2", "c-3"):
        log.customers.delete(customer)  # behind its back

    assert [vault.knows(customer) for customer in ("c-1", "c-2", "c-3")] == [False, True, True]
