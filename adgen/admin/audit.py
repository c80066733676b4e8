"""The audit log: a page to search one brand's chain, and its export as CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.generic import View

from adgen.admin.base import person
from adgen.models import AuditAction, AuditEvent, Brand, Role
from adgen.selectors.access import brands_of
from adgen.selectors.audit import chain_head, events_in_order, events_matching
from adgen.services.audit import audit_export

_PER_PAGE = 50
# The installation's own chain, in place of a brand's slug: no slug has a star.
_INSTALLATION = "*"
_PAGES = {
    "adapter": "admin:adgen_adapter_change",
    "brand": "admin:adgen_brand_change",
    "variant": "admin:adgen_variant_change",
}
_COLUMNS = ("sequence", "at", "actor", "actor_name", "action", "subject", "details", "prev_hash", "hash")


class AuditForm(forms.Form):
    """What to look for in a chain."""

    action = forms.ChoiceField(label="Act", required=False, choices=[("", "every act"), *AuditAction.choices])
    actor = forms.CharField(
        label="Who", required=False, max_length=150, widget=forms.TextInput(attrs={"placeholder": "a name"})
    )
    subject = forms.RegexField(
        r"^[a-z]+( [^ ]+)?$",
        label="Subject",
        required=False,
        max_length=105,
        widget=forms.TextInput(attrs={"placeholder": "variant 12"}),
        error_messages={"invalid": "Give a kind, or a kind and its number: variant, or variant 12."},
    )
    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    before = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)

    def filters(self) -> dict[str, Any]:
        """What was asked for, as `events_matching` takes it."""
        given = {name: value for name, value in self.cleaned_data.items() if value and name != "before"}
        kind, _, number = given.pop("subject", "").partition(" ")
        return {**given, "subject_type": kind, "subject_id": number}

    def told(self) -> dict[str, str]:
        """The fields that were filled in, as they were written."""
        return {name: self.data[name] for name in self.fields if self.data.get(name) and name != "before"}


@dataclass(frozen=True)
class Row:
    """One event as the page shows it; `details` are (name, value) pairs in words."""

    event: AuditEvent
    page_url: str
    details: list[tuple[str, str]]


class ChainView(View):
    """One chain: for the managers of its brand, the installation's for superusers."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.user = person(request)
        self.brands = list(brands_of(self.user, Role.MANAGER))
        self.brand = self._brand(request.GET.get("brand", ""))
        self.form = AuditForm(request.GET)
        return super().dispatch(request, *args, **kwargs)

    def _brand(self, slug: str) -> Brand | None:
        if slug == _INSTALLATION:
            if not self.user.is_superuser:
                raise Http404
            return None
        brand = get_object_or_404(brands_of(self.user), slug=slug) if slug else next(iter(self.brands), None)
        if brand not in self.brands:
            raise PermissionDenied
        return brand

    @property
    def chain(self) -> str:
        return self.brand.slug if self.brand else _INSTALLATION

    def query(self, **more: str) -> str:
        return urlencode({"brand": self.chain, **self.form.told(), **more})


class AuditView(ChainView):
    """The page: newest first, by number from page to page."""

    def get(self, request: HttpRequest) -> HttpResponse:
        valid = self.form.is_valid()
        events = self._page() if valid else []
        shown = events[:_PER_PAGE]
        chains = [(brand.slug, brand.name) for brand in self.brands]
        if self.user.is_superuser:
            chains.append((_INSTALLATION, "The installation"))
        context = {
            **admin.site.each_context(request),
            "title": "Audit log",
            "is_fullwidth": "1",
            "form": self.form,
            "chain": self.chain,
            "chains": chains,
            "head": chain_head(self.brand),
            "rows": [_row(event) for event in shown],
            "older": self.query(before=str(shown[-1].sequence)) if len(events) > _PER_PAGE else "",
            "newest": self.query() if self.form.data.get("before") else "",
            "export_url": f"{reverse('audit-export')}?{self.query()}",
        }
        return render(request, "adgen/admin/audit.html", context, status=200 if valid else 400)

    def _page(self) -> list[AuditEvent]:
        """The events of the page, and one more where there is a next one."""
        events = events_matching(self.brand, **self.form.filters())
        if before := self.form.cleaned_data["before"]:
            events = events.filter(sequence__lt=before)
        return list(events.order_by("-sequence")[: _PER_PAGE + 1])


class AuditExportView(ChainView):
    """What the page's filters find, all of it. It posts: an export is an act, and goes into the log."""

    def post(self, request: HttpRequest) -> HttpResponseBase:
        if not self.form.is_valid():
            raise Http404
        audit_export(brand=self.brand, by=self.user, filters=self.form.told())
        events = events_matching(self.brand, **self.form.filters())
        name = f"audit-{self.brand.slug if self.brand else 'installation'}-{timezone.localdate()}.csv"
        return StreamingHttpResponse(
            csv_lines(events_in_order(events)),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, line: str) -> str:
        return line


def csv_lines(events: Iterable[AuditEvent]) -> Iterator[str]:
    """The CSV of `events`, line by line, with a byte order mark for spreadsheets.

    Free text stands as JSON. So no cell starts with a sign that makes a spreadsheet take it for a
    formula, and the text itself is unchanged.
    """
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(_COLUMNS)
    for event in events:
        yield writer.writerow(
            [
                event.sequence,
                event.at.isoformat(),
                event.actor,
                _json(event.actor_name),
                event.action,
                event.subject,
                _json(event.details),
                event.prev_hash,
                event.hash,
            ]
        )


def _json(value: object) -> str:
    # A spreadsheet that separates cells by semicolons would start a new one at each.
    return json.dumps(value, ensure_ascii=False).replace(";", "\\u003b")


def _row(event: AuditEvent) -> Row:
    page = _PAGES.get(event.subject_type)
    return Row(
        event,
        page_url=reverse(page, args=[event.subject_id]) if page else "",
        details=[(name.replace("_", " "), _shown(value)) for name, value in event.details.items()],
    )


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return " → ".join(_shown(part) for part in value.values())
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in (None, "") else str(value)
