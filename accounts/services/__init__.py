"""Writes: who is signed in, the user's own settings, erasure."""
