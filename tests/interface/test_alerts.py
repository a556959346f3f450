"""The rules for Prometheus that come with the service: they can be read, and ask for what there is."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped] # it ships no types
from tests.interface.house import House

DOCS = Path(__file__).parents[2] / "docs"
(GROUP,) = yaml.safe_load((DOCS / "alerts.yml").read_text())["groups"]
RULES: list[dict[str, Any]] = GROUP["rules"]


def test_every_rule_asks_for_metrics_that_the_service_has(house: House) -> None:
    page = house.nobody.get("/metrics").text
    told = {name: kind for _, name, kind in re.findall(r"^# (TYPE) (\w+) (\w+)$", page, re.MULTILINE)}
    parts = {f"{name}{part}" for name, kind in told.items() if kind == "histogram" for part in ("_bucket", "_count")}
    for rule in RULES:
        asked = set(re.findall(r"daybook_\w+", rule["expr"]))
        assert asked
        assert asked <= {*told, *parts}, rule["alert"]


def test_what_a_rule_sees_rise_is_there_before_it_rises(house: House) -> None:
    page = house.nobody.get("/metrics").text
    for rule in RULES:
        for counter, label in re.findall(r'(daybook_\w+_total)(?:\{(\w+="[\w-]+")\})?\[', rule["expr"]):
            assert re.search(rf"^{counter}(\{{.*{label}.*\}})? 0\.0$", page, re.MULTILINE), rule["alert"]
    for table in ("refusals", "disclosures"):
        assert f'daybook_notes_dropped_total{{table="{table}"}} 0.0' in page
    for code in ("busy", "store-unavailable", "outcome-unknown", "behind"):
        assert f'daybook_unserved_total{{code="{code}"}} 0.0' in page
    for kind in ("Book", "Cancel", "JoinLine", "EraseCustomer"):
        assert f'daybook_commands_total{{kind="{kind}",outcome="done"}} 0.0' in page
    assert 'kind="OnBooking"' not in page


def test_races_are_lost_also_where_nothing_is_done() -> None:
    (rule,) = (rule for rule in RULES if rule["alert"] == "DaybookLostRaces")
    assert '(sum(rate(daybook_commands_total{outcome="done"}[10m])) or vector(0))' in rule["expr"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_a_rule_says_what_happens_and_is_explained(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in {"info", "warning", "critical"}
    assert set(rule["annotations"]) == {"summary", "description"}
    assert rule["expr"].count("(") == rule["expr"].count(")")
    assert re.fullmatch(r"\d+[smh]", rule.get("for", "0s"))
    assert f"`{rule['alert']}`" in (DOCS / "operations.md").read_text()
