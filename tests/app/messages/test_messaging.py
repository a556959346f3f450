"""The duty of writing to people: of one process at a time, from its start on, and over where nobody is to be."""

from collections.abc import Callable, Iterator
from threading import Event, Lock

import pytest
from tests.app.messages.mailbox import Mailbox
from tests.app.messages.office import NOON, Office

from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.log.trouble import StoreUnavailable
from app.messages.following import Following
from app.messages.messaging import Messaging
from app.messages.sending import Sending
from app.messages.sending_apart import SendingApart
from app.messages.wiring import messaging
from app.messages.wording import Words
from app.people import Profile
from app.settings import load_settings


class SlowPost:
    """Takes messages; those to addresses with `slow` in them only when it is told to."""

    def __init__(self) -> None:
        self.free = Event()
        self.came: list[str] = []
        self._lock = Lock()

    def send(self, template: str, url: str, words: Words) -> str | None:
        if "slow" in url:
            assert self.free.wait(30)
        with self._lock:
            self.came.append(url)
        return None

    def has(self, number: int) -> bool:
        """Whether so many come, in a while."""
        pause = Event()
        for _ in range(1500):
            if len(self.came) >= number:
                return True
            pause.wait(0.02)
        return False


class Duty:
    """Messaging over an office's log."""

    def __init__(self, office: Office, post: SlowPost) -> None:
        self.is_mine = True
        self.office = office
        office.post = post  # type: ignore[assignment] # it is one as well
        following = Following(office.log, EventMapper(), lambda: office.now, office.lead)
        apart = SendingApart("The Moon")
        self.messaging = Messaging(office.log, following, self._sending, apart, lambda: self.is_mine)

    def _sending(self, may_run: Callable[[], bool]) -> Sending:
        return self.office.sending(may_run)


@pytest.fixture
def post() -> SlowPost:
    return SlowPost()


@pytest.fixture
def duty(embedded_log: EventLog, post: SlowPost) -> Iterator[Duty]:
    made = Duty(Office(embedded_log), post)
    yield made
    post.free.set()
    made.messaging.stop()


def test_it_begins_with_what_happens_from_its_start_on(duty: Duty, post: SlowPost) -> None:
    duty.office.book("b-1", "2026-12-10T09:00", customer=duty.office.person())
    duty.messaging.start()
    duty.office.book("b-2", "2026-12-10T10:00", customer=duty.office.person(Profile(email="eve@example.org")))

    assert post.has(1)
    assert "eve" in post.came[0]


def test_who_is_slow_holds_up_nobody(duty: Duty, post: SlowPost) -> None:
    duty.messaging.start()
    for number in range(3):
        start = f"2026-12-10T09:{30 * (number % 2):02}" if number < 2 else "2026-12-10T10:00"
        profile = Profile(email=f"{'slow' if number == 0 else 'quick'}-{number}@example.org")
        duty.office.book(f"b-{number}", start, customer=duty.office.person(profile))

    assert post.has(2)
    assert all("quick" in url for url in post.came)
    post.free.set()
    assert post.has(3)


def test_a_process_without_the_duty_writes_to_nobody(duty: Duty, post: SlowPost) -> None:
    duty.is_mine = False
    duty.messaging.start()
    duty.office.book(customer=duty.office.person())
    assert duty.office.log.messages.position() is not None

    duty.is_mine = True

    assert post.has(1)


def test_settings_without_a_way_write_to_nobody_and_forget_nothing(office: Office, mailbox: Mailbox) -> None:
    """They may be of one process among several, which was started without them."""

    def made(url: str | None) -> Messaging | None:
        settings = load_settings(message_urls=url) if url else load_settings()
        now, nobody = (lambda: NOON), (lambda: False)
        return messaging(office.log, EventMapper(), office.people, settings, now, nobody, lambda became: None)

    office.book(customer=office.person())
    office.follow()
    assert made(mailbox.url) is not None
    assert made(None) is None
    assert len(office.work()) == 1


def test_what_is_due_is_sent_while_the_log_cannot_be_followed(
    duty: Duty, post: SlowPost, monkeypatch: pytest.MonkeyPatch
) -> None:
    duty.is_mine = False
    duty.messaging.start()
    duty.office.book(customer=duty.office.person())
    duty.office.follow()

    def broken(_: Following) -> bool:
        raise StoreUnavailable("The store is away.")

    monkeypatch.setattr(Following, "step", broken)
    duty.is_mine = True
    assert post.has(1)
