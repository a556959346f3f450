"""What may keep the command line from doing its work. Each says in its message why, and what people can do."""

from typing import Final

from app.audit.trouble import CheckpointUnusable
from app.backup.trouble import CannotBackUp, CannotRestore
from app.demo import OtherData
from app.log.trouble import OutcomeUnknown, StoreUnavailable
from app.settings import SettingsError
from app.transfer.trouble import CannotExport, CannotReplay
from app.whatif.changes import CannotImagine


class CannotListen(Exception):  # noqa: N818 - what happened, in a sentence
    """The address cannot be listened on."""


class AddressInUse(CannotListen):
    """Somebody listens there already."""


class ServerEnded(Exception):  # noqa: N818 - what happened, in a sentence
    """The HTTP server stopped by itself."""


class ProcessFailed(Exception):  # noqa: N818 - what happened, in a sentence
    """One of the service's processes could not be started."""


class Unsuitable(Exception):  # noqa: N818 - what happened, in a sentence
    """Options or settings that do not go together."""


EXPECTED: Final = (
    CannotBackUp,
    CannotExport,
    CannotImagine,
    CannotListen,
    CannotReplay,
    CannotRestore,
    CheckpointUnusable,
    OtherData,
    OutcomeUnknown,
    ProcessFailed,
    ServerEnded,
    SettingsError,
    StoreUnavailable,
    Unsuitable,
)
