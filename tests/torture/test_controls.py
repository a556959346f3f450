"""Control runs: each has one deliberate fault in its servers, and the checker must name it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.torture.checker.verdict import judge, told
from tests.torture.nemesis import Act, Nemesis
from tests.torture.run import Plan, torture

pytestmark = pytest.mark.slow

QUIET: tuple[Act, ...] = ()
KILLS: tuple[Act, ...] = (Nemesis.kill,)
LOST_ANSWERS: tuple[Act, ...] = (Nemesis.lose_answers,)
CRASHES: tuple[Act, ...] = (Nemesis.restart_postgres,)
LAZY_LOG = ("wal_writer_delay = 500ms",)

Broken = dict[int, set[str]]


def found(folder: Path, fault: Sequence[str], acts: Sequence[Act], **more: Any) -> Broken:
    """Which rules a short run with these faults breaks, each with the names of the ways."""
    plan = Plan("sqlite", 4, seed=1, altered=fault, acts=acts, wishes=300, between=(10, 50))
    asyncio.run(torture(Plan(**{**vars(plan), **more}), folder))
    verdict = judge(folder)
    print("\n".join(told(verdict, most=20)))  # noqa: T201 - pytest shows it beside a failure
    return {rule: {finding.name for finding in findings} for rule, findings in verdict.items() if findings}


def test_without_a_fault_no_rule_is_broken(tmp_path: Path) -> None:
    assert found(tmp_path, (), (*KILLS, *LOST_ANSWERS)) == {}


class TestRule1:
    def test_an_acknowledgement_before_commit_is_caught(self, tmp_path: Path) -> None:
        broken = found(tmp_path, ["acknowledges_before_commit"], KILLS)
        assert "ok and not in the log" in broken[1]

    def test_an_acknowledgement_before_the_disk_has_it_is_caught(self, tmp_path: Path) -> None:
        more = {"store": "postgresql", "settings": LAZY_LOG, "between": (50, 90)}
        broken = found(tmp_path, ["acknowledges_before_commit"], CRASHES, **more)
        assert "ok and not in the log" in broken[1]

    def test_a_refusal_of_what_was_stored_is_caught(self, tmp_path: Path) -> None:
        broken = found(tmp_path, ["refuses_what_it_stored"], QUIET)
        assert broken == {1: {"refused and in the log"}}

    def test_an_answer_with_another_content_is_caught(self, tmp_path: Path) -> None:
        broken = found(tmp_path, ["answers_otherwise"], QUIET)
        assert broken == {1: {"answered otherwise"}}


class TestRule2:
    def test_a_guard_of_capacity_that_is_off_is_caught(self, tmp_path: Path) -> None:
        assert found(tmp_path, ["everything_fits"], QUIET) == {2: {"usage above capacity"}}

    def test_a_retired_resource_that_takes_bookings_is_caught(self, tmp_path: Path) -> None:
        broken = found(tmp_path, ["retired_takes_bookings"], QUIET)
        assert broken[2] == {"claim on a retired resource"}
        assert broken.keys() == {2, 4}, "it is shown as free as well"

    def test_an_append_without_its_condition_is_caught(self, tmp_path: Path) -> None:
        broken = found(tmp_path, ["unconditional_append"], QUIET, store="postgresql")
        assert "usage above capacity" in broken[2]


class TestRule3:
    def test_a_log_in_another_order_than_the_answers_is_caught(self, tmp_path: Path) -> None:
        broken = found(tmp_path, ["stores_in_another_order"], QUIET)
        assert broken[3] == {"out of real-time order"}
        assert broken.keys() <= {1, 2, 3, 4}, "the positions that were answered are wrong, too"
        assert broken.get(2, set()) <= {"hold kept after its time"}, "what is put aside is stamped later"
        assert broken.get(4, set()) <= {"repeat not known as one"}, "what is put aside is not there to be known"


class TestRule4:
    def test_a_read_model_that_misses_an_event_is_caught(self, tmp_path: Path) -> None:
        assert found(tmp_path, ["projects_with_gaps"], QUIET)[4] == {"read model differs from a replay"}

    def test_a_projection_that_forgets_a_release_is_caught(self, tmp_path: Path) -> None:
        ways = {"availability differs from the log", "availability differs from a replay"}
        assert ways <= found(tmp_path, ["forgets_a_release"], QUIET)[4]

    def test_a_kept_answer_about_availability_that_is_out_of_date_is_caught(self, tmp_path: Path) -> None:
        broken = found(tmp_path, ["keeps_answers_too_long"], QUIET)
        assert "availability differs from the log" in broken[4]
        assert broken.keys() == {4}

    def test_a_digest_that_leaves_something_out_is_caught(self, tmp_path: Path) -> None:
        assert found(tmp_path, ["chains_less"], QUIET) == {4: {"digest chain broken"}}

    def test_a_time_that_runs_back_is_caught(self, tmp_path: Path) -> None:
        assert "timestamp runs back" in found(tmp_path, ["time_runs_back"], QUIET)[4]

    def test_a_gap_in_the_positions_is_caught(self, tmp_path: Path) -> None:
        assert "gap in positions" in found(tmp_path, ["leaves_positions_out"], QUIET)[4]

    def test_a_key_that_is_forgotten_is_caught(self, tmp_path: Path) -> None:
        assert "one request made two bookings" in found(tmp_path, ["forgets_keys"], LOST_ANSWERS)[4]


class TestRule5:
    def test_an_event_that_followers_are_not_shown_is_caught(self, tmp_path: Path) -> None:
        assert found(tmp_path, ["skips_for_followers"], QUIET) == {5: {"event not seen"}}

    def test_an_event_that_followers_are_shown_twice_is_caught(self, tmp_path: Path) -> None:
        assert "event seen twice" in found(tmp_path, ["repeats_for_followers"], QUIET)[5]

    def test_an_event_that_a_subscription_leaves_out_is_caught(self, tmp_path: Path) -> None:
        assert found(tmp_path, ["skips_for_subscribers"], QUIET) == {5: {"event not seen"}}

    def test_a_subscription_that_begins_too_early_is_caught(self, tmp_path: Path) -> None:
        assert found(tmp_path, ["subscribes_too_early"], QUIET) == {5: {"event seen twice"}}
