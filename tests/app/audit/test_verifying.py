"""What was altered behind the service's back is found, on both stores, and nothing is found where nothing was."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from threading import Event as Signal
from threading import Thread
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from tests.app.audit.conftest import TOMORROW, Business
from tests.app.conftest import House
from tests.app.read_models.venue import open_models
from tests.app.test_writer_property import Story, steps, two_houses

from app.audit.checkpoint import Signer, key_name
from app.audit.verifying import Proof, Verified, next_step, verify
from app.log.event_log import chained
from app.log.mapper import EventMapper
from app.log.records import LoggedEvent
from app.log.renewing import first_log_id, renew
from app.read_models import comparing
from app.read_models.database import PROJECTIONS
from app.read_models.runner import Runner
from domain.booking import BookingCancelled, BookingConfirmed, BookingPlacedInSeries
from domain.customer import CustomerErased
from domain.event import Event
from domain.resource_day import TimeClaimed, TimeReleased
from domain.series import Occurrence, SeriesBooked, SeriesCancelled

SIGNER = Signer(b"0123456789abcdef0123456789abcdef")
KEYS = {key_name(SIGNER.public_key): SIGNER.public_key}


def rules(business: Business, *proofs: Proof) -> set[str]:
    return {found.rule for found in business.found(*proofs, keys=KEYS)}


def proof_of(business: Business, path: Path) -> Proof:
    return Proof(path, SIGNER.checkpoint(business.log.head()))


def rechain(business: Business) -> None:
    """All digests and the head made anew for what there is now, as somebody would who knows how."""
    log, digest, last = business.log, bytes.fromhex(_first_digest(business)), 0
    at = ""
    for (end,) in log.rows("SELECT last_position FROM appends ORDER BY last_position"):
        events = [event for event in log.after(last) if event.id <= end]
        digest = chained(digest, last + 1, events)
        business.alter(f"UPDATE appends SET digest = {_bytes(business, digest)} WHERE last_position = {end}")
        last, at = end, events[-1].timestamp
    business.alter(f"UPDATE log_head SET position = {last}, timestamp = '{at}', digest = {_bytes(business, digest)}")


def _first_digest(business: Business) -> str:
    return sha256(first_log_id(business.log).encode()).hexdigest()


def _bytes(business: Business, value: bytes) -> str:
    return f"'\\x{value.hex()}'" if business.store.name == "postgres" else f"X'{value.hex()}'"


def forge(business: Business, *events: Event) -> None:
    """Append events with correct digests, by the log's own means, past every rule."""
    business.log.append([EventMapper().to_logged(event) for event in events], business.log.head())


def about(business: Business, stream: str, **more: Any) -> dict[str, Any]:
    """What a forged event carries: the next version of a stream, in order of time."""
    events = business.log.stream(stream)
    facts = {"originator_id": stream, "originator_version": len(events) + 1, "timestamp": business.house.time}
    return {**facts, "by": "staff:c-eve", "command_id": "e" * 32, **more}


def claim_of(business: Business, day: str, booking: str, **more: Any) -> TimeClaimed:
    facts = {"booking": booking, "leg": 0, "customer": business.bob.person, "until": None, "counted": False}
    ends = TOMORROW + timedelta(minutes=30)
    return TimeClaimed(**about(business, day), **{**facts, "start": TOMORROW, "end": ends, "units": 1, **more})


def a_confirmed_booking(business: Business) -> str:
    (stream,) = [stream for _, stream, topic in business.bookings() if topic == "BookingRescheduled.1"]
    return stream


def test_a_day_of_real_commands_verifies(business: Business) -> None:
    told: list[tuple[str, int, int]] = []
    with_models = business.verify()
    assert with_models.findings == []
    assert with_models.notes == []
    assert with_models.is_whole
    alone = verify(business.log, None, [], {}, lambda *each: told.append(each))
    assert alone.is_whole
    assert alone.notes == ["There are no read models here, so none were compared."]
    head = business.log.head()
    assert alone.head == head
    assert told[-1] == ("Verifying events", 2 * head.position, 2 * head.position)


