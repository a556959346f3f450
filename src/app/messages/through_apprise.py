"""The process that sends: reads messages as lines of JSON, sends each on a thread by Apprise, and says how it went.

It ends with whoever asks: what is under way then is sent again by whoever is next.
"""

import json
import logging
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from threading import Lock
from typing import Any, Final, TextIO
from urllib.parse import unquote

from apprise import Apprise, AppriseAsset, NotifyFormat, PersistentStoreMode

from app.messages.addressing import NOT_ALONE

AT_ONCE: Final = 16
SERVICE_SECONDS: Final = 60.0
NOT_UNDERSTOOD: Final = "The operator's address is not understood: DAYBOOK_MESSAGE_URLS."
NO_REASON: Final = "It was not taken."
_TARGETS: Final = ("targets", "target_phones", "phone")
"""Where senders keep whom they write to."""


def send(asked: dict[str, Any]) -> str | None:
    """Send one message; none where it was taken, else what the library says about it, addresses and all."""
    asset = AppriseAsset(
        app_id=asked["place"],
        app_desc=asked["place"],
        storage_mode=PersistentStoreMode.MEMORY,  # it writes no files
        pgp_autogen=False,
        pem_autogen=False,
        http_redirects=False,
        async_mode=False,
        service_timeout=SERVICE_SECONDS,
    )
    sender = Apprise.instantiate(asked["url"], asset=asset)
    if sender is None:
        return NOT_UNDERSTOOD
    if not writes_to(sender, asked["recipients"], asked["template"]):
        return NOT_ALONE
    made = Apprise(asset=asset)
    made.add(sender)
    result = made.notify(body=asked["text"], title=asked["subject"], body_format=NotifyFormat.TEXT)
    if result:
        return None
    said = [entry.message for entry in result.logs() if entry.level in {"WARNING", "ERROR", "CRITICAL"}]
    return " ".join(said) or NO_REASON


def writes_to(sender: Any, recipients: list[str], template: str) -> bool:
    """Whether a sender writes to these, and to nobody else but whom the operator's own address names."""
    found = [each for name in _TARGETS if isinstance(each := getattr(sender, name, None), list)]
    targets = {_bare(each[-1] if isinstance(each, tuple) else each) for each in chain.from_iterable(found)}
    wanted, named = {_bare(each) for each in recipients}, unquote(template).lower()
    return bool(wanted) and wanted <= targets and all(each in wanted or each in named for each in targets)


def _bare(address: object) -> str:
    return str(address).lower().removeprefix("+")


def _answer(asked: dict[str, Any], answers: TextIO, lock: Lock) -> None:
    try:
        trouble = send(asked)
    except Exception as error:  # whatever it is, whoever asked must hear of it
        trouble = f"{type(error).__name__}: {error}"
    line = json.dumps({"number": asked["number"], "trouble": trouble})
    with lock:
        answers.write(f"{line}\n")
        answers.flush()


def main() -> None:
    """Until nobody asks any more."""
    logging.getLogger("apprise").propagate = False
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints is no answer
    answer = partial(_answer, answers=answers, lock=Lock())
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for line in sys.stdin:
            threads.submit(answer, json.loads(line))
        os._exit(0)  # whoever asked has ended: nobody hears how it went


if __name__ == "__main__":
    main()
