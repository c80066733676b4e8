"""When two lines count as the same."""

from __future__ import annotations

import hashlib
import re
import unicodedata


def text_key(text: str) -> str:
    """Digest that lines share which differ only in case, spacing or end punctuation."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = re.sub(r"\s+", " ", plain).strip().rstrip(".!")
    return hashlib.sha256(plain.encode()).hexdigest()
