"""Many lines decided in one step, from a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.contrib.auth.models import User

from adgen.errors import Invalid, NotFound, StateConflict
from adgen.models import Role, Variant
from adgen.selectors.access import require_role, visible
from review.models import Action, Decision
from review.services.judgements import Judgement, judgement_check
from review.services.rows import RowResult, Seen, row_decide

MOST_ROWS = 500


def bulk_decide(
    *,
    reviewer: User,
    seen: Mapping[int, int],
    action: Action,
    reason: str = "",
    note: str = "",
    lead: int | None = None,
) -> Iterator[RowResult]:
    """Approve or reject lines one by one, each in a transaction of its own; yields what became of each.

    `seen` maps a line to the screening that the person saw with it; `lead` is the first decision of a step
    that this goes on with. Raises Invalid, NotFound (also for lines of other brands), NotAllowed and
    StateConflict before anything is decided.
    """
    if action not in (Action.APPROVE, Action.REJECT):
        raise Invalid("Lines are approved or rejected together.", fields={"action": ["approve or reject"]})
    judgement_check(Judgement(action, reason, note))
    if not 0 < len(seen) <= MOST_ROWS:
        raise Invalid(
            f"Choose 1 to {MOST_ROWS} lines; {len(seen)} are chosen.", fields={"lines": [f"1 to {MOST_ROWS}"]}
        )
    lines = visible(Variant.objects.select_related("brand"), reviewer).in_bulk(list(seen))
    if missing := sorted(set(seen) - set(lines)):
        raise NotFound(f"No variant {missing[0]}.")
    for brand in {line.brand for line in lines.values()}:
        require_role(reviewer, brand, Role.REVIEWER)
    return _decide(
        reviewer, [Seen(lines[pk], seen[pk]) for pk in seen], action, reason, note, _led(reviewer, lead)
    )


def _decide(
    reviewer: User, rows: list[Seen], action: Action, reason: str, note: str, lead: Decision | None
) -> Iterator[RowResult]:
    for row in rows:
        result = row_decide(reviewer=reviewer, seen=row, action=action, reason=reason, note=note, lead=lead)
        lead = lead or result.decision
        yield result


def _led(reviewer: User, lead: int | None) -> Decision | None:
    """The first decision of the reviewer's step that is still under way."""
    if lead is None:
        return None
    decision = Decision.objects.filter(pk=lead, reviewer=reviewer, lead=None, undone_by=None).first()
    if decision is None:
        raise StateConflict("The step was taken back; choose the lines again.")
    return decision