def test_an_empty_log_verifies(store: Any) -> None:
    business = Business(store)
    business.project()
    proof = proof_of(business, Path("empty"))
    done = business.verify(proof, keys=KEYS)
    assert (done.findings, done.extended) == ([], [proof])
    business.house.stop()


# What the issue asks for: each alteration is found.


def test_a_changed_byte(business: Business) -> None:
    position, stream, _ = business.bookings()[0]
    other = "replace(state, '\"party\":1', '\"party\":2')"
    business.alter(f"UPDATE events SET state = {other} WHERE position = {position}")

    found = business.found()

    end = min(row[0] for row in business.log.rows("SELECT last_position FROM appends") if row[0] >= position)
    assert (found[0].rule, found[0].position) == ("digest", end)
    assert found[0].sentence == f"The append that ends at {end} is not what its digest was made of."
    assert found[0].expected.startswith("digest ")
    assert found[0].expected != found[0].found
    assert "restore" in next_step(found[0])
    assert found[1].stream == stream, "and the read model is what it was"


def test_a_changed_byte_under_new_digests_is_told_by_the_checkpoint(business: Business, checkpoint_file: Path) -> None:
    proof = proof_of(business, checkpoint_file)
    assert business.verify(proof, keys=KEYS).extended == [proof]
    business.alter("UPDATE events SET \"by\" = 'staff:c-eve' WHERE position = 9")
    rechain(business)

    found = business.found(proof, keys=KEYS)

    assert [(each.rule, each.position) for each in found if each.rule != "read-model"] == [
        ("checkpoint", proof.checkpoint.position)
    ]
    assert {each.rule for each in business.found()} <= {"read-model"}, "without it the log alone looks whole"


def test_a_removed_event_in_the_middle(business: Business) -> None:
    first = business.log.stream(a_confirmed_booking(business))[0].id
    business.alter(f"DELETE FROM events WHERE position = {first}")

    found = business.found()

    assert {"position", "digest", "version"} <= {each.rule for each in found}
    gap = next(each for each in found if each.rule == "position")
    assert (gap.position, gap.expected, gap.found) == (first + 1, f"position {first}", f"{first + 1}")


def test_a_removed_tail_with_the_checkpoint(business: Business, checkpoint_file: Path) -> None:
    proof = proof_of(business, checkpoint_file)
    ends = [row[0] for row in business.log.rows("SELECT last_position FROM appends ORDER BY last_position")]
    left = ends[-3]
    business.alter(f"DELETE FROM events WHERE position > {left}", f"DELETE FROM appends WHERE last_position > {left}")
    rechain(business)

    found = business.found(proof, keys=KEYS)

    assert [each.rule for each in found] == ["checkpoint", *["end"] * len(PROJECTIONS)], (
        "each read model has seen more of it"
    )
    assert found[0].sentence == f"The log ends before the checkpoint {checkpoint_file}: its end is missing."
    assert (found[0].expected, found[0].found) == (f"{ends[-1]} events or more", f"{left} events")
    assert "compare it with backups" in next_step(found[0])


def test_two_events_swapped(business: Business) -> None:
    business.alter(
        "UPDATE events SET position = -1 WHERE position = 10",
        "UPDATE events SET position = 10 WHERE position = 11",
        "UPDATE events SET position = 11 WHERE position = -1",
    )

    assert "digest" in rules(business)


def test_an_inserted_event(business: Business) -> None:
    columns = 'position, stream, version, topic, command_id, "by", timestamp, recorded_at, state'
    head = business.log.head().position
    business.alter(f"UPDATE events SET position = -position - 1 WHERE position > {head - 3}")
    business.alter("UPDATE events SET position = -position WHERE position < 0")
    values = f"{head - 2}, 'customer/c-eve', 1, 'CustomerErased.1', command_id, \"by\", timestamp, recorded_at, '{{}}'"
    business.alter(f"INSERT INTO events ({columns}) SELECT {values} FROM events WHERE position = {head - 3}")

    assert {"digest", "place"} <= rules(business)


