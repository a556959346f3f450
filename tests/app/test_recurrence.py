"""Rules of RFC 5545: which are read, and the dates that they stand for."""

from calendar import monthrange
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.recurrence import LONGEST_DAYS, Rule, expanded, read_rule
from domain.refusal import Refused

TUESDAY = datetime.fromisoformat("2026-12-01T10:00")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def dates(rule: str, start: datetime = TUESDAY, zone: str | None = None) -> list[str]:
    """The rule's dates, from the start's on."""
    days = expanded(read_rule(rule), start, None if zone is None else ZoneInfo(zone))
    return [str(start.date() + timedelta(days=day)) for day in days]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=DAILY;COUNT=3", ["2026-12-01", "2026-12-02", "2026-12-03"]),
        ("freq=weekly;count=2", ["2026-12-01", "2026-12-08"]),
        ("FREQ=WEEKLY;BYDAY=TH,TU;COUNT=3", ["2026-12-01", "2026-12-03", "2026-12-08"]),
        ("FREQ=WEEKLY;INTERVAL=2;UNTIL=20261229", ["2026-12-01", "2026-12-15", "2026-12-29"]),
        ("FREQ=DAILY;UNTIL=20261202T095900", ["2026-12-01"]),
        ("FREQ=DAILY;UNTIL=20261202T100000", ["2026-12-01", "2026-12-02"]),
        ("FREQ=MONTHLY;COUNT=2", ["2026-12-01", "2027-01-01"]),
        ("FREQ=MONTHLY;BYDAY=1TU;COUNT=3", ["2026-12-01", "2027-01-05", "2027-02-02"]),
        ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=1;COUNT=3", ["2026-12-01", "2027-01-05", "2027-02-02"]),
        ("FREQ=YEARLY;COUNT=2", ["2026-12-01", "2027-12-01"]),
    ],
)
def test_a_rule_stands_for_these_dates(rule: str, expected: list[str]) -> None:
    assert dates(rule) == expected


def test_months_without_such_a_day_are_passed_over() -> None:
    assert dates("FREQ=MONTHLY;COUNT=3", datetime.fromisoformat("2026-12-31T10:00")) == [
        "2026-12-31",
        "2027-01-31",
        "2027-03-31",
    ]
    assert dates("FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3", datetime.fromisoformat("2026-12-31T10:00")) == [
        "2026-12-31",
        "2027-01-31",
        "2027-02-28",
    ]


def test_an_end_in_utc_is_that_instant_on_the_wall_clock() -> None:
    evening = datetime.fromisoformat("2026-12-01T20:00")
    assert len(dates("FREQ=DAILY;UNTIL=20261203T190000Z", evening, "Europe/Vienna")) == 3
    assert len(dates("FREQ=DAILY;UNTIL=20261203T185959Z", evening, "Europe/Vienna")) == 2


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("", "an empty part is not known here"),
        ("every tuesday", "is not known here"),
        ("FREQ=DAILY;COUNT=3;", "an empty part"),
        ("FREQ=DAILY;COUNT", "COUNT lacks its value"),
        ("FREQ=DAILY;COUNT=", "COUNT lacks its value"),
        ("COUNT=3", "a rule says FREQ"),
        ("FREQ=FORTNIGHTLY;COUNT=3", "FREQ is one of"),
        ("FREQ=HOURLY;COUNT=3", "once a day at most"),
        ("FREQ=SECONDLY;COUNT=3", "once a day at most"),
        ("FREQ=DAILY;COUNT=3;BYHOUR=10", "BYHOUR is not for series"),
        ("FREQ=DAILY;COUNT=3;BYSECOND=1", "BYSECOND is not for series"),
        ("FREQ=YEARLY;COUNT=3;BYWEEKNO=20", "BYWEEKNO is not supported"),
        ("RRULE:FREQ=DAILY;COUNT=3", "without a name and a colon"),
        ("FREQ=DAILY;DTSTART=20261201", "DTSTART=20261201 is not known here"),
        ("FREQ=DAILY", "say either COUNT or UNTIL"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20270101", "say either COUNT or UNTIL"),
        ("FREQ=DAILY;COUNT=+2", "COUNT is a whole number from 1 to 100"),
        ("FREQ=DAILY;COUNT=2;INTERVAL=+1", "INTERVAL is a whole number from 1 to 999"),
        ("FREQ=DAILY;COUNT=0", "COUNT is a whole number from 1 to 100"),
        ("FREQ=DAILY;COUNT=101", "COUNT is a whole number from 1 to 100"),
        ("FREQ=DAILY;COUNT=1e1", "COUNT is a whole number"),
        ("FREQ=DAILY;COUNT=3;COUNT=3", "COUNT is said twice"),
        ("FREQ=DAILY;COUNT=3;INTERVAL=0", "INTERVAL is a whole number from 1 to 999"),
        ("FREQ=DAILY;COUNT=3;INTERVAL=1000", "INTERVAL is a whole number from 1 to 999"),
        ("FREQ=DAILY;UNTIL=20261301", "UNTIL is a date"),
        ("FREQ=DAILY;UNTIL=tomorrow", "UNTIL is a date"),
        ("FREQ=DAILY;UNTIL=20261130", "UNTIL lies before the start"),
        ("FREQ=DAILY;UNTIL=99991231", "which is the longest"),
        ("FREQ=DAILY;UNTIL=20270401", "at most 100 occurrences"),
        ("FREQ=YEARLY;COUNT=12", "which is the longest"),
        ("FREQ=WEEKLY;BYDAY=2TU;COUNT=3", "BYDAY has numbers only"),
        ("FREQ=MONTHLY;BYDAY=0TU;COUNT=3", "BYDAY is a list"),
        ("FREQ=YEARLY;BYDAY=54TU;COUNT=3", "BYDAY is a list"),
        ("FREQ=WEEKLY;BYMONTHDAY=1;COUNT=3", "does not go with FREQ=WEEKLY"),
        ("FREQ=MONTHLY;BYMONTHDAY=0;COUNT=3", "counts from 1"),
        ("FREQ=MONTHLY;BYMONTHDAY=32;COUNT=3", "BYMONTHDAY is a whole number"),
        ("FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=1;COUNT=3", "BYSETPOS goes with"),
        ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=5;COUNT=3", "BYSETPOS is a whole number"),
        ("FREQ=DAILY;COUNT=\N{FULLWIDTH DIGIT THREE}", "all ASCII"),
        ("FREQ=DAILY;COUNT=3;" + "X" * 200, "at most 200 characters"),
    ],
)
def test_a_strange_rule_is_refused_by_name(rule: str, says: str) -> None:
    with pytest.raises(Refused) as refusal:
        dates(rule)
    assert refusal.value.code == "malformed"
    assert says in refusal.value.detail


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=3",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=3",
        "FREQ=DAILY;BYMONTHDAY=31;BYMONTH=4;UNTIL=20300101",
        "FREQ=MONTHLY;BYDAY=MO;BYMONTHDAY=1;COUNT=3",
        "FREQ=MONTHLY;BYDAY=53TU;COUNT=3",
        "FREQ=MONTHLY;BYDAY=TU;BYSETPOS=-1;COUNT=3",
    ],
)
def test_a_rule_that_never_matches_or_not_at_the_start_is_refused(rule: str) -> None:
    with pytest.raises(Refused, match="does not fall on Tuesday, 2026-12-01"):
        dates(rule)


