"""What the tests of rescreens do again and again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from adgen.models import (
    Brand,
    Fact,
    Recheck,
    Release,
    Rescreen,
    RescreenReason,
    Screening,
    Variant,
    WorkState,
)
from adgen.services.rescreens import rescreen_request
from adgen.spec import Finding
from tests.factories import old
from tests.work import rescreen, verdict

CLAIM = Finding("claims.number", "flag", 0, 5, "“50%”: nothing backs it.")
SLUR = Finding("model.toxicity", "block", 0, 5, "Reads as rude (toxicity 0.97, flagged from 0.50).")


def asked(brand: Brand, reason: RescreenReason = RescreenReason.ASKED) -> Rescreen:
    work = rescreen_request(brand=brand, reason=reason)
    assert work is not None
    return work


def finish(work: Rescreen) -> None:
    """Work it off; everything passes."""
    while work.state == WorkState.QUEUED:
        Rescreen.objects.filter(pk=work.pk).update(available_at=old(1))
        rescreen(work, lambda line: verdict(line, version="screen-2"))


def state(line: Variant) -> str:
    return str(Variant.objects.values_list("state", flat=True).get(pk=line.pk))


@contextmanager
def nothing_changes() -> Iterator[None]:
    def rows() -> list[list[tuple[object, ...]]]:
        models = (Rescreen, Variant, Screening, Recheck, Release, Fact)
        return [list(model._default_manager.order_by("pk").values_list()) for model in models]

    before = rows()
    yield
    assert rows() == before
