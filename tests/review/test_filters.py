"""Working through a part of the queue."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from adgen.errors import DomainError, Invalid, NotAllowed, NotFound
from adgen.models import Adapter, Brand, Campaign, Role, Variant
from adgen.services.brands import membership_add
from review.bench.load import fill
from review.selectors.filters import QueueFilter, queue_filter
from review.selectors.order import next_line
from review.selectors.queue import queue_size
from review.services.claims import claim_next
from tests.factories import AdapterFactory, BatchFactory, CampaignFactory, screened_variant


@pytest.fixture
def lines(brand: Brand, reviewer: User, other_brand: Brand) -> dict[str, Variant]:
    """Lines that differ in one thing from `plain`, in the order in which they come."""
    other_brand.language = "de"
    other_brand.save()
    membership_add(user=reviewer, brand=other_brand, role=Role.REVIEWER)
    plain = BatchFactory.create(brief__brand=brand, brief__campaign__name="Spring")
    autumn = BatchFactory.create(brief__brand=brand, brief__campaign__name="Autumn")
    german = BatchFactory.create(brief__brand=other_brand)
    return {
        "marked": screened_variant(batch=plain, index=0, verdict="flag"),
        "plain": screened_variant(batch=plain, index=1),
        "description": screened_variant(batch=plain, index=2, slot="google_rsa.description"),
        "meta": screened_variant(batch=plain, index=3, slot="meta.headline"),
        "autumn": screened_variant(batch=autumn, index=0),
        "german": screened_variant(batch=german, index=0),
        "adapted": screened_variant(batch=plain, index=4, adapter=AdapterFactory.create(brand=brand)),
    }


def chosen(reviewer: User, **names: Any) -> list[Variant]:
    """All lines of a part of the queue in the order in which a reviewer gets them."""
    only = queue_filter(reviewer, **names)
    taken: list[Variant] = []
    while claim := claim_next(reviewer=reviewer, only=only, besides=[line.pk for line in taken]):
        taken.append(claim.variant)
    assert queue_size(reviewer, only).count == len(taken)
    return taken


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ({}, "marked plain description meta autumn german adapted"),
        ({"brand": "fjell"}, "german"),
        ({"language": "de"}, "german"),
        ({"language": "fr"}, ""),
        ({"verdict": "flag"}, "marked"),
        ({"verdict": "pass", "language": "en"}, "plain description meta autumn adapted"),
        ({"slot": "google_rsa.description"}, "description"),
        ({"channel": "google_rsa", "brand": "nordlys"}, "marked plain description autumn adapted"),
        ({"channel": "google_rsa", "slot": "google_rsa.description"}, "description"),
        ({"channel": "meta"}, "meta"),
        ({"slot": "x.post"}, ""),
        ({"campaign": "Autumn"}, "autumn"),
        ({"campaign": "Autumn", "brand": "fjell"}, ""),
        ({"campaign": "Spring", "slot": "google_rsa.headline"}, "marked plain adapted"),
        ({"campaign": "Spring", "slot": "google_rsa.headline", "verdict": "flag"}, "marked"),
        ({"adapter": "adapter"}, "adapted"),
        ({"adapter": "adapter", "campaign": "Autumn"}, ""),
        ({"adapter": "base", "channel": "google_rsa", "verdict": "pass"}, "plain description autumn german"),
        ({"adapter": "base", "campaign": "Spring", "channel": "meta"}, "meta"),
    ],
)
def test_a_reviewer_gets_the_lines_asked_for_in_the_usual_order(
    reviewer: User, lines: dict[str, Variant], names: dict[str, Any], found: str
) -> None:
    if "campaign" in names:
        names = names | {"campaign": Campaign.objects.get(name=names["campaign"]).pk}
    if names.get("adapter") == "adapter":
        names = names | {"adapter": str(Adapter.objects.get().pk)}
    assert chosen(reviewer, **names) == [lines[name] for name in found.split()]


@pytest.mark.parametrize(
    ("names", "field", "error"),
    [
        ({"verdict": "block"}, "verdict", Invalid),
        ({"slot": "google_rsa.title"}, "slot", Invalid),
        ({"channel": "google"}, "channel", Invalid),
        ({"channel": "meta", "slot": "google_rsa.headline"}, "slot", Invalid),
        ({"adapter": "champion"}, "adapter", Invalid),
        ({"adapter": "9999"}, "adapter", NotFound),
        ({"adapter": "9" * 30}, "adapter", NotFound),
        ({"campaign": 9999}, "campaign", NotFound),
        ({"brand": "nobody"}, "brand", NotFound),
    ],
)
def test_what_is_unknown_is_refused_by_name(
    reviewer: User, names: dict[str, Any], field: str, error: type[DomainError]
) -> None:
    with pytest.raises(error) as refusal:
        queue_filter(reviewer, **names)
    assert list(refusal.value.fields) == [field]


def test_campaigns_and_adapters_of_others_do_not_exist(
    reviewer: User, marketer: User, other_brand: Brand, brand: Brand
) -> None:
    theirs = {
        "campaign": CampaignFactory.create(brand=other_brand).pk,
        "adapter": str(AdapterFactory.create(brand=other_brand).pk),
    }
    ours = {
        "campaign": CampaignFactory.create(brand=brand).pk,
        "adapter": str(AdapterFactory.create(brand=brand).pk),
    }
    for field in theirs:
        with pytest.raises(NotFound):
            queue_filter(reviewer, **{field: theirs[field]})  # type: ignore[arg-type]
        with pytest.raises(NotAllowed):
            queue_filter(marketer, **{field: ours[field]})  # type: ignore[arg-type]


Parts = Callable[[Brand], QueueFilter]
PARTS: dict[str, tuple[Parts, str]] = {
    "everything": (lambda brand: QueueFilter(), "variant_queue"),
    "a brand": (lambda brand: QueueFilter(brand=brand), "variant_queue"),
    "a verdict": (lambda brand: QueueFilter(verdict="flag"), "variant_queue"),
    "a language": (lambda brand: QueueFilter(language="de"), "variant_queue"),
    "a slot": (lambda brand: QueueFilter(slots=("meta.primary_text",)), "variant_queue_slot"),
    "an adapter": (lambda brand: QueueFilter(adapter=brand.adapters.all()[0]), "variant_queue_adapter"),
    "a campaign": (lambda brand: QueueFilter(campaign=brand.campaigns.all()[0]), "variant_queue_campaign"),
}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("avoid", [None, 1])
def test_an_index_leads_to_the_next_line_of_every_part(db: None, part: str, avoid: int | None) -> None:
    """Read the database's own plan: in the queue's order, so nothing is sorted and nothing is scanned."""
    (reviewer,) = fill(pending=2000, brands=2, reviewers=1)
    choose, index = PARTS[part]
    sql, params = next_line(
        reviewer=reviewer, only=choose(Brand.objects.all()[0]), now=timezone.now(), avoid=avoid
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute(f"EXPLAIN {'QUERY PLAN' if connection.vendor == 'sqlite' else ''} {sql}", params)
        plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
    assert re.search(rf"\b{index}\b", plan), plan
    assert not re.search(r"SCAN (line|adgen_variant)|Seq Scan on adgen_variant", plan), plan
