"""What keeps the runner from working: told in the log with all that is known, and to everybody in a sentence."""

import structlog

from app.log.trouble import OutcomeUnknown, StoreUnavailable

log = structlog.get_logger()


class Trouble:
    """The runner's trouble of the moment, logged once for as long as it stays the same."""

    def __init__(self) -> None:
        self._last = ""
        self.sentence: str | None = None

    def happened(self, error: Exception) -> None:
        """A step failed. `sentence` names no row, no host and no file: whoever asks may read it."""
        if isinstance(error, StoreUnavailable | OutcomeUnknown):
            self.sentence = "The read models stand still: the store cannot be used. The log lines say more."
        else:
            self.sentence = "The read models stand still: a fault of Daybook's. The log lines say more."
        told = f"{type(error).__name__}: {error}"
        if told != self._last:
            log.error("read models stand still", exc_info=error)
            self._last = told

    def is_over(self) -> None:
        """A step succeeded."""
        if self.sentence is not None:
            log.info("read models go on")
            self.sentence, self._last = None, ""
