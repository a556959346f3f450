"""Messages are sent by a process of its own, which may hang, die or be turned down without harm to anybody."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from socket import create_server

import psutil  # type: ignore[import-untyped] # it ships no types
import pytest
from apprise import Apprise
from tests.app.messages.mailbox import Mail, Mailbox

from app.messages.addressing import NOT_ALONE, addressed, recipients
from app.messages.sending_apart import ENDED, TOO_LONG, SendingApart
from app.messages.through_apprise import writes_to
from app.messages.wording import Words

WORDS = Words("de", "Ihre Buchung ist bestätigt", "Büro <1>: Montag\n\nDer Mond & die Sterne")


@pytest.fixture
def apart() -> Iterator[SendingApart]:
    """What sends."""
    made = SendingApart("Der Mond, Wien")
    yield made
    made.close()


def send(apart: SendingApart, template: str, email: str = "ada@example.org") -> str | None:
    return apart.send(template, template.replace("{email}", email.replace("@", "%40")), WORDS)


def senders() -> list[psutil.Process]:
    """The processes that send, of this one."""
    return [each for each in psutil.Process().children() if "app.messages.through_apprise" in each.cmdline()]


def test_a_mail_arrives_with_its_words_as_they_are(apart: SendingApart, mailbox: Mailbox) -> None:
    assert send(apart, mailbox.url) is None

    assert mailbox.next() == Mail(["ada@example.org"], WORDS.subject, WORDS.text)


def test_many_at_once_are_each_answered(apart: SendingApart, mailbox: Mailbox) -> None:
    mailbox.refused = {f"{number}@example.org" for number in range(0, 40, 4)}

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda number: send(apart, mailbox.url, f"{number}@example.org"), range(40)))

    assert [answer is None for answer in answers] == [number % 4 != 0 for number in range(40)]
    assert len(mailbox.everything()) == 30
    assert len(senders()) == 1


def test_why_a_mail_was_not_taken_is_told_without_whom_it_was_for(apart: SendingApart, mailbox: Mailbox) -> None:
    mailbox.refused = {"ada@example.org"}

    trouble = send(apart, mailbox.url)
    elsewhere = send(apart, "mailto://desk:hunter2@127.0.0.1:1?from=desk@example.org&to={email}")

    assert trouble is not None
    assert "failed" in trouble
    assert elsewhere is not None
    assert "Connection error" in elsewhere
    for said in (trouble, elsewhere):
        assert not any(word in said for word in ("ada", "example", "hunter2"))


def test_an_address_that_the_library_does_not_understand_is_told(apart: SendingApart) -> None:
    trouble = send(apart, "twilio://account@15550100/{email}")

    assert trouble == "The operator's address is not understood: DAYBOOK_MESSAGE_URLS."


@pytest.mark.slow
def test_one_that_hangs_is_given_up_and_the_next_one_is_sent(mailbox: Mailbox) -> None:
    apart = SendingApart("The Moon", seconds=10)  # in which a process has to be started, too
    assert send(apart, mailbox.url) is None
    (process,) = senders()
    with create_server(("127.0.0.1", 0)) as silent:
        template = f"mailto://127.0.0.1:{silent.getsockname()[1]}?from=desk@example.org&to={{email}}"
        assert send(apart, template) == TOO_LONG

    process.wait(30)
    assert send(apart, mailbox.url) is None
    apart.close()


def test_a_process_that_is_killed_is_started_again(apart: SendingApart, mailbox: Mailbox) -> None:
    assert send(apart, mailbox.url) is None
    (process,) = senders()
    process.kill()
    process.wait(30)

    assert send(apart, mailbox.url) in {None, ENDED}
    assert send(apart, mailbox.url) is None


def test_it_ends_with_whoever_asks(apart: SendingApart, mailbox: Mailbox) -> None:
    assert send(apart, mailbox.url) is None
    (process,) = senders()

    apart.close()

    process.wait(30)
    assert send(apart, mailbox.url) == ENDED


@pytest.mark.parametrize("email", ["o'hara@example.org", "d'arcy.j@example.org", ".ada@example.org", "ada@example.o"])
def test_an_address_that_the_library_reads_otherwise_reaches_nobody(
    apart: SendingApart, mailbox: Mailbox, email: str
) -> None:
    assert apart.send(mailbox.url, addressed(mailbox.url, {"email": email}) or "", WORDS) == NOT_ALONE
    assert send(apart, mailbox.url) is None
    assert mailbox.next().to == ["ada@example.org"], "it is the first that came"


@pytest.mark.parametrize("kind", ["twilio", "sinch", "vonage"])
def test_a_number_that_the_library_does_not_take_is_not_replaced_by_the_operators(kind: str) -> None:
    key, secret = "a" * 32, "b" * 32
    account = {"twilio": f"AC{key}:{secret}", "sinch": f"{key}:{secret}", "vonage": f"{key[:8]}:{secret[:16]}"}
    template = f"{kind}://{account[kind]}@15551234567/{{phone}}"
    for phone, writes in (("+298123456", False), ("+436601234567", True)):
        url = addressed(template, {"phone": phone}) or ""
        sender = Apprise.instantiate(url)
        assert sender is not None
        assert writes_to(sender, recipients(template, url), template) is writes


def test_recipients_that_the_operators_address_names_are_written_to_as_well(mailbox: Mailbox) -> None:
    template = f"{mailbox.url},desk@example.org"
    url = addressed(template, {"email": "ada@example.org"}) or ""
    sender = Apprise.instantiate(url)
    assert sender is not None
    assert recipients(template, url) == ["ada@example.org"]
    assert writes_to(sender, ["ada@example.org"], template)
    assert not writes_to(sender, ["bob@example.org"], template)
