"""The version of what search derives from names and texts: a digest of the rules, so that no change is missed."""

import hashlib
import unicodedata
from pathlib import Path

_HERE = Path(__file__).parent
# Those that run when a product is stored; `query`, `nearness` and the rest run when somebody asks.
_RULES = ("columns.py", "company.py", "ingredients.py", "keys.py", "normalise.py", "symptoms.py")


def version_of(folder: Path) -> str:
    """24 hex digits that change with the rules and tables of (a copy of) this package, or with Python's Unicode."""
    files = [*(folder / name for name in _RULES), *sorted((folder / "data").iterdir())]
    parts = [unicodedata.unidata_version.encode(), *(file.read_bytes() for file in files)]
    return hashlib.blake2b(b"\0".join(parts), digest_size=12).hexdigest()


VERSION = version_of(_HERE)
"""Computed when the process starts: what it derives is what it says, also while a newer release is being copied in."""
