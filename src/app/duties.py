"""Duties that one process has at a time: it holds a lease and renews it; another takes over when it lapses."""

from secrets import token_hex
from threading import Event, Thread
from time import monotonic

import structlog

from app.lasting_trouble import LastingTrouble
from app.log.event_log import EventLog
from app.log.lease import Lease
from app.log.trouble import OutcomeUnknown, StoreUnavailable
from app.process import process_name

LEASE_SECONDS = 5.0
RENEW_SECONDS = 1.0

log = structlog.get_logger()


class Duties:
    """Whether this process is the one that projects and sweeps. `are_mine` costs no question to the store."""

    def __init__(self, event_log: EventLog) -> None:
        self._lease = Lease(event_log, "projector", f"{process_name()}/{token_hex(8)}", LEASE_SECONDS)
        self._held_until = float("-inf")
        self._were_mine = False
        self._stopped = Event()
        self._not_reached = LastingTrouble(
            lambda **facts: log.info("lease not reached", **facts),
            lambda **facts: log.info("lease reached again", **facts),
        )
        self._thread = Thread(target=self._run, name="daybook-lease", daemon=True)

    def start(self) -> None:
        """Try for the lease, and keep trying."""
        self._try()
        self._thread.start()

    def stop(self) -> None:
        """Let another process have it at once."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(LEASE_SECONDS)
        self._held_until = float("-inf")
        try:
            self._lease.release()
        except (StoreUnavailable, OutcomeUnknown) as trouble:
            log.info("lease left to lapse", reason=str(trouble))
        except Exception:  # whoever stops has more to let go
            log.exception("lease left to lapse")

    def are_mine(self) -> bool:
        """Whether the lease was ours a moment ago, by a clock that runs on while the process is paused."""
        return monotonic() < self._held_until

    def _run(self) -> None:
        while not self._stopped.wait(RENEW_SECONDS):
            self._try()

    def _try(self) -> None:
        asked = monotonic()
        try:
            mine = self._lease.acquire()
        except (StoreUnavailable, OutcomeUnknown) as trouble:
            self._not_reached.happened(reason=str(trouble))
            return
        except Exception:  # the thread must live, or a process that is alone never projects again
            log.exception("lease not reached")
            return
        self._not_reached.is_over()
        if mine != self._were_mine:  # a lease that lapsed while this process was paused was lost, too
            log.info("projecting and sweeping" if mine else "another process projects and sweeps")
        self._were_mine = mine
        self._held_until = asked + LEASE_SECONDS - RENEW_SECONDS if mine else float("-inf")
