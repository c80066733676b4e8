"""The audit log: who did what to what, in one chain of hashes for each brand."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC

from django.db import models

from adgen.models.brands import Brand


class AuditAction(models.TextChoices):
    DECISION = "decision", "decided on a line"
    UNDO = "undo", "took a decision back"
    DISPUTE_SETTLED = "dispute_settled", "decided a line that two people judged differently"
    GOLD_MARKED = "gold_marked", "made a line a gold item"
    GOLD_REMOVED = "gold_removed", "took a gold item out"
    TRIAL_OPENED = "trial_opened", "asked for a blind comparison of two adapters"
    TRIAL_CLOSED = "trial_closed", "ended a blind comparison of two adapters"
    PAIRS_EXPORTED = "pairs_exported", "exported preference pairs"
    COMPARISON = "comparison", "compared two lines blindly"
    PUBLICATION = "publication", "published an edited line"
    RETRACTION = "retraction", "took a line out of the feed"
    LINE_RELEASED = "line_released", "showed a blocked line to the reviewers"
    LINE_KEPT = "line_kept", "kept an approved line that the screen now stops"
    ADAPTER_PROMOTED = "adapter_promoted", "made an adapter the champion"
    ROLE_GRANTED = "role_granted", "granted a role"
    ROLE_REMOVED = "role_removed", "took a role away"
    ACCESS_CHANGED = "access_changed", "changed what an account may do"
    KEY_CREATED = "key_created", "made an API key"
    KEY_REVOKED = "key_revoked", "revoked an API key"
    BRAND_CREATED = "brand_created", "made a brand"
    BRAND_CHANGED = "brand_changed", "changed a brand"
    AUDIT_EXPORTED = "audit_exported", "exported the audit log"


class AuditChain(models.Model):
    """The head of one chain. Its lock puts the events of a chain in order."""

    key = models.PositiveBigIntegerField(primary_key=True, help_text="The brand's; 0 for the installation.")
    sequence = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"chain {self.key} at {self.sequence}"


class AuditEvent(models.Model):
    """One act. Append-only; `hash` covers all other fields, and through `prev_hash` all earlier events.

    Actor and subject are names, not references: an event outlives what it tells of.
    """

    brand = models.ForeignKey(
        Brand,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # every index below starts with it
        help_text="None for the installation.",
    )
    sequence = models.PositiveBigIntegerField(help_text="1, 2, 3, … within the chain, without gaps.")
    at = models.DateTimeField()
    actor = models.CharField(max_length=60, help_text="`user:7`, `key:<prefix>` or `system`.")
    actor_name = models.CharField(max_length=150)
    # An AuditAction, but free to be another: acts that a later version no longer knows stay in the log.
    action = models.CharField(max_length=20)
    subject_type = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=64)
    details = models.JSONField(default=dict)
    prev_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["brand", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["brand", "sequence"], name="audit_sequence_once"),
            models.UniqueConstraint(
                fields=["sequence"], name="audit_own_sequence_once", condition=models.Q(brand=None)
            ),
        ]
        indexes = [
            models.Index(fields=["brand", "at"], name="audit_by_time"),
            models.Index(fields=["brand", "action", "sequence"], name="audit_by_action"),
            models.Index(fields=["brand", "actor_name", "sequence"], name="audit_by_actor"),
            models.Index(fields=["brand", "subject_type", "subject_id", "sequence"], name="audit_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.act}: {self.subject}"

    @property
    def act(self) -> str:
        """What was done, in words."""
        return str(AuditAction(self.action).label) if self.action in AuditAction.values else self.action

    @property
    def subject(self) -> str:
        return f"{self.subject_type} {self.subject_id}"

    def digest(self) -> str:
        """What `hash` has to be: SHA-256 over the canonical JSON (ASCII, sorted keys, no spaces)."""
        content = {
            "brand": self.brand_id,
            "sequence": self.sequence,
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor": self.actor,
            "actor_name": self.actor_name,
            "action": self.action,
            "subject_type": self.subject_type,
            "subject_id": self.subject_id,
            "details": self.details,
            "prev_hash": self.prev_hash,
        }
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode("ascii")).hexdigest()
