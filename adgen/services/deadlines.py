"""The place in the review queue that a campaign's deadline gives to its lines."""

from __future__ import annotations

from datetime import date

from adgen.models import Campaign, Variant, VariantState

# One statement moves so many lines: reviewers who want one of them wait no longer than that takes.
_STEP = 500
_STEPS_PER_SWEEP = 10


def due_locked(campaign_id: int) -> date:
    """The day that lines of a campaign are due, which stays so until the transaction ends.

    A change of the deadline waits for it, and so finds the lines that have just entered the queue.
    """
    return Campaign.objects.select_for_update(no_key=True).get(pk=campaign_id).due


def deadlines_apply() -> None:
    """Move some waiting lines of campaigns whose deadline changed to their new place in the queue.

    Bounded work: the sweeper calls it again and again. Whoever holds a line keeps it.
    """
    for campaign in Campaign.objects.filter(deadline_moved=True).order_by("pk")[:_STEPS_PER_SWEEP]:
        waiting = Variant.objects.filter(campaign=campaign, state=VariantState.PENDING)
        misplaced = waiting.exclude(due=campaign.due).values("pk")[:_STEP]
        for _ in range(_STEPS_PER_SWEEP):
            if not Variant.objects.filter(pk__in=misplaced).update(due=campaign.due):
                # Unless the deadline has changed again meanwhile.
                settled = Campaign.objects.filter(pk=campaign.pk, deadline=campaign.deadline)
                settled.update(deadline_moved=False)
                break
