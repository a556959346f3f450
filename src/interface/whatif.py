"""`daybook whatif`, and what it tells people."""

import json
from contextlib import closing

from app.settings import Settings
from app.stores import open_log
from app.whatif.answer import MOST_LISTED, as_facts
from app.whatif.changes import changes_of
from app.whatif.imagining import Imagined, imagine
from app.whatif.question import Question
from app.whatif.utilisation import Use
from domain.refusal import Refused
from interface.announcement import Say
from interface.failures import Unsuitable
from interface.progress import Shown


def imagine_with_progress(settings: Settings, question: Question, say: Say, *, as_json: bool) -> None:
    """Answer beside a working service. Raises one of `failures.EXPECTED`."""
    changes = changes_of(question.changes)
    with (
        closing(open_log(settings.database_url, settings.schema_name, settings.data, serving=False)) as log,
        Shown() as shown,
    ):
        try:
            found = imagine(log, question.resource, question.first, question.last, changes, shown)
        except Refused as refused:
            raise Unsuitable(str(refused)) from None
    if as_json:
        say(json.dumps(as_facts(question, found)))
    else:
        _tell(question, found, say)


def _tell(question: Question, found: Imagined, say: Say) -> None:
    otherwise = f" with {', '.join(question.changes)}" if question.changes else ", as it was"
    say(f"{question.resource} from {question.first} to {question.last}{otherwise}:")
    for what, count in (
        ("bookings that were made", found.bookings),
        ("of them would not have been", len(found.lost)),
        ("wishes that were turned away for good", found.turned_away),
        ("of them would have been served", found.served),
        ("refusals in all", found.tries),
        ("of people who found another time of that date", found.settled),
    ):
        say(f"  {what:<46} {count:>8,}")
    say(f"  {'utilisation':<46} {_percent(found.before):>8} and then {_percent(found.after)}")
    for lost in found.lost[:10]:
        say(f"  lost: {lost.booking} at {lost.start:%Y-%m-%d %H:%M} ({lost.code})")
    if len(found.lost) > 10:
        say(f"  and {len(found.lost) - 10:,} more; --json lists {MOST_LISTED}")
    if found.unlike:
        say(f"  note: {found.unlike:,} come out otherwise than they did although nothing is changed: they depended on")
        say("  what is not replayed, such as another resource. The figures are less exact by as many.")
    say(f"Decided {found.decided:,} requests in {found.seconds:,.2f} s, {found.decided_a_second:,.0f} a second.")


def _percent(use: Use) -> str:
    return "-" if use.share is None else f"{use.share:.1%}"
