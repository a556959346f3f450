"""What may keep an export or a replay from being done. Each says why, and what people can do."""


class CannotExport(Exception):  # noqa: N818 - what happened, in a sentence
    """Nothing more was exported."""


class CannotReplay(Exception):  # noqa: N818 - what happened, in a sentence
    """Nothing was replayed: the store is as it was."""
