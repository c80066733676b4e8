"""The page.

Its script sends the chosen lines one by one and shows what becomes of each; without it, one form sends
them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.generic import View

from adgen.admin.base import person
from adgen.channels import slot_formats
from adgen.errors import DomainError, NotFound
from adgen.models import Adapter, Brand, Campaign, Role, VariantState
from adgen.selectors.access import brands_of
from review.models import Reason
from review.selectors.filters import BASE, QUEUE_VERDICTS, queue_filter
from review.selectors.table import TableFilter, table_page
from review.services.bulk import bulk_decide
from review.services.decisions import step_undo
from review.services.rows import RowResult
from review.table.forms import SIZES, TableDecisionForm, TableForm

_LISTED = 200


class BaseTableView(View):
    """For those who review for a brand."""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.user = person(request)


class TableView(BaseTableView):
    """The page."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page()

    def post(self, request: HttpRequest) -> HttpResponse:
        """Decide about the chosen lines, all in one request."""
        form = TableDecisionForm(request.POST)
        if not form.is_valid():
            return self.page(fault=form.told())
        try:
            results = list(bulk_decide(reviewer=self.user, **form.given()))
        except NotFound as refusal:
            raise Http404 from refusal
        except DomainError as refusal:
            return self.page(fault=refusal.detail)
        return self.page(results=results)

    def page(self, *, results: Sequence[RowResult] = (), fault: str = "") -> HttpResponse:
        form = TableForm(self.request.GET)
        if not form.is_valid():
            raise Http404
        given = form.cleaned_data
        table = self.table(given)
        fault = fault or form.fault
        size = int(given["rows"] or SIZES[0])
        found = None
        if table and not form.fault:
            found = table_page(self.user, table, size=size, after=given["after"], before=given["before"])
        told = {name: value for name, value in given.items() if value and name not in ("after", "before")}
        context = {
            **admin.site.each_context(self.request),
            **(self.choices(table) if table else {}),
            "title": "Table",
            "is_fullwidth": "1",
            "given": given,
            "table": table,
            "size": size,
            "page": found,
            "query": urlencode(told),
            "results": results,
            "fault": fault,
            "reasons": list(enumerate(Reason.choices, start=1)),
        }
        return render(self.request, "review/table.html", context, status=400 if fault else 200)

    def table(self, given: Mapping[str, Any]) -> TableFilter | None:
        """What the address asks for, of the first brand where it names none; None where there is no brand."""
        names = ("brand", "campaign", "channel", "slot", "verdict", "language", "adapter")
        try:
            only = queue_filter(self.user, **{name: given[name] for name in names})
        except DomainError as refusal:
            raise Http404 from refusal
        brand = only.brand or only.brands(self.user).first()
        if brand is None:
            return None
        state = VariantState(given["state"] or VariantState.PENDING)
        return TableFilter(brand=brand, only=only, state=state, words=given["words"])

    def choices(self, table: TableFilter) -> dict[str, object]:
        """What the filters offer."""
        brands: Iterable[Brand] = list(brands_of(self.user, Role.REVIEWER))
        slots = list(slot_formats().values())
        return {
            "brands": brands,
            "languages": sorted({brand.language for brand in brands}),
            "campaigns": Campaign.objects.filter(brand=table.brand).order_by("-id")[:_LISTED],
            "adapters": Adapter.objects.filter(brand=table.brand).order_by("-id")[:_LISTED],
            "base": BASE,
            "channels": list(dict.fromkeys(slot.slot.partition(".")[0] for slot in slots)),
            "slots": slots,
            "verdicts": QUEUE_VERDICTS,
            "states": VariantState.choices,
            "sizes": SIZES,
        }


class TableDecideView(BaseTableView):
    """Decide about lines, and say as JSON what became of each."""

    def post(self, request: HttpRequest) -> HttpResponse:
        form = TableDecisionForm(request.POST)
        if not form.is_valid():
            return JsonResponse({"detail": form.told()}, status=400)
        try:
            results = list(bulk_decide(reviewer=self.user, **form.given()))
        except DomainError as refusal:
            return JsonResponse({"detail": refusal.detail}, status=refusal.status)
        return JsonResponse({"rows": [_shown(result) for result in results]})


class TableUndoView(BaseTableView):
    """Take back a part of the person's latest step."""

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            step = step_undo(reviewer=self.user)
        except DomainError as refusal:
            return JsonResponse({"detail": refusal.detail}, status=refusal.status)
        lines = [undo.variant_id for undo in step.undos]
        return JsonResponse({"undone": lines, "kept": step.kept, "left": step.left})


def _shown(result: RowResult) -> dict[str, object]:
    decision = result.decision
    return {
        "variant": result.variant.pk,
        "outcome": result.outcome,
        "words": result.words,
        "lead": (decision.lead_id or decision.pk) if decision else None,
    }
