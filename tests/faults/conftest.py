"""Guests at the doors of servers whose disk has faults."""

from tests.races.conftest import anyio_backend, door

__all__ = ["anyio_backend", "door"]
