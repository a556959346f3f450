"""The rules of booking: pure decisions over events. No clock, no randomness, no I/O."""
