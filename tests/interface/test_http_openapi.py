"""The OpenAPI document: complete, with examples, and true (schemathesis asks the service itself)."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import cycle
from typing import Any

import pytest
import schemathesis
from httpx import Response
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema_rs import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks
from tests.interface.house import ALWAYS, Guest, House, next_week, problem
from tests.interface.seeds import Operation, Seeds

from interface.http import live
from interface.http.app import ROUTES
from interface.http.openapi import document_of
from interface.http.problems import PROBLEMS

DOCUMENT: dict[str, Any] = json.loads(document_of(ROUTES))
OPERATIONS = [Operation(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods]
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.unsupported_method,
]


def problems_in(response: dict[str, Any]) -> dict[str, Any]:
    """The examples of problems by code that a documented response has."""
    found: dict[str, Any] = response.get("content", {}).get("application/problem+json", {}).get("examples", {})
    return found


def test_the_document_is_served(house: House) -> None:
    for path in ("/schema", "/schema/openapi.json"):
        answer = house.nobody.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
        assert answer.json() == DOCUMENT
    assert DOCUMENT["openapi"].startswith("3.1")


def contents() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every content that a request or an answer can have: what of, and its media type object."""
    for path, method in OPERATIONS:
        operation = DOCUMENT["paths"][path][method]
        if "requestBody" in operation:
            for kind, said in operation["requestBody"]["content"].items():
                yield f"{method} {path}: {kind}", said
        for status, response in operation["responses"].items():
            for kind, said in response.get("content", {}).items():
                yield f"{method} {path} {status}: {kind}", said


def test_every_body_and_every_answer_has_examples_that_are_as_described() -> None:
    components = DOCUMENT["components"]
    for what, said in contents():
        examples = [said["example"]] if "example" in said else [each["value"] for each in said["examples"].values()]
        assert examples, what
        assert None not in examples, what
        schema = Draft202012Validator({**said["schema"], "components": components}, validate_formats=True)
        for example in examples:
            assert [str(error) for error in schema.iter_errors(example)] == [], what


def test_every_operation_shows_what_it_answers_when_all_is_well() -> None:
    for path, method in OPERATIONS:
        successes = {status for status in DOCUMENT["paths"][path][method]["responses"] if status.startswith("2")}
        shown = {what.split()[2].rstrip(":") for what, _ in contents() if what.startswith(f"{method} {path} 2")}
        assert successes - shown <= {"204"}, f"{method} {path}"


def test_examples_of_problems_are_under_their_status() -> None:
    for path, method in OPERATIONS:
        for status, response in DOCUMENT["paths"][path][method]["responses"].items():
            for code, example in problems_in(response).items():
                assert example["value"]["code"] == code
                assert PROBLEMS[code].status == int(status) == example["value"]["status"]


def shown_facts(path: str, method: str, answer: Response) -> set[str]:
    """The members of the example that the document gives for a problem."""
    response = DOCUMENT["paths"][path][method]["responses"][str(answer.status_code)]
    return set(problems_in(response)[answer.json()["code"]]["value"])


def test_examples_of_refusals_have_the_facts_that_refusals_have(house: House, alice: Guest, sam: Guest) -> None:
    """Each wish breaks the rule beside it."""
    rules = {"min_notice": 60, "cancel_notice": 60 * 24 * 30, "daily_limit": 1, "max_advance_days": 30}
    office = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    house.register("office", hours=office, seats=4, timezone="Europe/Vienna", policy=rules)
    house.register("room")
    house.register("shut", hours={})
    soon = (house.clock() + timedelta(minutes=50)).replace(second=0, microsecond=0)
    soon -= timedelta(minutes=soon.minute % 5)
    house.register("late", timezone="UTC", policy={"step": 5, "min_notice": 60}, hours=ALWAYS)
    spring, autumn = wall_clock_troubles(house.clock().year + 1)
    mine = alice.post("/v1/bookings", {"resource": "office", "start": next_week(10)}).json()["id"]
    held = [alice.post("/v1/holds", {"resource": "room", "start": next_week(hour)}).json()["id"] for hour in range(3)]
    assert sam.post(f"/v1/bookings/{held[0]}/confirm").status_code == 200
    alice.post("/v1/holds", {"resource": "room", "start": next_week(4)})
    given_up = alice.post("/v1/bookings", {"resource": "room", "start": next_week(6)}).json()["id"]
    alice.post(f"/v1/bookings/{given_up}/cancel")
    booking = {"resource": "office", "start": next_week(11)}
    wishes: list[tuple[str, str, Any]] = [
        ("not-available", "/v1/bookings", {"resource": "room", "start": next_week(0)}),
        ("closed", "/v1/bookings", {"resource": "shut", "start": next_week()}),
        ("outside-hours", "/v1/bookings", {**booking, "start": next_week(20)}),
        ("off-grid", "/v1/bookings", {**booking, "start": next_week(11, 10)}),
        ("bad-duration", "/v1/bookings", {**booking, "end": next_week(13)}),
        ("too-soon", "/v1/bookings", {"resource": "late", "start": f"{soon:%Y-%m-%dT%H:%M}Z"}),
        ("too-far-ahead", "/v1/bookings", {**booking, "start": f"{house.clock() + timedelta(60):%Y-%m-%d}T10:00"}),
        ("in-the-past", "/v1/bookings", {**booking, "start": "2020-01-01T10:00"}),
        ("party-too-large", "/v1/bookings", {**booking, "party": 5}),
        ("too-many-units", "/v1/bookings", {**booking, "units": 2}),
        ("no-such-local-time", "/v1/bookings", {**booking, "start": spring}),
        ("ambiguous-local-time", "/v1/bookings", {**booking, "start": autumn}),
        ("daily-limit", "/v1/bookings", booking),
        ("too-many-holds", "/v1/holds", {"resource": "room", "start": next_week(5)}),
        ("unknown-resource", "/v1/bookings", {**booking, "resource": "nowhere"}),
        ("too-late-to-change", f"/v1/bookings/{mine}/cancel", {}),
        ("invalid-transition", f"/v1/bookings/{given_up}/confirm", {}),
        ("unknown-booking", f"/v1/bookings/b-{'0' * 32}/cancel", {}),
    ]
    for code, path, body in wishes:
        answer = alice.post(path, body)
        assert problem(answer)["code"] == code
        template = path.replace(path.split("/")[3], "{booking}") if path.count("/") > 2 else path
        assert set(answer.json()) == shown_facts(template, "post", answer), code
    stale = alice.post(f"/v1/bookings/{mine}/cancel", headers={"If-Match": '"7"'})
    assert set(problem(stale)) == shown_facts("/v1/bookings/{booking}/cancel", "post", stale)
    blind = house.guest("ada", "admin").put("/v1/resources/room", {"name": "Room", "kind": "room"})
    assert set(problem(blind)) == shown_facts("/v1/resources/{resource}", "put", blind)


