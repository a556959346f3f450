"""Whether a copy of a log is whole, said in a sentence."""

from itertools import islice

from app.backup.manifest import Progress
from app.log.reading import Reading
from app.log.records import Head
from app.log.verifying import findings

_TOLD = 3


def faults_of(log: Reading, head: Head, progress: Progress) -> str:
    """What is wrong with a log up to a head, the first few of it; empty when nothing is. Raises StoreUnavailable."""
    found = findings(log, head, lambda done, total: progress("Verifying events", done, total))
    told = [each.sentence for each in islice(found, _TOLD + 1)]
    return " ".join([*told[:_TOLD], *(["There is more."] if len(told) > _TOLD else [])])
