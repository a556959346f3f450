"""People are known by a made-up id; who they are stands nowhere in plain."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from time import process_time
from typing import Any, Protocol

import pytest
from pydantic import ValidationError

from app.details import DESK, UnknownCustomer, Vault
from app.log.event_log import EventLog
from app.log.postgres import open_postgres
from app.log.records import LoggedEvent
from app.people import Account, People, Profile
from domain.customer import CustomerErased
from domain.refusal import Refused

MASTER_KEY = b"thirty-two bytes of a master key"
ISSUER = "https://id.moon.example"
ALICE = Profile(name="Alice Liddell", email="alice@wonderland.example", phone="+44 1865 276150", language="en-GB")


class OpensLogs(Protocol):
    """The test's store."""

    folder: Path | None
    place: Any

    def open(self) -> EventLog: ...
    def ask(self, statement: str) -> list[tuple[object, ...]]: ...


def people_on(log: EventLog) -> People:
    return People(log, Vault(log, MASTER_KEY))


@pytest.fixture
def people(log: EventLog) -> People:
    return people_on(log)


def test_a_person_gets_an_id_at_first_use_and_keeps_it(people: People, log: EventLog) -> None:
    alice = people.person_of(ISSUER, "alice")

    assert re.fullmatch(r"c-[0-9a-f]{32}", alice)
    assert people.person_of(ISSUER, "alice") == alice
    assert people_on(log).person_of(ISSUER, "alice") == alice
    assert people.account(alice) == Account(ISSUER, "alice")


def test_the_same_subject_of_another_issuer_is_somebody_else(people: People) -> None:
    ids = {
        people.person_of(ISSUER, "alice"),
        people.person_of("https://id.mars.example", "alice"),
        people.person_of(ISSUER, "bob"),
        people.person_of("", f"{ISSUER}alice"),
    }

    assert len(ids) == 4


def test_finding_makes_nobody(people: People) -> None:
    assert people.find(ISSUER, "alice") is None
    alice = people.person_of(ISSUER, "alice")
    assert people.find(ISSUER, "alice") == alice


def test_a_person_has_a_key_before_their_id_is_known(people: People, log: EventLog) -> None:
    alice = people.person_of(ISSUER, "alice")

    row = log.customers.get(alice)

    assert row is not None
    assert row.wrapped_key is not None
    assert people.exists(alice)


def test_threads_that_meet_somebody_first_at_once_agree_on_one_person(log: EventLog, store: OpensLogs) -> None:
    each = [people_on(log) for _ in range(8)]
    together = Barrier(8)

    def meet(people: People) -> str:
        together.wait(10)
        return people.person_of(ISSUER, "alice")

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(meet, each))) == 1
    assert store.ask("SELECT count(*) FROM customers") == [(1,)]


MEET = """
import sys
from app.details import Vault
from app.log.postgres import open_postgres
from app.people import People
log = open_postgres(sys.argv[1], sys.argv[2])
people = People(log, Vault(log, bytes.fromhex(sys.argv[3])))
print("ready", flush=True)
sys.stdin.readline()
print(" ".join(people.person_of("issuer", f"subject-{n}") for n in range(20)))
log.close()
"""


def test_processes_that_meet_the_same_people_at_once_agree(postgres: Any) -> None:
    command = [sys.executable, "-c", MEET, postgres.url, postgres.schema, MASTER_KEY.hex()]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()

    met = [process.communicate(timeout=60)[0].split() for process in processes]

    assert len(met[0]) == len(set(met[0])) == 20
    assert met[0] == met[1] == met[2]


def test_a_connection_cut_while_a_person_is_stored_makes_neither_two_nor_none(
    postgres: Any, severing_proxy: Any
) -> None:
    log = open_postgres(severing_proxy.url, postgres.schema)
    try:
        for number, lose in enumerate((severing_proxy.lose_answer_to, severing_proxy.lose_request)):
            lose("INSERT INTO customers")
            met = people_on(log).person_of(ISSUER, f"subject-{number}")

            assert severing_proxy.cut.is_set()
            assert people_on(log).find(ISSUER, f"subject-{number}") == met
        assert log.rows("SELECT count(*) FROM customers") == [(2,)]
    finally:
        log.close()


def test_a_person_made_by_staff_has_a_profile(people: People) -> None:
    person, created = people.create(ALICE, made_by="staff:c-bob")

    assert created
    assert people.person(person.customer) == person
    assert person.profile == ALICE
    assert (person.version, person.made_by) == (0, "staff:c-bob")
    assert people.account(person.customer) is None


