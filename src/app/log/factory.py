"""Running the library's own Application on Daybook's log: its infrastructure factory."""

from pathlib import Path

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    InfrastructureFactoryError,
    NotSupportedError,
    ProcessRecorder,
    TrackingRecorder,
)

from app.log.event_log import EventLog
from app.stores import open_log

__all__ = ["LogFactory"]


class LogFactory(InfrastructureFactory[TrackingRecorder]):
    """`PERSISTENCE_MODULE=app.log.factory`, with `DAYBOOK_DATABASE_URL` and `DAYBOOK_SCHEMA`, or with
    `DAYBOOK_DATA`. Snapshots, tracking and processes are not kept here: read models have their own tables.
    """

    _log: EventLog | None = None

    def application_recorder(self) -> ApplicationRecorder:
        """The log, opened once."""
        if self._log is None:
            self._log = self._open()
        return self._log

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        raise NotSupportedError(f"The log keeps no {purpose} beside the events.")

    def tracking_recorder(self, tracking_recorder_class: type[TrackingRecorder] | None = None) -> TrackingRecorder:
        raise NotSupportedError("Read models track their position in their own tables.")

    def process_recorder(self) -> ProcessRecorder:
        raise NotSupportedError("Read models track their position in their own tables.")

    def close(self) -> None:
        if self._log is not None:
            self._log.close()

    def _open(self) -> EventLog:
        url, folder = self.env.get("DAYBOOK_DATABASE_URL"), self.env.get("DAYBOOK_DATA")
        if not url and not folder:
            raise InfrastructureFactoryError("Set DAYBOOK_DATA or DAYBOOK_DATABASE_URL.")
        return open_log(url or None, self.env.get("DAYBOOK_SCHEMA") or "daybook", Path(folder or ""), serving=True)
