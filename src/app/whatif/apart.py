"""Imagining in a process of its own, so that nobody who books waits for it: it takes the processor for seconds."""

import json
import os
import sys
from contextlib import closing, suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.log.trouble import StoreUnavailable
from app.whatif.changes import CannotImagine, changes_of
from app.whatif.question import Question, must_be_a_range

if TYPE_CHECKING:
    from app.settings import Settings

# What only one of the two processes needs is imported where it is used: people wait for the other one's start.

IMAGINING_SECONDS: Final = 60.0
_LESS_URGENT: Final = 10
_MEMORY_BYTES: Final = 1024 * 1024 * 1024
"""What it may take: a year of a busy place is about a third of it."""


async def imagine_apart(settings: "Settings", question: Question, seconds: float = IMAGINING_SECONDS) -> dict[str, Any]:
    """What `as_facts` says of the answer.

    Raises CannotImagine, StoreUnavailable, TimeoutError.
    """
    from anyio import fail_after, run_process

    from app.settings import environment_of_others

    changes_of(question.changes)  # what cannot be is said at once
    must_be_a_range(question.first, question.last)
    asked = {
        "database_url": settings.database_url,
        "schema": settings.schema_name,
        "data": str(settings.data),
        "resource": question.resource,
        "first": question.first.isoformat(),
        "last": question.last.isoformat(),
        "changes": list(question.changes),
    }
    with fail_after(seconds):
        done = await run_process(
            [sys.executable, "-P", "-m", "app.whatif.apart"],
            input=json.dumps(asked).encode(),
            stderr=None,
            env=environment_of_others(),
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"what-if ended with {done.returncode}")
    found: dict[str, Any] = json.loads(done.stdout)
    if "cannot" in found:
        raise CannotImagine(found["cannot"])
    if "unavailable" in found:
        raise StoreUnavailable(found["unavailable"])
    return found


def _main() -> None:
    asked = json.load(sys.stdin)
    _limit_itself()
    try:
        found = _answer(asked)
    except MemoryError:
        found = {
            "cannot": "This takes more memory than there is for it. Ask about fewer dates, or use `daybook whatif`."
        }
    sys.stdout.write(json.dumps(found))


def _limit_itself() -> None:
    if sys.platform == "win32":  # which knows no such limits
        return
    import resource

    with suppress(ValueError, OSError):  # where the system sets less, or does not let it be set
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    with suppress(OSError):
        os.nice(_LESS_URGENT)


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    from app.stores import open_log
    from app.whatif.answer import as_facts
    from app.whatif.imagining import imagine
    from domain.refusal import Refused

    first, last = date.fromisoformat(asked["first"]), date.fromisoformat(asked["last"])
    question = Question(asked["resource"], first, last, tuple(asked["changes"]))
    try:
        changes = changes_of(question.changes)
        with closing(open_log(asked["database_url"], asked["schema"], Path(asked["data"]), serving=False)) as log:
            return as_facts(question, imagine(log, question.resource, first, last, changes))
    except (CannotImagine, Refused) as cannot:
        return {"cannot": str(cannot)}
    except StoreUnavailable as trouble:
        return {"unavailable": str(trouble)}


if __name__ == "__main__":
    _main()
