"""The projector's own process: `python -P -m interface.projector`, started by the one that serves, never by people."""

import sys
from typing import Final

from app.read_models.process import project
from interface import logs
from interface.announcement import of_trouble
from interface.failures import EXPECTED

COMMAND: Final = (sys.executable, "-P", "-m", "interface.projector")


def main() -> None:
    """Keep the read models up until the process that started this one ends."""
    try:
        project(lambda settings: logs.set_up(settings.log_level))
    except EXPECTED as trouble:
        of_trouble(trouble)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
