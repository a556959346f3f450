"""What an audit may end with instead of an answer. Each says in its message why, and what people can do."""


class CheckpointUnusable(Exception):  # noqa: N818 - what it is, in a sentence
    """A file that is no checkpoint, or cannot be read or written as one."""
