"""What the screen has found on a line since it was shown to the person who decides."""

from __future__ import annotations

from adgen.errors import StateConflict
from adgen.models import Screening, Variant
from adgen.policy.reasons import says_more
from adgen.selectors.variants import latest_screening


def unseen_refuse(*, variant: Variant, seen: int | None) -> None:
    """Raise StateConflict where the line's latest screening says more than `seen`, the number of the one that
    was shown with it.

    To be called once the line's row is locked by the decision: what is screened later finds it decided.
    """
    latest = latest_screening(variant)
    if seen is None or latest is None or latest == seen:
        return
    findings = dict(Screening.objects.filter(pk__in=[seen, latest]).values_list("pk", "findings"))
    news = [finding["message"] for finding in findings[latest] if says_more([finding], findings[seen])]
    if news:
        raise StateConflict(
            f"The screen has found more on this line since it was shown to you: {' '.join(news)} "
            "Nothing was saved; look at the line again."
        )
