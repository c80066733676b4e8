"""`manage.py screen`: one text a line in, one verdict a line out. Touches no database."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from adgen.errors import ModelUnavailable
from adgen.spec import ScreeningResult

# Lines read and screened at once; what comes before and after them is not held in memory.
_BLOCK = 512
_MAX_LINE_BYTES = 400_000
_TABLE_TEXT = 60


class Command(BaseCommand):
    help = "Screen texts, one a line, with the model and the rules that need no brief."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", default="-", help="a UTF-8 text file; - is standard input")
        parser.add_argument("--jsonl", action="store_true", help="one JSON object a line, for programs")

    def handle(self, *args: Any, file: str, jsonl: bool, **options: Any) -> None:
        row = _json_row if jsonl else _table_row
        try:
            with _opened(file) as lines, _bar() as bar:
                for result in _results(_texts(lines), bar):
                    self.stdout.write(row(result))
        except ModelUnavailable as error:
            raise CommandError(str(error)) from error


def _opened(name: str) -> AbstractContextManager[BinaryIO]:
    if name == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise CommandError(f"Cannot read {name}: {error.strerror}.") from error


def _bar() -> tqdm[Any]:
    # On a terminal the rows themselves show the progress, and a bar would break into them.
    return tqdm(unit=" texts", desc="screen", file=sys.stderr, disable=sys.stdout.isatty())


def _texts(file: BinaryIO) -> Iterator[str]:
    """The lines of `file` without their ends, empty ones too; invalid UTF-8 becomes U+FFFD."""
    number = 0
    while line := file.readline(_MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > _MAX_LINE_BYTES:
            raise CommandError(
                f"Line {number} is longer than {_MAX_LINE_BYTES} bytes; is it one text a line?"
            )
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        yield line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "replace")


def _results(texts: Iterator[str], bar: tqdm[Any]) -> Iterator[ScreeningResult]:
    # Loading torch takes seconds, which `--help` and a mistyped name should not cost.
    from workers import runtime
    from workers.screen.screener import ScreenItem

    screener = runtime.screener()
    while block := [ScreenItem(text) for text in islice(texts, _BLOCK)]:
        yield from screener.screen(block, bar.update)


def _json_row(result: ScreeningResult) -> str:
    findings = [
        {key: value for key, value in asdict(finding).items() if key != "source_url"}
        for finding in result.findings
    ]
    # Escaped to ASCII, so that no character in a text can end the line for any reader.
    return json.dumps(
        {"text": result.text, "verdict": result.verdict, "scores": dict(result.scores), "findings": findings}
    )


def _table_row(result: ScreeningResult) -> str:
    text = "".join(char if char.isprintable() else "\ufffd" for char in result.text)
    text = text if len(text) <= _TABLE_TEXT else text[: _TABLE_TEXT - 1] + "…"
    scores = "  ".join(f"{label} {score:.2f}" for label, score in result.scores.items())
    reasons = " ".join(finding.message for finding in result.findings)
    return f"{result.verdict:<5}  {text:<{_TABLE_TEXT}}  {scores}  {reasons}".rstrip()