def test_a_person_with_an_account_begins_with_an_empty_profile(people: People) -> None:
    person = people.person(people.person_of(ISSUER, "alice"))

    assert person.shown() == dict.fromkeys(("name", "email", "phone", "language", "messages"))
    assert (person.version, person.made_by) == (0, None)


def test_a_repeated_request_makes_one_person(people: People) -> None:
    request: dict[str, Any] = {"made_by": "agent:c-web", "command_id": "0" * 32, "body": b"\x01" * 32}
    first, created = people.create(ALICE, **request)
    people.change(first.customer, Profile(phone=None))

    again, created_again = people.create(ALICE, **request)

    assert (created, created_again) == (True, False)
    assert again == people.person(first.customer)
    with pytest.raises(Refused) as refused:
        people.create(Profile(name="Bob"), **{**request, "body": b"\x02" * 32})
    assert refused.value.code == "idempotency-key-reused"


def test_a_change_replaces_what_it_names_and_null_clears(people: People) -> None:
    person, _ = people.create(ALICE, made_by="staff:c-bob")

    changed = people.change(person.customer, Profile(name="Alice Hargreaves", phone=None))

    assert changed == people.person(person.customer)
    assert changed.profile == ALICE.model_copy(update={"name": "Alice Hargreaves", "phone": None})
    assert (changed.version, changed.made_by) == (1, "staff:c-bob")


def test_a_change_that_changes_nothing_keeps_the_version(people: People) -> None:
    person, _ = people.create(ALICE, made_by="staff:c-bob")

    assert people.change(person.customer, Profile(name="Alice Liddell")) == person


def test_a_change_of_a_version_that_is_no_longer_there_is_refused(people: People) -> None:
    person, _ = people.create(ALICE, made_by="staff:c-bob")
    people.change(person.customer, Profile(name="Alice Hargreaves"), expected=0)

    with pytest.raises(Refused) as refused:
        people.change(person.customer, Profile(name="Alice Pleasance"), expected=0)

    assert (refused.value.code, refused.value.facts) == ("stale-version", {"current_version": 1})


def test_changes_at_once_are_all_kept(people: People) -> None:
    customer = people.create(Profile(), made_by="staff:c-bob")[0].customer
    patches = [
        Profile(name="Alice"),
        Profile(email="a@b.example"),
        Profile(phone="+4366012345"),
        Profile(language="de"),
    ]

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda patch: people.change(customer, patch), patches))

    assert people.person(customer).shown() == {
        "name": "Alice",
        "email": "a@b.example",
        "phone": "+4366012345",
        "language": "de",
        "messages": None,
    }
    assert people.person(customer).version == 4


@pytest.mark.parametrize("customer", ["c-nobody", DESK])
def test_nobody_is_found_under_an_unknown_id_nor_under_the_desks(customer: str, people: People, log: EventLog) -> None:
    Vault(log, MASTER_KEY).check()

    assert not people.exists(customer)
    with pytest.raises(UnknownCustomer):
        people.person(customer)
    with pytest.raises(UnknownCustomer):
        people.change(customer, ALICE)


def test_an_erased_person_reads_as_erased_and_comes_back_as_somebody_new(people: People, log: EventLog) -> None:
    alice = people.person_of(ISSUER, "alice")
    log.customers.delete(alice)
    log.insert_events(
        [
            LoggedEvent(
                originator_id=f"customer/{alice}",
                originator_version=1,
                topic=CustomerErased.TOPIC,
                state=b"{}",
                timestamp="2026-12-01T04:00:00.000000Z",
                by="admin:c-admin",
                command_id="command-1",
            )
        ]
    )
    people.forget(alice)

    assert people.person(alice).shown() == {"erased": True}
    assert people.many([alice])[alice].shown() == {"erased": True}
    assert not people.exists(alice)
    assert people.person_of(ISSUER, "alice") != alice
    with pytest.raises(UnknownCustomer):
        people.change(alice, ALICE)


def test_a_profile_altered_in_the_table_reads_as_unreadable(people: People, log: EventLog) -> None:
    alice, _ = people.create(ALICE, made_by="staff:c-bob")
    bob, _ = people.create(Profile(name="Bob"), made_by="staff:c-bob")
    bobs = log.customers.get(bob.customer)
    assert bobs is not None
    log.customers.set_profile(alice.customer, bobs.profile)

    found = people.many([alice.customer, bob.customer])

    assert found[alice.customer].shown() == {"unreadable": True}
    assert found[bob.customer] == bob


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "A" * 201},
        {"name": "A\x00"},
        {"name": "A\u202eb"},
        {"name": "A\ud800"},
        {"name": 5},
        {"email": "nowhere"},
        {"email": "a b@c"},
        {"phone": "0660 1234567"},
        {"phone": "+43"},
        {"language": "not a language"},
        {"nickname": "Al"},
    ],
)
def test_a_profile_that_cannot_be_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as error:
        Profile(**fields)

    assert "AAAA" not in str(error.value)


