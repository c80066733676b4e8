"""`manage.py verify_audit`: walk the audit log and say where somebody has tampered with it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from adgen.errors import NotFound
from adgen.models import Brand
from adgen.selectors.audit import Head, chain_faults, chain_head
from adgen.selectors.brands import brand_named

_INSTALLATION = 0
_FAULTS_TOLD = 100


class Command(BaseCommand):
    help = (
        "Walk the hash chains of the audit log. Faults go to stderr, a JSON summary to stdout; "
        "the exit status is 1 where a chain is broken."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--brand", help="Only this brand's chain: its slug or name.")
        parser.add_argument(
            "--anchor",
            type=Path,
            metavar="FILE",
            help="Heads of the chains, kept away from the database: compared with it, and renewed where "
            "nothing is wrong. Made where it does not exist.",
        )

    def handle(self, *args: Any, brand: str | None, anchor: Path | None, **options: Any) -> None:
        chains = _chains(brand)
        anchors = _read(anchor) if anchor else {}
        heads, faults = self._walk(chains, anchors)
        if brand is None:
            faults += [
                _told(f"chain {key}", head.sequence, "the anchor was set here; the chain is gone")
                for key, head in anchors.items()
                if key not in chains
            ]
        for fault in faults:
            self.stderr.write("{chain}, event {event}: {fault}".format(**fault))
        told = [
            {"chain": name, "events": heads[key].sequence, "hash": heads[key].hash}
            for key, (name, _) in chains.items()
        ]
        self.stdout.write(json.dumps({"chains": told, "faults": faults}))
        if faults:
            raise CommandError("The audit log is broken.")
        if anchor:
            _write(anchor, {**anchors, **heads})

    def _walk(
        self, chains: Mapping[int, tuple[str, Brand | None]], anchors: Mapping[int, Head]
    ) -> tuple[dict[int, Head], list[dict[str, Any]]]:
        """The heads before the walk, and the first faults of each chain."""
        heads = {key: chain_head(brand) for key, (_, brand) in chains.items()}
        faults: list[dict[str, Any]] = []
        with tqdm(total=sum(head.sequence for head in heads.values()), desc="Verify", unit="event") as bar:
            for key, (name, brand) in chains.items():
                found = chain_faults(brand, anchor=anchors.get(key), walked=bar.update)
                faults += [_told(name, fault.sequence, fault.what) for fault in islice(found, _FAULTS_TOLD)]
        return heads, faults


def _chains(name: str | None) -> dict[int, tuple[str, Brand | None]]:
    """The chains to walk by key, each with its name and brand."""
    brands = Brand.objects.order_by("id")
    if name is not None:
        try:
            brand = brand_named(brands, name)
        except NotFound:
            known = ", ".join(brands.values_list("slug", flat=True)) or "none"
            raise CommandError(f"No brand {name!r}. Known: {known}.") from None
        return {brand.pk: (brand.slug, brand)}
    return {_INSTALLATION: ("installation", None), **{brand.pk: (brand.slug, brand) for brand in brands}}


def _told(chain: str, event: int, fault: str) -> dict[str, Any]:
    return {"chain": chain, "event": event, "fault": fault}


def _read(file: Path) -> dict[int, Head]:
    if not file.exists():
        return {}
    try:
        return {int(key): Head(**head) for key, head in json.loads(file.read_text("utf-8")).items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise CommandError(f"{file} is no anchor that this command wrote: {error}") from None


def _write(file: Path, heads: Mapping[int, Head]) -> None:
    """Put the anchor in place whole."""
    draft = file.with_name(f"{file.name}.draft")
    draft.write_text(json.dumps({str(key): vars(head) for key, head in heads.items()}, indent=1), "utf-8")
    draft.replace(file)
