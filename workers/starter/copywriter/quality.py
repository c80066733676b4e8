"""Cheap signs that a line is no clean English. The same rules choose training lines and samples."""

from __future__ import annotations

import re

from workers.starter.copywriter import language

_DOUBLED = re.compile(r"\b(\w+) \1\b", re.I)
_ARTICLE = re.compile(r"\b(an?) ([\w'-]+)", re.I)
_NOISE = re.compile(r"[{}<>^\ufffd_]|\s{2}| [.,!?;:]|[,;:]{2}|[.,;:][!?]|[!?][.,;:]|^[\s.,!?;:)-]|[,;:(-]$")
_ENDED = re.compile(r"([.!?]) ([\"'“(]?)(\w)")
_NOW = re.compile(r"\b(now|today|online)\b[^.!?]*\b(now|today|right now)\b", re.I)


def faults(line: str) -> list[str]:
    """What is wrong with a line, in words; empty for a clean one."""
    found = []
    if not line or not re.search(r"\w", line):
        return ["empty"]
    if _NOISE.search(line):
        found.append("stray character or space")
    if _DOUBLED.search(line):
        found.append("doubled word")
    if (
        any(line.count(left) != line.count(right) for left, right in ("()", "[]", "“”"))
        or line.count('"') % 2
    ):
        found.append("unbalanced brackets or quotes")
    if any(not _article_fits(article.lower(), word) for article, word in _ARTICLE.findall(line)):
        found.append("wrong article")
    if _NOW.search(line):
        found.append("now said twice")
    if mixed_case(line):
        found.append("sentence in lower case")
    return found


def _article_fits(article: str, word: str) -> bool:
    plural = article == "a" and len(word) > 3 and word.endswith("s") and language.number(word) == "many"
    return article == language.article(word) and not plural


def mixed_case(line: str) -> bool:
    """Some sentences open with a capital and some do not. A voice without capitals is no fault."""
    openings = [line[:1], *(letter for _, _, letter in _ENDED.findall(line))]
    letters = [letter for letter in openings if letter.isalpha()]
    return any(letter.isupper() for letter in letters) and any(letter.islower() for letter in letters)
