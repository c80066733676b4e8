"""How long a text is, as each platform counts it."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Unit = Literal["char", "wide", "weighted", "x"]

# X shortens every web address to one of this length, also one without "https://".
_X_ADDRESS = 23
_ADDRESS = re.compile(
    r"https?://\S*[\w/]|(?<![\w.@])(?:[\w-]+\.)+(?:com|net|org|io|app|shop|store|co\.uk)\b(?:/\S*[\w/])?",
    re.IGNORECASE,
)
# X counts two for what is drawn as one picture: a flag, a keycap, a symbol with its skin tone, a family.
_PICTURE = "[\u2190-\u2bff\U0001f000-\U0001faff]\ufe0f?[\U0001f3fb-\U0001f3ff]?"
_SEQUENCE = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}"
    "|[0-9#*]\ufe0f?\u20e3"
    "|[\u00a9\u00ae]\ufe0f"
    f"|{_PICTURE}[\U000e0020-\U000e007f]*(?:\u200d{_PICTURE})*"
)
_X_ONE = (range(0x1100), range(0x2000, 0x200E), range(0x2010, 0x2020), range(0x2032, 0x2038))


def width(text: str, unit: Unit) -> int:
    """Length of `text` in `unit`, over its NFC form, as the platforms count it."""
    text = unicodedata.normalize("NFC", text)
    if unit != "x":
        return sum(char_width(char, unit) for char in text)
    text, addresses = _ADDRESS.subn("", text)
    text, pictures = _SEQUENCE.subn("", text)
    return _X_ADDRESS * addresses + 2 * pictures + sum(char_width(char, unit) for char in text)


def char_width(char: str, unit: Unit) -> int:
    """Units that one character costs on its own."""
    if unit == "char":
        return 1
    if unit == "x":
        return 1 if any(ord(char) in ones for ones in _X_ONE) else 2
    if unicodedata.east_asian_width(char) in {"W", "F"}:
        return 2
    # Symbols that only become emoji with a variation selector are counted as the platform draws them.
    return 2 if unit == "weighted" and unicodedata.category(char) == "So" else 1
