"""Signed-in endpoints: parse, one call, respond."""
