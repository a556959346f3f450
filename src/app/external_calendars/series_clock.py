"""What the entries of one UID say, on the one clock of their series: times without a zone, as it would show them."""

from datetime import date, datetime, time, timedelta
from typing import Any

from icalendar import Event, vRecur

from app.external_calendars.entries import Entry, Moment
from app.external_calendars.window import FeedUnreadable


class SeriesClock:
    """That of the zone in which a series starts. One of whole days has none: what is said of it counts as written."""

    def __init__(self, series: Entry) -> None:
        self._start = series.start
        self._zone = series.start.tzinfo if isinstance(series.start, datetime) else None

    def wall(self, moment: Moment) -> datetime:
        """What the clock shows then; midnight on a date."""
        if not isinstance(moment, datetime):
            return datetime.combine(moment, time())
        if self._zone is not None and moment.tzinfo is not None:
            moment = moment.astimezone(self._zone)
        return moment.replace(tzinfo=None)

    def moment(self, wall: datetime) -> Moment:
        """When the clock shows that, as the series says when it is: a date of a series of whole days."""
        return wall.date() if self._zone is None else wall.replace(tzinfo=self._zone)

    def moved(self, entry: Entry) -> timedelta:
        """How much later than it was an entry lets an occurrence be. Raises FeedUnreadable."""
        if entry.recurrence is None:
            return timedelta()
        if entry.and_later and isinstance(entry.start, datetime) is not isinstance(self._start, datetime):
            raise FeedUnreadable("An entry changes later ones from dates to times, or the other way round.")
        return self.wall(entry.start) - self.wall(entry.recurrence)

    def rule(self, rule: vRecur) -> vRecur:
        """A rule to repeat by whose end is on this clock. Raises FeedUnreadable."""
        until = [self._last(said) for said in rule.get("UNTIL", [])]
        parts = {name: value for name, value in rule.items() if name.upper() != "UNTIL"}
        return vRecur({**parts, "UNTIL": [min(until)]} if until else parts)

    def event(self, entry: Entry) -> Event:
        """An entry as a calendar would say it that has this clock. Raises FeedUnreadable."""
        event = Event()
        event.add("UID", entry.uid)
        event.add("DTSTART", self._as_said(entry.start))
        event.add("DTEND", self._as_said(entry.end_of(entry.start)))
        if entry.recurrence is not None:
            ranged = {"RANGE": "THISANDFUTURE"} if entry.and_later else {}
            event.add("RECURRENCE-ID", self._as_said(entry.recurrence), parameters=ranged)
            return event
        for start, _ in entry.also:
            event.add("RDATE", self._as_said(start))
        for start in entry.but_not:
            event.add("EXDATE", self._as_said(start))
        if entry.rule is not None:
            event.add("RRULE", self.rule(entry.rule))
        return event

    def _as_said(self, moment: Moment) -> Moment:
        return self.wall(moment) if isinstance(moment, datetime) else moment

    def _last(self, said: Any) -> datetime:
        if isinstance(said, datetime):
            # Without a zone it is on the series' own clock, as programs write it that know no better.
            return self.wall(said)
        if isinstance(said, date):
            return datetime.combine(said, time.max).replace(microsecond=0)
        raise FeedUnreadable("An entry has a rule to repeat by that ends neither on a date nor at a time.")
