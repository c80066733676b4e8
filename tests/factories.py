"""One factory for each model: believable rows with everything they need, and as little else as possible."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from factory.declarations import LazyAttribute, LazyFunction, SelfAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory, Password

from adgen.channels import slot_format
from adgen.models import (
    Adapter,
    AdapterStatus,
    ApiKey,
    Batch,
    Brand,
    Brief,
    Campaign,
    Chunk,
    ChunkKind,
    Exemplar,
    Fact,
    Membership,
    Recheck,
    Rescreen,
    RescreenReason,
    Role,
    Scope,
    Screening,
    ScreenVersion,
    TrainingRun,
    Variant,
    VariantState,
    WorkerPulse,
    WorkState,
)
from adgen.policy.duplicates import text_key
from adgen.services.brands import api_key_create, membership_add

PASSWORD = "copy-desk-passphrase"


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = Sequence(lambda n: f"user{n}")
    password = Password(PASSWORD)


class BrandFactory(DjangoModelFactory[Brand]):
    class Meta:
        model = Brand

    name = Sequence(lambda n: f"Brand {n}")
    slug = Sequence(lambda n: f"brand-{n}")
    voice = "dry, warm, short"


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    user = SubFactory(UserFactory)
    brand = SubFactory(BrandFactory)
    role = Role.REVIEWER


class FactFactory(DjangoModelFactory[Fact]):
    class Meta:
        model = Fact

    brand = SubFactory(BrandFactory)
    subject = Sequence(lambda n: f"product {n}")
    relation = "is made in"
    object = "Bergen"


class ExemplarFactory(DjangoModelFactory[Exemplar]):
    class Meta:
        model = Exemplar

    brand = SubFactory(BrandFactory)
    slot = "google_rsa.headline"
    text = Sequence(lambda n: f"Fresh beans, week {n}")
    text_key = LazyAttribute(lambda row: text_key(row.text))
    ad = Sequence(lambda n: f"ad-{n // 3}")
    product = "espresso subscription"


class CampaignFactory(DjangoModelFactory[Campaign]):
    class Meta:
        model = Campaign

    brand = SubFactory(BrandFactory)
    name = Sequence(lambda n: f"Campaign {n}")


class BriefFactory(DjangoModelFactory[Brief]):
    class Meta:
        model = Brief

    brand = SubFactory(BrandFactory)
    campaign = SubFactory(CampaignFactory, brand=SelfAttribute("..brand"))
    product = "espresso subscription"
    audience = "home baristas"
    messages = LazyFunction(lambda: ["roasted on Mondays", "skip any month"])
    offer = "first bag half price"
    tone = "playful"
    keywords = LazyFunction(lambda: ["coffee subscription"])
    url = "https://example.com/espresso"
    must_avoid = LazyFunction(lambda: ["cheap"])
    slots = LazyFunction(lambda: {"google_rsa.headline": 4})


class BatchFactory(DjangoModelFactory[Batch]):
    class Meta:
        model = Batch

    brief = SubFactory(BriefFactory)
    brand = SelfAttribute("brief.brand")
    requested = 4
    seed = 1


class ChunkFactory(DjangoModelFactory[Chunk]):
    class Meta:
        model = Chunk

    batch = SubFactory(BatchFactory)
    kind = ChunkKind.GENERATE
    slot = "google_rsa.headline"
    start = Sequence(lambda n: n * 4)
    count = 4


class TrainingRunFactory(DjangoModelFactory[TrainingRun]):
    """A finished run; its brand may have others."""

    class Meta:
        model = TrainingRun

    brand = SubFactory(BrandFactory)
    manifest = "[]"
    manifest_sha256 = LazyAttribute(lambda row: hashlib.sha256(row.manifest.encode()).hexdigest())
    examples = 12
    base_model = "starter"
    seed = 1
    state = WorkState.DONE


class AdapterFactory(DjangoModelFactory[Adapter]):
    class Meta:
        model = Adapter

    brand = SubFactory(BrandFactory)
    training_run = SubFactory(TrainingRunFactory, brand=SelfAttribute("..brand"))
    digest = Sequence(lambda n: hashlib.sha256(f"adapter {n}".encode()).hexdigest())
    base_model = "starter"
    base_sha256 = "0" * 64
    status = AdapterStatus.CHALLENGER
    metrics = LazyFunction(lambda: {"heldout_loss": 2.0, "base_loss": 2.5})


class VariantFactory(DjangoModelFactory[Variant]):
    """A line waiting for its screening; `screened_variant` makes one that is in the queue."""

    class Meta:
        model = Variant

    batch = SubFactory(BatchFactory)
    brand = SelfAttribute("batch.brand")
    campaign = SelfAttribute("batch.brief.campaign")
    slot = "google_rsa.headline"
    index = Sequence(lambda n: n)
    text = Sequence(lambda n: f"Roasted on Monday {n}")
    text_key = LazyAttribute(lambda row: text_key(row.text))
    width = LazyAttribute(lambda row: slot_format(row.slot).width(row.text))
    limit = LazyAttribute(lambda row: slot_format(row.slot).limit)
    due = LazyAttribute(lambda row: row.campaign.due)
    angle = "offer"
    seed = 1
    base_model = "starter"
    base_sha256 = "0" * 64


class ScreenVersionFactory(DjangoModelFactory[ScreenVersion]):
    class Meta:
        model = ScreenVersion
        django_get_or_create = ("digest",)

    digest = "screen-1"
    model = "starter"
    model_sha256 = "0" * 64


class ScreeningFactory(DjangoModelFactory[Screening]):
    class Meta:
        model = Screening

    variant = SubFactory(VariantFactory)
    version = SubFactory(ScreenVersionFactory)
    verdict = "pass"
    scores = LazyFunction(lambda: {"toxicity": 0.01})


class WorkerPulseFactory(DjangoModelFactory[WorkerPulse]):
    class Meta:
        model = WorkerPulse

    name = Sequence(lambda n: f"celery@worker{n}")
    queues = "cpu.screen,gpu.generate,gpu.train,io"
    seen_at = LazyFunction(timezone.now)


class RescreenFactory(DjangoModelFactory[Rescreen]):
    """A finished one; its brand may have others."""

    class Meta:
        model = Rescreen

    brand = SubFactory(BrandFactory)
    reason = RescreenReason.ASKED
    last = 2**31
    state = WorkState.DONE


class RecheckFactory(DjangoModelFactory[Recheck]):
    class Meta:
        model = Recheck

    variant = SubFactory(VariantFactory)
    brand = SelfAttribute("variant.brand")
    screening = SubFactory(
        ScreeningFactory,
        variant=SelfAttribute("..variant"),
        rescreen=SubFactory(RescreenFactory, brand=SelfAttribute("..variant.brand")),
        verdict="flag",
        findings=LazyFunction(lambda: [finding()]),
    )


def finding(*, start: int = 0, end: int = 7, message: str = "no evidence for this claim") -> dict[str, Any]:
    """One finding as a Screening stores it."""
    return {
        "rule": "claim",
        "severity": "flag",
        "start": start,
        "end": end,
        "message": message,
        "source_url": "",
    }


def screened_variant(
    *,
    batch: Batch,
    state: VariantState = VariantState.PENDING,
    verdict: str = "pass",
    findings: Iterable[dict[str, Any]] = (),
    **fields: Any,
) -> Variant:
    """A variant with its screening, in the review queue unless `state` says otherwise."""
    variant = VariantFactory.create(batch=batch, state=state, flagged=verdict != "pass", **fields)
    ScreeningFactory.create(variant=variant, verdict=verdict, findings=list(findings))
    return variant


def member(brand: Brand, role: Role, username: str | None = None) -> User:
    """A new user with `role` in `brand`, able to log in with PASSWORD."""
    user = UserFactory.create(**({"username": username} if username else {}))
    membership_add(user=user, brand=brand, role=role)
    return user


def api_key(brand: Brand, *scopes: Scope) -> tuple[ApiKey, str]:
    """A key of `brand` and its secret, which goes after `Api-Key ` in the Authorization header."""
    return api_key_create(brand=brand, name=f"key {uuid.uuid4().hex[:8]}", scopes=scopes)


def old(seconds: float) -> Any:
    """A moment that many seconds ago."""
    return timezone.now() - timedelta(seconds=seconds)
