"""What people wanted of a place, as its desk, administrators and auditors are shown it."""

import csv
import io
from typing import Any
from xml.etree import ElementTree

import pytest
from tests.interface.house import Guest, House, next_week, problem

DATE = next_week()[:10]
OPEN = {day: [["09:00", "12:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


@pytest.fixture
def clinic(house: House) -> str:
    """Open from nine to noon, two places an hour."""
    house.register("clinic", hours=OPEN, capacity=2, policy={"step": 60})
    house.register("annex", hours=OPEN, capacity=5, policy={"step": 60})
    house.register("court", hours=OPEN, capacity=5, policy={"step": 60}, kind="court")
    return "clinic"


def book(guest: Guest, hour: int, resource: str = "clinic", status: int = 201, **more: Any) -> Any:
    answer = guest.post("/v1/bookings", {"resource": resource, "start": next_week(hour), **more})
    assert answer.status_code == status, answer.text
    return answer.json()


def shown(house: House, by: str = "date", guest: Guest | None = None, **more: str) -> Any:
    """The demand for the clinic on that date, of all that was noted so far."""
    assert house.daybook.writing is not None
    house.daybook.writing.refusing.flush()
    position = f"{house.daybook.log.log_id}.{house.daybook.log.head().position}"
    asked = {"resource": "clinic", "from": DATE, "to": DATE, "by": by, **more}
    answer = (guest or house.guest("sam", "staff")).get("/v1/demand", {"Daybook-Position": position}, **asked)
    assert answer.status_code == 200, answer.text
    return answer


def test_a_day_in_numbers(house: House, clinic: str, website: Guest) -> None:
    guests = {name: house.guest(name, "customer") for name in ("alice", "bob", "carol", "dan", "eve", "fred", "gus")}
    for name in ("alice", "bob"):
        book(guests[name], 9)
    held = guests["gus"].post("/v1/holds", {"resource": clinic, "start": next_week(11)})
    assert held.status_code == 201  # what is only held is not taken
    moved = book(guests["gus"], 10)
    for name in ("carol", "dan", "eve", "fred"):
        for _ in range(2):  # who tries again wants no more than before
            book(guests[name], 9, status=409)
    book(guests["carol"], 11)  # another hour of the same place
    book(guests["dan"], 10, "annex")  # another place of the same kind
    book(guests["eve"], 10, "court")  # something else
    waits = guests["fred"].post("/v1/waitlist", {"resource": clinic, "start": next_week(9)})
    assert waits.status_code == 201
    assert guests["gus"].post(f"/v1/bookings/{moved['id']}/reschedule", {"start": next_week(9)}).status_code == 409
    for customer in (guests["alice"].me(), guests["bob"].me()):
        book(website, 9, status=409, customer=customer, units=1)
    items = {each["hour"]: each for each in shown(house, "hour").json()["items"]}
    nine, ten, eleven = (items[hour] for hour in (9, 10, 11))
    assert set(items) == {9, 10, 11}
    assert [(each["offered_minutes"], each["taken_minutes"]) for each in (nine, ten, eleven)] == [
        (120, 120),
        (120, 60),
        (120, 60),
    ]
    assert [each["utilisation"] for each in (nine, ten, eleven)] == [1, 0.5, 0.5]
    assert [each["bookings"] for each in (nine, ten, eleven)] == [2, 1, 1]
    # Carol, Dan, Eve, Fred, Gus who wanted to move, and the website for two people.
    assert nine["refused"] == 7
    # Eve, who went elsewhere for something else; those for whom the website asked had been booked already.
    assert nine["turned_away"] == 3
    assert nine["waited"] == 1
    total = shown(house).json()["total"]
    assert (total["refused"], total["turned_away"], total["waited"], total["bookings"]) == (7, 3, 1, 4)
    assert 6 * 24 * 60 < total["lead_time_minutes"] < 8 * 24 * 60
    assert total["no_shows"] == 0


def test_a_block_and_a_cancellation_take_away_what_they_should(house: House, clinic: str, sam: Guest) -> None:
    kept, given_up = (book(house.guest(name, "customer"), 9) for name in ("alice", "bob"))
    assert kept
    sam.post(f"/v1/bookings/{given_up['id']}/cancel")
    blocked = {"start": next_week(9), "end": next_week(11), "units": 2}
    assert sam.post(f"/v1/resources/{clinic}/blocks", blocked).status_code == 201
    items = {each["hour"]: each for each in shown(house, "hour").json()["items"]}
    assert {hour: (each["offered_minutes"], each["taken_minutes"]) for hour, each in items.items()} == {
        9: (60, 60),  # what stands in the block was on offer
        11: (120, 0),
    }


def test_it_is_added_up_by_date_and_by_weekday(house: House, clinic: str, alice: Guest) -> None:
    book(alice, 9)
    dates = shown(house, "date").json()
    assert [(each["date"], each["hour"]) for each in dates["items"]] == [(DATE, None)]
    weekdays = shown(house, "weekday").json()["items"]
    assert [each["weekday"] for each in weekdays] == ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    assert [each["bookings"] for each in weekdays if each["bookings"]] == [1]
    closed = next(each for each in weekdays if not each["offered_minutes"])
    assert (closed["utilisation"], closed["lead_time_minutes"]) == (None, None)


def test_as_a_table_for_spreadsheets(house: House, clinic: str, alice: Guest) -> None:
    book(alice, 9)
    for answer in (shown(house, format="csv"), shown(house, format="csv", by="hour")):
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["content-disposition"] == f'attachment; filename="demand-clinic-{DATE}-{DATE}.csv"'
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert rows[0]["resource"] == clinic
        assert sum(int(row["taken_minutes"]) for row in rows) == 60
    asked: dict[str, Any] = {"resource": clinic, "from": DATE, "to": DATE}
    accepted = house.guest("sam", "staff").get("/v1/demand", {"Accept": "text/csv;q=0.9, */*"}, **asked)
    assert accepted.headers["content-type"].startswith("text/csv")


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        ("text/csv;q=0.1, application/json", "application/json"),
        ("application/json; q=0.5, image/svg+xml;q=0.9, text/csv;q=0", "image/svg+xml"),
        ("text/csv;q=0, image/svg+xml;q=0.000", "application/json"),
        ("image/svg+xml, text/csv", "image/svg+xml"),
        ("text/csv;q=much, application/json;q=0.9", "text/csv"),
    ],
)
def test_what_is_accepted_most_gladly_is_sent(house: House, clinic: str, accept: str, answered: str) -> None:
    asked: dict[str, Any] = {"resource": clinic, "from": DATE, "to": DATE}

    answer = house.guest("sam", "staff").get("/v1/demand", {"Accept": accept}, **asked)

    assert answer.headers["content-type"].partition(";")[0] == answered


@pytest.mark.parametrize("by", ["hour", "weekday", "date"])
def test_as_a_picture_that_says_what_it_shows(house: House, clinic: str, alice: Guest, by: str) -> None:
    house.register("odd", name='<b>&"Odd"', hours=OPEN)
    book(alice, 9)
    for resource in (clinic, "odd"):
        answer = shown(house, by, format="svg", resource=resource)
        assert answer.headers["content-type"] == "image/svg+xml"
        root = ElementTree.fromstring(answer.text)  # noqa: S314 - it is our own
        title = root.findtext("{http://www.w3.org/2000/svg}title") or ""
        assert title.endswith("Clinic" if resource == clinic else '<b>&"Odd"')
        assert "style" not in answer.text


def test_the_desk_of_the_place_administrators_and_auditors_see_it_and_nobody_else(
    house: House, clinic: str, alice: Guest, website: Guest, ada: Guest, odile: Guest
) -> None:
    for guest in (ada, odile, house.guest("rosa", "staff", resources=[clinic])):
        assert shown(house, guest=guest).json()["resource"] == clinic
    asked: dict[str, Any] = {"resource": clinic, "from": DATE, "to": DATE}
    for guest in (alice, website, house.guest("saul", "staff", resources=["kind:court"])):
        assert problem(guest.get("/v1/demand", **asked))["code"] == "forbidden"
    assert problem(house.nobody.get("/v1/demand", **asked))["code"] == "unauthenticated"
    assert problem(ada.get("/v1/demand", resource="nowhere"))["code"] == "unknown-resource"


def test_four_weeks_up_to_today_unless_asked_otherwise_and_never_more_than_a_year(
    house: House, clinic: str, sam: Guest
) -> None:
    usual = sam.get("/v1/demand", resource=clinic).json()
    assert len(usual["items"]) == 28
    assert usual["refusals_since"] is None
    for first, last in (("2026-12-02", "2026-12-01"), ("2025-12-01", "2026-12-02")):
        asked: dict[str, Any] = {"resource": clinic, "from": first, "to": last}
        answer = sam.get("/v1/demand", **asked)
        assert problem(answer)["code"] == "malformed"
