"""What a definition would make of a resource, before it is saved."""

from typing import Any

import pytest
from tests.interface.house import ALWAYS, Guest, House, next_week, problem

from app import preview

HALL = {"name": "Hall", "kind": "room", "timezone": "Asia/Dhaka", "hours": ALWAYS, "capacity": 2}
DAY = next_week()[:10]
PATH = f"/v1/resources/hall/preview?from={DAY}&to={DAY}"


def morning(**changed: Any) -> dict[str, Any]:
    """The hall, open from 9 to 11 on each weekday."""
    return {**HALL, "hours": {day: [["09:00", "11:00"]] for day in ALWAYS}, **changed}


def caught_up(house: House) -> dict[str, str]:
    """The header that makes a question wait until all that was written can be read."""
    log = house.daybook.log
    return {"Daybook-Position": f"{log.log_id}.{log.head().position}"}


def test_a_preview_shows_what_saving_would_make_of_the_dates(house: House, ada: Guest) -> None:
    ada.put("/v1/resources/hall", HALL)
    with house.appending() as appended:
        shown = ada.post(PATH, morning())
    assert appended.topics == []
    assert shown.status_code == 200
    found = shown.json()
    assert [slot["start"][11:16] for slot in found["days"][0]["slots"]] == ["09:00", "09:30", "10:00", "10:30"]
    assert (found["resource"], found["timezone"], found["policy"]["max_duration"]) == ("hall", "Asia/Dhaka", 30)
    ada.put("/v1/resources/hall", morning(), {"If-Match": '"1"'})
    saved = ada.get(f"/v1/resources/hall/availability?from={DAY}&to={DAY}", caught_up(house)).json()
    assert saved["days"] == found["days"]


def test_a_preview_leaves_what_others_see_as_it_is(house: House, ada: Guest) -> None:
    """Slots are kept by the resource's version, which a preview shares."""
    ada.put("/v1/resources/hall", HALL)
    ada.post(PATH, morning())
    shown = house.nobody.get(f"/v1/resources/hall/availability?from={DAY}&to={DAY}", caught_up(house)).json()
    assert len(shown["days"][0]["slots"]) == 48


def test_a_preview_names_the_bookings_that_would_no_longer_fit(house: House, ada: Guest, alice: Guest) -> None:
    ada.put("/v1/resources/hall", HALL)
    booking = alice.post("/v1/bookings", {"resource": "hall", "start": next_week(12)}).json()
    found = ada.post(PATH, morning(), caught_up(house)).json()
    [leg] = booking["legs"]
    time = {"start": leg["start"], "end": leg["end"]}
    assert found["displaced"] == [{"booking": booking["id"], "code": "outside-hours", **time}]


def test_a_resource_that_is_not_there_yet_can_be_previewed(house: House, ada: Guest) -> None:
    assert ada.post(PATH, morning()).json()["days"][0]["status"] == "open"
    unplaced = problem(ada.post(PATH, {**morning(), "timezone": None}))
    assert (unplaced["code"], unplaced["errors"][0]["pointer"]) == ("malformed", "/timezone")
    assert problem(house.nobody.get("/v1/resources/hall"))["code"] == "unknown-resource"


def test_a_preview_says_what_is_wrong_with_a_definition(ada: Guest) -> None:
    wrong = problem(ada.post(PATH, morning(policy={"max_units": 9})))
    assert (wrong["code"], wrong["errors"][0]["pointer"]) == ("malformed", "/policy/max_units")
    backwards = problem(ada.post("/v1/resources/hall/preview?from=2026-12-02&to=2026-12-01", morning()))
    assert (backwards["code"], backwards["errors"][0]["pointer"]) == ("malformed", "/to")
    long = problem(ada.post("/v1/resources/hall/preview?from=2026-12-01&to=2027-12-01", morning()))
    assert (long["code"], long["errors"][0]["pointer"]) == ("malformed", "/to")


