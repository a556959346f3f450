"""Whatever is wrong, the answer is a problem document that says what, and nothing is stored."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from tests.interface.house import Guest, House, next_week, problem

from app.master_key import token_secrets_for
from app.process import process_name
from app.read_models.runner import Runner
from interface.http.problems import PROBLEMS

AS_JSON = {"Content-Type": "application/json"}


def wish_with(text: str) -> bytes:
    return f'{{"resource": "room", "start": "{next_week()}", {text}}}'.encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"null",
        b"[]",
        b'"room"',
        b"\xef\xbb\xbf{}",
        b'{"resource": "room"',
        b'{"resource": "room\xff"}',
        wish_with('"details": {"a": NaN}'),
        wish_with('"details": {"a": -Infinity}'),
        wish_with('"details": {"a": 1e999}'),
        wish_with('"details": {"a": ' + "9" * 5000 + "}"),
        wish_with('"details": {"a": "\\u0000"}'),
        wish_with('"details": {"\\u0000": 1}'),
        wish_with('"details": {"a": ["\\u0000"]}'),
        wish_with('"details": {"a": "\\ud800"}'),
        wish_with('"details": {"a": 1, "a": 2}'),
        wish_with('"units": 1, "units": 2'),
        wish_with('"details": ' + '{"a": ' * 300 + "1" + "}" * 300),
        wish_with('"details": {"a": "' + "x" * 8200 + '"}'),
        wish_with('"details": "text"'),
        wish_with('"details": [1]'),
        wish_with('"units": "1"'),
        wish_with('"units": 1.0'),
        wish_with('"units": true'),
        wish_with('"units": 0'),
        wish_with('"units": 1' + "0" * 30),
        wish_with('"party": null'),
        wish_with('"legs": []'),
        wish_with('"end": 1764583200'),
        wish_with('"end": "1764583200"'),
        wish_with('"end": "2026-12-01"'),
        wish_with('"end": "9999-12-01T10:00"'),
        wish_with('"end": "1969-12-01T10:00"'),
        wish_with('"end": "2026-02-30T10:00"'),
        wish_with('"end": "2026-12-01T10:00+25:00"'),
        wish_with('"end": "2026-12-01T23:59:60"'),
        wish_with('"customer": "alice"'),
        b'{"resource": "Room", "start": "2026-12-01T10:00"}',
        b'{"start": "2026-12-01T10:00"}',
        b'{"legs": [' + b'{"resource": "room", "start": "2026-12-01T10:00"},' * 10 + b"{}]}",
    ],
)
def test_garbage_is_malformed_and_stores_nothing(house: House, room: str, alice: Guest, body: bytes) -> None:
    with house.appending() as appended:
        found = problem(alice.raw("POST", "/v1/bookings", body, AS_JSON))
    assert (found["status"], found["code"]) == (400, "malformed")
    assert found["errors"]
    assert appended.topics == []


@pytest.mark.parametrize(
    ("text", "pointer"), [('"colour": "red"', "/colour"), ('"legs/x~": 1', "/legs~1x~0"), ('"id": "b-1"', "/id")]
)
def test_an_unknown_field_is_named(room: str, alice: Guest, text: str, pointer: str) -> None:
    found = problem(alice.raw("POST", "/v1/bookings", wish_with(text), AS_JSON))
    assert (found["status"], found["code"]) == (400, "unknown-field")
    assert [error["pointer"] for error in found["errors"]] == [pointer]


def test_what_people_write_goes_through(room: str, alice: Guest) -> None:
    details = {"note": "žluťoučký kůň 🐎 \\u0000 \n", "n": 10**20, "deep": {"er": [1.5, None, True]}}
    answer = alice.post("/v1/bookings", {"resource": room, "start": next_week(), "details": details})
    assert answer.status_code == 201
    assert answer.json()["details"] == details


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", "", "json"]
)
def test_bodies_are_json_in_utf_8(room: str, alice: Guest, kind: str) -> None:
    answer = alice.raw("POST", "/v1/bookings", wish_with('"units": 1'), {"Content-Type": kind})
    assert problem(answer)["status"] == 415
    usual = {"Content-Type": "Application/JSON; charset=UTF-8"}
    accepted = alice.raw("POST", "/v1/bookings", wish_with('"units": 1'), usual)
    assert accepted.status_code == 201


def test_a_body_of_more_than_64_kib_is_too_large_however_it_comes(house: House, room: str, alice: Guest) -> None:
    def in_pieces() -> Iterator[bytes]:
        yield b'{"details": {"a": "'
        for _ in range(70):
            yield b"x" * 1024
        yield b'"}}'

    whole = b"".join(in_pieces())
    with house.appending() as appended:
        for body in (whole, in_pieces()):
            answer = alice.raw("POST", "/v1/bookings", body, AS_JSON)
            assert (problem(answer)["status"], problem(answer)["code"]) == (413, "too-large")
    assert appended.topics == []


def forged(house: House, **changed: Any) -> str:
    """A token that is nearly right."""
    secret = changed.pop("secret", token_secrets_for(house.daybook.settings)[0])
    algorithm = changed.pop("algorithm", "HS256")
    claims = {"sub": "alice", "roles": ["admin"], "exp": datetime.now(UTC) + timedelta(days=1), **changed}
    return jwt.encode(claims, secret, algorithm)


def test_worthless_tokens(house: House, room: str) -> None:
    tokens = [
        "nonsense",
        "a.b.c",
        forged(house, secret=None, algorithm="none"),
        forged(house, secret=b"x" * 32),
        forged(house, exp=datetime.now(UTC) - timedelta(seconds=1)),
        forged(house, sub=""),
        forged(house, roles="admin"),
        forged(house, algorithm="HS512"),
        "x" * 9000,
    ]
    for value in [*(f"Bearer {token}" for token in tokens), "Basic YTpi", "Bearer", ""]:
        with house.appending() as appended:
            answer = house.nobody.put("/v1/resources/room", {"name": "x"}, {"Authorization": value})
        assert problem(answer)["code"] == "unauthenticated", value
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert appended.topics == []
        assert problem(house.nobody.get("/v1/resources", {"Authorization": value}))["code"] == "unauthenticated"


def test_addresses_and_methods_that_do_not_exist(alice: Guest) -> None:
    for path in ("/v1", "/v2/bookings", "/v1/bookings/a/b/c", "/v1/resources/room/availability/x"):
        assert problem(alice.get(path))["code"] == "not-found"
    for method, path in (("DELETE", "/v1/bookings"), ("TRACE", "/v1/me"), ("FOO", "/v1/me"), ("HEAD", "/v1/me")):
        answer = alice.send(method, path)
        assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")
        assert "GET" in answer.headers["allow"]
    options = alice.send("OPTIONS", "/v1/bookings")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, OPTIONS, POST")


def test_every_code_has_its_page(house: House) -> None:
    index = house.nobody.get("/problems").text
    for code, known in PROBLEMS.items():
        page = house.nobody.get(f"/problems/{code}")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert known.title in page.text
        assert f"/problems/{code}" in index
    assert problem(house.nobody.get("/problems/<script>"))["code"] == "not-found"


def test_every_answer_says_how_browsers_must_treat_it(house: House, alice: Guest) -> None:
    for path in ("/v1/me", "/problems", "/nowhere", "/health/live"):
        headers = alice.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"


class TestRateLimit:
    @pytest.fixture
    def settings_of_house(self) -> dict[str, Any]:
        return {"rate_limit": 1}

    def test_who_asks_too_fast_waits_and_nobody_else(self, house: House, alice: Guest, bob: Guest) -> None:
        answers = [alice.get("/v1/me") for _ in range(4)]
        assert {answer.status_code for answer in answers[:2]} == {200}
        refused = answers[-1]
        assert (problem(refused)["status"], problem(refused)["code"]) == (429, "rate-limited")
        assert refused.headers["retry-after"] == "1"
        assert bob.get("/v1/me").status_code == 200
        assert house.nobody.get("/health/live").status_code == 200

    def test_who_guesses_tokens_is_counted_by_address(self, house: House) -> None:
        answers = [house.nobody.get("/v1/me", {"Authorization": f"Bearer guess{n}"}) for n in range(4)]
        assert [answer.status_code for answer in answers[:2]] == [401, 401]
        assert answers[-1].status_code == 429


class TestOtherOrigins:
    @pytest.fixture
    def settings_of_house(self) -> dict[str, Any]:
        return {"cors_origins": "https://club.example"}

    def test_a_named_origin_may_call_and_read_positions(self, house: House, alice: Guest) -> None:
        asked = {"Origin": "https://club.example", "Access-Control-Request-Method": "POST"}
        preflight = house.nobody.send("OPTIONS", "/v1/bookings", headers=asked)
        assert preflight.headers["access-control-allow-origin"] == "https://club.example"
        assert "idempotency-key" in preflight.headers["access-control-allow-headers"].lower()
        answer = alice.get("/v1/me", {"Origin": "https://club.example"})
        assert "daybook-position" in answer.headers["access-control-expose-headers"].lower()
        assert "access-control-allow-origin" not in alice.get("/v1/me", {"Origin": "https://evil.example"}).headers


def test_without_origins_no_other_page_may_call(alice: Guest) -> None:
    assert "access-control-allow-origin" not in alice.get("/v1/me", {"Origin": "https://club.example"}).headers


def test_a_closing_service_is_busy_and_not_ready(house: House, room: str, alice: Guest) -> None:
    who = {"process": process_name(), "holds_lease": True}
    assert house.nobody.get("/health/ready").json() == {"status": "ready", **who}
    assert house.daybook.writing is not None
    house.daybook.writing.writer.stop()
    answer = alice.post("/v1/bookings", {"resource": room, "start": next_week()})
    assert (problem(answer)["status"], problem(answer)["code"]) == (503, "busy")
    assert int(answer.headers["retry-after"]) >= 1
    unready = house.nobody.get("/health/ready")
    assert (problem(unready)["status"], problem(unready)["code"]) == (503, "not-ready")
    assert unready.json()["troubles"]
    assert {name: unready.json()[name] for name in who} == who
    assert house.nobody.get("/health/live").json() == {"status": "alive"}


@pytest.mark.slow
def test_read_models_that_stand_still_are_behind_and_a_refusal_needs_none(
    house: House, room: str, alice: Guest, bob: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Runner.reached, "__defaults__", (0.1,))
    house.daybook.runner.stop()
    made = alice.post("/v1/bookings", {"resource": room, "start": next_week()})
    answer = alice.get("/v1/bookings", {"Daybook-Position": made.headers["daybook-position"]})
    assert (problem(answer)["status"], problem(answer)["code"]) == (503, "behind")
    assert int(answer.headers["retry-after"]) >= 1
    refused = problem(bob.post("/v1/bookings", {"resource": room, "start": next_week()}))
    assert (refused["code"], refused["alternatives"]) == ("not-available", [])


def test_a_fault_of_the_service_is_a_problem_that_tells_nothing(house: House, room: str, alice: Guest) -> None:
    house.daybook.readers.shutdown()
    answer = alice.get("/v1/bookings")
    found = problem(answer)
    assert (found["status"], found["code"]) == (500, "internal")
    assert set(found) == {"type", "title", "status", "detail", "code"}
    assert "schedule" not in answer.text


def test_metrics_count_and_name_nobody(house: House, room: str, alice: Guest, bob: Guest) -> None:
    booking = alice.post("/v1/bookings", {"resource": room, "start": next_week()}).json()["id"]
    bob.post("/v1/bookings", {"resource": room, "start": next_week()})
    alice.get(f"/v1/bookings/{booking}")
    answer = house.nobody.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'daybook_commands_total{kind="Book",outcome="done"} 1.0' in answer.text
    assert 'daybook_refusals_total{code="not-available"} 1.0' in answer.text
    assert 'route="/v1/bookings/{booking}",status="200"' in answer.text
    assert booking not in answer.text
    assert alice.me() not in answer.text


class TestWithoutMetrics:
    @pytest.fixture
    def settings_of_house(self) -> dict[str, Any]:
        return {"metrics": False}

    def test_metrics_can_be_switched_off(self, house: House) -> None:
        assert problem(house.nobody.get("/metrics"))["code"] == "not-found"


def test_a_problem_is_said_in_the_order_of_its_standard(alice: Guest) -> None:
    answer = alice.get("/v1/bookings/nonsense")
    assert list(json.loads(answer.content))[:5] == ["type", "title", "status", "detail", "code"]


def test_with_a_full_disk_questions_are_answered_and_commands_are_not(house: House, room: str, alice: Guest) -> None:
    booked = alice.post("/v1/bookings", {"resource": room, "start": next_week(9)})
    position = {"Daybook-Position": booked.headers["daybook-position"]}
    store: Any = house.daybook.log
    (pages,) = store._writer.execute("PRAGMA page_count").fetchone()
    store._writer.execute(f"PRAGMA max_page_count = {pages}")
    details = {"note": "x" * 8000}
    answers = [
        alice.post("/v1/bookings", {"resource": room, "start": next_week(hour), "details": details})
        for hour in range(10, 20)
    ]
    refused = answers[-1]
    assert (problem(refused)["status"], problem(refused)["code"]) == (503, "store-unavailable")
    assert int(refused.headers["retry-after"]) >= 1
    assert str(house.daybook.settings.data) not in refused.text
    assert alice.get("/v1/bookings", position).status_code == 200
    assert house.nobody.get("/v1/resources/room").status_code == 200
    stranger = house.guest("stranger", "customer")
    assert stranger.get("/v1/resources").status_code == 200
