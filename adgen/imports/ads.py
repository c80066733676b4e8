"""Past ads as rows of a CSV or XLSX file.

Either an export of Google Ads Editor (Headline 1 ... 15, Description 1 ... 4 and its other columns), or
one row per ad with `headlines`, `descriptions` and `keywords`, each separated by `|`, and if wanted
product, audience, messages, offer and columns named by slot keys (`meta.primary_text`, ...).
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from adgen.channels import slot_formats
from adgen.errors import Invalid
from adgen.imports.tables import Fault, Row, Table, by_row, listed, read_table
from adgen.models import Brand
from adgen.services.brands import PastLine, exemplars_add, past_line_faults

MAX_ROWS = 100_000
# Lines are stored in one transaction, and while it runs nobody else can write to SQLite.
MAX_LINES = 20_000
HEADLINE, DESCRIPTION = "google_rsa.headline", "google_rsa.description"
_EDITOR_LINE = re.compile(r"(headline|description) (\d{1,2})")
# What Google Ads fills in when it shows the ad, with the text that stands in for it.
_FILLED_IN = re.compile(
    r"\{(?:keyword|customizer\.[^{}:]+|location\((?:city|state|country)\)):([^{}]*)\}", re.IGNORECASE
)
_AUTHOR_COLUMNS = ("product", "audience", "messages", "offer", "keywords", "headlines", "descriptions")
_EDITOR_CONTEXT = ("campaign", "ad group", "ad type", "keyword")
# Editor's way to write "make it empty".
_ERASED = "[]"


@dataclass(frozen=True)
class AdsReport:
    """What an import did. `added` and `known` count lines; rows without a line are `passed_over`."""

    rows: int
    ads: int = 0
    added: int = 0
    known: int = 0
    passed_over: int = 0
    ignored_columns: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class _Ad:
    """One row's lines with the columns that they stand in."""

    row: Row
    lines: list[tuple[str, PastLine]]
    faults: list[Fault]


def ads_import(*, data: bytes, name: str, brand: Brand, skip_bad: bool = False) -> AdsReport:
    """Make exemplars of the ads in a file: all or none, or with `skip_bad` those that have no fault.

    Raises Invalid where the file as a whole cannot be used; what is wrong in rows is in the report.
    """
    table = read_table(data, name, max_rows=MAX_ROWS)
    ads = [_checked(ad) for ad in _ads(table, name)]
    if (lines := sum(len(ad.lines) for ad in ads)) > MAX_LINES:
        raise Invalid(
            f"{name} has {lines:,} lines of copy; at most {MAX_LINES:,} are taken at once. Split it."
        )
    faults = by_row(fault for ad in ads for fault in ad.faults)
    good = [ad for ad in ads if ad.lines and not ad.faults]
    added = known = 0
    if skip_bad or not faults:
        added, known = exemplars_add(brand=brand, lines=[line for ad in good for _, line in ad.lines])
    return AdsReport(
        rows=len(table.rows),
        ads=len(good) if skip_bad or not faults else 0,
        added=added,
        known=known,
        passed_over=sum(1 for ad in ads if not ad.lines and not ad.faults),
        ignored_columns=[column for column in table.columns if column and not _is_read(column, table)],
        faults=faults,
    )


def _ads(table: Table, name: str) -> Iterator[_Ad]:
    if any(_EDITOR_LINE.fullmatch(column) for column in table.columns):
        return _editor_ads(table)
    if {"headlines", "descriptions", *slot_formats()} & set(table.columns):
        return (_Ad(row, list(_author_lines(row)), list(row.faults)) for row in table.rows)
    raise Invalid(
        f"{name} has no column of ad text. Expected Headline 1, Description 1, ... as Google Ads Editor "
        "exports them, or headlines, descriptions, or a slot such as meta.primary_text."
    )


def _is_read(column: str, table: Table) -> bool:
    if any(_EDITOR_LINE.fullmatch(other) for other in table.columns):
        return bool(_EDITOR_LINE.fullmatch(column)) or column in _EDITOR_CONTEXT
    return column in _AUTHOR_COLUMNS or column in slot_formats()


def _editor_ads(table: Table) -> Iterator[_Ad]:
    """Rows of campaigns, ad groups and keywords come along in an export; keywords go to their ad group."""
    keywords: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for row in table.rows:
        if keyword := row.cells.get("keyword", "").strip("[]\"'+ "):
            keywords[_ad_group(row)].append(keyword)
    for row in table.rows:
        texts = [
            (column, HEADLINE if column.startswith("headline") else DESCRIPTION, text)
            for column, text in row.cells.items()
            if text and text != _ERASED and _EDITOR_LINE.fullmatch(column)
        ]
        ad = _ad_name(texts)
        group = row.cells.get("ad group", "")[:120]
        words = tuple(dict.fromkeys(keywords[_ad_group(row)]))[:50]
        lines = [
            (column, PastLine(slot=slot, text=text, ad=ad, product=group, keywords=words))
            for column, slot, text in texts
        ]
        # A formula in a column that is not read does no harm.
        faults = [fault for fault in row.faults if _EDITOR_LINE.fullmatch(fault.column)]
        yield _Ad(row, lines, faults)


def _ad_group(row: Row) -> tuple[str, str]:
    return row.cells.get("campaign", ""), row.cells.get("ad group", "")


def _author_lines(row: Row) -> Iterator[tuple[str, PastLine]]:
    columns = {"headlines": HEADLINE, "descriptions": DESCRIPTION, **{slot: slot for slot in slot_formats()}}
    texts = [
        (column, slot, text) for column, slot in columns.items() for text in listed(row.cells.get(column, ""))
    ]
    ad = _ad_name(texts)
    for column, slot, text in texts:
        yield (
            column,
            PastLine(
                slot=slot,
                text=text,
                ad=ad,
                product=row.cells.get("product", ""),
                audience=row.cells.get("audience", ""),
                messages=tuple(listed(row.cells.get("messages", ""))),
                offer=row.cells.get("offer", ""),
                keywords=tuple(listed(row.cells.get("keywords", ""))),
            ),
        )


def _ad_name(texts: list[tuple[str, str, str]]) -> str:
    """A name by content, so that importing a file again finds the same ads."""
    content = "\n".join(f"{slot} {text}" for _, slot, text in texts)
    return "import-" + hashlib.sha256(content.encode()).hexdigest()[:16]


def _checked(ad: _Ad) -> _Ad:
    """The ad with its placeholders resolved and its faults found."""
    lines = []
    faults = list(ad.faults)
    for column, line in ad.lines:
        shown = " ".join(_FILLED_IN.sub(r"\1", line.text).split())
        line = replace(line, text=shown)
        lines.append((column, line))
        if "{" in shown or "}" in shown:
            message = "Holds a placeholder without a text that stands in for it; write the text out."
            faults.append(Fault(ad.row.number, column, message))
        for name, message in past_line_faults(line).items():
            faults.append(Fault(ad.row.number, column if name in ("text", "slot") else name, message))
    return _Ad(ad.row, lines, faults)
