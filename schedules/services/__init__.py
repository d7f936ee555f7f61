"""Writes of the schedules app. Enqueueing is left to views and tasks."""
