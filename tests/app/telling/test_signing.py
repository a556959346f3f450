"""Signatures are those of Standard Webhooks, and a secret can be replaced without a gap."""

from base64 import b64decode
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from app.telling.backing_off import LONGEST, PAUSES, asked_pause, is_given_up, pause_after
from app.telling.signing import WebhookSecret, new_secret, rotated, signed_headers, signing

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def test_a_message_is_signed_as_the_specification_says() -> None:
    secret, at = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", datetime.fromtimestamp(1614265330, UTC)

    headers = signed_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}', [secret])

    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_a_library_of_the_specification_finds_it_well_signed() -> None:
    old, new, now = new_secret(), new_secret(), datetime.now(UTC)  # the library looks at the clock
    headers, body = signed_headers("msg_1", now, b'{"a": "\xc3\xa4"}', [new, old]), b'{"a": "\xc3\xa4"}'

    for secret in (old, new):
        assert Webhook(secret).verify(body, headers) == {"a": "\u00e4"}
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(body + b" ", headers)


def test_a_secret_is_32_random_bytes() -> None:
    first, second = new_secret(), new_secret()

    assert first != second
    assert first.startswith("whsec_")
    assert len(b64decode(first.removeprefix("whsec_"), validate=True)) == 32


def test_the_old_secret_signs_for_another_day() -> None:
    secrets = rotated([WebhookSecret("whsec_b2xk")], "whsec_bmV3", NOON)

    assert signing(secrets, NOON + timedelta(hours=23)) == ["whsec_bmV3", "whsec_b2xk"]
    assert signing(secrets, NOON + timedelta(hours=24)) == ["whsec_bmV3"]
    both = signed_headers("msg_1", NOON, b"{}", signing(secrets, NOON))["webhook-signature"].split(" ")
    new, old = (
        signed_headers("msg_1", NOON, b"{}", [each])["webhook-signature"] for each in ("whsec_bmV3", "whsec_b2xk")
    )
    assert both == [new, old]


def test_rotating_again_does_not_let_an_old_secret_live_longer() -> None:
    secrets = [WebhookSecret("whsec_MQ==")]
    for hour in range(6):
        secrets = rotated(secrets, f"whsec_{hour}", NOON + timedelta(hours=hour))

    assert len(secrets) == 4
    assert secrets[0] == WebhookSecret("whsec_5")
    assert [each.until for each in secrets[1:]] == [NOON + timedelta(days=1, hours=hour) for hour in (5, 4, 3)]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("86400", 3600),
        ("9" * 50, 3600),
        ("Tue, 01 Dec 2026 12:10:00 GMT", 600),
        ("Tue, 01 Dec 2026 12:10:00", 600),
        ("Tue, 01 Dec 2026 11:00:00 GMT", 0),
        ("Wed, 02 Dec 2026 12:00:00 GMT", 3600),
        *((said, 0) for said in (None, "", "soon", "-5", "1.5", "\u0663")),
    ],
)
def test_a_receiver_may_ask_to_be_left_alone_for_up_to_an_hour(said: str | None, seconds: int) -> None:
    assert asked_pause(said, NOON) == timedelta(seconds=seconds)


def test_pauses_grow_up_to_an_hour_and_end_after_three_days() -> None:
    assert [pause_after(failures) for failures in range(1, 7)] == list(PAUSES)
    assert pause_after(60) == timedelta(hours=1)
    assert not is_given_up(NOON, NOON + LONGEST - timedelta(seconds=1))
    assert is_given_up(NOON, NOON + timedelta(days=3))
