"""People are written about what matters to them, in their language, at the wall clock of the place."""

import tomllib
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from app import messages
from app.messages.known_languages import LANGUAGES
from app.messages.occasions import OCCASIONS, Occasion, occasion_of
from app.messages.wording import UnusableLanguage, check, language_for, words
from app.telling.happenings import HAPPENING_TYPES, Happening
from domain.booking import Booking
from domain.leg import Leg

FOLDER = Path(str(messages.__file__)).parent / "languages"
DHAKA = timezone(timedelta(hours=6))
TEN = datetime(2026, 12, 1, 10, tzinfo=DHAKA)


def leg(start: datetime = TEN, minutes: int = 30, resource: str = "moon-hospital") -> Leg:
    end = start + timedelta(minutes=minutes)
    days = (date(2026, 12, 1),)
    return Leg(resource=resource, timezone="Asia/Dhaka", start=start, end=end, units=1, days=days)


def happening(kind: Any, previous: Any) -> Happening:
    """Something of that type, whatever else is true of it."""
    nothing: Any = None
    return Happening(kind, nothing, 1, 1, Booking.untouched("booking/b-1"), previous, ())


@pytest.mark.parametrize(
    ("kind", "previous", "occasion"),
    [
        ("booking.confirmed", None, "booked"),
        ("booking.confirmed", "held", "booked"),
        ("booking.confirmed", "pending", "approved"),
        ("booking.pending", "held", "pending"),
        ("booking.moved", "confirmed", "moved"),
        ("booking.rejected", "pending", "rejected"),
        ("booking.revoked", "confirmed", "revoked"),
        ("booking.cancelled", "confirmed", "cancelled"),
        ("booking.cancelled", "held", None),
        ("booking.offered", "held", "offered"),
        ("booking.held", None, None),
        ("booking.expired", "held", None),
        ("booking.completed", "confirmed", None),
        ("booking.no_show", "confirmed", None),
    ],
)
def test_what_people_are_written_about(kind: str, previous: str | None, occasion: Occasion | None) -> None:
    assert kind in HAPPENING_TYPES
    assert occasion_of(happening(kind, previous)) == occasion


@pytest.mark.parametrize(
    ("wanted", "language"),
    [("de", "de"), ("de-AT", "de"), ("DE-Latn-CH", "de"), ("en-GB", "en"), ("fr", "en"), ("", "en"), (None, "en")],
)
def test_the_nearest_language_is_taken(wanted: str | None, language: str) -> None:
    assert language_for(wanted) == language


def test_a_message_says_what_and_when_at_the_places_wall_clock() -> None:
    found = words("booked", "en", [leg()], {"moon-hospital": "Moon Hospital"}, "The Moon")

    assert found.subject == "Your booking is confirmed"
    assert found.text == (
        "Your booking is confirmed:\n\nMoon Hospital: Tuesday, 1 December 2026, 10:00 to 10:30 (Asia/Dhaka)\n\nThe Moon"
    )


def test_the_same_in_german() -> None:
    found = words("booked", "de", [leg()], {"moon-hospital": "Mondklinik"}, "Der Mond")

    assert found.text.splitlines()[2] == "Mondklinik: Dienstag, 1. Dezember 2026, 10:00 bis 10:30 (Asia/Dhaka)"


def test_of_several_legs_the_earliest_comes_first_and_one_over_midnight_says_its_last_day() -> None:
    late = leg(TEN.replace(hour=23), 120, "room")

    lines = words("moved", "en", [late, leg()], {}, "The Moon").text.splitlines()

    assert lines[2:4] == [
        "moon-hospital: Tuesday, 1 December 2026, 10:00 to 10:30 (Asia/Dhaka)",
        "room: Tuesday, 1 December 2026, 23:00 to Wednesday, 2 December 2026, 01:00 (Asia/Dhaka)",
    ]


def test_an_offer_says_when_it_ends_on_the_same_clock() -> None:
    text = words("offered", "en", [leg()], {}, "The Moon", datetime(2026, 11, 30, 20, 15, tzinfo=UTC)).text

    assert "held for you until Tuesday, 1 December 2026, 02:15" in text


def test_a_name_is_one_line_and_is_never_read_as_a_template() -> None:
    found = words("booked", "en", [leg()], {"moon-hospital": "Moon\r\n\r\nSend money to {place} {0}"}, "{until} x")

    assert found.text.splitlines()[2].startswith("Moon Send money to {place} {0}: Tuesday")
    assert found.text.splitlines()[-1] == "{until} x"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything(language: str) -> None:
    for occasion in OCCASIONS:
        found = words(occasion, language, [leg()], {}, "The Moon", TEN)
        assert found.subject
        assert "\n" not in found.subject
        assert "moon-hospital" in found.text
        assert found.text.endswith("The Moon")
        assert "{" not in found.subject + found.text


def test_the_languages_are_the_files() -> None:
    assert LANGUAGES == ("de", "en")
    assert sorted(path.name for path in FOLDER.glob("*.toml")) == [f"{each}.toml" for each in LANGUAGES]
    assert [each.lower() for each in LANGUAGES] == list(LANGUAGES), "they are looked for in small letters"


def test_a_file_that_lacks_something_or_says_too_much_is_refused() -> None:
    whole = tomllib.loads((FOLDER / "en.toml").read_text(encoding="utf-8"))
    without = {name: said for name, said in whole.items() if name != "moved"}
    too_much = {**whole, "moved": {"subject": "{name}", "text": ""}}
    short = {**whole, "weekdays": ["Monday"]}

    check(whole)
    for broken in (without, too_much, short):
        with pytest.raises(UnusableLanguage):
            check(broken)
