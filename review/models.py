"""What people decided about variants, who holds which one, and the feed that follows from it."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from adgen.models import Adapter, Brand, Screening, Variant
from adgen.models.constraints import one_of
from review.evidence import (
    Answer,
    Choice,
    Comparison,
    GoldItem,
    GoldShowing,
    LookState,
    SecondLook,
    Trial,
)

__all__ = [
    "LINE_ACTIONS",
    "Action",
    "Answer",
    "Choice",
    "Claim",
    "Comment",
    "Comparison",
    "Decision",
    "DecisionDay",
    "DecisionKind",
    "GoldItem",
    "GoldShowing",
    "KeyMap",
    "LookState",
    "MarkKind",
    "Missed",
    "Publication",
    "PublicationKind",
    "Reason",
    "RejectionDay",
    "ScreenMark",
    "SecondLook",
    "Tally",
    "Trial",
]


class Claim(models.Model):
    """A reviewer's hold on a variant, so that two people never judge the same line at once.

    A row exists only while someone holds (or lately held) the variant, so the table stays small.
    """

    variant = models.OneToOneField(Variant, primary_key=True, on_delete=models.CASCADE, related_name="claim")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    token = models.UUIDField()
    expires_at = models.DateTimeField()
    beside = models.ForeignKey(
        Variant,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="The line in hand of which this one is a near-duplicate; both have the same token.",
    )
    seen = models.ForeignKey(
        Screening,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        help_text="The latest screening when the line was last handed out.",
    )
    # Whether near-duplicates of the line wait as well, as far as whoever took it knows.
    has_kin = True

    def __str__(self) -> str:
        return f"{self.reviewer} holds variant {self.variant_id}"


class Action(models.TextChoices):
    APPROVE = "approve", "approved"
    EDIT = "edit", "edited"
    REJECT = "reject", "rejected"
    SKIP = "skip", "skipped"
    UNDO = "undo", "taken back"


# What is done with a line in hand; an undo names none.
LINE_ACTIONS = [choice for choice in Action.choices if choice[0] != Action.UNDO]


class Reason(models.TextChoices):
    OFF_BRAND = "off_brand", "off-brand"
    FALSE_CLAIM = "false_claim", "false claim"
    TOXIC = "toxic", "toxic"
    BIASED = "biased", "biased"
    DULL = "dull", "dull"
    DUPLICATE = "duplicate", "duplicate"
    WRONG_CTA = "wrong_cta", "wrong call to action"
    POLICY = "policy", "against policy"
    OTHER = "other", "other"


class DecisionKind(models.TextChoices):
    """What a decision is good for. Only one that takes effect moves its line, and counts in figures."""

    EFFECTIVE = "effective", "takes effect"
    OPINION = "opinion", "one of two opinions"
    GOLD = "gold", "an answer to a gold item"


class Decision(models.Model):
    """What one person did with one variant. Append-only: an undo is a further decision."""

    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="decisions")
    # Its index is `decision_by_time`.
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="decisions", db_index=False)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="decisions")
    action = models.CharField(max_length=8, choices=Action.choices)
    kind = models.CharField(max_length=9, choices=DecisionKind.choices, default=DecisionKind.EFFECTIVE)
    wording = models.CharField(
        max_length=1000, blank=True, help_text="The text of an edit that has not taken effect."
    )
    reason = models.CharField(max_length=12, choices=Reason.choices, blank=True)
    note = models.CharField(max_length=500, blank=True)
    edited_variant = models.OneToOneField(
        Variant, null=True, blank=True, on_delete=models.PROTECT, related_name="edit_decision"
    )
    undoes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone_by"
    )
    lead = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="followers",
        db_index=False,
        help_text="The first of the decisions that were made in one step, and are taken back in one.",
    )
    duration_ms = models.PositiveIntegerField(null=True, blank=True, help_text="From claim to decision.")
    edit_distance = models.FloatField(
        null=True, blank=True, help_text="How much of the line an edit changed, 0 to 1 (Levenshtein)."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            one_of("action", Action.values, name="decision_action_known"),
            models.CheckConstraint(
                condition=~models.Q(action="reject") | ~models.Q(reason=""), name="decision_reject_has_reason"
            ),
            one_of("kind", DecisionKind.values, name="decision_kind_known"),
            models.CheckConstraint(
                condition=models.Q(action="edit", kind="effective", edited_variant__isnull=False, wording="")
                | models.Q(action="edit", edited_variant__isnull=True)
                & ~models.Q(kind="effective")
                & ~models.Q(wording="")
                | ~models.Q(action="edit") & models.Q(edited_variant__isnull=True, wording=""),
                name="decision_edit_has_text",
            ),
            models.CheckConstraint(
                condition=models.Q(action="undo", undoes__isnull=False)
                | ~models.Q(action="undo") & models.Q(undoes__isnull=True),
                name="decision_undo_names_one",
            ),
        ]
        indexes = [
            models.Index(fields=["reviewer", "-id"], name="decision_by_reviewer"),
            models.Index(fields=["brand", "created_at"], name="decision_by_time"),
            models.Index(fields=["lead"], name="decision_by_lead", condition=models.Q(lead__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()}: {self.variant_id}"


class PublicationKind(models.TextChoices):
    APPROVED = "approved", "approved"
    RETRACTED = "retracted", "retracted"


class Publication(models.Model):
    """One entry of a brand's feed. Append-only; `seq` has no gaps and grows in the order of commits."""

    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="publications")
    seq = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=9, choices=PublicationKind.choices)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="publications")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="publications")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["brand", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["brand", "seq"], name="publication_seq_once"),
            one_of("kind", PublicationKind.values, name="publication_kind_known"),
            # One decision publishes a variant once, however often the publish chunk runs.
            models.UniqueConstraint(fields=["decision", "kind"], name="publication_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.variant_id} at {self.seq}"


class MarkKind(models.TextChoices):
    WRONG = "filter_wrong", "the screen is wrong"
    MISSED = "filter_missed", "the screen missed it"


class Missed(models.TextChoices):
    """What a person may find that the screen did not."""

    TOXIC = "toxic", "rude or hurtful"
    BIASED = "biased", "biased against a group"
    PERSONAL = "personal_attribute", "tells people what they are"
    CLAIM = "false_claim", "a claim without evidence"
    COMPETITOR = "competitor", "names a competitor"
    DISGUISED = "disguised", "words or signs in disguise"
    POLICY = "policy", "against a platform's policy"
    LAW = "law", "against the law"
    OTHER = "other", "other"


class ScreenMark(models.Model):
    """A reviewer's word on a screening: this finding is wrong, or something was missed.

    `rule` is that of the finding, or one of `Missed`.
    """

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="screen_marks")
    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="screen_marks")
    screening = models.ForeignKey(Screening, on_delete=models.CASCADE, related_name="marks")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="screen_marks"
    )
    kind = models.CharField(max_length=13, choices=MarkKind.choices)
    rule = models.CharField(max_length=120)
    note = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            one_of("kind", MarkKind.values, name="screenmark_kind_known"),
            models.UniqueConstraint(fields=["variant", "reviewer", "kind", "rule"], name="screenmark_once"),
        ]
        indexes = [models.Index(fields=["brand", "created_at"], name="screenmark_by_time")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.rule}"


