"""Runs commands, stores events, builds read models, replays."""