@pytest.mark.parametrize("position", [0, 1_000_000])
def test_an_event_outside_of_the_log(in_files: Business, position: int) -> None:
    in_files.alter(f"UPDATE events SET position = {position} WHERE position = {in_files.log.head().position}")

    assert [found.position for found in in_files.found() if found.rule == "place"] == [position]


def test_a_booking_slipped_into_the_read_model(business: Business) -> None:
    models = _in_models(business)
    models(
        "INSERT INTO bookings_1 SELECT 'b-eve', status, customer, party, details, reason, made_by, expires_at, "
        "decided_at, version, position, created_at, updated_at, start_at, legs, series FROM bookings_1 LIMIT 1"
    )

    (found,) = business.found()

    assert (found.rule, found.stream) == ("read-model", "booking/b-eve")
    assert found.sentence == "The read model has a row bookings b-eve that no event made."
    assert "daybook rebuild" in next_step(found)


def test_rows_changed_and_removed_in_the_read_models(business: Business, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "PAGE", 1)
    models = _in_models(business)
    models("UPDATE claims_1 SET units = 5")
    models("DELETE FROM resources_1 WHERE id = 'hall'")

    found = business.found()

    assert {each.rule for each in found} == {"read-model"}
    sentences = {each.sentence for each in found}
    assert "The read model lacks the row resources hall." in sentences
    assert any(
        sentence.endswith("of the read model is not what the log adds up to, in units.") for sentence in sentences
    )


def _in_models(business: Business) -> Callable[[str], object]:
    if business.store.place is not None:
        return business.store.ask

    def ask(statement: str) -> object:
        path = f"{business.store.folder}/read-models.sqlite3"
        with closing(sqlite3.connect(path, isolation_level=None)) as file:
            return file.execute(statement).fetchall()

    return ask


def test_a_capacity_breach_with_correct_digests(business: Business) -> None:
    """One more than `dr-lee` has, with a booking that claims it: only the re-count can tell."""
    day = f"day/dr-lee/{TOMORROW.date()}"
    legs = [
        {
            "resource": "dr-lee",
            "timezone": "UTC",
            "start": TOMORROW,
            "end": TOMORROW + timedelta(minutes=30),
            "units": 1,
            "days": [TOMORROW.date()],
        }
    ]
    terms: Any = {"customer": business.bob.person, "party": 1, "legs": legs}
    booked = BookingConfirmed(**about(business, "booking/b-eve"), terms=terms, details=None, reason=None)
    forge(business, claim_of(business, day, "b-eve"), booked)
    business.project()

    (found,) = business.found()

    assert (found.rule, found.stream, found.position) == ("capacity", day, business.log.head().position - 1)
    assert found.sentence == "A claim of b-eve raised usage above the capacity then in force."
    assert found.expected.startswith("at most 1 from ")
    assert found.found == "1 taken before it, and 1 more"
    assert "Daybook never writes this" in next_step(found)


# What else nobody but a forger writes.


def test_a_person_put_back_who_was_erased(business: Business) -> None:
    (carol,) = (event for event in business.log.after(0) if event.topic == CustomerErased.TOPIC)
    alice = business.log.customers.get(business.alice.person)
    assert alice is not None
    business.log.customers.add(
        alice._replace(customer=carol.originator_id.removeprefix("customer/"), account=None, key_id="of-last-week")
    )
    (found,) = business.found(keys=KEYS)
    assert (found.rule, found.position, found.stream) == ("erased", carol.id, carol.originator_id)
    assert "erasure list" in next_step(found)


def test_who_has_lost_their_key_without_being_erased_is_told_of_and_may_have_been_replayed_so(
    business: Business,
) -> None:
    assert [note for note in business.verify().notes if "no key" in note] == []
    business.log.write("DELETE FROM customers WHERE customer = ? RETURNING 1", [business.alice.person])
    found = business.verify()
    (note,) = (each for each in found.notes if "no key" in each)
    assert note.startswith(f"One person has bookings and no key, although nobody erased them ({business.alice.person})")
    assert found.is_whole


