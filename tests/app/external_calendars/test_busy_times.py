"""What an external calendar says is busy, and calendars that say nothing one could go by."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from app.external_calendars.busy_times import busy_times
from app.external_calendars.window import FeedUnreadable, Window

BERLIN = ZoneInfo("Europe/Berlin")
DECEMBER = Window(date(2026, 12, 1), 21, BERLIN)  # a Tuesday
CUSTOM_ZONE = (
    *("BEGIN:VTIMEZONE", "TZID:Our village", "BEGIN:STANDARD", "DTSTART:19700101T000000"),
    *("TZOFFSETFROM:+0530", "TZOFFSETTO:+0530", "TZNAME:VT", "END:STANDARD", "END:VTIMEZONE"),
)


def calendar(*lines: str) -> bytes:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Test//", *lines, "END:VCALENDAR", ""]).encode()


def event(*lines: str, uid: str = "dentist") -> tuple[str, ...]:
    return ("BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261101T000000Z", *lines, "END:VEVENT")


def busy(*lines: str, window: Window = DECEMBER) -> list[str]:
    """Each time as `day start-end`, on the wall clock of the resource."""
    found = busy_times(calendar(*lines), window)
    return [f"{each.day:%m-%d} {each.start:%H:%M}-{each.end:%d %H:%M}" for each in found]


def test_a_single_entry_is_busy_from_its_start_to_its_end_in_any_time_zone() -> None:
    assert busy(*event("DTSTART:20261203T090000Z", "DTEND:20261203T100000Z")) == ["12-03 10:00-03 11:00"]
    in_new_york = event("DTSTART;TZID=America/New_York:20261203T090000", "DURATION:PT90M")
    assert busy(*in_new_york) == ["12-03 15:00-03 16:30"]
    assert busy(*CUSTOM_ZONE, *event("DTSTART;TZID=Our village:20261203T143000", "DURATION:PT1H")) == [
        "12-03 10:00-03 11:00"
    ]


def test_a_time_without_a_zone_is_the_resources_unless_the_calendar_says_one() -> None:
    floating = event("DTSTART:20261203T090000", "DTEND:20261203T100000")
    assert busy(*floating) == ["12-03 09:00-03 10:00"]
    assert busy("X-WR-TIMEZONE:Europe/London", *floating) == ["12-03 10:00-03 11:00"]


def test_whole_days_are_the_resources_days_and_each_date_has_its_part() -> None:
    assert busy(*event("DTSTART;VALUE=DATE:20261203")) == ["12-03 00:00-04 00:00"]
    assert busy(*event("DTSTART;VALUE=DATE:20261203", "DTEND;VALUE=DATE:20261203")) == ["12-03 00:00-04 00:00"]
    assert busy(*event("DTSTART;VALUE=DATE:20261203", "DTEND;VALUE=DATE:20261205")) == [
        "12-03 00:00-04 00:00",
        "12-04 00:00-05 00:00",
    ]
    assert busy(*event("DTSTART:20261203T210000Z", "DTEND:20261204T060000Z")) == [
        "12-03 22:00-04 00:00",
        "12-04 00:00-04 07:00",
    ]


def test_only_what_lies_within_the_window_is_told_of_something_that_lasts_for_years() -> None:
    years = event("DTSTART;VALUE=DATE:20200101", "DTEND;VALUE=DATE:20400101")
    found = busy(*years)
    assert len(found) == 21
    assert found[0] == "12-01 00:00-02 00:00"


def test_what_is_cancelled_or_takes_no_time_or_lasts_none_is_not_busy() -> None:
    when = ("DTSTART:20261203T090000Z", "DTEND:20261203T100000Z")
    assert busy(*event(*when, "STATUS:CANCELLED")) == []
    assert busy(*event(*when, "TRANSP:TRANSPARENT")) == []
    assert busy(*event("DTSTART:20261203T090000Z")) == []
    assert busy(*event(*when, "STATUS:TENTATIVE")) == ["12-03 10:00-03 11:00"]


def free_busy(*lines: str, uid: str = "q") -> tuple[str, ...]:
    return ("BEGIN:VFREEBUSY", f"UID:{uid}", "DTSTAMP:20261101T000000Z", *lines, "END:VFREEBUSY")


def test_a_calendar_that_tells_no_entries_but_when_somebody_is_busy_is_read() -> None:
    told = free_busy(
        *("DTSTART:20261201T000000Z", "DTEND:20261230T000000Z"),
        "FREEBUSY;FBTYPE=BUSY:20261203T100000Z/20261203T110000Z,20261204T100000Z/PT1H",
        *("FREEBUSY:20261205T100000Z/PT30M", "FREEBUSY;FBTYPE=X-LUNCH:20261205T120000Z/PT30M"),
        *(
            "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261206T100000Z/PT1H",
            "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261207T100000/PT1H",
        ),
        "FREEBUSY;FBTYPE=FREE:20261208T100000Z/PT1H",
    )
    assert busy(*told) == [
        *("12-03 11:00-03 12:00", "12-04 11:00-04 12:00", "12-05 11:00-05 11:30", "12-05 13:00-05 13:30"),
        *("12-06 11:00-06 12:00", "12-07 10:00-07 11:00"),
    ]


def test_a_busy_period_is_told_as_far_as_it_lies_within_the_window_and_date_by_date() -> None:
    assert busy(*free_busy("FREEBUSY:20261130T220000Z/20261202T080000Z", "FREEBUSY:20270301T080000Z/PT1H")) == [
        "12-01 00:00-02 00:00",
        "12-02 00:00-02 09:00",
    ]
    assert busy(*free_busy("FREEBUSY:20261203/20261204")) == ["12-03 00:00-04 00:00"], "the resource's day"


def test_busy_periods_are_known_again_under_another_uid_and_longer_ones_are_not_lost() -> None:
    periods = ("FREEBUSY:20261203T100000Z/PT2H", "FREEBUSY:20261203T100000Z/PT1H")
    once = busy_times(calendar(*free_busy(*periods)), DECEMBER)
    again = busy_times(
        calendar(*free_busy(*reversed(periods), uid="of another answer"), *free_busy(*periods)), DECEMBER
    )

    assert again == once
    assert [f"{each.end:%H:%M}" for each in once] == ["12:00", "13:00"]


@pytest.mark.parametrize("line", ["FREEBUSY:soon", "FREEBUSY;TZID=X:20261203T100000/PT1H"])
def test_a_busy_period_that_cannot_be_read_stops_the_whole_feed(line: str) -> None:
    with pytest.raises(FeedUnreadable):
        busy(*free_busy(line, "FREEBUSY:20261205T100000Z/PT30M"))


def test_seconds_are_rounded_outwards_to_whole_minutes() -> None:
    assert busy(*event("DTSTART:20261203T090030Z", "DTEND:20261203T095901Z")) == ["12-03 10:00-03 11:00"]


def test_a_series_keeps_its_time_on_the_clock_when_that_is_changed() -> None:
    weekly = event(
        "DTSTART;TZID=Europe/Berlin:20260303T100000", "DTEND;TZID=Europe/Berlin:20260303T110000", "RRULE:FREQ=WEEKLY"
    )
    spring = Window(date(2026, 3, 20), 21, BERLIN)
    assert busy(*weekly, window=spring) == ["03-24 10:00-24 11:00", "03-31 10:00-31 11:00", "04-07 10:00-07 11:00"]


def test_a_series_ends_with_its_count_or_its_last_moment() -> None:
    start = ("DTSTART:20261201T090000Z", "DURATION:PT1H")
    assert len(busy(*event(*start, "RRULE:FREQ=DAILY;COUNT=3"))) == 3
    assert len(busy(*event(*start, "RRULE:FREQ=DAILY;UNTIL=20261204T090000Z"))) == 4
    assert len(busy(*event(*start, "RRULE:FREQ=DAILY;UNTIL=20261204T085959Z"))) == 3
    assert len(busy(*event(*start, "RRULE:FREQ=DAILY;UNTIL=20261204"))) == 4
    assert len(busy(*event("DTSTART;VALUE=DATE:20261201", "RRULE:FREQ=DAILY;UNTIL=20261204"))) == 4


def test_dates_are_taken_out_of_a_series_and_put_into_it() -> None:
    series = event(
        *("DTSTART;TZID=Europe/Berlin:20261201T100000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=4"),
        *("EXDATE:20261202T090000Z", "EXDATE;VALUE=DATE:20261203"),
        *("RDATE:20261210T120000Z", "RDATE;VALUE=PERIOD:20261211T120000Z/PT30M"),
    )
    assert busy(*series) == [
        "12-01 10:00-01 11:00",
        "12-04 10:00-04 11:00",
        "12-10 13:00-10 14:00",
        "12-11 13:00-11 13:30",
    ]


def test_one_occurrence_is_moved_one_is_called_off_and_both_keep_their_names() -> None:
    lines = (
        *event("DTSTART:20261201T090000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY"),
        *event("RECURRENCE-ID:20261208T090000Z", "DTSTART:20261209T150000Z", "DURATION:PT2H"),
        *event("RECURRENCE-ID:20261215T090000Z", "DTSTART:20261215T090000Z", "DURATION:PT1H", "STATUS:CANCELLED"),
    )
    assert busy(*lines) == ["12-01 10:00-01 11:00", "12-09 16:00-09 18:00"]
    names = [each.recurrence for each in busy_times(calendar(*lines), DECEMBER)]
    assert names == ["20261201T090000Z", "20261208T090000Z"]


def test_an_occurrence_that_is_moved_into_the_window_from_far_away_is_told() -> None:
    lines = (
        *event("DTSTART:20270601T090000Z", "DURATION:PT1H", "RRULE:FREQ=YEARLY"),
        *event("RECURRENCE-ID:20270601T090000Z", "DTSTART:20261205T090000Z", "DURATION:PT1H"),
    )
    assert busy(*lines) == ["12-05 10:00-05 11:00"]


def test_all_occurrences_from_one_on_are_moved() -> None:
    lines = (
        *event("DTSTART:20261201T090000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=3"),
        *event("RECURRENCE-ID;RANGE=THISANDFUTURE:20261208T090000Z", "DTSTART:20261208T100000Z", "DURATION:PT2H"),
    )
    assert busy(*lines) == ["12-01 10:00-01 11:00", "12-08 11:00-08 13:00", "12-15 11:00-15 13:00"]


def test_all_occurrences_from_one_on_may_come_earlier_by_more_than_the_window_lasts() -> None:
    lines = (
        *event("DTSTART:20261001T090000Z", "DURATION:PT1H", "RRULE:FREQ=MONTHLY"),
        *event("RECURRENCE-ID;RANGE=THISANDFUTURE:20270101T090000Z", "DTSTART:20261115T100000Z", "DURATION:PT1H"),
    )
    assert busy(*lines) == ["12-01 10:00-01 11:00", "12-16 11:00-16 12:00"]


@pytest.mark.parametrize("said", ["EXDATE;TZID=Europe/Berlin:20261202T100000", "EXDATE:20261202T090000Z"])
def test_a_time_that_is_taken_out_takes_no_other_with_it(said: str) -> None:
    """10:00 in Berlin is 09:00 in UTC, which is what clocks in Berlin have just shown."""
    twice = ("DTSTART;TZID=Europe/Berlin:20261201T090000", "DURATION:PT30M", "RRULE:FREQ=DAILY;BYHOUR=9,10;COUNT=4")
    assert busy(*event(*twice, said)) == ["12-01 09:00-01 09:30", "12-01 10:00-01 10:30", "12-02 09:00-02 09:30"]


def test_a_time_that_is_moved_takes_no_other_with_it() -> None:
    lines = (
        *event("DTSTART;TZID=Europe/Berlin:20261201T090000", "DURATION:PT30M", "RRULE:FREQ=DAILY;BYHOUR=9,10;COUNT=2"),
        *event("RECURRENCE-ID:20261201T090000Z", "DTSTART:20261205T090000Z", "DURATION:PT30M"),
    )
    assert busy(*lines) == ["12-01 09:00-01 09:30", "12-05 10:00-05 10:30"]


def test_dates_are_taken_out_of_whole_days_also_when_they_are_written_as_midnight() -> None:
    days = ("DTSTART;VALUE=DATE:20261201", "RRULE:FREQ=DAILY;COUNT=3")
    assert busy(*event(*days, "EXDATE:20261202T000000")) == ["12-01 00:00-02 00:00", "12-03 00:00-04 00:00"]


def test_a_time_that_is_put_in_with_a_length_of_its_own_is_told_though_it_began_before() -> None:
    series = event("DTSTART:20261201T090000Z", "DURATION:PT1H", "RDATE;VALUE=PERIOD:20261120T230000Z/20261201T060000Z")
    assert busy(*series) == ["12-01 00:00-01 07:00", "12-01 10:00-01 11:00"]


def test_a_night_in_which_the_clock_is_changed_ends_by_the_calendars_own_end() -> None:
    nights = ("DTSTART;TZID=Europe/Berlin:20260320T220000", "DURATION:PT8H", "RRULE:FREQ=DAILY")
    found = busy(*event(*nights), window=Window(date(2026, 3, 28), 2, BERLIN))
    assert found == [
        "03-28 00:00-28 06:00",
        "03-28 22:00-29 00:00",
        "03-29 00:00-29 07:00",
        "03-29 22:00-30 00:00",
    ]


def test_an_occurrence_that_is_taken_out_is_gone_though_it_was_changed_before() -> None:
    lines = (
        *event("DTSTART:20261201T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2", "EXDATE:20261202T090000Z"),
        *event("RECURRENCE-ID:20261202T090000Z", "DTSTART:20261204T090000Z", "DURATION:PT1H"),
    )
    assert busy(*lines) == ["12-01 10:00-01 11:00"]


def test_of_two_versions_of_an_entry_the_later_one_counts() -> None:
    old = event("SEQUENCE:1", "DTSTART:20261201T090000Z", "DURATION:PT1H")
    new = event("SEQUENCE:2", "DTSTART:20261202T090000Z", "DURATION:PT1H")
    assert busy(*new, *old) == busy(*old, *new) == ["12-02 10:00-02 11:00"]


def test_two_entries_of_one_name_that_are_as_late_as_each_other_are_both_busy() -> None:
    one = event("DTSTART:20261201T090000Z", "DURATION:PT1H")
    two = event("DTSTART:20261201T120000Z", "DURATION:PT1H")
    assert busy(*one, *two) == ["12-01 10:00-01 11:00", "12-01 13:00-01 14:00"]
    assert busy_times(calendar(*one, *two), DECEMBER) == busy_times(calendar(*two, *one), DECEMBER)
    assert busy(*one, *event("DTSTART:20261201T090000Z", "DURATION:PT1H", "STATUS:CANCELLED")) == busy(*one)
    weekly = event("DTSTART:20261201T090000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY")
    assert busy(*weekly, *two, *one) == [*busy(*one, *two), "12-08 10:00-08 11:00", "12-15 10:00-15 11:00"]


def test_the_same_entry_twice_is_one_and_keeps_its_name() -> None:
    one = event("DTSTART:20261201T090000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY", "EXDATE:20261208T090000Z")
    assert busy_times(calendar(*one, *one), DECEMBER) == busy_times(calendar(*one), DECEMBER)


@pytest.mark.parametrize(
    "line",
    ["RRULE FREQ=WEEKLY", "DTEND;20261203T110000Z", "RDATE;20261204T090000Z", "STATUS;CANCELLED", "EXDATE:tomorrow"],
)
def test_a_line_of_an_entry_that_cannot_be_read_is_not_left_out(line: str) -> None:
    with pytest.raises(FeedUnreadable, match="cannot be understood"):
        busy(*event("DTSTART:20261203T090000Z", "DURATION:PT1H", line))


def test_a_value_that_says_nothing_of_when_it_is_may_be_odd() -> None:
    assert busy(*event("DTSTART:20261203T090000Z", "DURATION:PT1H", "GEO:somewhere", "CREATED:once")) == [
        "12-03 10:00-03 11:00"
    ]


def test_the_same_calendar_in_another_order_says_the_same() -> None:
    one = event("DTSTART:20261201T090000Z", "DURATION:PT1H", uid="one")
    two = event("DTSTART:20261201T090000Z", "DURATION:PT1H", uid="two")
    assert busy_times(calendar(*one, *two), DECEMBER) == busy_times(calendar(*two, *one), DECEMBER)


@pytest.mark.parametrize(
    "feed",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html>Sign in</html>", id="a page"),
        pytest.param(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:a\r\n", id="cut off"),
        pytest.param(calendar() + calendar(), id="two calendars"),
        pytest.param(b"\xff\xfe\x00BEGIN:VCALENDAR\r\nEND:VCALENDAR", id="not text"),
        pytest.param(calendar(*event()), id="an entry without a start"),
        pytest.param(calendar(*event("DTSTART:soon")), id="a start that is none"),
        pytest.param(calendar(*event("DTSTART;TZID=Nowhere:20261203T090000")), id="a zone nobody knows"),
        pytest.param(calendar(*event("DTSTART:20261203T090000Z", "DTEND:20261203T080000Z")), id="the end first"),
        pytest.param(calendar(*event("DTSTART:20261203T090000Z", "DTEND;VALUE=DATE:20261204")), id="time to date"),
        pytest.param(calendar(*event("DTSTART:20261203T090000Z", "RRULE:FREQ=SOMETIMES")), id="a rule that is none"),
        pytest.param(calendar(*event("DTSTART:20261203T090000Z", "RRULE:FREQ=DAILY;BYDAY=9XX")), id="an odd weekday"),
        pytest.param(calendar(*event("DTSTART:20261203T090000Z", uid="")), id="an entry without a name"),
        pytest.param(calendar(*event("DTSTART:20261203T090000Z", uid="x" * 1_001)), id="a name without end"),
        pytest.param(calendar(*event("DTSTART:20250101T000000Z", "RRULE:FREQ=SECONDLY")), id="each second"),
        pytest.param(
            calendar(*event("DTSTART:20261201T000000Z", "DURATION:PT1M", "RRULE:FREQ=MINUTELY")), id="each minute"
        ),
    ],
)
def test_what_is_no_calendar_or_not_to_be_understood_says_nothing_at_all(feed: bytes) -> None:
    with pytest.raises(FeedUnreadable) as told:
        busy_times(feed, DECEMBER)
    assert str(told.value).endswith(".")


def test_what_it_says_of_its_trouble_has_nothing_of_the_feeds() -> None:
    good = event("SUMMARY:Therapy", "DTSTART:20261203T090000Z", "DURATION:PT1H", uid="therapy")
    with pytest.raises(FeedUnreadable) as told:
        busy_times(calendar(*good, *event("DTSTART;TZID=Therapy:20261203T090000", uid="therapy-2")), DECEMBER)
    assert "herapy" not in str(told.value)
