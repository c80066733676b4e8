"""Which line comes next: the one place that knows the order of the queue.

1. Lines of the campaign with the earliest deadline come first; lines without a deadline come last.
2. Among these, lines that the screen marked: they need a person most.
3. Batches take turns: the best line of each, then the second best of each, and so on. A new batch joins at
   the turn that has come. Where somebody still gets too many lines of one brief in a row (others have worked
   off the rest, or it alone is urgent), another brief comes between.

A line's place stands in its own row (`due`, `flagged`, `turn`), so the head of any part of the queue is one
index probe. That of marked lines, that of the others, and these of each brand (and slot, where slots are
chosen) are lanes with a head each; the best head wins.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.utils.formats import date_format

from adgen.channels import slot_formats
from adgen.models import Variant
from adgen.models.briefs import NO_DEADLINE
from adgen.statements import named
from review.selectors.filters import QueueFilter

# A line that somebody skipped stays away from them so long.
SKIP_REST = timedelta(hours=1)
# After so many decisions on one brief another one comes, if REACH lines of a lane hold one. With the lines
# that a page has taken in advance, fewer than twenty come in a row.
RUN = 12
REACH = 500
# The best head may be in a rival's hand right now; then the heads of the next best lanes are tried.
_BEST_LANES = 8

# Not skipped by the person lately, nor judged by them as the first of two.
OPEN_TO = """
  NOT EXISTS (
    SELECT 1 FROM review_decision skip
    WHERE skip.variant_id = line.id AND skip.reviewer_id = %(reviewer)s AND skip.action = 'skip'
    AND skip.created_at > %(rested)s
    AND NOT EXISTS (SELECT 1 FROM review_decision undo WHERE undo.undoes_id = skip.id)
  )
  AND NOT EXISTS (
    SELECT 1 FROM review_secondlook look
    WHERE look.variant_id = line.id AND look.first_reviewer_id = %(reviewer)s AND look.state = 'open'
  )"""
_FREE = f"""
  NOT EXISTS (
    SELECT 1 FROM review_claim claim WHERE claim.variant_id = line.id AND claim.expires_at > %(now)s
  )
  AND {OPEN_TO}"""  # noqa: S608
_HEAD = """
  SELECT {columns} FROM adgen_variant line WHERE {in_lane} AND {free}
  ORDER BY line.due, line.turn, line.id LIMIT 1"""
# SQLite loops over `near` in its order; told to sort as well, it would look at all of it before it stops.
_HEAD_OF_OTHERS = """
  SELECT {columns}
  FROM (
    SELECT id, due, turn FROM adgen_variant line WHERE {in_lane} ORDER BY due, turn, id LIMIT {reach}
  ) near
  CROSS JOIN adgen_variant line
  WHERE line.id = near.id AND line.state = 'pending' AND {free}
  AND line.batch_id NOT IN (SELECT batch.id FROM adgen_batch batch WHERE batch.brief_id = %(avoid)s)
  {in_order} LIMIT 1"""
# The best heads are found without a lock; then the first of them is taken that nobody has locked.
_POSTGRES = """
SELECT next.id
FROM (
  SELECT lane.*, head.due, head.turn, head.id FROM {lanes} CROSS JOIN LATERAL ({head}) head
  ORDER BY head.due, lane.flagged DESC, head.turn, head.id LIMIT {best}
) lane
CROSS JOIN LATERAL ({head} FOR NO KEY UPDATE OF line SKIP LOCKED) next
LIMIT 1"""
_SQLITE = """
SELECT line.id
FROM (SELECT ({head}) AS id FROM {lanes}) head JOIN adgen_variant line ON line.id = head.id
ORDER BY line.due, line.flagged DESC, line.turn, line.id LIMIT 1"""

_LAST_BRIEFS = """
SELECT batch.brief_id FROM review_decision decision
JOIN adgen_variant line ON line.id = decision.variant_id JOIN adgen_batch batch ON batch.id = line.batch_id
WHERE decision.reviewer_id = %s AND decision.action <> 'undo' ORDER BY decision.id DESC LIMIT %s
"""


def next_line(
    *, reviewer: User, only: QueueFilter, now: datetime, avoid: int | None = None
) -> tuple[str, dict[str, Any]]:
    """SQL for the id of the next line in the chosen part of the queue, and its named parameters.

    `avoid` is a brief that has had its turn. On Postgres the line is locked.
    """
    lanes, in_lane, chosen = _lanes(reviewer.pk, reviewer.is_superuser, only)
    moment = connection.ops.adapt_datetimefield_value
    params = chosen | {
        "reviewer": reviewer.pk,
        "now": moment(now),
        "rested": moment(now - SKIP_REST),
        "avoid": avoid,
    }
    postgres = connection.vendor == "postgresql"
    head = (_HEAD_OF_OTHERS if avoid else _HEAD).format(
        columns="line.id, line.due, line.turn" if postgres else "line.id",
        in_lane=in_lane,
        free=_FREE,
        reach=REACH,
        in_order="ORDER BY near.due, near.turn, near.id" if postgres else "",
    )
    return (_POSTGRES if postgres else _SQLITE).format(lanes=lanes, head=head, best=_BEST_LANES), params


def tired_of(reviewer: User) -> int | None:
    """The brief that all of the reviewer's last RUN decisions were about, if there is one."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST_BRIEFS, [reviewer.pk, RUN])
        briefs = [brief for (brief,) in cursor.fetchall()]
    return briefs[0] if len(briefs) == RUN and len(set(briefs)) == 1 else None