def test_a_claim_that_no_booking_took(in_files: Business) -> None:
    begins, ends = TOMORROW + timedelta(hours=5), TOMORROW + timedelta(hours=6)
    forge(in_files, claim_of(in_files, f"day/dr-lee/{TOMORROW.date()}", "b-eve", start=begins, end=ends))
    assert rules(in_files) == {"claims"}


def test_a_booking_that_claimed_nothing(in_files: Business) -> None:
    leg = {"resource": "dr-lee", "timezone": "UTC", "start": TOMORROW, "end": TOMORROW + timedelta(minutes=30)}
    terms: Any = {"customer": "c-eve", "party": 1, "legs": [{**leg, "units": 1, "days": [TOMORROW.date()]}]}
    forge(in_files, BookingConfirmed(**about(in_files, "booking/b-eve"), terms=terms, details=None, reason=None))

    (found,) = in_files.found()
    assert found.sentence == "Leg 0 of the booking was taken without a claim on its time."


def test_a_claim_on_another_date_than_its_time(in_files: Business) -> None:
    day = f"day/dr-lee/{TOMORROW.date()}"
    later = TOMORROW + timedelta(days=3)
    forge(in_files, claim_of(in_files, day, "b-eve", start=later, end=later + timedelta(minutes=30)))
    assert {"day", "claims"} <= rules(in_files)


def test_a_release_that_nothing_ended(in_files: Business) -> None:
    day = f"day/hall/{TOMORROW.date()}"
    booking = a_confirmed_booking(in_files).removeprefix("booking/")
    forge(in_files, TimeReleased(**about(in_files, day), booking=booking, reason="cancelled"))
    assert rules(in_files) == {"claims"}


def test_an_end_that_released_nothing(in_files: Business) -> None:
    forge(in_files, BookingCancelled(**about(in_files, a_confirmed_booking(in_files)), reason=None))
    assert rules(in_files) == {"claims"}


def test_a_life_that_cannot_be(in_files: Business) -> None:
    stream = next(stream for _, stream, topic in in_files.bookings() if topic == "BookingMarkedNoShow.1")
    forge(in_files, BookingConfirmed(**about(in_files, stream), terms=None, details=None, reason=None))

    (found,) = in_files.found()

    assert (found.rule, found.stream, found.found) == ("lifecycle", stream, "status no_show")
    assert found.expected == "status held or none before it or pending"


def test_a_topic_that_nobody_knows_and_a_state_that_is_not_its_topics(in_files: Business) -> None:
    fields: dict[str, Any] = {"timestamp": in_files.log.head().timestamp, "by": "staff:c-eve", "command_id": "e" * 32}
    in_files.log.append(
        [
            LoggedEvent("booking/b-eve", 1, "BookingBought.9", b"{}", **fields),
            LoggedEvent("booking/b-mal", 1, "BookingConfirmed.1", b'{"terms": 7}', **fields),
        ],
        in_files.log.head(),
    )
    head = in_files.log.head().position
    told = {(found.rule, found.position): found for found in in_files.found()}
    assert told.keys() == {("topic", head - 1), ("state", head)}
    assert told["topic", head - 1].found == "BookingBought.9"


def test_a_time_that_runs_back(in_files: Business) -> None:
    in_files.alter("UPDATE events SET timestamp = '2026-01-01T00:00:00.000000Z' WHERE position = 20")
    rechain(in_files)
    assert ("time", 20) in {(found.rule, found.position) for found in in_files.found()}


def test_text_that_is_no_text(in_files: Business) -> None:
    """PostgreSQL refuses to store it."""
    in_files.alter("UPDATE events SET state = CAST(X'7bff7d' AS TEXT) WHERE position = 20")
    assert ("unreadable", 20) in {(found.rule, found.position) for found in in_files.found()}


# Checkpoints.


