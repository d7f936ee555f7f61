"""Reads of the schedules app."""
