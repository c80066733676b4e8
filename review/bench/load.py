"""A queue of any length, made by the database itself: a million lines in a minute or two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from adgen.channels import slot_format
from adgen.models import (
    Adapter,
    AdapterStatus,
    Batch,
    Brand,
    Brief,
    Campaign,
    Membership,
    Role,
    Screening,
    ScreenVersion,
    TrainingRun,
    Variant,
    VariantState,
    WorkState,
)

LINES_PER_BATCH = 200
SLOTS = ("google_rsa.headline", "google_rsa.description", "meta.primary_text", "linkedin.intro")
LANGUAGES = ("en", "de", "nb", "fr", "es")
_CAMPAIGNS = 4
# One line in so many is marked by the screen.
_FLAGGED = 10
# Where the lines come from, with the row that they are copies of; and then their screenings.
_BATCHES = """
FROM number
JOIN adgen_batch batch ON batch.id = {first} + n %% {batches}
JOIN adgen_brief brief ON brief.id = batch.brief_id
JOIN adgen_campaign campaign ON campaign.id = brief.campaign_id
CROSS JOIN (SELECT * FROM adgen_variant WHERE id = {line}) line"""
_WAITING = """
FROM adgen_variant waiting CROSS JOIN (SELECT * FROM adgen_screening WHERE id = {screening}) line
WHERE waiting.state = 'pending'"""
_NUMBERS = "WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < %s) "


def fill(*, pending: int, brands: int, reviewers: int) -> list[User]:
    """Put `pending` lines of `brands` brands into the queue; returns reviewers of all these brands.

    A brand has four campaigns, two of them with a deadline, and lines of two adapters and of the base model.
    """
    batches = _batches(pending=pending, brands=brands)
    _lines(batches=batches, pending=pending)
    people = [User(username=f"bench-reviewer-{number}", is_staff=True) for number in range(reviewers)]
    people = User.objects.bulk_create(people)
    owners = Brand.objects.filter(batches__in=batches).distinct()
    Membership.objects.bulk_create(
        Membership(user=person, brand=brand, role=Role.REVIEWER) for person in people for brand in owners
    )
    return people


def _batches(*, pending: int, brands: int) -> list[Batch]:
    """As many batches as hold the lines, dealt out to the brands and their campaigns."""
    today = timezone.localdate()
    owners = Brand.objects.bulk_create(
        Brand(name=f"Bench Bakery {n}", slug=f"bench-{n}", language=LANGUAGES[n % len(LANGUAGES)])
        for n in range(brands)
    )
    campaigns = Campaign.objects.bulk_create(
        Campaign(
            brand=brand, name=f"Campaign {n}", deadline=today + timedelta(days=30 * n) if n < 2 else None
        )
        for brand in owners
        for n in range(_CAMPAIGNS)
    )
    adapters = [[_adapter(brand, n) for n in range(2)] for brand in owners]
    count = brands * -(-pending // (LINES_PER_BATCH * brands))
    briefs = Brief.objects.bulk_create(
        (
            Brief(
                brand=owners[n % brands],
                campaign=campaigns[n % brands * _CAMPAIGNS + n // brands % _CAMPAIGNS],
                product=f"sourdough bread {n}",
                audience="early risers",
                messages=["baked every morning", "delivered by bike"],
                slots=dict.fromkeys(SLOTS, LINES_PER_BATCH // len(SLOTS)),
            )
            for n in range(count)
        ),
        batch_size=1000,
    )
    return Batch.objects.bulk_create(
        (
            Batch(
                brand=brief.brand,
                brief=brief,
                adapter=[None, *adapters[n % brands]][n // brands % 3],
                requested=LINES_PER_BATCH,
                seed=n,
            )
            for n, brief in enumerate(briefs)
        ),
        batch_size=1000,
    )


def _adapter(brand: Brand, number: int) -> Adapter:
    run = TrainingRun.objects.create(
        brand=brand, manifest="[]", manifest_sha256="", examples=12, seed=number, state=WorkState.DONE
    )
    return Adapter.objects.create(
        brand=brand, training_run=run, digest=f"{brand.pk}-{number}", status=AdapterStatus.RETIRED
    )


def _lines(*, batches: list[Batch], pending: int) -> None:
    """The lines and their screenings: copies of one of each, with what differs worked out by the database."""
    slot = slot_format(SLOTS[0])
    line = Variant.objects.create(
        batch=batches[0],
        brand=batches[0].brand,
        campaign=batches[0].brief.campaign,
        slot=slot.slot,
        index=LINES_PER_BATCH,
        text="Bread worth getting up for",
        text_key="",
        width=26,
        limit=slot.limit,
        state=VariantState.WITHDRAWN,
    )
    version = ScreenVersion.objects.create(digest="bench", model="bench", model_sha256="")
    screening = Screening.objects.create(
        variant=line, version=version, verdict="pass", scores={"toxicity": 0.01}
    )
    slots = " ".join(f"WHEN {number} THEN '{slot}'" for number, slot in enumerate(SLOTS))
    index = f"(n / {len(batches)})"
    changes = {
        "batch_id": "batch.id",
        "brand_id": "batch.brand_id",
        "adapter_id": "batch.adapter_id",
        "campaign_id": "campaign.id",
        "slot": f"CASE {index} * {len(SLOTS)} / {LINES_PER_BATCH} {slots} END",
        "index": index,
        "turn": index,
        "text": f"{connection.ops.quote_name('text')} || ' ' || n",
        "text_key": "CAST(n AS varchar(64))",
        "flagged": f"{index} % {_FLAGGED} = 0",
        "due": "COALESCE(campaign.deadline, line.due)",
        "state": f"'{VariantState.PENDING}'",
    }
    source = _BATCHES.format(first=batches[0].pk, batches=len(batches), line=line.pk)
    _copy(Variant, "line", changes, _NUMBERS, source, [pending])
    verdicts = {
        "variant_id": "waiting.id",
        "verdict": "CASE WHEN waiting.flagged THEN 'flag' ELSE 'pass' END",
    }
    source = _WAITING.format(screening=screening.pk)
    _copy(Screening, "line", verdicts, "", source, [])


@contextmanager
def indexes_built_at_the_end() -> Iterator[None]:
    """Lines go in several times as fast where their indexes are built over all of them."""
    with connection.schema_editor() as editor:
        for index in Variant._meta.indexes:
            editor.remove_index(Variant, index)
    yield
    with connection.schema_editor() as editor:
        for index in Variant._meta.indexes:
            editor.add_index(Variant, index)


def _copy(
    model: type[Model], row: str, changes: Mapping[str, str], start: str, source: str, params: list[int]
) -> None:
    """Insert what `source` yields: the columns of `row`, but for those that `changes` gives an expression."""
    quote = connection.ops.quote_name
    columns = [str(field.column) for field in model._meta.concrete_fields if not field.primary_key]
    values = [changes.get(column, f"{row}.{quote(column)}").replace("%", "%%") for column in columns]
    into = ", ".join(quote(column) for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"{start}INSERT INTO {model._meta.db_table} ({into}) SELECT {', '.join(values)} {source}",
            params or None,
        )
