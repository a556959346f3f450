"""What if a resource had been defined otherwise: its requests of the past, decided once more by the real rules."""
