"""The numbers and tables of the page, made of the figures."""

from __future__ import annotations

from datetime import date, timedelta

from django.urls import reverse
from django.utils.timesince import timesince

from review.dashboard.cells import (
    Cell,
    Links,
    Query,
    Span,
    Table,
    Tile,
    rate,
    seconds,
)
from review.models import Action, Reason, Tally
from review.selectors.dashboard import AdapterSums, Figures, Share, Sums, day_start
from review.wording import NONE, between, percent

_JUDGED = (Action.APPROVE, Action.EDIT, Action.REJECT)
_ACTIONS = (*_JUDGED, Action.SKIP)
_OUTCOME = ("Judged", "Approved unchanged", "95% interval", "Edited", "Changed by an edit", "Time each")


def tiles(found: Figures, links: Links) -> list[Tile]:
    """The numbers at the top."""
    total = found.total
    return [
        *_queue_tiles(found.tallies, links),
        Tile("Decisions", Cell(f"{total.decisions:,}", links.decisions()), f"{total.skip:,} of them skips"),
        _share_tile("Approved unchanged", total.accepted, links.decisions(Action.APPROVE)),
        _share_tile("Edited", total.edited, links.decisions(Action.EDIT)),
        _share_tile("Rejected", total.rejected, links.decisions(Action.REJECT)),
        Tile(
            "Changed by an edit",
            Cell(percent(total.edit_distance), links.decisions(Action.EDIT)),
            "of the line, on average",
        ),
        Tile(
            "Time a decision takes",
            Cell(seconds(total.seconds), links.decisions()),
            f"{rate(total.an_hour)} in an hour of judging",
        ),
        _share_tile("Screen right on marked lines", found.screen, links.screen()),
    ]


def _queue_tiles(tallies: list[Tally], links: Links) -> list[Tile]:
    waiting = Tile("In the queue", Cell(f"{sum(tally.waiting for tally in tallies):,}", links.waiting()))
    oldest = min((tally.oldest_at for tally in tallies if tally.oldest_at), default=None)
    if oldest is None:
        return [waiting]
    median = tallies[0].median_at if len(tallies) == 1 else None
    note = f"half of them longer than {timesince(median, depth=1)}" if median else ""
    return [waiting, Tile("The oldest waits for", Cell(timesince(oldest, depth=1), links.waiting()), note)]


def _share_tile(label: str, share: Share, url: str) -> Tile:
    note = f"95% interval {between(share.interval)}" if share.of else ""
    return Tile(label, Cell(percent(share.value), url), note)


def by_day(found: Figures, links: Links) -> Table:
    """Days with decisions, the latest first."""
    rows = [
        [
            Cell(f"{day:%-d %B}"),
            *(
                Cell(f"{getattr(sums, action):,}", links.decisions(action, span=_days(day)))
                for action in _ACTIONS
            ),
        ]
        for day, sums in reversed(found.days.items())
        if sums.decisions
    ]
    columns = ("Day", "Approved", "Edited", "Rejected", "Skipped")
    return Table("Decisions by day", columns, rows, "days")


def by_hour(found: Figures, links: Links) -> Table:
    """The last hours, the latest first."""
    rows = [
        [Cell(f"{hour:%H:%M}"), Cell(f"{count:,}", links.decisions(span=(hour, hour + timedelta(hours=1))))]
        for hour, count in reversed(found.hours.items())
    ]
    return Table("Decisions by hour", ("Hour from (UTC)", "Decisions"), rows, "hours")


def acceptance(found: Figures, links: Links) -> Table:
    """How the lines of each adapter fared over time."""
    step = 7 if found.weekly else 1
    rows = [
        [
            Cell(adapter_name(of)),
            Cell(f"{day:%-d %B}"),
            *_accepted(sums, links, _written_by(of), _days(day, step)),
        ]
        for of in found.adapters
        for day, sums in sorted(of.series.items(), reverse=True)
        if sums.judged
    ]
    columns = (
        "Adapter",
        "Week from" if found.weekly else "Day",
        "Judged",
        "Approved unchanged",
        "95% interval",
    )
    return Table("Approved unchanged, by adapter", columns, rows, "acceptance")


