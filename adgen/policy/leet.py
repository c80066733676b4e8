"""Words written with digits and signs for letters ("f1owers", "$h!t"), and the numbers that are none."""

from __future__ import annotations

import re

from adgen.policy.normalise import Edit
from adgen.policy.vocabulary import is_word, known_words, spellings

_SOUNDS = str.maketrans("02345678$@!|€+9", "ozeasgtbsailetg")
_TOKEN = re.compile(r"[\w$@!|€+]+")
_MIXED = re.compile(r"[^\W\d_][\d$@!|€+]|[\d$@!|€+][^\W\d_]")
_EDGES = re.compile(r"(?P<before>[+|!_]*)(?P<core>.*?)(?P<after>[+|!_]*)", re.DOTALL)
# "!" and "|" also stand between words, so they count in short parts alone: "b!tch", "stup|d".
_INSIDE = re.compile(
    r"[^\W\d_][\d$@€]+(?=[^\W\d_])|\b[a-z]{1,2}[!|](?=[a-z])|[a-z][!|](?=[a-z]{1,2}\b)|\b[A-Z]{1,2}!(?=[A-Z])"
)
# Letters and marks by turns, at least thrice: too much for a number with its unit, or for a code.
_WOVEN = re.compile(r"[^\W\d_][\d$@!€+]+[^\W\d_]|[\d$@!€+][^\W\d_]+[\d$@!€+]")
_DIGITS = re.compile(r"\d+")
# A sign first, or an only digit first before a word that is not counted by it ("3vil", but not "3way").
_FIRST = re.compile(r"\$(?!usd|aud|cad|nzd)[^\W\d_]{2}|@[^\W\d_]{2,3}$|[01345][a-z]{3}", re.IGNORECASE)
_COUNTED = re.compile(
    r"\d(?:st|nd|rd|th|x|for|off|in|ever|sale|all|you|way|pack|pc|star|fold|piece|part|step|stop|click|door|seat|"
    r"bed|bath|room|wheel|ply|tier|hour|hr|min|sec|day|night|week|month|year|yr|player|person|people|adult|kid|"
    r"guest|speed|inch|course|factor|times|runner|password|eleven|size|line|page|cent|euro|pound|dollar|season|"
    r"mile|lit|gram|gal|kg|km|lb|oz|tbsp|tsp|ton|watt|volt)",
    re.IGNORECASE,
)
_LAST = re.compile(r"[a-z]\$+$")
# Names of things that look like leetspeak.
_TERMS = {
    "a11y", "i18n", "l10n", "g11n", "k8s", "e2e", "b2b", "b2c", "p2p", "m2m", "a1c", "hba1c", "w3c", "h1b",
    "co2e", "mp3s", "mp4s", "ps4s", "ps5s", "n95s", "web3d", "o2o", "c4d", "s3s", "b4b", "p4p", "b1g1",
    "r2d2", "c3po", "h2o",
}  # fmt: skip
# Too short to tell from numbers and codes, but for the company they keep.
_LITTLE = {
    "n0", "s0", "g0", "d0", "t0", "0f", "0n", "0r", "0h", "1f", "1n", "1s", "1t", "4m", "4n", "4s", "4t",
}  # fmt: skip
_ADDRESS = re.compile(
    r"https?://\S*|www\.\S*|[^\s@]{1,64}@[^\s@]{1,64}\.\w+|(?:[\w-]{1,63}\.)+(?:com|net|org|io|co|uk|de|fr)\b\S*",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"[A-Z]{1,3}\$\d*|[$€]\d+|\d+[$€]|\d*(?:1st|2nd|3rd|\dth)|\d+(?:am|pm|x|k|kg|g|ml|km|cm|mm|gb)",
    re.IGNORECASE,
)
# From so many such words on, and such a share of all, the text as a whole is in leetspeak.
_MANY, _SHARE = 2, 0.3


