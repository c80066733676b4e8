"""Token ids: the tokenizer, the ids with a meaning of their own, and pieces as ids and back.

Text is lower case in the vocabulary; the mark `^` before a word or a pointer raises its first letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from adgen.spec import TONES
from workers.starter.copywriter import appeals, wordlists
from workers.starter.copywriter.fields import POINTERS
from workers.starter.copywriter.language import NUMBERS, ROLES
from workers.starter.copywriter.pointers import Case, Form, Piece, Pointer
from workers.starter.copywriter.style import CASES, ENDS, PERSONS

SIZE = 3584
PAD, END, BRIEF, LIKE = "<pad>", "<end>", "<brief>", "<like>"
KINDS = ("headline", "description")
LIMITS = (15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 70, 80, 90, 100, 110, 125, 150, 175, 200, 240, 280)
LENGTH_STEP, LENGTH_STEPS = 4, 16

_MARK = "^"
_MARKED = re.compile(r"\^( ?)(\w)")
# While a line is coded, each token that may stand in it is one private character.
_SIGNS = {
    token: chr(0xE000 + index)
    for index, token in enumerate(
        ["<case:title>", "<form:third>", "<form:ing>", *(f"<to:{n}>" for n in POINTERS)]
    )
}
_SIGN = re.compile("([\ue000-\ue0ff])")
_POINTER = re.compile("(\\^?)(\ue000?)([\ue001\ue002]?)([\ue003-\ue0ff])")
_BROKEN = re.compile("[\\^\ue000-\ue0ff\ufffd<>{}_]")
_TIGHT = re.compile(r"(^|[\s(\[\"'“‘/–—-])$")


def specials() -> list[str]:
    """Every token with a meaning of its own, in id order."""
    groups: tuple[tuple[str, Iterable[object]], ...] = (
        ("to:", POINTERS),
        ("form:", ("third", "ing")),
        ("case:", ("title",)),
        ("role:", ROLES),
        ("number:", NUMBERS),
        ("length:", range(1, LENGTH_STEPS + 1)),
        ("industry:", wordlists.industries()),
        ("sells:", ("goods", "services")),
        ("tone:", TONES),
        ("kind:", KINDS),
        ("appeal:", appeals.names()),
        ("style:", CASES),
        ("end:", ENDS),
        ("person:", PERSONS),
        ("limit:", LIMITS),
    )
    return [PAD, END, BRIEF, LIKE, *(f"<{prefix}{name}>" for prefix, names in groups for name in names)]


def train_tokenizer(texts: Iterable[str]) -> Tokenizer:
    """A byte-level BPE over lower-cased text, with `specials` first."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(_MARK, "isolated"),
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE,
        special_tokens=specials(),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=3,
        show_progress=False,
    )
    tokenizer.train_from_iterator((mark_case(text) for text in texts), trainer)
    return tokenizer


def mark_case(text: str) -> str:
    """`text` in lower case, each raised letter told by a mark before its word."""
    return re.sub(r"( ?)(\w)", _mark, re.sub("[\\^\ue000-\ue0ff]", "", text))


def _mark(found: re.Match[str]) -> str:
    low = found[2].lower()
    return f"{_MARK}{found[1]}{low}" if low != found[2] and low.upper() == found[2] else found[0]


class Vocabulary:
    """A tokenizer with the ids that the copywriter gives a meaning."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        tokenizer.encode_special_tokens = True  # a brief that spells "<end>" spells text
        self._tokenizer = tokenizer
        self.size: int = tokenizer.get_vocab_size()
        self.ids: dict[str, int] = {token: _id(tokenizer, token) for token in specials()}
        self.marks = frozenset(self.ids[token] for token in _SIGNS if not token.startswith("<to:"))
        self._sign_ids = {sign: self.ids[token] for token, sign in _SIGNS.items()}
        self._id_signs = {id_: sign for sign, id_ in self._sign_ids.items()}

    @classmethod
    def load(cls, path: Path) -> Vocabulary:
        return cls(Tokenizer.from_file(str(path)))

    def words(self, text: str) -> list[int]:
        """Literal text as ids, case marked."""
        return self._bpe(mark_case(text))

    def spelled(self, id_: int) -> str:
        """The text that one id adds to a line; the mark that raises a letter adds none."""
        return self._tokenizer.decode([id_], skip_special_tokens=False).replace(_MARK, "")

    def _bpe(self, text: str) -> list[int]:
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def encode(self, pieces: Sequence[Piece]) -> list[int]:
        """A line's pieces as ids. The space before a pointer is understood, not written."""
        line = ""
        for piece in pieces:
            if isinstance(piece, str):
                line += mark_case(piece if line else f" {piece}")
                continue
            if line.endswith(" ") and not _TIGHT.search(line[:-1]):
                line = line[:-1]
            line += _signs(piece)
        ids: list[int] = []
        for part in _SIGN.split(line):
            ids += [self._sign_ids[part]] if part in self._sign_ids else self._bpe(part)
        return ids

    def decode(self, ids: Sequence[int]) -> list[Piece] | None:
        """The pieces that `ids` spell, or None where they hold broken text or a mark that raises nothing."""
        line = self._template(ids)
        pieces: list[Piece] = []
        at = 0
        for found in _POINTER.finditer(line):
            before = _MARKED.sub(_raise, line[at : found.start()])
            joined = bool(_TIGHT.search(before)) if before else not pieces
            pieces += [before if joined else f"{before} ", _pointer(found)]
            at = found.end()
        pieces.append(_MARKED.sub(_raise, line[at:]))
        if isinstance(pieces[0], str):
            pieces[0] = pieces[0].lstrip(" ")
        broken = any(isinstance(piece, str) and _BROKEN.search(piece) for piece in pieces)
        return None if broken else [piece for piece in pieces if piece]

    def _template(self, ids: Sequence[int]) -> str:
        """`ids` as text, with a sign for each pointer and mark."""
        line = ""
        run: list[int] = []
        for id_ in ids:
            if id_ in self._id_signs:
                line += self._tokenizer.decode(run, skip_special_tokens=False) + self._id_signs[id_]
                run = []
            else:
                run.append(id_)
        return line + self._tokenizer.decode(run, skip_special_tokens=False)


def _id(tokenizer: Tokenizer, token: str) -> int:
    id_ = tokenizer.token_to_id(token)
    if id_ is None:
        raise ValueError(f"The tokenizer lacks {token}: it was made for another version of the copywriter.")
    return id_


def _raise(found: re.Match[str]) -> str:
    return found[1] + found[2].upper()


def _signs(pointer: Pointer) -> str:
    case = {"": "", "cap": _MARK, "title": _SIGNS["<case:title>"]}[pointer.case]
    form = _SIGNS[f"<form:{pointer.form}>"] if pointer.form else ""
    return case + form + _SIGNS[f"<to:{pointer.name}>"]


def _pointer(found: re.Match[str]) -> Pointer:
    case: Case = "title" if found[2] else "cap" if found[1] else ""
    form: Form = {"": "", "\ue001": "third", "\ue002": "ing"}[found[3]]  # type: ignore[assignment]
    return Pointer(POINTERS[ord(found[4]) - 0xE003], form, case)
