"""The duty of one process at a time: looking at each external calendar when it is due."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from threading import Event, Lock, Thread
from typing import Final

import structlog

from app.external_calendars.following import Following
from app.lasting_trouble import LastingTrouble
from app.log.external_calendars import ExternalCalendar, ExternalCalendarTable
from app.log.instants import timestamp_text
from app.log.trouble import OutcomeUnknown, StoreUnavailable
from app.read_models.runner import Behind

SECONDS_BETWEEN_LOOKS: Final = 2.0
"""How soon a calendar is fetched that was just added."""
AT_ONCE: Final = 4
"""Calendars that are followed at the same time: a slow server takes one of these places, and the rest go on."""
OF_A_RESOURCE: Final = 2
SECONDS_TO_LEAVE: Final = 5.0

log = structlog.get_logger()


class KeepingStep:
    """Threads that nobody waits for. What they were doing when the process ends is found and finished by the next."""

    def __init__(
        self,
        table: ExternalCalendarTable,
        following: Following,
        may_run: Callable[[], bool],
        now: Callable[[], datetime],
        stopped: Event,
    ) -> None:
        self._table = table
        self._following = following
        self._may_run = may_run
        self._now = now
        self._stopped = stopped
        self._troubles: list[str] = []
        self._lock = Lock()
        self._waiting: list[ExternalCalendar] = []
        self._under_way: list[ExternalCalendar] = []
        self._threads: list[Thread] = []
        self._put_off = LastingTrouble(
            lambda **facts: log.info("external calendars put off", **facts),
            lambda **facts: log.info("external calendars followed again", **facts),
        )
        self._thread = Thread(target=self._run, name="daybook-calendars", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; commands that were given are still done."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(SECONDS_TO_LEAVE)

    def go_round(self) -> int:
        """Follow whatever is due, to the end; how many that were. Raises StoreUnavailable."""
        found = self.look()
        for thread in [*self._threads]:
            thread.join()
        self._tell_troubles()
        return found - self._let_others()

    def look(self) -> int:
        """Have whatever is due followed, without waiting for it; how many that are. Raises StoreUnavailable."""
        due = self._table.due(timestamp_text(self._now()))
        with self._lock:
            known = {row.calendar for row in (*self._waiting, *self._under_way)}
            fresh = [row for row in due if row.calendar not in known]
            self._waiting += fresh
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            few = min(AT_ONCE - len(self._threads), len(self._waiting))
            begun = [Thread(target=self._follow_all, daemon=True) for _ in range(few)]
            self._threads += begun
        for thread in begun:
            thread.start()
        return len(fresh)

    def _follow_all(self) -> None:
        """One after another, whichever nobody else has taken."""
        while not self._stopped.is_set() and self._may_run():
            row = self._taken()
            if row is None:
                return
            try:
                self._follow(row)
            finally:
                with self._lock:
                    self._under_way.remove(row)

    def _taken(self) -> ExternalCalendar | None:
        """The next one. A resource has no more than half of the places: its slow servers hold up no other's."""
        with self._lock:
            taken = Counter(row.resource for row in self._under_way)
            row = next((each for each in self._waiting if taken[each.resource] < OF_A_RESOURCE), None)
            if row is not None:
                self._waiting.remove(row)
                self._under_way.append(row)
            return row

    def _let_others(self) -> int:
        """Whoever has the duty now sees for itself what is due; how many waited."""
        with self._lock:
            waited = len(self._waiting)
            self._waiting.clear()
            return waited

    def _tell_troubles(self) -> None:
        while self._troubles:
            self._put_off.happened(reason=self._troubles.pop())

    def _follow(self, row: ExternalCalendar) -> None:
        try:
            went_well = self._following.follow(row)
        except (StoreUnavailable, OutcomeUnknown, Behind) as trouble:
            self._troubles.append(str(trouble))
            return
        except Exception as error:  # of our own making: no line with what was at hand, an address may be in it
            log.error("calendar not followed", calendar=row.calendar, resource=row.resource, error=type(error).__name__)
            with suppress(StoreUnavailable, OutcomeUnknown):  # it is due again at once then
                self._following.failed(row.calendar, "Daybook failed to follow it. The operators can see why.")
            return
        if not went_well:
            log.info("calendar failed", calendar=row.calendar, resource=row.resource)

    def _run(self) -> None:
        while not self._stopped.wait(SECONDS_BETWEEN_LOOKS):
            try:
                if self._may_run():
                    self.look()
                    if self._troubles:
                        self._tell_troubles()
                    else:
                        self._put_off.is_over()
                else:
                    self._let_others()
            except (StoreUnavailable, OutcomeUnknown) as trouble:
                self._put_off.happened(reason=str(trouble))
            except Exception:  # the thread must live; the next round finds the same calendars again
                log.exception("external calendars not followed")
