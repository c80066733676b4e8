"""Words written with digits and signs for letters ("f1owers", "$h!t"), and the numbers that are none."""

from __future__ import annotations

import re

from adgen.policy.normalise import Edit

_SOUNDS = str.maketrans("02345678$@!|€+9", "ozeasgtbsailetg")
_TOKEN = re.compile(r"[\w$@!|€+]+")
_MIXED = re.compile(r"[^\W\d_][\d$@!|€+]|[\d$@!|€+][^\W\d_]")
_EDGES = re.compile(r"(?P<before>[+|!_]*)(?P<core>.*?)(?P<after>[+|!_]*)", re.DOTALL)
# "!" and "|" also stand between words, so they count in short parts alone: "b!tch", "stup|d".
_INSIDE = re.compile(
    r"[^\W\d_][\d$@€]+[^\W\d_]|\b[a-z]{1,2}[!|][a-z]|[a-z][!|][a-z]{1,2}\b|\b[A-Z]{1,2}![A-Z]"
)
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
# Names of things that look like leetspeak: technical terms of two or more letters around one digit.
_TERMS = frozenset(
    "a11y a1c hba1c w3c h1b co2e mp3s mp4s ps4s ps5s n95s web3d wd40s x86s o2o c4d s3s b4b p4p b1g1".split()
)
_ADDRESS = re.compile(
    r"https?://\S*|www\.\S*|[^\s@]{1,64}@[^\s@]{1,64}\.\w+|(?:[\w-]{1,63}\.)+(?:com|net|org|io|co|uk|de|fr)\b\S*",
    re.IGNORECASE,
)
# Too short to tell from numbers and codes, but for the company they keep.
_LITTLE = frozenset("n0 s0 g0 d0 t0 0f 0n 0r 0h 1f 1n 1s 1t 4m 4n 4s 4t".split())
# From so many words on, and such a share of all words, the text as a whole is in leetspeak.
_MANY, _SHARE = 2, 0.3
_MONEY = re.compile(r"[A-Z]{1,3}\$\d*|[$€]\d+|\d+[$€]")


def unleet(text: str) -> list[Edit]:
    """The words of `text` that are written with digits or signs for letters, as they are read."""
    if not _MIXED.search(text):
        return []
    text = _ADDRESS.sub(lambda address: " " * len(address[0]), text)
    words = [_core(token) for token in _TOKEN.finditer(text)]
    leet = [word for word in words if _MIXED.search(word[2]) and _is_leet(word[2])]
    if len(leet) >= _MANY and len(leet) >= _SHARE * len(words):
        leet = [word for word in words if not word[2].isalpha() and not _MONEY.fullmatch(word[2])]
    elif leet:
        sure = {start for start, _, _ in leet}
        leet = [word for word in words if word[0] in sure or word[2].lower() in _LITTLE]
    return [(start, end, _read(core)) for start, end, core in leet]


def _core(token: re.Match[str]) -> Edit:
    """The token, and where it stands, without the signs at its edges that may be punctuation."""
    edges = _EDGES.fullmatch(token[0])
    assert edges is not None  # the pattern takes any text
    return token.start() + edges.start("core"), token.start() + edges.end("core"), edges["core"]


def _is_leet(core: str) -> bool:
    if core.lower() == "h8":
        return True
    letters = sum(map(str.isalpha, core))
    marks = "".join(char for char in core if not char.isalpha())
    if letters < 2 or core.lower() in _TERMS or not core.isascii():
        return False
    if any(len(set(run)) > 1 for run in _DIGITS.findall(core)):
        return False  # a number: i18n, office365
    if letters == 2 and not (core.islower() and len(marks) <= 2 and set(marks) <= set("0134@$!")):
        return False  # B2B, H2O, k8s
    if core[0].isdigit() and _COUNTED.match(core):
        return False
    return bool(_INSIDE.search(core) or _FIRST.match(core) or (_LAST.search(core) and core.islower()))


def _read(core: str) -> str:
    """The letters that the digits and signs of a word stand for."""
    if core[:2].lower() == "h8":
        return core[0] + ("at" if core[2:3].lower() in {"e", "i"} else "ate") + core[2:]
    chars = list(core.translate(_SOUNDS))
    for i, char in enumerate(core):
        if char in "1|":
            chars[i] = _one(core[max(0, i - 2) : i].lower(), core[i + 1 : i + 2].lower())
    return "".join(chars)


def _one(before: str, after: str) -> str:
    """`i` or `l` for a 1, by the characters around it: k1ll, d1e, f1owers, fi1thy, gir1, bu11y."""
    last = before[-1:]
    if {last, after} & {"1", "|"} or (last and not after):
        return "l"
    if after and after in "aeiouy034":
        return "l" if not last or last in "bcfgkpsaeiou034" else "i"
    if last in {"e", "i", "o", "u", "3", "0"} or (last == "r" and before[0] in "iou0"):
        return "l"
    return "l" if last in {"a", "4"} and after in {"k", "l", "m", "w"} else "i"