def unleet(text: str, *, eager: bool) -> list[Edit]:
    """The words of `text` that are written with digits or signs for letters, as they are read.

    `eager` reads whatever has digits or signs, numbers too, once one word is surely written so; else only
    text in leetspeak as a whole is read like that, and its numbers are let be.
    """
    if not _MIXED.search(text):
        return []
    text = _ADDRESS.sub(lambda address: " " * len(address[0]), text)
    words = [word for word in map(_core, _TOKEN.finditer(text)) if word[2]]
    leet = [word for word in words if _MIXED.search(word[2]) and _is_leet(word[2])]
    if leet and (eager or _is_whole(words, leet)):
        leet = [
            word
            for word in words
            if not word[2].isalpha()
            and not _MONEY.fullmatch(word[2])
            and word[2].lower() not in _TERMS
            and (eager or not word[2].isdigit())
        ]
    elif leet:
        sure = {start for start, _, _ in leet}
        leet = [word for word in words if word[0] in sure or word[2].lower() in _LITTLE]
    return [(start, end, _read(core)) for start, end, core in leet]


def _core(token: re.Match[str]) -> Edit:
    """The token, and where it stands, without the signs at its edges that may be punctuation."""
    edges = _EDGES.fullmatch(token[0])
    assert edges is not None  # the pattern takes any text
    start, end = edges.span("core")
    if (
        edges["before"].endswith("!")
        and _MIXED.search(edges["core"])
        and is_word(_read(token[0][start - 1 : end]))
    ):
        start -= 1  # "!d!0t"
    return token.start() + start, token.start() + end, token[0][start:end]


def _is_leet(core: str) -> bool:
    lower = core.lower()
    letters = sum(map(str.isalpha, core))
    marks = {char for char in core if not char.isalpha()}
    if lower == "h8":
        return True
    if lower in _TERMS or not core.isascii():
        return False
    if letters < 2:  # "a$$" and "@r3" are words, "A$" and "a$5" are money
        signs = marks <= set("$@!") or (marks & set("@!") and "$" not in marks)
        return len(core) > 2 and core == lower and bool(signs) and is_word(_read(core))
    if core[0].isdigit() and _COUNTED.match(core):
        return False
    if len(core) > 3 and _WOVEN.search(core) and (letters > 2 or core.islower()) and is_word(_read(core)):
        return True
    plural_code = lower.endswith("s") and any(map(str.isdigit, marks))
    if letters == 2 and (plural_code or not core[1:].islower() or not marks <= set("0134@$!")):
        return False  # S3s, B2B, x86
    if any(len(set(run)) > 1 for run in _DIGITS.findall(core)):
        return False  # a number: office365
    return bool(_INSIDE.search(core) or _FIRST.match(core) or (_LAST.search(core) and core.islower()))


def _is_whole(words: list[Edit], leet: list[Edit]) -> bool:
    """True if the text as a whole is in leetspeak: many words are, or one is through and through."""
    mixed = sum(not core.isalpha() for _, _, core in words)
    if len(leet) >= _MANY:
        return len(leet) >= _SHARE * len(words) or mixed * 2 >= len(words)
    return mixed > 1 and any(len(_INSIDE.findall(core)) > 1 for _, _, core in leet)


def _read(core: str) -> str:
    """The letters that the digits and signs of a word stand for."""
    lower = core.lower()
    if lower.startswith("h8"):
        return core[0] + ("at" if lower[2:3] in {"e", "i"} else "ate") + core[2:]
    plain = core.translate(_SOUNDS)
    ones = {i: "il" for i, char in enumerate(core) if char in "1|"}
    if not ones:
        return plain
    words = known_words(spellings(plain, ones))
    if words:
        return words[0]
    guesses = {i: _one(lower[max(0, i - 2) : i], lower[i + 1 : i + 2]) for i in ones}
    return "".join(guesses.get(i, char) for i, char in enumerate(plain))


def _one(before: str, after: str) -> str:
    """`i` or `l` for a 1 in an unknown word, by the characters around it: k1ll, f1owers, fi1thy, bu11y."""
    last = before[-1:]
    if {last, after} & {"1", "|"} or (last and not after):
        return "l"
    if after and after in "aeiouy034":
        return "l" if not last or last in "bcfgkpsaeiou034" else "i"
    if last in {"e", "i", "o", "u", "3", "0"} or (last == "r" and before[0] in "iou0"):
        return "l"
    return "l" if last in {"a", "4"} and after in {"k", "l", "m", "w"} else "i"
