"""The library's subscription on the log: it polls as well as listens, and outlives a lost connection."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from eventsourcing.persistence import ApplicationRecorder, ListenNotifySubscription, OperationalError

if TYPE_CHECKING:
    from app.log.event_log import EventLog

_POLL_SECONDS = 1.0


class LogSubscription(ListenNotifySubscription[ApplicationRecorder]):
    """The library's own waits without a time limit and ends at the first error of the store."""

    def __init__(self, log: "EventLog", gt: int | None = None, topics: Sequence[str] = ()) -> None:
        self._follower = log.follower  # before the thread that uses it starts
        super().__init__(recorder=log, gt=gt, topics=topics)

    def stop(self) -> None:
        super().stop()
        self._follower.disturb()

    def _loop_on_pull(self) -> None:
        try:
            while not self._has_been_stopped:
                self._pull_if_readable()
                if not self._has_been_stopped:
                    self._follower.wait(self._last_notification_id or 0, _POLL_SECONDS)
        except BaseException as error:  # handed to the thread that iterates, as the library does
            self._thread_error = self._thread_error or error
            self.stop()

    def _pull_if_readable(self) -> None:
        try:
            self._pull()
        except OperationalError:
            return