def pace(found: Figures, links: Links) -> Table:
    """How long decisions took, the latest day first."""
    rows = [
        [
            Cell(f"{day:%-d %B}"),
            Cell(seconds(sums.seconds), links.decisions(span=_days(day))),
            Cell(rate(sums.an_hour)),
        ]
        for day, sums in reversed(found.days.items())
        if sums.timed
    ]
    return Table("Time a decision takes", ("Day", "Time each", "In an hour of judging"), rows, "seconds")


def adapters(found: Figures, links: Links) -> Table:
    """The adapters of which most was judged."""
    rows = [
        [
            Cell(adapter_name(of), _adapter_page(of)),
            *_outcome(of.sums, links, _written_by(of)),
        ]
        for of in found.adapters
    ]
    return Table("Adapters", ("Adapter", *_OUTCOME), rows)


def reviewers(found: Figures, links: Links) -> Table:
    """Who decided how much and how: those with the most decisions."""
    rows = [
        [
            Cell(user.get_username()),
            *_outcome(sums, links, {"reviewer__id__exact": user.pk}),
            Cell(rate(sums.an_hour)),
        ]
        for user, sums in found.reviewers
    ]
    return Table("Reviewers", ("Reviewer", *_OUTCOME, "In an hour of judging"), rows)


def _outcome(sums: Sums, links: Links, where: Query) -> list[Cell]:
    edits = links.decisions(Action.EDIT, where=where)
    return [
        *_accepted(sums, links, where),
        Cell(percent(sums.edited.value), edits),
        Cell(percent(sums.edit_distance), edits),
        Cell(seconds(sums.seconds), links.decisions(where=where)),
    ]


def _accepted(sums: Sums, links: Links, where: Query, span: Span | None = None) -> list[Cell]:
    return [
        Cell(f"{sums.judged:,}", links.decisions(*_JUDGED, where=where, span=span)),
        Cell(percent(sums.accepted.value), links.decisions(Action.APPROVE, where=where, span=span)),
        Cell(between(sums.accepted.interval)),
    ]


def reasons(found: Figures, links: Links) -> Table:
    """Why lines were rejected, the most frequent reason first."""
    total = found.total.reject
    rows = [
        [
            Cell(str(Reason(reason).label)),
            Cell(f"{count:,}", links.decisions(Action.REJECT, where={"reason__exact": reason})),
            Cell(percent(count / total)),
        ]
        for reason, count in found.reasons
    ]
    return Table("Why lines are rejected", ("Reason", "Lines", "Share"), rows)


def queues(found: Figures, links: Links) -> Table:
    """Each brand's queue, the longest first."""
    tallies = sorted(found.tallies, key=lambda tally: -tally.waiting)
    rows = [
        [
            Cell(str(tally.brand)),
            Cell(f"{tally.waiting:,}", links.waiting(tally.brand)),
            *(Cell(timesince(at, depth=1) if at else NONE) for at in (tally.oldest_at, tally.median_at)),
        ]
        for tally in tallies
    ]
    return Table("Queues", ("Brand", "Lines", "The oldest waits for", "Half wait longer than"), rows)


def adapter_name(of: AdapterSums) -> str:
    if of.adapter is None:
        return "the base model alone"
    return f"{of.adapter.brand} {of.adapter.digest[:8]}, {of.adapter.get_status_display()}"


def _adapter_page(of: AdapterSums) -> str:
    return reverse("admin:adgen_adapter_change", args=[of.adapter.pk]) if of.adapter else ""


def _written_by(of: AdapterSums) -> Query:
    """The filters for an adapter's own lines: no person has reworded them."""
    unedited = {"variant__edited_from__isnull": "True"}
    if of.adapter is None:
        return {"variant__adapter__isnull": "True", **unedited}
    return {"variant__adapter__id__exact": of.adapter.pk, **unedited}


def _days(first: date, count: int = 1) -> Span:
    return day_start(first), day_start(first + timedelta(days=count))
