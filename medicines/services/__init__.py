"""Writes of the catalogue. Other apps may call these; they never enqueue tasks."""