def test_a_checkpoint_that_nobody_here_signed_proves_nothing(in_files: Business, checkpoint_file: Path) -> None:
    proof = proof_of(in_files, checkpoint_file)
    altered = Proof(checkpoint_file, proof.checkpoint.model_copy(update={"position": 9}))
    stranger = Proof(checkpoint_file, Signer(b"k" * 32).checkpoint(in_files.log.head()))
    elsewhere = Proof(checkpoint_file, SIGNER.checkpoint(in_files.log.head()._replace(log_id="d" * 32)))
    between = Proof(checkpoint_file, SIGNER.checkpoint(in_files.log.head()._replace(position=2)))
    assert [found.rule for found in in_files.found(altered, stranger, elsewhere, between, keys=KEYS)] == [
        *("signature", "unknown-key", "checkpoint", "checkpoint")
    ]


def test_where_no_key_is_known_it_says_so_and_what_to_bring(in_files: Business, checkpoint_file: Path) -> None:
    (found,) = in_files.found(proof_of(in_files, checkpoint_file), keys={})

    assert (found.rule, found.expected) == ("unknown-key", "a key that is known: there is none here")
    assert "checkpoint.keys" in next_step(found)


def test_a_checkpoint_still_fits_a_log_that_went_on_and_got_a_new_id(in_files: Business, checkpoint_file: Path) -> None:
    proof = proof_of(in_files, checkpoint_file)
    renew(in_files.log)
    again = Business(in_files.store)
    again.house.time = in_files.house.time
    again.house.book(again.alice, TOMORROW + timedelta(days=2))
    again.house.stop()

    done = again.verify(proof, keys=KEYS)

    assert (done.findings, done.extended) == ([], [proof])
    assert len(done.notes) == len(PROJECTIONS), "read models of the id before are not compared"


# No false alarms.


@pytest.mark.slow
def test_beside_a_service_that_keeps_booking(business: Business, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer and a projector work on, while the log is read event by event and read models row by row."""
    monkeypatch.setattr(comparing, "PAGE", 3)
    monkeypatch.setattr("app.log.verifying.PAGE", 7)
    other = business.store.open()
    house, done = House(other, business.house.time), Signal()

    def work() -> None:
        for number in range(200):
            house.book(business.bob, TOMORROW + timedelta(days=2 + number // 40, minutes=30 * (number % 40)))
            if done.is_set():
                break

    with closing(open_models(business.store)) as models:
        runner = Runner(models, other, EventMapper())
        runner.start()
        thread = Thread(target=work)
        thread.start()
        seen: list[Verified] = []
        try:
            while thread.is_alive() and len(seen) < 5:
                seen.append(business.verify())
        finally:
            done.set()
            thread.join()
            runner.stop()
            house.stop()
    assert [each.findings for each in seen] == [[]] * len(seen)
    assert [each.notes for each in seen] == [[]] * len(seen)
    assert other.head().position > seen[0].head.position


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_whatever_real_commands_write_verifies(told: list[tuple[Any, ...]]) -> None:
    with two_houses() as houses:
        story = Story(houses)
        for step in told:
            story.play(step)
        done = verify(houses[0].log, None, [], {}, lambda *_: None)
        assert done.findings == []


def test_series_and_bookings_that_do_not_name_each_other(business: Business) -> None:
    booking = a_confirmed_booking(business)
    start = TOMORROW + timedelta(days=7)
    named = Occurrence(number=1, booking="b-nobody", start=start)
    told = {"customer": business.bob.person, "repeat": "FREQ=DAILY;COUNT=1", "timezone": "UTC", "start": start}
    forge(
        business,
        SeriesBooked(**about(business, "series/s-forged"), **told, bookings=(named,), skipped=()),
        BookingPlacedInSeries(**about(business, booking), series="s-forged", number=1),
    )
    forge(business, SeriesCancelled(**about(business, "series/s-forged"), since=start, bookings=("b-nobody",)))

    found = [each for each in business.found() if each.rule in {"claims", "lifecycle"}]

    assert [(each.rule, each.stream, each.sentence) for each in sorted(found, key=lambda each: each.sentence)] == [
        ("claims", "series/s-forged", "A booking of the series was not placed in it."),
        ("claims", booking, "A booking was placed in a series that does not name it."),
        ("claims", "series/s-forged", "A series says that a booking was cancelled."),
        ("lifecycle", booking, "BookingPlacedInSeries.1 cannot follow here in the life of the booking."),
    ]
