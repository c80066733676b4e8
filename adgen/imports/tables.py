"""A CSV or XLSX file as rows of texts.

CSV may be separated by commas, semicolons or tabs, in UTF-8, or in UTF-16 with its byte order mark, as
Google Ads Editor and spreadsheets save it.
"""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from openpyxl import load_workbook

from adgen.errors import Invalid

MAX_BYTES = 20 * 2**20
# What a workbook may unpack to: a small file can hold an endless one.
MAX_UNPACKED_BYTES = 200 * 2**20
MAX_COLUMNS = 500


@dataclass(frozen=True)
class Fault:
    """What is wrong in one place of a file; `row` counts from 1, the header being row 1."""

    row: int
    column: str
    message: str

    def __str__(self) -> str:
        place = f"row {self.row}, {self.column}" if self.column else f"row {self.row}"
        return f"{place}: {self.message}"


@dataclass(frozen=True)
class Row:
    """One row: its number in the file, its texts by column, and what could not be read in it."""

    number: int
    cells: dict[str, str]
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Table:
    """Columns, named in small letters with single spaces, and the rows that are not blank."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class _Formula:
    """A cell that holds a formula instead of a text."""

    text: str


_Cell = str | _Formula


def read_table(data: bytes, name: str, *, max_rows: int) -> Table:
    """The table in `data`; `name` tells XLSX from CSV by its end.

    Raises Invalid where the file as a whole cannot be used: not decodable, no header, too large.
    """
    if len(data) > MAX_BYTES:
        raise Invalid(f"{name} has {len(data) / 2**20:.0f} MB; at most {MAX_BYTES // 2**20} are read.")
    cells = _xlsx_cells(data, name) if name.lower().endswith(".xlsx") else _csv_cells(data, name)
    header, _ = next(cells, ([], 1))
    columns = _columns(header, name)
    rows: list[Row] = []
    for values, number in cells:
        if not any(values):
            continue
        if len(rows) == max_rows:
            raise Invalid(f"{name} has more than {max_rows:,} rows; split it into smaller files.")
        rows.append(_row(number, columns, values))
    return Table(columns, tuple(rows))


def _columns(values: list[_Cell], name: str) -> tuple[str, ...]:
    columns = tuple(" ".join(str(value).casefold().split()) if value else "" for value in values)
    while columns and not columns[-1]:
        columns = columns[:-1]
    if not columns:
        raise Invalid(f"{name} is empty; its first row must name the columns.")
    if len(columns) > MAX_COLUMNS:
        raise Invalid(f"{name} has {len(columns)} columns; at most {MAX_COLUMNS} are read.")
    for column in columns:
        if column and columns.count(column) > 1:
            raise Invalid(f"{name} has the column {column!r} twice; rename or remove one.")
    return columns


def _row(number: int, columns: tuple[str, ...], values: list[_Cell]) -> Row:
    cells: dict[str, str] = {}
    faults = []
    for position, value in enumerate(values):
        column = columns[position] if position < len(columns) else ""
        if isinstance(value, _Formula):
            place = column or f"column {position + 1}"
            faults.append(Fault(number, place, f"Holds the formula {value.text[:40]!r}; paste its value."))
        elif column:
            cells[column] = value
        elif value:
            message = f"Holds {value[:40]!r}, but the header does not name this column."
            faults.append(Fault(number, f"column {position + 1}", message))
    return Row(number, cells, tuple(faults))


def _csv_cells(data: bytes, name: str) -> Iterator[tuple[list[_Cell], int]]:
    text = _decoded(data, name)
    first = text.split("\n", 1)[0]
    delimiter = max("\t,;", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    try:
        for values in reader:
            yield [_Formula(value) if value.startswith("=") else value.strip() for value in values], start
            start = reader.line_num + 1
    except csv.Error as error:
        raise Invalid(f"{name} is no proper CSV near line {reader.line_num}: {error}.") from None


def _decoded(data: bytes, name: str) -> str:
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Invalid(
            f"{name} is not {encoding.upper().removesuffix('-SIG')} text: byte 0x{data[error.start]:02X} in "
            f"line {line}. Save it as “CSV UTF-8”."
        ) from None


def _xlsx_cells(data: bytes, name: str) -> Iterator[tuple[list[_Cell], int]]:
    try:
        unpacked = sum(entry.file_size for entry in zipfile.ZipFile(io.BytesIO(data)).infolist())
        if unpacked > MAX_UNPACKED_BYTES:
            raise Invalid(f"{name} unpacks to {unpacked // 2**20} MB; at most {MAX_UNPACKED_BYTES // 2**20}.")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        for number, cells in enumerate(sheet.iter_rows(), start=1):
            yield [_xlsx_cell(cell) for cell in cells[: MAX_COLUMNS + 1]], number
    except Invalid:
        raise
    except Exception as error:  # openpyxl raises whatever a damaged file makes it stumble over
        raise Invalid(f"{name} is no XLSX workbook that can be read: {error}.") from None


def _xlsx_cell(cell: object) -> _Cell:
    value = getattr(cell, "value", None)
    if getattr(cell, "data_type", "") == "f":
        return _Formula(str(getattr(value, "text", value)))
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value).strip()


def listed(text: str) -> list[str]:
    """The items of a cell that holds a list, separated by `|`."""
    return [item.strip() for item in text.split("|") if item.strip()]


def by_row(faults: Iterable[Fault]) -> list[Fault]:
    return sorted(faults, key=lambda fault: fault.row)
