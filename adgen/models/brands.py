"""Brands, who may do what for them, what they know and how they have written so far."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from rest_framework_api_key.models import AbstractAPIKey

from adgen.models.constraints import one_of


class SpecialCategory(models.TextChoices):
    NONE = "", "none"
    HOUSING = "housing", "housing"
    EMPLOYMENT = "employment", "employment"
    FINANCE = "finance", "financial products and services"


class FourEyes(models.TextChoices):
    """Which of a brand's lines two people judge."""

    NO = "no", "none"
    FLAGGED = "flagged", "lines that the screen marked"
    ALL = "all", "all lines"


# More than that would cost reviewers more time than it tells about them.
MAX_GOLD_PERCENT = 20


class Brand(models.Model):
    """The owner of voice, facts, rules, members and adapters; the unit of isolation."""

    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(max_length=60, unique=True)
    language = models.CharField(max_length=8, default="en")
    voice = models.CharField(max_length=500, blank=True, help_text="How the brand sounds, in a few words.")
    special_category = models.CharField(
        max_length=20, choices=SpecialCategory.choices, default=SpecialCategory.NONE, blank=True
    )
    banned_words = models.JSONField(default=list, blank=True, help_text="Words that no line may contain.")
    required_words = models.JSONField(
        default=list, blank=True, help_text="Words that every line has, where they fit."
    )
    competitors = models.JSONField(default=list, blank=True, help_text="Names that are flagged in a line.")
    four_eyes = models.CharField(
        max_length=7,
        choices=FourEyes.choices,
        default=FourEyes.NO,
        help_text="Lines that two people judge, each without knowing what the other says.",
    )
    gold_percent = models.PositiveSmallIntegerField(
        default=3,
        validators=[MaxValueValidator(MAX_GOLD_PERCENT)],
        help_text="Of a hundred lines that a reviewer gets, how many have a known answer; 2 to 5 as a rule, "
        "0 for none.",
    )
    # The last sequence number of the feed. Taken under the row's lock, so the feed has no gaps and no
    # number becomes visible before a smaller one.
    publication_seq = models.PositiveBigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [one_of("four_eyes", FourEyes.values, name="brand_four_eyes_known")]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    MARKETER = "marketer", "marketer"
    REVIEWER = "reviewer", "reviewer"
    MANAGER = "manager", "manager"


class Membership(models.Model):
    """A user's role for a brand. A manager may do all that marketers and reviewers may."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "brand", "role"], name="membership_once"),
            one_of("role", Role.values, name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role} of {self.brand}"


class Fact(models.Model):
    """One edge of the brand's knowledge graph, with its evidence; a claim is one that copy may state."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="facts")
    subject = models.CharField(max_length=120)
    relation = models.CharField(max_length=120)
    object = models.CharField(max_length=240)
    is_claim = models.BooleanField(default=False, help_text="Copy may state it.")
    evidence = models.CharField(max_length=500, blank=True, help_text="A URL or a document's name.")
    expires_on = models.DateField(null=True, blank=True)
    lapse_noticed = models.BooleanField(
        default=False, editable=False, help_text="Since it expired, the brand's lines were screened again."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["subject", "relation", "id"]
        indexes = [
            models.Index(
                fields=["expires_on"],
                name="fact_to_expire",
                condition=models.Q(is_claim=True, lapse_noticed=False),
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["brand", "subject", "relation", "object"], name="fact_once"),
            models.CheckConstraint(
                condition=models.Q(is_claim=False) | ~models.Q(evidence=""), name="fact_claim_has_evidence"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.relation} {self.object}"


class Exemplar(models.Model):
    """One line of a past ad of the brand, imported. Approved lines are read from decisions instead."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="exemplars")
    slot = models.CharField(max_length=60)
    text = models.CharField(max_length=1000)
    text_key = models.CharField(max_length=64, editable=False, help_text="Digest of the normalised text.")
    ad = models.CharField(max_length=64, help_text="Lines of one ad share it; a split keeps them together.")
    product = models.CharField(max_length=120, blank=True)
    audience = models.CharField(max_length=160, blank=True)
    messages = models.JSONField(default=list, blank=True)
    offer = models.CharField(max_length=160, blank=True)
    keywords = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["brand", "slot", "text_key"], name="exemplar_once"),
        ]

    def __str__(self) -> str:
        return self.text


class Scope(models.TextChoices):
    READ = "read", "read all but the feed"
    WRITE = "write", "submit briefs and request batches"
    FEED = "feed", "pull approved copy"


class ApiKey(AbstractAPIKey):
    """A key of an integration: bound to one brand and to scopes. Only its hash is stored."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="api_keys")
    scopes = models.JSONField(default=list)

    class Meta(AbstractAPIKey.Meta):
        verbose_name = "API key"
        verbose_name_plural = "API keys"
