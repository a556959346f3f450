"""The OpenAPI document: complete, with examples, and true (schemathesis asks the service itself)."""

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks
from tests.interface.house import House

from interface.http.app import ROUTES
from interface.http.openapi import document_of
from interface.http.problems import PROBLEMS

DOCUMENT: dict[str, Any] = json.loads(document_of(ROUTES))
OPERATIONS = [(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods]
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


def test_every_body_and_every_problem_has_an_example() -> None:
    for path, method in OPERATIONS:
        operation = DOCUMENT["paths"][path][method]
        if "requestBody" in operation:
            body = operation["requestBody"]["content"]["application/json"]
            assert all(example["value"] for example in body["examples"].values()), path
        for status, response in operation["responses"].items():
            for code, example in problems_in(response).items():
                assert example["value"]["code"] == code
                assert PROBLEMS[code].status == int(status) == example["value"]["status"]


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


class TestTheServiceKeepsWhatItSays:
    @pytest.fixture
    def settings_of_house(self) -> dict[str, Any]:
        return {"rate_limit": None}

    @pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
    def test_of_every_operation(self, house: House, mode: GenerationMode) -> None:
        house.register("room")
        schema = schemathesis.openapi.from_asgi("/schema", house.client.app)
        guest = house.guest("everyone", "admin", "staff", "agent", "customer", "auditor")
        for path, method in OPERATIONS:
            takes = DOCUMENT["paths"][path][method]
            if mode is GenerationMode.NEGATIVE and not (takes["parameters"] or "requestBody" in takes):
                continue  # nothing of it can be wrong

            @settings(
                max_examples=8,
                database=None,
                deadline=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.generate],
            )
            @given(case=schema[path][method.upper()].as_strategy(generation_mode=mode))
            def ask(case: schemathesis.Case[Any]) -> None:
                case.headers.update(guest.headers)
                case.call_and_validate(checks=CHECKS)

            ask()
