"""The rules for Prometheus, judged by its own `promtool`: quiet while all is well, and loud when it is not."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Final, NamedTuple

import pytest

RULES: Final = Path(__file__).parents[2] / "docs" / "alerts.yml"
PROMTOOL: Final = shutil.which("promtool")
AT: Final = "2h"

pytestmark = pytest.mark.skipif(PROMTOOL is None, reason="There is no promtool here (Debian: prometheus).")


class Course(NamedTuple):
    """What a rule sees, minute by minute for two hours, as `promtool` writes it: first, by how much more, how often."""

    quiet: dict[str, str]
    loud: dict[str, str]


def gauge(series: str, quiet: str = "0x120", loud: str = "0x90 3x30") -> Course:
    return Course({series: quiet}, {series: loud})


def counter(series: str) -> Course:
    """One that stands where it stood, and one that begins to rise."""
    return gauge(series, "7x120", "7x110 8+1x9")


REFUSED, DONE = 'daybook_refusals_total{code="not-available"}', 'daybook_commands_total{kind="Book",outcome="done"}'
QUICK, SLOW, ALL = (f'daybook_commit_seconds_bucket{{le="{bound}"}}' for bound in ("0.5", "1.0", "+Inf"))

COURSES: Final = {
    "DaybookLostRaces": Course({REFUSED: "0+20x120", DONE: "0+90x120"}, {REFUSED: "0+80x120", DONE: "0+90x120"}),
    "DaybookBusy": counter('daybook_unserved_total{code="busy"}'),
    "DaybookQueueOld": gauge("daybook_queue_oldest_seconds", "0.2x120"),
    "DaybookCommitSlow": Course(
        {QUICK: "0+100x120", SLOW: "0+100x120", ALL: "0+100x120"},
        {QUICK: "0+90x120", SLOW: "0+100x120", ALL: "0+100x120"},
    ),
    "DaybookParkedStreams": gauge("daybook_parked_streams"),
    "DaybookParkedStreamsGrow": gauge("daybook_parked_streams", "3x120", "3x110 4x10"),
    "DaybookReadModelsBehind": gauge("daybook_projection_lag_seconds", "1x120", "1x90 30x30"),
    "DaybookCalendarsFailing": gauge("daybook_failing_calendars", "0x40 1x30 0x50", "0x40 1x80"),
    "DaybookWebhooksFailing": gauge("daybook_webhooks_failing", "0x100 1x5 0x15"),
    "DaybookMessagesGivenUp": counter('daybook_messages_total{outcome="given-up"}'),
    "DaybookNotesDropped": counter('daybook_notes_dropped_total{table="refusals"}'),
    "DaybookLeaseHolder": Course(
        {'daybook_lease_held{process="a"}': "1x120", 'daybook_lease_held{process="b"}': "0x120"},
        {'daybook_lease_held{process="a"}': "1x120", 'daybook_lease_held{process="b"}': "0x90 1x30"},
    ),
    "DaybookFrozen": gauge('daybook_seen_timestamp_seconds{process="a"}', "0+60x120", "0+60x100 6000x20"),
    "DaybookClockOff": gauge('daybook_clock_skew_seconds{process="a"}', "0.1x120", "0.1x90 -0.7x30"),
    "DaybookUnreadable": counter("daybook_unreadable_total"),
}
ALSO: Final = {"DaybookParkedStreamsGrow": ["DaybookParkedStreams"]}
"""What else is loud, and rightly so."""


def judged(folder: Path, series: dict[str, str], firing: list[str]) -> subprocess.CompletedProcess[str]:
    """Whether just these rules fire in the end, by `promtool`."""
    expected = [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in firing]
    asked = {"expr": 'count by (alertname) (ALERTS{alertstate="firing"})', "eval_time": AT, "exp_samples": expected}
    course = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [asked],
    }
    told = folder / "course.yml"  # JSON is YAML as well
    told.write_text(json.dumps({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": [course]}))
    assert PROMTOOL is not None
    return subprocess.run([PROMTOOL, "test", "rules", str(told)], capture_output=True, text=True, check=False)


def test_promtool_finds_nothing_wrong_with_them() -> None:
    assert PROMTOOL is not None
    ran = subprocess.run([PROMTOOL, "check", "rules", str(RULES)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"{len(COURSES)} rules found" in ran.stdout


@pytest.mark.parametrize("alert", COURSES)
def test_a_rule_is_quiet_while_all_is_well(tmp_path: Path, alert: str) -> None:
    firing = ALSO.get(alert, [])
    ran = judged(tmp_path, COURSES[alert].quiet, firing)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("alert", COURSES)
def test_a_rule_is_loud_when_something_is_wrong(tmp_path: Path, alert: str) -> None:
    ran = judged(tmp_path, COURSES[alert].loud, sorted([alert, *ALSO.get(alert, [])]))
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_races_are_lost_where_nothing_is_done_at_all(tmp_path: Path) -> None:
    ran = judged(tmp_path, {REFUSED: "0+30x120"}, ["DaybookLostRaces"])
    assert ran.returncode == 0, ran.stdout + ran.stderr
