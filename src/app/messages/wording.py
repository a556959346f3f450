"""The words of a message: its language, and what happened in it. Nothing but text goes in, and text comes out."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

from app.messages.known_languages import FALLBACK, FOLDER, LANGUAGES
from app.messages.occasions import OCCASIONS, Occasion
from domain.leg import Leg

_LONGEST_NAME: Final = 200


class Words(NamedTuple):
    """A message. `subject` is one line."""

    language: str
    subject: str
    text: str


class UnusableLanguage(Exception):  # noqa: N818 - what it is
    """A file of a language lacks something, or says what no message has."""


def language_for(wanted: str | None, otherwise: str = FALLBACK) -> str:
    """The language whose messages come nearest to a language tag (BCP 47), such as `de-AT`: a part of it at a time."""
    parts = (wanted or "").lower().split("-")
    nearest = ("-".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((each for each in nearest if each in LANGUAGES), otherwise)


def words(
    occasion: Occasion,
    language: str,
    legs: Sequence[Leg],
    names: Mapping[str, str],
    place: str,
    until: datetime | None = None,
) -> Words:
    """What is written about legs, each at its resource's wall clock, earliest first. `names` of resources by id; one
    without stands by its id. `until`: when an offer ends; on the clock of the first leg.
    """
    said = _said(language)
    ordered = sorted(legs, key=lambda leg: leg.start)
    until_text = "" if until is None else _moment(said, until.astimezone(ordered[0].start.tzinfo))
    filled = {
        "what": "\n".join(_line(said, leg, names.get(leg.resource, leg.resource)) for leg in ordered),
        "until": until_text,
        "place": _one_line(place),
    }
    chosen = said[occasion]
    return Words(language, chosen["subject"].format_map(filled), chosen["text"].strip().format_map(filled))


def check(said: Mapping[str, Any]) -> None:
    """Raise UnusableLanguage unless a language's file can say everything."""
    try:
        if (len(said["weekdays"]), len(said["months"])) != (7, 12):
            raise UnusableLanguage("A week has 7 days and a year 12 months.")
        _moment(said, datetime(2026, 12, 1))  # noqa: DTZ001 - any moment
        said["line"].format(resource="", when="", end="", timezone="")
        for occasion in OCCASIONS:
            for part in ("subject", "text"):
                said[occasion][part].format(what="", until="", place="")
    except (KeyError, IndexError, ValueError, TypeError, AttributeError) as error:
        raise UnusableLanguage(f"It lacks something, or has too much ({type(error).__name__}: {error}).") from error


@cache
def _said(language: str) -> Mapping[str, Any]:
    said = tomllib.loads(FOLDER.joinpath(f"{language}.toml").read_text(encoding="utf-8"))
    check(said)
    return said


def _line(said: Mapping[str, Any], leg: Leg, name: str) -> str:
    same_date = leg.start.date() == leg.end.date()
    end = f"{leg.end:%H:%M}" if same_date else _moment(said, leg.end)
    when, timezone = _moment(said, leg.start), leg.timezone
    line: str = said["line"].format(resource=_one_line(name), when=when, end=end, timezone=timezone)
    return line


def _moment(said: Mapping[str, Any], moment: datetime) -> str:
    text: str = said["moment"].format(
        weekday=said["weekdays"][moment.weekday()],
        day=moment.day,
        month=said["months"][moment.month - 1],
        year=moment.year,
        hour=moment.hour,
        minute=moment.minute,
    )
    return text


def _one_line(text: str) -> str:
    """So that no name begins a line of its own, which might look like ours."""
    return " ".join(text.split())[:_LONGEST_NAME]