@pytest.mark.parametrize(
    "email", ["ünï@example.org", "a,b@example.org", "a@b", '"quoted"@example.org', "a@[127.0.0.1]", "a@exämple.org"]
)
def test_an_address_that_could_not_be_written_to_is_refused_in_words(email: str) -> None:
    with pytest.raises(ValidationError, match="write one address such as"):
        Profile(email=email)


def test_what_is_unusable_but_stored_stays_readable_and_the_rest_can_be_changed(people: People) -> None:
    stored = Profile.model_construct(email="a@b", phone="12 34", name="Ada\u202e")
    customer = people.create(stored, made_by="staff:bob")[0].customer

    people.change(customer, Profile(language="de"))

    assert people.person(customer).shown() == {
        "name": "Ada\u202e",
        "email": "a@b",
        "phone": "12 34",
        "language": "de",
        "messages": None,
    }


def test_a_profile_prints_nothing_of_the_person() -> None:
    assert "Alice" not in f"{ALICE!r} {ALICE}"


def test_nothing_of_anybody_stands_in_plain_in_the_store(store: OpensLogs) -> None:
    log = store.open()
    people = people_on(log)
    customer = people.person_of(ISSUER, "alice-the-subject")
    people.change(customer, ALICE)
    people.create(Profile(name="Cheshire Cat", email="cat@tree.example"), made_by="agent:c-web")
    planted = [b"alice-the-subject", b"moon.example", b"Liddell", b"wonderland", b"276150", b"Cheshire", b"tree.ex"]

    def found_in(data: bytes) -> list[bytes]:
        return [word for word in [*planted, MASTER_KEY] if word in data]

    assert customer.encode() in repr(store.ask("SELECT * FROM customers")).encode()  # the search does find
    assert found_in(repr(store.ask("SELECT * FROM customers")).encode()) == []
    if store.folder is not None:
        files = {path: path.read_bytes() for path in store.folder.rglob("*") if path.is_file()}
        assert any(customer.encode() in data for data in files.values())
        assert [path for path, data in files.items() if found_in(data)] == []


def test_somebody_seen_lately_is_found_without_asking_the_store(people: People, log: EventLog) -> None:
    alice = people.person_of(ISSUER, "alice")
    log.customers.delete(alice)  # behind its back

    began = process_time()
    for _ in range(10_000):
        assert people.person_of(ISSUER, "alice") == alice
    assert process_time() - began < 5  # a question to the store would take far longer


def test_the_memory_for_people_is_bounded(log: EventLog) -> None:
    people = People(log, Vault(log, MASTER_KEY), ids_in_memory=3)

    for number in range(10):
        people.person_of(ISSUER, f"subject-{number}")

    assert len(people._ids) == 3


def test_people_are_found_by_part_of_their_name(people: People, log: EventLog) -> None:
    quill, quist = (people.create(Profile(name=name), made_by="staff:s")[0] for name in ("Zoe Quill", "Zora QUIST"))
    people.create(Profile(email="qui@example.org"), made_by="staff:s")
    people.person_of(ISSUER, "quincy")
    found, beyond = people_on(log).named("qui", 20)

    assert {person.customer for person in found} == {quill.customer, quist.customer}
    assert beyond is None
    assert people.named("quist", 20) == ([quist], None)
    assert people.named("nobody", 20) == ([], None)


def test_a_search_goes_on_where_it_ended(people: People) -> None:
    made = {people.create(Profile(name=f"Zoe {number}"), made_by="staff:s")[0].customer for number in range(3)}

    two, beyond = people.named("zoe", 2)
    rest, end = people.named("zoe", 2, beyond or "")

    assert (len(two), len(rest), end) == (2, 1, None)
    assert {person.customer for person in [*two, *rest]} == made
    assert people.named("zoe", 3, looking_at=0) == ([], "")


def test_a_search_passes_over_what_cannot_be_read(people: People, log: EventLog) -> None:
    zoe, zora = (people.create(Profile(name=name), made_by="staff:s")[0] for name in ("Zoe Quill", "Zora Quist"))
    row = log.customers.get(zora.customer)
    assert row is not None
    log.customers.delete(zora.customer)
    log.customers.add(row._replace(profile="AAAA"))

    assert people_on(log).named("qui", 20) == ([zoe], None)
