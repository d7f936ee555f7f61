"""Reads of the catalogue; typed, immutable values. Other apps may call these."""
