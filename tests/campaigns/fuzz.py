"""Any text gets a verdict: the whole screen, rules and model, over texts that no test would think of.

    python -m tests.campaigns.fuzz --short 5000 --long 50

Short texts are drawn from all of Unicode and from what disguises are made of, with the briefs and slots of
the fixtures; long ones have up to 100,000 characters. Stops at the first text that fails, made as short as it
can be, and prints what was tried as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable

import django
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "adgen.settings")
django.setup()

from adgen.channels import slot_formats  # noqa: E402 - Django first
from adgen.spec import BrandSpec, BriefSpec, FactSpec, ScreeningResult  # noqa: E402
from workers import runtime  # noqa: E402
from workers.screen.screener import ScreenItem  # noqa: E402

_LONGEST = 100_000
_WORDS = (
    *("you", "stupid", "hate", "free", "best", "Muslim", "coffee", "$9.99", "100%", "only", "guaranteed"),
    *(
        "h4t3",
        "f.r.e.e",
        "b!7ch",
        "\u200b",
        "\u202e",
        "а",
        "ｆｒｅｅ",
        "𝗳",
        "🐒",
        "👩\u200d🍳",
        "🇸🇦",
        "\ud800",
        "ﷺ",
    ),
)
_PIECES = st.one_of(st.text(st.characters(codec=None), max_size=30), st.sampled_from(_WORDS))
_SHORT = st.one_of(
    st.text(st.characters(codec=None), max_size=300),
    st.lists(_PIECES, max_size=20).flatmap(
        lambda pieces: st.sampled_from(["", " ", "\n", ".", "\u200b"]).map(lambda gap: gap.join(pieces))
    ),
)
_BRIEF = BriefSpec(
    brand=BrandSpec("Nordlys", facts=(FactSpec("Best roastery 2025", "prize"),), banned_words=("cheap",)),
    product="coffee",
    slots={"x.post": 1},
    must_include=("beans",),
    special_category="housing",
)


@st.composite
def _long(draw: st.DrawFn) -> str:
    """A drawn text said again and again, for up to 100,000 characters."""
    piece, length = draw(_SHORT), draw(st.sampled_from([_LONGEST, 30_000, 3_000]))
    return (piece * (length // max(1, len(piece)) + 1))[:length]


def _check(text: str, result: ScreeningResult) -> None:
    assert result.text == text
    assert result.verdict in ("pass", "flag", "block")
    assert (result.verdict == "pass") == (not result.findings)
    assert all(0 <= score <= 1 for score in result.scores.values())
    assert all(0 <= finding.start <= finding.end <= len(text) for finding in result.findings)


def _campaign(texts: st.SearchStrategy[str], examples: int, tell: Callable[[str], None]) -> dict[str, object]:
    screener, verdicts, longest = runtime.screener(), Counter[str](), 0
    slots = st.sampled_from([None, *slot_formats().values()])

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(text=texts, slot=slots, has_brief=st.booleans())
    def any_text(text: str, slot: object, has_brief: bool) -> None:
        nonlocal longest
        item = ScreenItem(text, _BRIEF if has_brief else None, slot)  # type: ignore[arg-type]
        [result] = screener.screen([item])
        _check(text, result)
        verdicts[result.verdict] += 1
        longest = max(longest, len(text))
        if verdicts.total() % 100 == 0:
            tell(f"{verdicts.total()} of {examples}")

    any_text()
    return {"texts": verdicts.total(), "longest": longest, "verdicts": dict(verdicts)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.fuzz", description=__doc__)
    parser.add_argument("--short", type=int, default=5000)
    parser.add_argument("--long", type=int, default=50)
    args = parser.parse_args()
    started = time.process_time()

    def tell(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    figures = {
        "screen_version": runtime.screener().version,
        "long": _campaign(_long(), args.long, tell),
        "short": _campaign(_SHORT, args.short, tell),
        "cpu_s": round(time.process_time() - started),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
