"""Briefs as rows of a CSV or XLSX file.

Columns: brand, campaign, special_category, product, audience, messages, offer, tone, keywords, url,
must_include, must_avoid, and one for each slot wanted (`google_rsa.headline`, ...) with the number of lines.
Messages, keywords and words are separated by `|`. Only brand, product and one slot are required.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet

from adgen.briefs import brief_from_json, brief_of_brand
from adgen.channels import slot_formats
from adgen.errors import DomainError, Invalid
from adgen.imports.tables import Fault, Row, Table, by_row, listed, read_table
from adgen.models import Brand
from adgen.selectors.brands import brand_named
from adgen.selectors.briefs import brand_spec, refuse_other_category
from adgen.services.briefs import briefs_create
from adgen.spec import BriefSpec

MAX_ROWS = 10_000
_TEXTS = ("brand", "campaign", "special_category", "product", "audience", "offer", "tone", "url")
_LISTS = ("messages", "keywords", "must_include", "must_avoid")


@dataclass(frozen=True)
class BriefsReport:
    """What an import did. With faults, nothing is stored."""

    rows: int
    stored: list[int] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def briefs_import(
    *, data: bytes, name: str, brands: QuerySet[Brand], created_by: User | None, dry_run: bool = False
) -> BriefsReport:
    """Store the briefs in a file for those of `brands` that it names, all or none.

    Raises Invalid where the file as a whole cannot be used; what is wrong in rows is in the report.
    """
    table = read_table(data, name, max_rows=MAX_ROWS)
    _refuse_unknown_columns(table, name)
    faults: list[Fault] = []
    briefs: list[tuple[Brand, BriefSpec]] = []
    known: dict[str, Brand] = {}
    categories: dict[tuple[int, str], str] = {}
    for row in table.rows:
        try:
            spec = brief_from_json(_brief_json(row))
            if spec.brand.name not in known:
                known[spec.brand.name] = brand_named(brands, spec.brand.name)
            brand = known[spec.brand.name]
            refuse_other_category(brand, spec, categories)
            briefs.append((brand, brief_of_brand(spec, brand_spec(brand))))
        except DomainError as refusal:
            faults += _faults(row, refusal)
        faults += row.faults
    if faults or dry_run:
        return BriefsReport(len(table.rows), faults=by_row(faults))
    stored = briefs_create(briefs=briefs, created_by=created_by)
    return BriefsReport(len(table.rows), stored=[brief.pk for brief in stored])


def _refuse_unknown_columns(table: Table, name: str) -> None:
    known = [*_TEXTS, *_LISTS, *slot_formats()]
    faults = {}
    for column in table.columns:
        if column and _field(column) not in known:
            near = get_close_matches(column, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known)}."
            faults[column] = [f"Unknown column. {hint}"]
    missing = [column for column in ("brand", "product") if column not in table.columns]
    faults |= {column: ["Required column."] for column in missing}
    if faults:
        listed_faults = "; ".join(f"{column!r}: {fault[0]}" for column, fault in faults.items())
        raise Invalid(f"{name} cannot be used. {listed_faults}", fields=faults)


def _field(column: str) -> str:
    return column.replace(" ", "_")


def _brief_json(row: Row) -> dict[str, Any]:
    brief: dict[str, Any] = {"slots": {}}
    for column, text in row.cells.items():
        name = _field(column)
        if name in slot_formats():
            if text:
                # What is no number is left to the reader of briefs, which says so.
                brief["slots"][name] = int(text) if text.isascii() and text.isdecimal() else text
        else:
            brief[name] = listed(text) if name in _LISTS else text
    return brief


def _faults(row: Row, refusal: DomainError) -> Iterator[Fault]:
    for name, messages in refusal.fields.items():
        column = "brand" if name == "brand.name" else name
        # A formula in this column was told already.
        if column not in {_field(fault.column) for fault in row.faults}:
            for message in messages:
                yield Fault(row.number, column, message)
