"""Why a backup or a restore does not happen. The message is a sentence for people: what is so, and what to do."""


class CannotBackUp(Exception):  # noqa: N818 - what happened, in a sentence
    """No backup was made. What there is of it has no manifest and is refused by a restore."""


class CannotRestore(Exception):  # noqa: N818 - what happened, in a sentence
    """Nothing was restored: the place that it was to go to is as it was."""
