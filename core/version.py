"""The product's version, for the User-Agent and the schema."""

VERSION = "1.0.0"
USER_AGENT = f"Pilling/{VERSION} (+Korean medicine information service)"
