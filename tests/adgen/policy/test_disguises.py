"""What a disguised text reads, and that honest text is left alone."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adgen.policy import readings
from adgen.policy.characters import mixed_script_spans
from tests.processes import ROOT


def read(text: str) -> set[str]:
    """Every reading of `text`, its spaces made single."""
    return {" ".join(reading.text.split()) for reading in readings(text)}


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        # digits and signs for letters
        ("f1owers for you", "flowers for you"),
        ("I h4te it", "I hate it"),
        ("$h!t happens", "shit happens"),
        ("k1ll the b1ack bu11y", "kill the black bully"),
        ("1 h4t3 411 0f y0u p30p13", "i hate all of you people"),
        ("N0 k1ds, n0 dogs", "No kids, no dogs"),
        ("a$$ and @ss", "ass and ass"),
        ("h8ers", "haters"),
        ("b!7ch and wh!73 7r45h", "bitch and white trash"),
        ("f1gh7 me h03", "fight me hoe"),
        ("a l177l3 $hu7 up, ya !d!0t", "a little shut up, ya idiot"),
        ("7h3$3 h035 @r3 4nd w3r3", "these hoes are and were"),
        # letter by letter
        ("h a t e speech", "hate speech"),
        ("h.a.t.e speech", "hate speech"),
        ("h-a-t-e or h_a_t_e or h * a * t * e", "hate or hate or hate"),
        ("you are a s t u p i d person", "you are a stupid person"),
        ("F.L.O.W.E.R.S today", "FLOWERS today"),
        ("y o u   a r e   b a d", "you are bad"),
        ("y.o.u. .a.r.e. .b.a.d", "you are bad"),
        ("l a s t c h a n c e f o r b e a n s now", "last chance for beans now"),
        ("U p t o 6 0 % o f f , n o c h i l d r e n", "Up to 60 % off , no children"),
        ("stu.pid person", "stupid person"),
        # letters said too often
        ("I haaaate it", "I hate it"),
        ("goooood", "good"),
        ("goooood", "god"),
        ("sooo freeeee", "so free"),
        # other letters, other signs
        ("ｆｒｅｅ", "free"),
        ("𝗳𝗿𝗲𝗲", "free"),
        ("ʜᴀᴛᴇ", "hate"),
        ("🅗🅐🅣🅔 and 🇭🇦🇹🇪", "HATE and HATE"),
        ("h̶a̶t̶e̶", "hate"),
        ("hатe", "hate"),  # Cyrillic а, т
        ("🐒 go home", "monkey go home"),
        ("👋🏿", "waving hand dark skin"),
        ("👩🏽‍🌾 and 🏳️‍🌈", "woman farmer medium skin and rainbow flag"),  # several signs, one picture
        ("🇮🇳 and 🖤 and 🔫", "india and heart and pistol"),
        # more than one at once
        ("h\u200b4\u200bt\u200b3 it", "hate it"),
        ("ｈ-４-ｔ-ｅ", "hate"),
    ],
)
def test_a_disguise_is_undone(text: str, reads: str) -> None:
    assert reads in read(text)


@pytest.mark.parametrize(
    "text",
    [
        "Open 24/7, 3 for 2, the 1st and the 2nd",
        "B2B, P2P and 5G, 4K or H2O",
        "MP3s, K9s, CO2e, HbA1c, i18n on k8s",
        "Office365 and COVID19 in Windows11",
        "2for1, 4x4s, 3way, 10am, 5pm, 100ml, 5star",
        "US$50, A$20 and 20€",
        "Write to info@brand.com or see brand.co.uk/b2b4u",
        "@nordlyscoffee",
        "U.S.A., N.A.T.O., R.E.M., R.S.V.P.",
        "At 5 a.m., e.g. on Sundays, i.e. early",
        "J. K. Rowling and J.R.R. Tolkien",
        "Sizes S, M, L; S/M/L/XL; S | M | L | XL",
        "A well-known mother-in-law, out-of-office",
        "example.com, node.js and booking.com",
        "World War III, Louis XVIII, size XXXL, AAA, www.example.com",
        "Q&A, R&B, rock 'n' roll",
        "Café Zürich, façade, naïve",
        "привет, Ελλάδα, 日本のTシャツ",
        "Wow!amazing and today|tomorrow",
        "3v3 games, 7x7 fields, a 3d2n stay, a$5 coupon, $1m homes, 4th and 22nd",
    ],
)
def test_honest_text_has_one_reading(text: str) -> None:
    assert len(readings(text)) == 1


# Sounds that the copywriter's corpus spells with three letters and more.
_SOUNDS = ("Wheeee", "Shhh")


def test_no_line_of_our_own_corpora_has_a_second_reading() -> None:
    files = sorted(Path(ROOT, "workers/starter/copywriter/corpus/skeletons").glob("*.txt"))
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    # A skeleton's places, wordings and headings are no words of an ad.
    ads = [line for line in lines if not line.startswith(("#", "==")) and "|" not in line]
    disguised = {line for line in ads if len(readings(line)) > 1}
    assert len(ads) > 3000
    assert all(any(sound in line for sound in _SOUNDS) for line in disguised), disguised


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("сheap flights", ["сheap"]),
        ("Get саsh, buу shoes", ["саsh", "buу"]),
        ("саре in a Latin text", ["саре"]),
        ("дешёвые билеты, Wi-Fi", []),
        ("сосна и Wi-Fi", []),
        ("5 µg, 3 kΩ, β-carotene", []),
        ("日本のTシャツ", []),
        ("naïve café", []),
    ],
)
def test_words_of_mixed_alphabets_are_found(text: str, marked: list[str]) -> None:
    assert [text[start:end] for start, end in mixed_script_spans(text)] == marked


def test_a_span_leads_back_to_the_disguise() -> None:
    text = "Buy h.4.t.3 now"
    _, decoded = readings(text)
    at = decoded.text.index("hate")
    start, end = decoded.span(at, at + 4)
    assert text[start:end] == "h.4.t.3"


_TRICKS = st.text("ahtе4$3.- _1!🐒ﬁｆ\u200b\u0336", max_size=60)


@given(st.one_of(_TRICKS, st.text(st.characters(), max_size=60)))
def test_every_reading_of_any_text_leads_back_into_it(text: str) -> None:
    found = readings(text)
    assert len({reading.text for reading in found}) == len(found) <= 3
    for reading in found:
        assert len(reading.origins) == len(reading.text)
        assert all(0 <= start < end <= len(text) for start, end in reading.origins)
        assert [start for start, _ in reading.origins] == sorted(start for start, _ in reading.origins)


@pytest.mark.parametrize("unit", ["a ", "a.", "h4te ", "a1", "a@b.", "haaa ", "🐒", "ｆ", "ﷺ", "аb "])
def test_long_text_takes_no_more_than_linear_time(unit: str) -> None:
    started = time.process_time()
    readings((unit * 10_000)[:10_000])
    assert time.process_time() - started < 2
