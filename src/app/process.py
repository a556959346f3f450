"""Which process this is: the one name that log lines, readiness, metrics and the lease give it."""

from os import getpid
from socket import gethostname


def process_name() -> str:
    """`host:pid`; no two processes that serve one log have the same at the same time."""
    return f"{gethostname()}:{getpid()}"
