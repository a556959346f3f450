"""People are written to once about each thing that happens to a booking, unless they cannot or will not be."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from structlog.testing import capture_logs
from tests.app.messages.office import ADA, MAIL, NOON, SMS, Office

from app.log.event_log import EventLog
from app.log.mapper import EventMapper, EventUnreadable
from app.log.records import RecordedEvent
from app.messages import following
from app.messages.addressing import NOT_ALONE, UNUSABLE
from app.messages.occasions import Occasion
from app.people import Profile
from app.telling.happenings import Happening, happening

LATER = "2026-12-10T10:00"


def test_a_booking_is_confirmed_in_the_customers_language(office: Office) -> None:
    office.book(customer=office.person())

    (letter,) = office.work()

    assert letter.url == MAIL.replace("{email}", "ada%40example.org")
    assert letter.words.subject == "Ihre Buchung ist bestätigt"
    assert "Moon Room: Donnerstag, 10. Dezember 2026, 09:00 bis 09:30 (Asia/Dhaka)" in letter.words.text
    assert letter.words.text.endswith("The Moon")
    assert office.became == ["sent"]


def test_nothing_is_told_twice(office: Office) -> None:
    office.book(customer=office.person())

    assert len(office.work()) == 1
    assert office.work() == []


def test_every_way_that_the_person_has_is_taken(office: Office) -> None:
    office.book(customer=office.person(Profile(email="ada@example.org", phone="+43 660 1234567")))

    assert [letter.url for letter in office.work()] == [
        MAIL.replace("{email}", "ada%40example.org"),
        SMS.replace("{phone}", "%2B436601234567"),
    ]


DONE: dict[Occasion, Callable[[Office], None]] = {
    "approved": lambda office: office.approve(),
    "rejected": lambda office: office.reject(),
    "moved": lambda office: office.venue.move("b-1", ("room", LATER)),
    "cancelled": lambda office: office.venue.cancel("b-1"),
}


@pytest.mark.parametrize(
    ("done", "subject"),
    [
        ("approved", "Your booking is approved"),
        ("rejected", "Your booking was not approved"),
        ("moved", "Your booking was moved"),
        ("cancelled", "Your booking is cancelled"),
    ],
)
def test_what_happens_to_a_booking_is_told_in_order(office: Office, done: Occasion, subject: str) -> None:
    office.book(customer=office.person(Profile(email="eve@example.org")), approval=True)
    DONE[done](office)

    assert office.subjects() == ["Your booking waits for approval", subject]


def test_an_offer_says_until_when(office: Office) -> None:
    office.offer("b-1", "2026-12-10T09:00", NOON + timedelta(minutes=15), office.person())

    letters = office.work()

    (offered,) = [letter for letter in letters if letter.words.subject == "Es ist ein Platz für Sie frei"]
    assert "bis Dienstag, 1. Dezember 2026, 18:15 für Sie gehalten" in offered.words.text


def test_an_offer_that_has_ended_is_not_told(office: Office) -> None:
    office.offer("b-1", "2026-12-10T09:00", NOON + timedelta(minutes=15), office.person())
    office.follow()
    office.now += timedelta(minutes=15)

    assert office.subjects() == ["Ihre Buchung ist bestätigt"]


@pytest.mark.parametrize(
    "profile",
    [Profile(name="Ada"), Profile(email="ada@example.org", messages=False)],
)
def test_who_has_no_address_or_wants_none_is_left_alone_quietly(office: Office, profile: Profile) -> None:
    office.book(customer=office.person(profile))

    with capture_logs() as lines:
        assert office.work() == []

    assert (lines, office.became) == ([], [])
    assert [row.occasion for row in office.log.messages.due("9", 10)] == ["reminder"], "by then they may want it"


@pytest.mark.parametrize(("field", "said"), [("email", "ünï@example.org"), ("email", "a@b"), ("phone", "0660 1234567")])
def test_an_address_that_cannot_be_written_to_is_given_up_at_once_and_listed(
    office: Office, field: str, said: str
) -> None:
    office.book(customer=office.person(Profile().model_copy(update={field: said})))

    with capture_logs() as lines:
        assert office.work() == []

    (row,) = office.log.messages.failing(10)
    kind = "mailto" if field == "email" else "twilio"
    assert (row.occasion, row.given_up_at is None) == ("booked", False)
    assert row.trouble == f"{kind}: {UNUSABLE}"
    assert [line["event"] for line in lines] == ["message given up"]
    assert said not in str(lines)
    assert office.became == ["given-up"]
    assert office.work() == []


def test_who_is_reached_by_another_way_is_and_the_unusable_address_is_listed_all_the_same(office: Office) -> None:
    office.book(customer=office.person(Profile.model_construct(email="a,b@example.org", phone="+43 660 1234567")))

    (letter,) = office.work()

    assert letter.url.startswith("twilio")
    assert [row.trouble for row in office.log.messages.failing(10)] == [f"mailto: {UNUSABLE}"]
    assert office.became == ["given-up"]


def test_what_is_tried_again_by_one_way_says_of_the_other_that_it_is_unusable(office: Office) -> None:
    office.book(customer=office.person(Profile.model_construct(email="a,b@example.org", phone="+43 660 1234567")))
    office.post.lost = {"twilio"}
    assert office.work() == []
    assert [row.trouble for row in office.log.messages.failing(10)] == [f"twilio: It came back. mailto: {UNUSABLE}"]

    office.post.lost = set()
    office.now += timedelta(seconds=5)

    assert len(office.work()) == 1
    assert [row.given_up_at is None for row in office.log.messages.failing(10)] == [False]
    assert office.became == ["failed", "given-up"]


def test_what_people_have_said_counts_when_a_message_is_sent(office: Office) -> None:
    customer = office.person()
    office.book(customer=customer)
    office.follow()
    office.people.change(customer, Profile(language="en", email="lovelace@example.org"))

    (letter,) = office.work()

    assert "lovelace" in letter.url
    assert letter.words.language == "en"


def test_who_was_erased_is_not_written_to(office: Office) -> None:
    customer = office.person()
    office.book(customer=customer)
    office.follow()
    with office.log.locked() as session:
        session.erase([customer])
    office.people.forget(customer)
    assert office.log.messages.due("9", 10) == []
    office.venue.cancel("b-1")

    assert office.work() == []


def test_what_happened_before_the_first_start_is_told_to_nobody(embedded_log: EventLog) -> None:
    office = Office(embedded_log)
    office.book(customer=office.person())

    assert office.work() == []


def test_what_happened_while_the_service_was_away_for_long_is_told_to_nobody(office: Office) -> None:
    office.book(customer=office.person())
    office.now += timedelta(days=1, seconds=1)

    assert office.work() == []
    assert office.log.messages.position() == office.log.head().position


def test_who_is_not_told_so_late_is_reminded_all_the_same(office: Office) -> None:
    office.book(customer=office.person())
    office.now += timedelta(days=2)
    assert office.work() == []
    office.now += timedelta(days=6, hours=12)
    assert office.subjects() == ["Ihre Buchung steht bevor"]


def test_what_waited_while_nobody_was_written_to_is_not_told_after_days(office: Office) -> None:
    office.book(customer=office.person())
    office.follow()
    office.now += timedelta(days=2)
    assert office.work() == []


def test_an_event_that_cannot_be_read_keeps_nobody_else_waiting(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.book("b-1", customer=office.person())
    office.book("b-2", LATER, customer=office.person(Profile(email="eve@example.org")))

    def unreadable(mapper: EventMapper, events: Sequence[RecordedEvent]) -> Happening | None:
        if events[0].originator_id == "booking/b-1":
            raise EventUnreadable("It was written by a newer Daybook.")
        return happening(mapper, events)

    monkeypatch.setattr(following, "happening", unreadable)
    with capture_logs() as lines:
        assert office.subjects() == ["Your booking is confirmed"]
    assert [line["event"] for line in lines] == ["nobody is written to about an event"]


def test_an_offer_that_was_answered_meanwhile_is_not_told(office: Office) -> None:
    office.offer("b-1", "2026-12-10T09:00", NOON + timedelta(minutes=15), office.person())
    office.follow()
    office.venue.confirm("b-1")
    assert office.subjects() == ["Ihre Buchung ist bestätigt"] * 2


def test_an_address_that_the_library_reads_as_another_is_given_up_at_once(office: Office) -> None:
    office.book(customer=office.person())
    office.post.lost, office.post.answer = {"ada"}, NOT_ALONE
    assert office.work() == []
    assert office.became == ["given-up"]
    assert [row.trouble for row in office.log.messages.failing(10)] == [f"mailto: {NOT_ALONE}"]
    assert office.work() == []


def test_who_cannot_be_reached_holds_up_nobody_else(office: Office) -> None:
    office.book("b-1", customer=office.person())
    office.book("b-2", LATER, customer=office.person(Profile(email="eve@example.org")))
    office.post.lost = {"ada"}

    assert office.subjects() == ["Your booking is confirmed"]
    assert sorted(office.became) == ["failed", "sent"]


def test_what_was_not_taken_is_tried_again_with_pauses_and_before_what_happened_later(office: Office) -> None:
    office.book(customer=office.person())
    office.venue.cancel("b-1")
    office.post.lost = {"ada"}

    assert office.work() == []
    office.post.lost = set()
    assert office.work() == [], "it is left alone for a while"
    office.now += timedelta(seconds=5)

    assert office.subjects() == ["Ihre Buchung ist bestätigt", "Ihre Buchung ist storniert"]


def test_only_the_way_that_failed_is_tried_again(office: Office) -> None:
    office.book(customer=office.person(Profile(email="ada@example.org", phone="+43 660 1234567")))
    office.post.lost = {"twilio"}
    assert [letter.url[:6] for letter in office.work()] == ["mailto"]

    office.post.lost = set()
    office.now += timedelta(seconds=5)

    assert [letter.url[:6] for letter in office.work()] == ["twilio"]
    assert office.work() == []


def test_after_a_day_it_is_given_up_and_kept_for_the_operator(office: Office) -> None:
    office.book(customer=office.person())
    office.venue.cancel("b-1")
    office.post.lost = {"ada"}
    office.work()
    with capture_logs() as lines:
        for _ in range(60):
            office.now += timedelta(hours=1)
            office.work()

    given_up = office.log.messages.failing(10)
    assert [(row.occasion, row.trouble) for row in given_up] == [
        ("cancelled", "mailto: It came back."),
        ("booked", "mailto: It came back."),
    ]
    assert office.became.count("given-up") == 2
    assert {line["event"] for line in lines} == {"message not sent yet", "message given up"}
    assert "ada" not in str(lines)
    office.sending().tidy(timedelta(days=30))
    assert office.log.messages.failing(10) == given_up
    office.now += timedelta(days=30)
    office.sending().tidy(timedelta(days=30))
    assert office.log.messages.failing(10) == []


def test_a_profile_that_does_not_open_is_tried_again(office: Office) -> None:
    customer = office.person()
    office.book(customer=customer)
    office.log.customers.set_profile(customer, "1.k1.bm9uY2Vub25jZTE.Y2lwaGVydGV4dA")

    assert office.work() == []

    (row,) = office.log.messages.due("9", 1)
    assert row.trouble == "The person's profile cannot be read."
    assert office.became == ["failed"]


class TestReminders:
    """A day before the start, unless the booking is not what it was."""

    def test_one_comes_once_before_the_start(self, office: Office) -> None:
        office.book(customer=office.person())
        assert office.subjects() == ["Ihre Buchung ist bestätigt"]
        office.now = NOON + timedelta(days=7, hours=14, minutes=59)
        assert office.subjects() == []

        office.now += timedelta(minutes=1)

        assert office.subjects() == ["Ihre Buchung steht bevor"]
        assert office.subjects() == []

    def test_who_books_later_than_that_gets_none(self, office: Office) -> None:
        office.book(start="2026-12-02T17:30", customer=office.person())

        assert office.subjects() == ["Ihre Buchung ist bestätigt"]
        office.pass_time(days=9)
        assert office.subjects() == []

    def test_what_waits_for_approval_has_one_from_its_approval_on(self, office: Office) -> None:
        office.book(customer=office.person(), approval=True)
        office.work()
        office.pass_time(hours=1)
        office.approve()
        office.work()

        office.now = NOON + timedelta(days=8)

        assert office.subjects() == ["Ihre Buchung steht bevor"]

    def test_what_was_cancelled_has_none(self, office: Office) -> None:
        office.book(customer=office.person())
        office.venue.cancel("b-1")
        office.work()

        office.now = NOON + timedelta(days=8)

        assert office.subjects() == []

    @pytest.mark.parametrize("start", ["2026-12-05T09:00", "2026-12-20T09:00"])
    def test_what_was_moved_has_it_before_its_new_start(self, office: Office, start: str) -> None:
        office.book(customer=office.person())
        office.venue.move("b-1", ("room", start))
        office.work()
        reminded = []
        for day in range(1, 25):
            office.now = NOON + timedelta(days=day)
            reminded += [(day, letter.words.text.splitlines()[2]) for letter in office.work()]

        assert [day for day, _ in reminded] == [int(start[8:10]) - 2]
        assert f"{int(start[8:10])}. Dezember 2026, 09:00" in reminded[0][1]

    def test_another_lead_counts_for_what_is_booked_already(self, office: Office) -> None:
        office.book(customer=office.person())
        office.work()
        office.lead = timedelta(hours=1)
        office.now = NOON + timedelta(days=8)
        assert office.subjects() == []

        office.now = NOON + timedelta(days=8, hours=14)

        assert office.subjects() == ["Ihre Buchung steht bevor"]

    def test_a_service_that_was_away_reminds_of_nothing_that_has_begun(self, office: Office) -> None:
        office.book(customer=office.person())
        office.work()

        office.now = NOON + timedelta(days=8, hours=15)

        assert office.subjects() == []

    def test_where_nobody_is_to_be_reminded_nobody_is(self, office: Office) -> None:
        office.lead = None
        office.book(customer=office.person(ADA))
        office.work()

        office.now = NOON + timedelta(days=8)

        assert office.subjects() == []
