"""A log with a room in it, its people, and a process that writes to them, at a time that a test decides."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from tests.app.read_models.venue import Venue

from app.details import Vault
from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.messages.composing import Composing
from app.messages.following import Following
from app.messages.sending import Became, Sending
from app.messages.wording import Words
from app.people import People, Profile
from domain.booking import Terms

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
MAIL = "mailto://smtp.example.org?from=desk@example.org&to={email}"
SMS = "twilio://account:token@15550100/{phone}"
LEAD = timedelta(days=1)
ADA = Profile(name="Ada", email="ada@example.org", language="de-AT")


class Letter(NamedTuple):
    """What was sent, and to which address."""

    url: str
    words: Words


class Post:
    """Takes messages, unless the address has one of the `lost` words in it."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.lost: set[str] = set()
        self.answer = "It came back."
        self.before: Callable[[], None] = lambda: None

    def send(self, template: str, url: str, words: Words) -> str | None:
        self.before()
        if any(word in url for word in self.lost):
            return self.answer
        self.letters.append(Letter(url, words))
        return None


class Office:
    """See above. The room's wall clock is Dhaka's, six hours ahead."""

    def __init__(self, log: EventLog) -> None:
        self.now = NOON
        self.log = log
        self.post = Post()
        self.became: list[Became] = []
        self.lead: timedelta | None = LEAD
        self.templates = [MAIL, SMS]
        self.vault = Vault(log, b"k" * 32)
        self.people = People(log, self.vault)
        self.venue = Venue(log)
        self.venue.now = NOON
        self.venue.define("room", name="Moon Room")

    def person(self, profile: Profile = ADA) -> str:
        """Somebody whom the desk knows."""
        return self.people.create(profile, made_by="staff:bob")[0].customer

    def pass_time(self, **parts: float) -> None:
        """Let the clocks run on."""
        self.now += timedelta(**parts)
        self.venue.now = self.now

    def book(
        self, booking: str = "b-1", start: str = "2026-12-10T09:00", *, customer: str, approval: bool = False
    ) -> None:
        self.venue.book(booking, ("room", start), customer=customer, approval=approval)

    def offer(self, booking: str, start: str, until: datetime, customer: str) -> None:
        """Hold what somebody waited for."""
        made = self.venue.book(f"{booking}-as", ("room", start), customer=customer)
        aggregate, cause = type(made).untouched(f"booking/{booking}"), self.venue.cause("system:sweeper")
        aggregate.offer(cause, Terms(customer=customer, party=1, legs=made.legs), until, "w-1", f"customer:{customer}")
        self.venue.save(aggregate)

    def approve(self, booking: str = "b-1") -> None:
        aggregate = self.venue.booking(booking)
        aggregate.approve(self.venue.cause(), None)
        self.venue.save(aggregate)

    def reject(self, booking: str = "b-1") -> None:
        aggregate = self.venue.booking(booking)
        aggregate.reject(self.venue.cause(), None)
        self.venue.save(aggregate)

    def follow(self) -> None:
        """Write down all that is due."""
        following = Following(self.log, EventMapper(), lambda: self.now, self.lead)
        while following.step():
            pass

    def sending(self, may_run: Callable[[], bool] = lambda: True) -> Sending:
        composing = Composing(self.log, EventMapper(), self.people, self.templates, "The Moon", "en", self.lead)
        return Sending(self.log.messages, composing, self.post, lambda: self.now, may_run, self.became.append)

    def work(self) -> list[Letter]:
        """Write down and send all that is due; what was sent."""
        self.follow()
        sending, self.post.letters = self.sending(), []
        for _ in range(100):
            due = sending.due(10)
            for row in due:
                sending.send(row)
            if not due:
                return self.post.letters
        raise AssertionError("there is no end to it")

    def subjects(self) -> list[str]:
        """What is said in the letters that this sends."""
        return [letter.words.subject for letter in self.work()]