def why_next(line: Variant) -> list[str]:
    """Why a line comes when it comes, in words for the reviewer, the weightiest first."""
    why = []
    if line.due != NO_DEADLINE:
        why.append(f"deadline {date_format(line.due, 'j M Y')}")
    if line.flagged:
        why.append("uncertain: the screen marked it")
    return [*why, "its brief's turn"]


# It takes longer to make than the statement takes to run, and depends on nothing but its arguments.
@lru_cache(maxsize=256)
def _lanes(reviewer: int, is_superuser: bool, only: QueueFilter) -> tuple[str, str, dict[str, Any]]:
    """The lanes as a table, the condition that a line is in its lane, and the parameters of both.

    Each condition has an index of its own: campaign and slot, or brand with slot, with adapter, with neither.
    Only an adapter's lines of one slot or campaign are looked for among those of other adapters.
    """
    person = User(pk=reviewer, is_superuser=is_superuser)
    brands, params = named("brand", only.brands(person).values("id"))
    marks = [mark for mark, verdict in (("true", "flag"), ("false", "pass")) if only.verdict in ("", verdict)]
    tables = [f"({brands}) brand", f"({_rows('flagged', marks)}) mark"]
    columns, in_lane = "brand.id AS brand_id, mark.flagged", "line.flagged = lane.flagged"
    if slots := only.slots or (tuple(slot_formats()) if only.campaign else ()):
        names = {f"slot_{number}": slot for number, slot in enumerate(slots)}
        params |= names
        tables.append(f"({_rows('slot', [f'%({name})s' for name in names])}) slot")
        columns += ", slot.slot"
        in_lane += " AND line.slot = lane.slot"
    if only.campaign:
        params["campaign"] = only.campaign.pk
        in_lane += " AND line.campaign_id = %(campaign)s"
    else:
        in_lane += " AND line.brand_id = lane.brand_id"
    # The plus keeps both databases from the adapter's index, where all lines of other slots may come first.
    adapter = "+line.adapter_id" if slots else "line.adapter_id"
    if only.adapter:
        params["adapter"] = only.adapter.pk
        in_lane += f" AND {adapter} = %(adapter)s"
    if only.base_alone:
        in_lane += f" AND {adapter} IS NULL"
    lanes = f"(SELECT {columns} FROM {' CROSS JOIN '.join(tables)}) lane"  # noqa: S608  # of our own words
    return lanes, f"line.state = 'pending' AND {in_lane}", params


def _rows(column: str, values: list[str]) -> str:
    return " UNION ALL ".join(f"SELECT {value} AS {column}" for value in values)
