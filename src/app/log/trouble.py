"""What can go wrong with the event log, and what each kind promises about what was stored."""

from eventsourcing.persistence import OperationalError, RecordConflictError


class HeadMoved(RecordConflictError):  # noqa: N818 - the expected answer to a lost race, not an error
    """The log's head is no longer where the append expected it. Nothing was stored."""


class OutcomeUnknown(OperationalError):  # noqa: N818 - says what is known, which is the point
    """The connection went while the store was committing. The events may be there or not: look."""


class StoreUnavailable(OperationalError):  # noqa: N818 - the word of the API's refusal
    """The store cannot serve. Surely nothing was stored. The message is a sentence for people."""


class StoreInUse(StoreUnavailable):
    """Another process serves this data folder."""


class StoreDamaged(StoreUnavailable):
    """The file is no database, or not one of ours, or its pages are corrupt."""


class SchemaMissing(StoreUnavailable):
    """The tables are not there, or older than this program: `daybook migrate` makes them."""