class Comment(models.Model):
    """What a person leaves on a line for those who look at it later. Append-only."""

    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="comments")
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="comments")
    note = models.CharField(max_length=500)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.author} on {self.variant_id}"


class KeyMap(models.Model):
    """The keys that one person has chosen for the review room: all acts by name, "" for none."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    keys = models.JSONField()

    def __str__(self) -> str:
        return f"keys of {self.user}"


class Tally(models.Model):
    """A brand's queue as it was when it was last counted, and how far its decisions are counted by day."""

    brand = models.OneToOneField(Brand, primary_key=True, on_delete=models.CASCADE, related_name="tally")
    counted_at = models.DateTimeField(null=True, blank=True)
    waiting = models.PositiveIntegerField(default=0)
    oldest_at = models.DateTimeField(null=True, blank=True)
    median_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.brand}: {self.waiting} lines wait"


class DecisionDay(models.Model):
    """One person's decisions of a day on the lines of one adapter, counted: what the dashboard adds up.

    Only decisions that stand. Made anew for a day to which a decision or an undo is added.
    """

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    adapter = models.ForeignKey(
        Adapter, null=True, blank=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    by_hand = models.BooleanField(help_text="The lines were a person's wording, not the adapter's.")
    approve = models.PositiveIntegerField()
    edit = models.PositiveIntegerField()
    reject = models.PositiveIntegerField()
    skip = models.PositiveIntegerField()
    flagged = models.PositiveIntegerField(help_text="Judged lines that the screen had marked.")
    timed = models.PositiveIntegerField(help_text="Decisions that took a known time, and no pause.")
    took_ms = models.PositiveBigIntegerField(help_text="The sum of those times.")
    measured = models.PositiveIntegerField(help_text="Edits whose distance is known.")
    distance = models.FloatField(help_text="The sum of those distances.")

    class Meta:
        ordering = ["brand", "day"]
        indexes = [models.Index(fields=["brand", "day"], name="decisionday_by_day")]

    def __str__(self) -> str:
        return f"{self.reviewer} on {self.day}"


class RejectionDay(models.Model):
    """One person's rejections of a day for one reason, counted with DecisionDay."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=12, choices=Reason.choices)
    count = models.PositiveIntegerField()

    class Meta:
        ordering = ["brand", "day"]
        indexes = [models.Index(fields=["brand", "day"], name="rejectionday_by_day")]

    def __str__(self) -> str:
        return f"{self.count} {self.reason} on {self.day}"
