"""What a look before the start has to tell."""

from typing import NamedTuple


class Told(NamedTuple):
    """A sentence for people. `is_wrong`: the service would not start, or not do its work, as things are."""

    is_wrong: bool
    sentence: str


def wrong(sentence: object) -> Told:
    """Something that has to be put right first."""
    return Told(True, str(sentence))


def noted(sentence: str) -> Told:
    """Something that is good to know."""
    return Told(False, sentence)
