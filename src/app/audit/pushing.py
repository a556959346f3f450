"""Checkpoints that go out by themselves: a key beside the log proves nothing against whoever holds both."""

from collections.abc import Callable, Sequence
from threading import Event, Thread
from time import monotonic
from typing import Final

import structlog

from app.audit.checkpoint import Signer
from app.audit.sending import NotSent, Send, to_address, to_command
from app.audit.signing_keys import signer_for
from app.lasting_trouble import LastingTrouble
from app.log.event_log import EventLog
from app.log.trouble import OutcomeUnknown, StoreUnavailable
from app.settings import Settings, SettingsError

FIRST_PAUSE_SECONDS: Final = 5.0
LONGEST_PAUSE_SECONDS: Final = 300.0
_LOOK_SECONDS: Final = 1.0
"""How often it is asked whose duty it is."""
_LEAST_SECONDS: Final = 0.01
_LEAVE_SECONDS: Final = 1.0

Counted = Callable[[bool], None]
"""Called with whether a checkpoint was taken, after every attempt with one receiver."""

log = structlog.get_logger()


class Pushing:
    """A thread that sends a checkpoint every so often, if this process is the one to do it; nobody waits for it.

    What fails is told, counted, and tried again in pauses that grow, with a new checkpoint each time.
    """

    def __init__(
        self,
        event_log: EventLog,
        settings: Settings,
        may_run: Callable[[], bool],
        counted: Counted = lambda taken: None,
    ) -> None:
        self._log = event_log
        self._settings = settings
        self._may_run = may_run
        self._counted = counted
        self._stopped = Event()
        self._signer: Signer | None = None
        self._receivers = [_Receiver(name, send) for name, send in self._ways()]
        self._thread = Thread(target=self._run, name="daybook-checkpoints", daemon=True)

    def start(self) -> None:
        """Begin; the first one goes out at once. Does nothing where no receiver is set."""
        if self._receivers:
            self._thread.start()

    def stop(self) -> None:
        """End; what is under way is given up."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(_LEAVE_SECONDS)

    def _ways(self) -> Sequence[tuple[str, Send]]:
        url, command = self._settings.checkpoint_url, self._settings.checkpoint_command
        ways = [("address", to_address(url))] if url is not None else []
        return [*ways, *([("command", to_command(command, self._stopped.is_set))] if command is not None else [])]

    def _run(self) -> None:
        while not self._stopped.is_set():
            for receiver in self._receivers:
                if self._may_run() and receiver.due <= monotonic():
                    self._push(receiver)
            pause = min(receiver.due for receiver in self._receivers) - monotonic()
            self._stopped.wait(min(max(pause, _LEAST_SECONDS), _LOOK_SECONDS))

    def _push(self, receiver: "_Receiver") -> None:
        try:
            if self._signer is None:
                self._signer = signer_for(self._settings)
            receiver.send(self._signer.checkpoint(self._log.head()))
        except (NotSent, SettingsError, StoreUnavailable, OutcomeUnknown) as trouble:
            self._failed(receiver, str(trouble))
        except Exception as trouble:  # the thread must live, or no checkpoint ever goes out again
            self._failed(receiver, type(trouble).__name__)
        else:
            receiver.due, receiver.pause = monotonic() + self._settings.checkpoint_minutes * 60, FIRST_PAUSE_SECONDS
            receiver.trouble.is_over(receiver=receiver.name)
            self._counted(True)

    def _failed(self, receiver: "_Receiver", reason: str) -> None:
        if self._stopped.is_set():
            return
        pause = min(receiver.pause, self._settings.checkpoint_minutes * 60)
        receiver.due, receiver.pause = monotonic() + pause, min(2 * receiver.pause, LONGEST_PAUSE_SECONDS)
        receiver.trouble.happened(receiver=receiver.name, reason=reason, again_in_seconds=pause)
        self._counted(False)


class _Receiver:
    """Who gets checkpoints. `due`: when the next one is, by the monotonic clock; `pause`: seconds after a failure."""

    def __init__(self, name: str, send: Send) -> None:
        self.name = name
        self.send = send
        self.due = monotonic()
        self.pause = FIRST_PAUSE_SECONDS
        self.trouble = LastingTrouble(
            lambda **facts: log.error("checkpoint not sent", **facts),
            lambda **facts: log.info("checkpoints are sent again", **facts),
        )
