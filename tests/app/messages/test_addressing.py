"""Messages go where the operator lets them go, and a customer's address is one recipient and nothing else."""

import pytest

from app.messages.addressing import BadTemplate, addressed, check, without_addresses

MAIL = "mailtos://desk:secret@smtp.example.org?from=desk@example.org&to={email}"
SMS = "twilio://account:token@15550100/{phone}"


def test_the_customers_address_fills_the_gap() -> None:
    assert addressed(MAIL, {"email": "ada@example.org"}) == MAIL.replace("{email}", "ada%40example.org")
    assert addressed(SMS, {"phone": "+43 (660) 123-4567"}) == SMS.replace("{phone}", "%2B436601234567")


def test_who_has_none_is_not_written_to() -> None:
    assert addressed(MAIL, {"email": None}) is None
    assert addressed(SMS, {"email": "ada@example.org"}) is None


@pytest.mark.parametrize(
    "email",
    [
        *("ada@example.org,eve@example.org", "ada@example.org;eve@example.org", "ada@example.org eve@example.org"),
        *("ada@example.org&to=eve@example.org\r\nBcc: eve@example.org", "ada@localhost", "ada", "@example.org"),
        *("Ada <ada@example.org>", '"ada,eve"@example.org', "ada@example.org/../x", f"{'a' * 65}@example.org"),
    ],
)
def test_what_is_not_one_address_is_not_written_to(email: str) -> None:
    assert addressed(MAIL, {"email": email}) is None


@pytest.mark.parametrize("phone", ["0660 1234567", "+43", "+43660123456789012", "+43x6601234567", "", "+0660123456"])
def test_what_is_no_whole_number_is_not_written_to(phone: str) -> None:
    assert addressed(SMS, {"phone": phone}) is None


def test_what_could_be_an_option_is_only_a_part_of_the_address() -> None:
    found = addressed(MAIL, {"email": "ada+a&b=c?d#e@example.org"})

    assert found == MAIL.replace("{email}", "ada%2Ba%26b%3Dc%3Fd%23e%40example.org")


def test_a_name_that_looks_like_a_gap_stays_as_it_is() -> None:
    assert addressed(MAIL, {"email": "{phone}@example.org"}) == MAIL.replace("{email}", "%7Bphone%7D%40example.org")


@pytest.mark.parametrize(
    "template",
    [
        *("mailtos://smtp.example.org", "mailtos://smtp.example.org/{name}", "twilio://a:t@1555/{phone}{}", ""),
        *("twilio://a:t@1555/{phone}{", "mailtos://{email}", "mailtos://u:{phone}@smtp.example.org/{email}"),
        *("mailto://smtp.example.org?from=desk@example.org&to={phone}", "ses://a@b/c/d/e/{email}/{phone}"),
        *("syslog://{email}", "json://localhost/{email}", "{email}://localhost", "localhost/{email}", "://{email}"),
    ],
)
def test_an_operators_address_without_a_gap_that_can_be_filled_is_refused(template: str) -> None:
    with pytest.raises(BadTemplate):
        check(template)


@pytest.mark.parametrize("template", [MAIL, SMS])
def test_one_with_such_gaps_is_accepted(template: str) -> None:
    check(template)


@pytest.mark.parametrize(
    "said",
    [
        "550 <ada@example.org>: no such user",
        "Could not log in to smtp.example.org as desk with secret",
        "To ada%40example.org: 4.2.2 (queue of +43 660 1234567)",
    ],
)
def test_what_went_wrong_is_told_without_saying_whom_it_was_for(said: str) -> None:
    filled = addressed(MAIL, {"email": "ada@example.org"})
    assert filled is not None

    told = without_addresses(said, MAIL, filled)

    assert not any(word in told for word in ("ada", "secret", "desk", "660", "example"))
    assert any(word in told for word in ("no such user", "Could not log in", "4.2.2 (queue of"))
