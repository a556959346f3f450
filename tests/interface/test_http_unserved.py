"""Requests that cannot be served are told of in the log lines, but not each of them."""

import pytest
from tests.interface.house import Guest, House, next_week, problem

from app.log.sqlite import SQLiteLog


class SmallDisk:
    """A disk on which the log's file finds no more room, while it is full."""

    def __init__(self, house: House) -> None:
        log = house.daybook.log
        assert isinstance(log, SQLiteLog)
        self._log = log

    def fill(self) -> None:
        (pages,) = self._log._writer.execute("PRAGMA page_count").fetchone()
        self._log._writer.execute(f"PRAGMA max_page_count = {pages}")

    def make_room(self) -> None:
        self._log._writer.execute("PRAGMA max_page_count = 1000000")


@pytest.mark.parametrize("settings_of_house", [{"rate_limit": None}])
def test_a_disk_that_stays_full_is_told_once_for_each_route_and_its_end_too(
    house: House, room: str, alice: Guest, capsys: pytest.CaptureFixture[str]
) -> None:
    disk = SmallDisk(house)
    wish = {"resource": room, "start": next_week(), "details": {"note": "x" * 8000}}
    booking = alice.post("/v1/bookings", {"resource": room, "start": next_week(9)}).json()["id"]
    disk.fill()
    for _ in range(100):
        assert problem(alice.post("/v1/bookings", wish))["code"] == "store-unavailable"
    assert alice.get(f"/v1/bookings/{booking}").status_code == 200
    disk.make_room()
    assert alice.post("/v1/bookings", wish).status_code == 201
    told = capsys.readouterr().out.splitlines()
    unserved = [line for line in told if "request not served" in line]
    assert 0 < len(unserved) < 20
    assert all("route=/v1/bookings " in f"{line} " and "code=store-unavailable" in line for line in unserved)
    (end,) = [line for line in told if "requests are served again" in line]
    assert "route=/v1/bookings" in end
    assert "more=" in end
