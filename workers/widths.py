"""How wide each token of a tokenizer can make a line, in a channel's units."""

from __future__ import annotations

import codecs
import re
from functools import cache

from tokenizers import pre_tokenizers
from transformers import PreTrainedTokenizerBase

from adgen.channels import Unit, char_width, width

_BYTE_TOKEN = re.compile(r"<0x([0-9A-F]{2})>")
_SPACES = re.compile(r"\s+")


def token_widths(tokenizer: PreTrainedTokenizerBase, unit: Unit) -> list[int]:
    """For each id the units that it adds to a line, at most.

    A run of white space counts as the one space that lines keep of it. A character in several tokens is
    counted where it begins, as wide as it may become.
    """
    spelling = _byte_level if _is_byte_level(tokenizer) else _sentence_piece
    tokens = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    return [_width(spelling(token or ""), unit) for token in tokens]


def _is_byte_level(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Whether tokens are written with one character a byte, or with "▁" for a space."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    return backend is not None and b'"ByteLevel"' in backend.decoder.__getstate__()


def _byte_level(token: str) -> bytes:
    alphabet = _byte_alphabet()
    if all(char in alphabet for char in token):
        return bytes(alphabet[char] for char in token)
    return token.encode()  # added tokens are written as they are


def _sentence_piece(token: str) -> bytes:
    found = _BYTE_TOKEN.fullmatch(token)
    return bytes([int(found[1], 16)]) if found else token.replace("▁", " ").encode()


@cache
def _byte_alphabet() -> dict[str, int]:
    """The byte that each character stands for: itself where it prints, else the next one above all bytes."""
    printed = {ord(char) for char in pre_tokenizers.ByteLevel.alphabet() if ord(char) < 256}
    others = [byte for byte in range(256) if byte not in printed]
    return {chr(byte): byte for byte in printed} | {chr(256 + n): byte for n, byte in enumerate(others)}


def _width(spelt: bytes, unit: Unit) -> int:
    # Bytes that go on with a character of an earlier token are left out here: they are counted there.
    decoder = codecs.getincrementaldecoder("utf-8")("ignore")
    whole = width(_SPACES.sub(" ", decoder.decode(spelt)), unit)
    begun = decoder.getstate()[0]
    return whole + (_widest(begun[0], unit) if begun else 0)


@cache
def _widest(lead: int, unit: Unit) -> int:
    """The width of the widest character whose first UTF-8 byte is `lead`."""
    if lead >= 0xE0:
        return 1 if unit == "char" else 2
    return max(char_width(chr((lead & 0x1F) << 6 | low), unit) for low in range(64))
