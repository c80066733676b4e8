"""Rows that say how far decisions and adapters can be trusted: second looks, gold items, comparisons."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from adgen.models import Adapter, Brand, Variant
from adgen.models.constraints import one_of


class LookState(models.TextChoices):
    OPEN = "open", "waits for the second look"
    AGREED = "agreed", "both said the same"
    DISPUTED = "disputed", "waits for a manager"
    SETTLED = "settled", "a manager has decided"


class SecondLook(models.Model):
    """A line that two people judge, each without knowing what the other says.

    Where both say the same, the second decision is the one that takes effect; where they do not, a manager's
    is, and theirs are two opinions. `ending` is the decision that took effect.
    """

    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="looks", db_index=False)
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=8, choices=LookState.choices, default=LookState.OPEN)
    first = models.OneToOneField("review.Decision", on_delete=models.PROTECT, related_name="first_of")
    first_reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    second = models.OneToOneField(
        "review.Decision", null=True, on_delete=models.PROTECT, related_name="second_of"
    )
    second_reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    ending = models.OneToOneField("review.Decision", null=True, on_delete=models.PROTECT, related_name="ends")

    class Meta:
        ordering = ["id"]
        constraints = [
            one_of("state", LookState.values, name="look_state_known"),
            # Two people who are first at the same moment would both wait for a second.
            models.UniqueConstraint(
                fields=["variant"], name="look_one_under_way", condition=Q(state__in=["open", "disputed"])
            ),
            models.CheckConstraint(
                condition=Q(second_reviewer=None) | ~Q(second_reviewer=F("first_reviewer")),
                name="look_by_two_people",
            ),
            models.CheckConstraint(
                condition=Q(state="open", second=None, ending=None)
                | Q(state="disputed", second__isnull=False, ending=None)
                | Q(state__in=["agreed", "settled"], second__isnull=False, ending__isnull=False),
                name="look_ends_by_a_decision",
            ),
        ]
        indexes = [
            # The queue asks for each line whether the person has given it its first look.
            models.Index(fields=["first_reviewer", "variant"], name="look_open", condition=Q(state="open")),
            models.Index(fields=["brand", "state", "id"], name="look_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()}: {self.variant_id}"

    @property
    def is_settled(self) -> bool:
        return self.state == LookState.SETTLED


class Answer(models.TextChoices):
    """What is right about a gold item: whether the line may go out as it is."""

    APPROVE = "approve", "approve"
    REJECT = "reject", "reject"


class GoldItem(models.Model):
    """A line whose right answer is known. Reviewers meet it among others, to see how closely they look."""

    variant = models.OneToOneField(Variant, on_delete=models.PROTECT, related_name="gold")
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="gold_items")
    answer = models.CharField(max_length=7, choices=Answer.choices)
    active = models.BooleanField(default=True, help_text="Shown to reviewers from time to time.")
    marked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [one_of("answer", Answer.values, name="gold_answer_known")]

    def __str__(self) -> str:
        return f"{self.answer}: {self.variant_id}"


class GoldShowing(models.Model):
    """A gold item before one person. `decision` is what they made of it, which changes nothing else."""

    item = models.ForeignKey(GoldItem, on_delete=models.PROTECT, related_name="showings", db_index=False)
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+", db_index=False)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    shown_at = models.DateTimeField()
    decision = models.OneToOneField(
        "review.Decision", null=True, on_delete=models.PROTECT, related_name="showing"
    )
    right = models.BooleanField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "reviewer"], name="showing_one_open", condition=Q(decision=None)
            ),
            models.CheckConstraint(
                condition=Q(decision=None, right=None) | Q(decision__isnull=False, right__isnull=False),
                name="showing_judged_if_answered",
            ),
        ]
        indexes = [
            models.Index(fields=["item", "reviewer", "shown_at"], name="showing_by_person"),
            models.Index(fields=["brand", "shown_at"], name="showing_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} before {self.reviewer}"


class Trial(models.Model):
    """Two adapters of a brand, compared blindly on lines of the same slot and brief."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="trials")
    challenger = models.ForeignKey(Adapter, on_delete=models.PROTECT, related_name="trials")
    rival = models.ForeignKey(
        Adapter,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="None is the base model alone.",
    )
    is_open = models.BooleanField(default=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["brand"], name="trial_one_open_per_brand", condition=Q(is_open=True)
            ),
            models.CheckConstraint(
                condition=Q(rival=None) | ~Q(rival=F("challenger")), name="trial_of_two_adapters"
            ),
        ]

    def __str__(self) -> str:
        return f"Trial {self.pk}"


class Choice(models.TextChoices):
    LEFT = "left", "the left one"
    RIGHT = "right", "the right one"
    EQUAL = "equal", "both are equally good"
    NEITHER = "neither", "neither is good"


class Comparison(models.Model):
    """Two lines side by side before one person. The sides are drawn when it is shown, and stay.

    Each line takes part once in a trial, so that its comparisons are independent of each other.
    """

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="comparisons", db_index=False)
    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="+")
    challenger_line = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+")
    rival_line = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+")
    challenger_left = models.BooleanField()
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    shown_at = models.DateTimeField()
    choice = models.CharField(max_length=7, choices=Choice.choices, blank=True)
    chosen_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            one_of("choice", ["", *Choice.values], name="comparison_choice_known"),
            models.UniqueConstraint(fields=["trial", "challenger_line"], name="comparison_challenger_once"),
            models.UniqueConstraint(fields=["trial", "rival_line"], name="comparison_rival_once"),
            # Who asks twice at the same moment gets the same two lines.
            models.UniqueConstraint(
                fields=["trial", "reviewer"], name="comparison_one_in_hand", condition=Q(choice="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.choice or 'open'}: {self.challenger_line_id} and {self.rival_line_id}"

    @property
    def left(self) -> Variant:
        return self.challenger_line if self.challenger_left else self.rival_line

    @property
    def right(self) -> Variant:
        return self.rival_line if self.challenger_left else self.challenger_line

    @property
    def chosen(self) -> Variant | None:
        """The line that was preferred, if one was."""
        sides: dict[str, Variant] = {Choice.LEFT: self.left, Choice.RIGHT: self.right}
        return sides.get(self.choice)

    @property
    def passed_over(self) -> Variant | None:
        """The line that was not preferred, where the other was."""
        sides: dict[str, Variant] = {Choice.LEFT: self.right, Choice.RIGHT: self.left}
        return sides.get(self.choice)
