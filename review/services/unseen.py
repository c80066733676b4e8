"""What the screen has found on a line since it was shown to the person who decides."""

from __future__ import annotations

from adgen.errors import StateConflict
from adgen.models import Screening, Variant
from adgen.policy.reasons import says_more


def unseen_refuse(*, variant: Variant, seen: Screening | None) -> None:
    """Raise StateConflict where the line's latest screening says more than `seen`, which was shown with it.

    To be called once the line's row is locked by the decision: what is screened later finds it decided.
    """
    latest = variant.screenings.order_by("-id").first()
    if seen is None or latest is None or latest == seen:
        return
    news = [finding["message"] for finding in latest.findings if says_more([finding], seen.findings)]
    if news:
        raise StateConflict(
            f"The screen has found more on this line since it was shown to you: {' '.join(news)} "
            "Nothing was saved; look at the line again."
        )
