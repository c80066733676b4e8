"""What people decided about variants, who holds which one, and the feed that follows from it."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from adgen.models import Brand, Screening, Variant
from adgen.models.constraints import one_of


class Claim(models.Model):
    """A reviewer's hold on a variant, so that two people never judge the same line at once.

    A row exists only while someone holds (or lately held) the variant, so the table stays small.
    """

    variant = models.OneToOneField(Variant, primary_key=True, on_delete=models.CASCADE, related_name="claim")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    token = models.UUIDField()
    expires_at = models.DateTimeField()

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


class Decision(models.Model):
    """What one person did with one variant. Append-only: an undo is a further decision."""

    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="decisions")
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="decisions")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="decisions")
    action = models.CharField(max_length=8, choices=Action.choices)
    reason = models.CharField(max_length=12, choices=Reason.choices, blank=True)
    note = models.CharField(max_length=500, blank=True)
    edited_variant = models.OneToOneField(
        Variant, null=True, blank=True, on_delete=models.PROTECT, related_name="edit_decision"
    )
    undoes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone_by"
    )
    duration_ms = models.PositiveIntegerField(null=True, blank=True, help_text="From claim to decision.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            one_of("action", Action.values, name="decision_action_known"),
            models.CheckConstraint(
                condition=~models.Q(action="reject") | ~models.Q(reason=""), name="decision_reject_has_reason"
            ),
            models.CheckConstraint(
                condition=models.Q(action="edit", edited_variant__isnull=False)
                | ~models.Q(action="edit") & models.Q(edited_variant__isnull=True),
                name="decision_edit_has_text",
            ),
            models.CheckConstraint(
                condition=models.Q(action="undo", undoes__isnull=False)
                | ~models.Q(action="undo") & models.Q(undoes__isnull=True),
                name="decision_undo_names_one",
            ),
        ]
        indexes = [models.Index(fields=["reviewer", "-id"], name="decision_by_reviewer")]

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