def wall_clock_troubles(year: int) -> tuple[str, str]:
    """Times that Vienna's clocks skip and show twice that year: the last Sundays of March and October."""
    days = [date(year, month, 31) for month in (3, 10)]
    spring, autumn = (day - timedelta(days=(day.weekday() + 1) % 7) for day in days)
    return f"{spring}T02:30", f"{autumn}T02:30"


@pytest.mark.parametrize(
    ("start", "code"), [("1970-01-01T10:00", "in-the-past"), ("2999-12-31T10:00", "too-far-ahead")]
)
def test_what_blocks_beyond_the_calendar_are_refused_with_is_documented(
    room: str, sam: Guest, start: str, code: str
) -> None:
    answer = sam.post(f"/v1/resources/{room}/blocks", {"start": start, "end": start})
    assert problem(answer)["code"] == code
    assert shown_facts("/v1/resources/{resource}/blocks", "post", answer)


def test_every_problem_is_documented_somewhere() -> None:
    told = {
        code
        for methods in DOCUMENT["paths"].values()
        for operation in methods.values()
        for response in operation["responses"].values()
        for code in problems_in(response)
    }
    assert set(PROBLEMS) - told == {"method-not-allowed"}


def test_references_lead_somewhere() -> None:
    text = json.dumps(DOCUMENT)
    for name in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in DOCUMENT["components"]["schemas"]


Answered = tuple[Operation, int]
Planting = Callable[[Any, Operation], None]


def leave(case: Any, operation: Operation) -> None:
    """Ask as it was generated."""


FEW = 4


class TestTheServiceKeepsWhatItSays:
    """Generated requests, right ones and wrong ones; of the right ones every other is about things that exist."""

    @pytest.fixture
    def settings_of_house(self) -> dict[str, Any]:
        return {"rate_limit": None}

    @pytest.fixture(autouse=True)
    def streams_end_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(live, "LONGEST_SECONDS", 0.01)

    @pytest.mark.parametrize("requests", [FEW, pytest.param(60, marks=pytest.mark.slow)])
    def test_to_right_requests_and_every_operation_succeeds(self, house: House, requests: int) -> None:
        answered = self._ask_of_everything(house, GenerationMode.POSITIVE, requests)
        documented = {
            (operation, status)
            for operation in OPERATIONS
            for status in map(int, DOCUMENT["paths"][operation.path][operation.method]["responses"])
            if 200 <= status < 300
        }
        succeeded = {operation for operation, status in answered if 200 <= status < 300}
        assert set(OPERATIONS) - succeeded == set(), answered
        if requests > FEW:  # among a few it is left to chance whether a PUT finds something there
            assert documented - answered.keys() == set(), answered

    @pytest.mark.parametrize("requests", [FEW, pytest.param(60, marks=pytest.mark.slow)])
    def test_to_wrong_requests(self, house: House, requests: int) -> None:
        self._ask_of_everything(house, GenerationMode.NEGATIVE, requests)

    def _ask_of_everything(self, house: House, mode: GenerationMode, requests: int) -> Counter[Answered]:
        """How often each operation answered with each status."""
        seeds, answered = Seeds(house, begun=2 * requests), Counter[Answered]()
        schema = schemathesis.openapi.from_asgi("/schema", house.client.app)
        for operation in OPERATIONS:
            takes = DOCUMENT["paths"][operation.path][operation.method]
            if mode is GenerationMode.NEGATIVE and not (takes["parameters"] or "requestBody" in takes):
                continue  # nothing of it can be wrong
            plantings = cycle([seeds.plant, leave] if mode is GenerationMode.POSITIVE else [leave])
            cases = schema[operation.path][operation.method.upper()].as_strategy(generation_mode=mode)
            self._ask(cases, operation, requests, plantings, seeds.guest.headers, answered)
        return answered

    def _ask(
        self,
        cases: Any,
        operation: Operation,
        requests: int,
        plantings: Iterator[Planting],
        headers: dict[str, str],
        answered: Counter[Answered],
    ) -> None:
        @settings(
            max_examples=requests,
            database=None,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(case=cases)
        def ask(case: schemathesis.Case[Any]) -> None:
            next(plantings)(case, operation)
            case.headers.update(headers)
            answer = case.call_and_validate(checks=CHECKS)
            answered[operation, answer.status_code] += 1
            if answer.status_code >= 400:
                documented = DOCUMENT["paths"][operation.path][operation.method]["responses"][str(answer.status_code)]
                assert answer.json()["code"] in problems_in(documented)

        ask()
