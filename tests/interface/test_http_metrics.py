"""What operators read off the metrics page."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.interface.house import Guest, House, next_week

from app.outcome import Busy
from app.process import process_name
from interface.shared_metrics import of_all_processes


def gauges(house: House) -> dict[str, float]:
    """The gauges of this process and of its store, by name."""
    page = house.nobody.get("/metrics").text
    samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples]
    mine = ({"process": process_name()}, {"store": "sqlite"})
    return {each.name: each.value for each in samples if each.labels in mine}


def test_a_healthy_process_waits_for_nothing_and_holds_the_lease(house: House) -> None:
    told = gauges(house)
    assert (told["daybook_queue_commands"], told["daybook_queue_oldest_seconds"]) == (0, 0)
    assert (told["daybook_parked_streams"], told["daybook_lease_held"]) == (0, 1)
    assert told["daybook_clock_skew_seconds"] == told["daybook_failing_calendars"] == 0
    assert told["daybook_disk_free_bytes"] > 0
    assert told["daybook_log_bytes"] > 0
    assert told["daybook_wal_bytes"] > 0
    assert told["daybook_seen_timestamp_seconds"] > 1e9


def test_read_models_that_stand_still_are_behind_in_events_and_seconds(house: House, room: str, alice: Guest) -> None:
    house.daybook.runner.stop()
    assert alice.post("/v1/bookings", {"resource": room, "start": next_week()}).status_code == 201
    before = gauges(house)
    assert before["daybook_projection_lag_events"] >= 3
    later = gauges(house)
    assert 0 <= before["daybook_projection_lag_seconds"] <= later["daybook_projection_lag_seconds"]


def test_requests_that_could_not_be_served_are_counted_by_why(
    house: House, room: str, alice: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise Busy("The service is very busy. Please try again in a moment.")

    assert house.daybook.writing is not None
    monkeypatch.setattr(house.daybook.writing.writer.queue, "put", full)
    assert alice.post("/v1/bookings", {"resource": room, "start": next_week()}).status_code == 503
    assert 'daybook_unserved_total{code="busy"} 1.0' in house.nobody.get("/metrics").text


def test_a_clock_that_is_off_is_told(house: House) -> None:
    house.clock.shift = timedelta(seconds=30)
    assert 29 < gauges(house)["daybook_clock_skew_seconds"] < 31


class TestWithAnAddressOfTheirOwn:
    @pytest.fixture
    def settings_of_house(self) -> dict[str, Any]:
        return {"metrics_port": 0}

    def test_metrics_are_not_told_on_the_public_one(self, house: House) -> None:
        assert house.nobody.get("/metrics").status_code == 404


def test_what_a_process_has_only_just_begun_to_write_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "counter_3.db").touch()
    assert list(of_all_processes(tmp_path).collect()) == []
