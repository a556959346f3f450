"""Webhooks are told of every event, in order, until they have taken it; and one that fails holds up no other."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.app.outbound.receiver import Posted, Receiver
from tests.app.read_models.venue import Venue

from app.details import Vault
from app.log.event_log import EventLog
from app.log.instants import timestamp_of, timestamp_text
from app.log.mapper import EventMapper, EventUnreadable
from app.log.sqlite import open_sqlite
from app.log.webhooks import WebhookRow
from app.outbound.addresses import AddressRefused
from app.outbound.posting import post
from app.sealing import Unreadable
from app.telling import delivering
from app.telling.backing_off import pause_after
from app.telling.delivering import Delivering, Stopped
from app.telling.happenings import HAPPENING_TYPES
from app.telling.signing import signed_headers
from app.telling.telling import Telling
from app.telling.webhooks import MOST_WEBHOOKS, TooManyWebhooks, change_webhook, make_webhook, rotate_secret, unseal

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
HERE = [ip_network("127.0.0.0/8")]
SEALED = "1.k1.bm9uY2Vub25jZTE.Y2lwaGVydGV4dA"


class Office:
    """A log with a room in it, webhooks, and a process that tells them, at a time that a test decides."""

    def __init__(self, folder: Path) -> None:
        self.now = NOON
        self.log: EventLog = open_sqlite(folder, serving=False)
        self.vault = Vault(self.log, b"k" * 32)
        self.venue = Venue(self.log)
        self.venue.define("room")
        self.may_run: Callable[[], bool] = lambda: True

    def hook(self, url: str, *types: Any, after: int | None = None) -> WebhookRow:
        """A webhook that is told of what happens from now on."""
        after = self.log.head().position if after is None else after
        row, _ = make_webhook(self.log, self.vault, url, types or HAPPENING_TYPES, after, self.now)
        return row

    def row(self, webhook: WebhookRow) -> WebhookRow:
        """The webhook as it is now."""
        found = self.log.webhooks.get(webhook.webhook)
        assert found is not None
        return found

    def secrets(self, webhook: WebhookRow) -> list[str]:
        return [secret.text for secret in unseal(self.vault, self.row(webhook)).secrets]

    def book(self, number: int) -> None:
        """A booking of its own hour."""
        self.venue.book(f"b-{number}", ("room", f"2026-12-{2 + number // 7:02}T{9 + number % 7:02}:00"))

    def delivering(self, may_run: Callable[[], bool] | None = None) -> Delivering:
        allowed = may_run or self.may_run
        return Delivering(self.log, EventMapper(), self.vault, lambda: self.now, HERE, allowed)

    def tell(self, webhook: WebhookRow) -> None:
        """All that it lacks, in this thread."""
        self.delivering().tell(webhook.webhook)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path / "data")
    yield made
    made.log.close()


def booking_of(posted: Posted) -> str:
    """Which booking it is about."""
    said = json.loads(posted.body)
    return str(said["data"]["booking"])


def everything(receiver: Receiver) -> list[Posted]:
    """All that came so far."""
    found = []
    while not receiver.taken.empty():
        found.append(receiver.next())
    return found


def test_each_event_comes_once_in_order_and_signed(office: Office, receiver: Receiver) -> None:
    office.book(1)
    webhook = office.hook(receiver.url)
    for number in (2, 3):
        office.book(number)
    office.venue.cancel("b-2", reason=SEALED)

    office.tell(webhook)
    office.tell(webhook)

    came = everything(receiver)
    assert [(booking_of(each), json.loads(each.body)["type"]) for each in came] == [
        ("b-2", "booking.confirmed"),
        ("b-3", "booking.confirmed"),
        ("b-2", "booking.cancelled"),
    ]
    for each in came:
        signed = signed_headers(each.headers["webhook-id"], NOON, each.body, office.secrets(webhook))
        assert signed.items() <= each.headers.items()
        assert each.headers["content-type"] == "application/json"
    assert len({each.headers["webhook-id"] for each in came}) == 3


def test_a_receiver_is_told_of_the_types_that_it_wants(office: Office, receiver: Receiver) -> None:
    webhook = office.hook(receiver.url, "booking.cancelled")
    office.book(1)
    office.venue.cancel("b-1")

    office.tell(webhook)

    (came,) = everything(receiver)
    assert json.loads(came.body)["type"] == "booking.cancelled"


def test_what_was_not_taken_comes_again_as_the_same_message_before_all_else(office: Office, receiver: Receiver) -> None:
    webhook = office.hook(receiver.url)
    office.book(1)
    office.book(2)
    receiver.answers = [500, 302]

    office.tell(webhook)
    office.tell(webhook)
    assert len(everything(receiver)) == 1, "it is left alone for a while"
    office.now += timedelta(seconds=5)
    office.tell(webhook)
    office.now += timedelta(seconds=29)
    office.tell(webhook)
    (again,) = everything(receiver)
    assert (office.row(webhook).failures, office.row(webhook).failing_since) == (2, "2026-12-01T12:00:00.000000Z")
    office.now += timedelta(seconds=1)
    office.tell(webhook)

    first, second = everything(receiver)
    assert [booking_of(each) for each in (again, first, second)] == ["b-1", "b-1", "b-2"]
    assert again.headers["webhook-id"] == first.headers["webhook-id"]
    assert again.body == first.body
    assert (office.row(webhook).failures, office.row(webhook).failing_since) == (0, None)
    attempts = office.log.webhooks.attempts(webhook.webhook, 10)
    assert [(each.number, each.status) for each in attempts] == [(4, 204), (3, 204), (2, 302), (1, 500)]
    assert [each.trouble for each in attempts] == [
        *(None, None, "It answered with HTTP status 302.", "It answered with HTTP status 500."),
    ]


@pytest.mark.parametrize(("status", "seconds"), [(429, 90), (503, 90), (500, 5)])
def test_a_receiver_that_asks_to_be_left_alone_is(
    office: Office, receiver: Receiver, status: int, seconds: int
) -> None:
    webhook = office.hook(receiver.url)
    office.book(1)
    receiver.answers, receiver.retry_after = [status], "90"

    office.tell(webhook)

    assert office.row(webhook).due_at == timestamp_text(NOON + timedelta(seconds=seconds))


def test_three_days_of_failing_disable_it_and_being_enabled_it_goes_on_where_it_was(
    office: Office, receiver: Receiver
) -> None:
    webhook = office.hook(receiver.url)
    office.book(1)
    receiver.answers = [500] * 200
    attempts = 0
    while office.row(webhook).enabled and attempts < 200:
        office.tell(webhook)
        attempts += 1
        office.now = max(office.now, timestamp_of(office.row(webhook).due_at))

    disabled = office.row(webhook)
    assert (disabled.disabled_reason, disabled.position) == ("failing", webhook.position)
    assert timedelta(days=3) <= office.now - NOON < timedelta(days=3, hours=1)
    assert 72 <= attempts <= 80
    receiver.answers = []
    everything(receiver)
    office.tell(webhook)
    assert receiver.taken.empty()
    assert office.log.webhooks.enable(webhook.webhook)
    office.tell(webhook)
    assert [booking_of(each) for each in everything(receiver)] == ["b-1"]


def test_one_that_is_gone_is_disabled_at_once(office: Office, receiver: Receiver) -> None:
    webhook = office.hook(receiver.url)
    office.book(1)
    receiver.answers = [410]

    office.tell(webhook)

    assert office.row(webhook).disabled_reason == "gone"
    assert len(everything(receiver)) == 1


def test_it_is_told_again_of_what_happened_since_a_position(office: Office, receiver: Receiver) -> None:
    webhook = office.hook(receiver.url)
    for number in (1, 2):
        office.book(number)
    office.tell(webhook)
    before = everything(receiver)
    assert office.log.webhooks.replay(webhook.webhook, 0)

    office.tell(webhook)

    assert [each.headers["webhook-id"] for each in everything(receiver)] == [
        each.headers["webhook-id"] for each in before
    ]


def test_a_replay_between_two_looks_is_told_whatever_was_known_before(office: Office, receiver: Receiver) -> None:
    office.book(1)
    webhook = office.hook(receiver.url)
    known = office.delivering().tell(webhook.webhook)
    assert known is not None
    assert office.log.webhooks.replay(webhook.webhook, 0)

    office.delivering().tell(webhook.webhook, known)

    assert [booking_of(each) for each in everything(receiver)] == ["b-1"]


@pytest.mark.parametrize("meanwhile", ["replay", "more types"])
def test_what_is_asked_for_between_two_batches_is_told(
    office: Office, receiver: Receiver, meanwhile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "READ_AT_ONCE", 1)
    webhook = office.hook(receiver.url, "booking.confirmed" if meanwhile == "replay" else "booking.held")
    for number in (1, 2, 3):
        office.book(number)
    table, advance = office.log.webhooks, office.log.webhooks.advance

    def begin_anew(row: WebhookRow, position: int) -> bool:
        monkeypatch.setattr(table, "advance", advance)
        if meanwhile == "replay":
            assert advance(row, position)
            return table.replay(row.webhook, 0)
        assert change_webhook(office.log, office.vault, row, None, ["booking.confirmed"])
        return advance(row, position)

    monkeypatch.setattr(table, "advance", begin_anew)

    office.tell(webhook)
    office.tell(webhook)

    again = ["b-1"] if meanwhile == "replay" else []
    assert [booking_of(each) for each in everything(receiver)] == [*again, "b-1", "b-2", "b-3"]


def test_an_attempt_whose_outcome_was_not_written_down_is_made_again(office: Office, receiver: Receiver) -> None:
    webhook = office.hook(receiver.url)
    office.book(1)
    is_ours = [True, False]

    with pytest.raises(Stopped):
        office.delivering(partial(is_ours.pop, 0)).tell(webhook.webhook)
    office.tell(webhook)

    first, again = everything(receiver)
    assert first.headers["webhook-id"] == again.headers["webhook-id"]


def test_an_address_inside_gets_nothing_and_counts_as_failing(office: Office, receiver: Receiver) -> None:
    webhook = office.hook(receiver.url)
    office.book(1)

    Delivering(office.log, EventMapper(), office.vault, lambda: office.now, (), lambda: True).tell(webhook.webhook)

    assert receiver.taken.empty()
    (attempt,) = office.log.webhooks.attempts(webhook.webhook, 10)
    assert (attempt.status, office.row(webhook).failures) == (None, 1)
    assert "not public" in str(attempt.trouble)


@pytest.mark.parametrize("unread", ["envelope", "event"])
def test_what_fails_before_it_is_sent_is_listed_and_tried_again_with_pauses_and_never_given_up(
    office: Office, receiver: Receiver, unread: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = office.hook(receiver.url)
    office.book(1)
    if unread == "envelope":
        office.log.write("UPDATE webhooks SET sealed = '1.k.n.c' RETURNING 1")
    else:
        monkeypatch.setattr(delivering, "happening_at", cannot_be_read)
    for number in range(1, 81):
        with pytest.raises((Unreadable, EventUnreadable)):
            office.tell(webhook)
        office.tell(webhook)
        failing = office.row(webhook)
        assert (failing.failures, failing.failing_since, failing.enabled) == (number, None, True)
        assert timestamp_of(failing.due_at) == office.now + pause_after(number)
        office.now = timestamp_of(failing.due_at)

    attempt, *_ = attempts = office.log.webhooks.attempts(webhook.webhook, 200)
    assert office.now - NOON > timedelta(days=3)
    assert len(attempts) == 80
    assert attempt.status is None
    assert attempt.trouble is not None
    assert "127.0.0.1" not in attempt.trouble
    office.log.write("UPDATE webhooks SET sealed = ? RETURNING 1", [webhook.sealed])
    monkeypatch.undo()
    receiver.answers = [500]
    office.tell(webhook)
    assert (office.row(webhook).enabled, office.row(webhook).failing_since) == (True, timestamp_text(office.now))
    office.now += timedelta(hours=1)
    office.tell(webhook)
    assert [booking_of(each) for each in everything(receiver)] == ["b-1", "b-1"]


def cannot_be_read(*_: object) -> None:
    raise EventUnreadable("It is of a later version.")


def test_after_a_rotation_both_secrets_sign(office: Office, receiver: Receiver) -> None:
    webhook = office.hook(receiver.url)
    (old,) = office.secrets(webhook)
    new = rotate_secret(office.log, office.vault, webhook, office.now)
    assert new is not None
    assert rotate_secret(office.log, office.vault, webhook, office.now) is None, "somebody else was first"
    office.book(1)

    office.tell(webhook)

    (came,) = everything(receiver)
    both = signed_headers(came.headers["webhook-id"], NOON, came.body, [new, old])
    assert came.headers["webhook-signature"] == both["webhook-signature"]


def test_its_address_and_secrets_are_nowhere_in_plain(office: Office, receiver: Receiver) -> None:
    webhook = office.hook(f"{receiver.url}?key=hidden")

    rows = str(office.log.rows("SELECT * FROM webhooks"))

    assert "hidden" not in rows
    assert office.secrets(webhook)[0] not in rows


def test_it_can_be_given_another_address_but_none_that_is_no_address(
    office: Office, receiver: Receiver, other: Receiver
) -> None:
    webhook = office.hook(receiver.url)
    office.book(1)
    with pytest.raises(AddressRefused):
        change_webhook(office.log, office.vault, webhook, "ftp://hooks.example/", None)

    assert change_webhook(office.log, office.vault, webhook, other.url, None)
    assert not change_webhook(office.log, office.vault, webhook, receiver.url, None), "somebody else was first"
    office.tell(webhook)

    assert receiver.taken.empty()
    assert len(everything(other)) == 1


@pytest.mark.parametrize("answer", [410, 500, 204])
def test_what_the_old_address_answers_is_nothing_to_the_new_one(
    office: Office, receiver: Receiver, other: Receiver, answer: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = office.hook(receiver.url)
    office.book(1)
    receiver.answers = [answer]

    def posted_while_the_address_is_mended(*arguments: Any) -> Any:
        monkeypatch.setattr(delivering, "post", post)
        answered = post(*arguments)
        assert change_webhook(office.log, office.vault, office.row(webhook), other.url, None)
        return answered

    monkeypatch.setattr(delivering, "post", posted_while_the_address_is_mended)
    if answer == 500:
        monkeypatch.setattr(delivering, "is_given_up", lambda *_: True)

    office.tell(webhook)
    office.tell(webhook)

    assert office.row(webhook).enabled
    assert [booking_of(each) for each in everything(other)] == ["b-1"]


def test_a_new_address_is_tried_at_once_and_has_not_failed_yet(
    office: Office, receiver: Receiver, other: Receiver
) -> None:
    webhook = office.hook(receiver.url)
    office.book(1)
    receiver.answers = [500]
    office.tell(webhook)
    assert change_webhook(office.log, office.vault, office.row(webhook), receiver.url, None)
    failing = office.row(webhook)

    assert change_webhook(office.log, office.vault, failing, other.url, None)

    assert (failing.failures, failing.failing_since) == (1, timestamp_text(NOON))
    assert office.row(webhook)[-3:] == (0, None, "")
    office.tell(webhook)
    assert len(everything(other)) == 1


def test_there_are_only_so_many(office: Office) -> None:
    for _ in range(MOST_WEBHOOKS):
        office.hook("https://hooks.example/")

    with pytest.raises(TooManyWebhooks):
        office.hook("https://hooks.example/")


Begin = Callable[..., Telling]


@pytest.fixture
def begin(office: Office) -> Iterator[Begin]:
    """Begins to follow the log; ends it after the test."""
    begun: list[Telling] = []

    def start(**more: Any) -> Telling:
        begun.append(Telling(office.log, office.delivering, more.pop("may_run", lambda: True), **more))
        begun[-1].start()
        return begun[-1]

    yield start
    for each in begun:
        each.stop()


def until(is_so: Callable[[], bool]) -> None:
    """Wait for something that happens soon, in a bounded loop."""
    deadline, pause = monotonic() + 30, Event()
    while not is_so():
        assert monotonic() < deadline
        pause.wait(0.01)


def test_the_log_is_followed_and_one_that_fails_holds_up_no_other(
    office: Office, receiver: Receiver, other: Receiver, begin: Begin
) -> None:
    counted: list[int] = []
    receiver.silent.set()
    office.hook(receiver.url)
    office.hook(other.url)
    begin(counted=counted.append)

    for number in (1, 2, 3):
        office.book(number)
        assert booking_of(other.next()) == f"b-{number}"

    receiver.free.set()
    until(lambda: counted[-1] == 1)


def test_after_a_restart_nothing_is_told_again_and_nothing_is_left_out(
    office: Office, receiver: Receiver, begin: Begin
) -> None:
    webhook = office.hook(receiver.url)
    telling = begin()
    office.book(1)
    assert booking_of(receiver.next()) == "b-1"
    until(lambda: office.row(webhook).position > webhook.position)
    telling.stop()
    office.book(2)

    begin()

    assert booking_of(receiver.next()) == "b-2"
    assert receiver.taken.empty()


def test_a_process_without_the_duty_tells_nobody(office: Office, receiver: Receiver, begin: Begin) -> None:
    asked, mine = Event(), Event()

    def is_mine() -> bool:
        asked.set()
        return mine.is_set()

    office.hook(receiver.url)
    office.book(1)
    begin(may_run=is_mine)
    assert asked.wait(30)
    asked.clear()
    assert asked.wait(30)
    assert receiver.taken.empty()

    mine.set()

    assert booking_of(receiver.next()) == "b-1"


def test_one_that_cannot_be_opened_is_told_of_and_holds_up_no_other(
    office: Office, receiver: Receiver, other: Receiver, begin: Begin
) -> None:
    damaged = office.hook(receiver.url)
    office.log.write("UPDATE webhooks SET sealed = '1.k.n.c' WHERE webhook = ? RETURNING 1", [damaged.webhook])
    office.hook(other.url)
    with capture_logs() as lines:
        begin()
        office.book(1)
        assert booking_of(other.next()) == "b-1"
        until(lambda: any(line["event"] == "webhooks are not told" for line in lines))

    (told,) = [line for line in lines if line["event"] == "webhooks are not told"]
    assert told["webhook"] == damaged.webhook
    assert receiver.taken.empty()


def test_stopping_does_not_wait_for_one_that_never_answers(office: Office, receiver: Receiver, begin: Begin) -> None:
    receiver.silent.set()
    webhook = office.hook(receiver.url)
    telling = begin()
    office.book(1)
    until(lambda: bool(telling._at_work))

    telling.stop()
    receiver.free.set()

    with suppress(KeyError):
        telling._at_work[webhook.webhook].join(30)
    assert office.row(webhook).position == webhook.position