weekday_lists = st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=3, unique=True)
rules = st.one_of(
    st.builds("FREQ=DAILY;INTERVAL={}".format, st.integers(1, 9)),
    st.builds(
        "FREQ=WEEKLY;INTERVAL={};WKST={};BYDAY={}".format,
        st.integers(1, 3),
        st.sampled_from(WEEKDAYS),
        weekday_lists.map(",".join),
    ),
    st.builds("FREQ=MONTHLY;INTERVAL={};BYMONTHDAY={}".format, st.integers(1, 4), st.sampled_from([1, 15, 31, -1, -2])),
    st.builds(
        "FREQ=MONTHLY;INTERVAL={};BYDAY={}{}".format,
        st.integers(1, 3),
        st.sampled_from([1, 2, 5, -1, -5]),
        st.sampled_from(WEEKDAYS),
    ),
    st.builds("FREQ=YEARLY;BYMONTH={};BYMONTHDAY={}".format, st.integers(1, 12), st.integers(1, 31)),
)


def week_of(day: date, starts: int) -> int:
    """Which week it is in, by the weekday on which weeks start."""
    return (day.toordinal() - 1 - starts) // 7


def falls_on(rule: Rule, start: date, day: date) -> bool:
    """The same, said as plainly as can be, day by day."""
    months = (day.year - start.year) * 12 + day.month - start.month
    periods = {
        "DAILY": (day - start).days,
        "WEEKLY": week_of(day, rule.week_starts) - week_of(start, rule.week_starts),
        "MONTHLY": months,
        "YEARLY": day.year - start.year,
    }
    length = monthrange(day.year, day.month)[1]
    numbers = {0, (day.day - 1) // 7 + 1, -((length - day.day) // 7) - 1}
    return (
        periods[rule.frequency] % rule.interval == 0
        and (not rule.months or day.month in rule.months)
        and (not rule.month_days or day.day in rule.month_days or day.day - length - 1 in rule.month_days)
        and (
            not rule.weekdays
            or any(each.weekday == day.weekday() and each.ordinal in numbers for each in rule.weekdays)
        )
    )


@given(rules, st.dates(date(2026, 1, 1), date(2030, 12, 31)), st.integers(1, 15))
def test_rules_mean_what_a_walk_through_the_calendar_finds(text: str, day: date, count: int) -> None:
    rule = read_rule(f"{text};COUNT={count}")
    after = (number for number in range(LONGEST_DAYS) if falls_on(rule, day, day + timedelta(days=number)))
    start = datetime.combine(day, datetime.min.time())
    found = [number for number, _ in zip(after, range(count), strict=False)]
    if found[:1] == [0] and len(found) == count:
        assert list(expanded(rule, start)) == found
    else:
        with pytest.raises(Refused):
            expanded(rule, start)


@pytest.mark.parametrize(
    ("until", "zone", "says"),
    [
        ("99991231T235959Z", "Asia/Dhaka", "days after the start"),
        ("99991231T235959Z", "America/New_York", "days after the start"),
        ("00010101T000000Z", "America/New_York", "days after the start"),
        ("00010101T000000Z", "Asia/Dhaka", "before the start"),
    ],
)
def test_an_end_at_the_edge_of_all_calendars_is_refused_in_any_zone(until: str, zone: str, says: str) -> None:
    with pytest.raises(Refused) as refusal:
        dates(f"FREQ=DAILY;UNTIL={until}", zone=zone)
    assert refusal.value.code == "malformed"
    assert says in refusal.value.detail