WRONG: dict[str, dict[str, Any]] = {
    "a text for a number": {"capacity": "many"},
    "more in one booking than there is": {"policy": {"max_units": 9}},
    "too fine a grid": {"policy": {"step": 1}},
    "a length beside the grid": {"policy": {"step": 30, "min_duration": 30, "max_duration": 70}},
    "windows that overlap": {"hours": {"mon": [["09:00", "11:00"], ["10:00", "12:00"]]}},
    "a night that runs into the morning": {"hours": {"mon": [["22:00", "04:00"]], "tue": [["03:00", "05:00"]]}},
    "no time of day": {"hours": {"mon": [["9", "25:00"]]}},
    "no date": {"exceptions": {"2026-02-30": {"windows": []}}},
    "a long reason": {"exceptions": {"2026-12-24": {"reason": "x" * 501}}},
    "a kind with spaces": {"kind": "large room"},
    "no name": {"name": "   "},
    "another zone": {"timezone": "Europe/Vienna"},
    "no zone at all": {"timezone": "Mars/Olympus"},
    "a field that nobody knows": {"colour": "green"},
}


@pytest.mark.parametrize("changed", WRONG.values(), ids=WRONG)
def test_a_preview_refuses_what_saving_would_refuse_at_the_same_field(
    house: House, ada: Guest, changed: dict[str, Any]
) -> None:
    ada.put("/v1/resources/hall", HALL)
    refused = problem(ada.post(PATH, {**HALL, **changed}, caught_up(house)))
    saving = problem(ada.put("/v1/resources/hall", {**HALL, **changed}, {"If-Match": '"1"'}))
    assert refused["code"] in {"malformed", "unknown-field"}
    assert (refused["code"], refused["errors"]) == (saving["code"], saving["errors"])


@pytest.mark.parametrize("name", ["Hall", "-hall", "h" * 64, "h%C3%A4ll"])
def test_a_preview_of_an_id_that_cannot_be_is_refused_like_saving_it(ada: Guest, name: str) -> None:
    refused, saving = ada.post(PATH.replace("hall", name), morning()), ada.put(f"/v1/resources/{name}", morning())
    assert problem(refused) == problem(saving)


@pytest.mark.parametrize(
    "query", ["", "?from=2026-12-01", "?from=1.12.&to=2026-12-01", "?from=0001-01-01&to=0001-01-02"]
)
def test_a_preview_needs_two_dates_that_can_be(ada: Guest, query: str) -> None:
    assert problem(ada.post(f"/v1/resources/hall/preview{query}", morning()))["code"] == "malformed"


def test_a_preview_shows_at_most_ten_thousand_slots(ada: Guest) -> None:
    often = {**HALL, "policy": {"step": 5}}
    refused = problem(ada.post("/v1/resources/hall/preview?from=2027-01-01&to=2027-03-31", often))
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("malformed", "/to")
    assert "10,000 slots" in refused["detail"]


def test_a_preview_gives_up_on_bookings_where_there_are_too_many_to_look_at(
    house: House, ada: Guest, alice: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada.put("/v1/resources/hall", HALL)
    for hour in (12, 13):
        assert alice.post("/v1/bookings", {"resource": "hall", "start": next_week(hour)}).status_code == 201
    monkeypatch.setattr(preview, "MOST_BOOKINGS", 2)
    assert len(ada.post(PATH, morning(), caught_up(house)).json()["displaced"]) == 2
    monkeypatch.setattr(preview, "MOST_BOOKINGS", 1)
    assert ada.post(PATH, morning(), caught_up(house)).json()["displaced"] is None


def test_what_is_retired_cannot_be_previewed(house: House, ada: Guest) -> None:
    ada.put("/v1/resources/hall", HALL)
    assert ada.delete("/v1/resources/hall", {"If-Match": '"1"'}).status_code == 204
    refused = problem(ada.post(PATH, morning(), caught_up(house)))
    assert (refused["code"], refused["retired"]) == ("unknown-resource", True)


def test_only_administrators_preview(sam: Guest, alice: Guest) -> None:
    assert problem(sam.post(PATH, morning()))["code"] == "forbidden"
    assert problem(alice.post(PATH, morning()))["code"] == "forbidden"
