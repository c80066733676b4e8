"""Pages that take a file: past ads, briefs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from adgen.admin.base import BrandScopedAdmin, person
from adgen.admin.forms import AdsUploadForm, BriefsUploadForm, UploadForm
from adgen.errors import DomainError
from adgen.imports.ads import ads_import
from adgen.imports.briefs import MAX_ROWS, briefs_import
from adgen.imports.tables import Fault
from adgen.models import Brand, Role
from adgen.selectors.access import brands_of

# More faults than this on a page help nobody.
_FAULTS_SHOWN = 200
ADS_HELP = (
    "An export of Google Ads Editor; or one row per ad with the columns headlines, descriptions and "
    "keywords, and if wanted product, audience, messages, offer or a slot such as meta.primary_text. "
    "| separates the items of a cell."
)
BRIEFS_HELP = (
    "One row per brief with the columns brand, campaign, special_category, product, audience, messages, "
    "offer, tone, keywords, url, must_include, must_avoid, and one for each slot wanted, such as "
    "google_rsa.headline, with the number of lines. | separates the items of a cell. "
    f"At most {MAX_ROWS:,} rows, all or none."
)


class UploadAdmin(BrandScopedAdmin):
    """A list with a page for importing beside it."""

    list_before_template = "adgen/admin/import_link.html"
    upload_form: type[UploadForm] = UploadForm
    upload_help = ""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.upload_view)
        return [path("import/", view, name=self.url_name("import")), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        upload_url = reverse(f"admin:{self.url_name('import')}") if self._writable(request) else ""
        context = {"upload_url": upload_url, **(extra_context or {})}
        response: HttpResponse = super().changelist_view(request, context)
        return response

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """The form; after a post the list, or the form again with the faults by row."""
        brands = self._writable(request)
        if not brands:
            raise PermissionDenied
        form = self.upload_form(request.POST or None, request.FILES or None)
        if "brand" in form.fields:
            form.fields["brand"].queryset = brands  # type: ignore[attr-defined]
            form.fields["brand"].initial = brands[0] if len(brands) == 1 else None
        faults: list[Fault] = []
        if request.method == "POST" and form.is_valid():
            try:
                message, faults = self.upload(request, form.cleaned_data)
            except DomainError as refusal:
                form.add_error("file", refusal.detail)
            else:
                if message:
                    self.message_user(request, message, messages.SUCCESS)
                if not faults:
                    return HttpResponseRedirect(reverse(f"admin:{self.url_name('changelist')}"))
        context = {
            **self.admin_site.each_context(request),
            "title": f"Import {self.opts.verbose_name_plural}",
            "opts": self.opts,
            "form": form,
            "upload_help": self.upload_help,
            "faults": faults[:_FAULTS_SHOWN],
            "more_faults": max(0, len(faults) - _FAULTS_SHOWN),
        }
        return render(request, "adgen/admin/import.html", context, status=400 if form.errors else 200)

    def upload(self, request: HttpRequest, given: dict[str, Any]) -> tuple[str, list[Fault]]:
        """Import what the form gives; returns what to say (empty where nothing happened) and the faults."""
        raise NotImplementedError

    def _writable(self, request: HttpRequest) -> QuerySet[Brand]:
        return brands_of(person(request), Role.MARKETER)


class AdsUploadAdmin(UploadAdmin):
    upload_form = AdsUploadForm
    upload_help = ADS_HELP

    def upload(self, request: HttpRequest, given: dict[str, Any]) -> tuple[str, list[Fault]]:
        file = given["file"]
        report = ads_import(
            data=file.read(), name=file.name, brand=given["brand"], skip_bad=given["skip_bad"]
        )
        if report.faults and not given["skip_bad"]:
            return "", report.faults
        return f"{report.added} lines are new, {report.known} were known.", report.faults


class BriefsUploadAdmin(UploadAdmin):
    upload_form = BriefsUploadForm
    upload_help = BRIEFS_HELP

    def upload(self, request: HttpRequest, given: dict[str, Any]) -> tuple[str, list[Fault]]:
        file = given["file"]
        report = briefs_import(
            data=file.read(),
            name=file.name,
            brands=self._writable(request),
            created_by=person(request),
            dry_run=given["dry_run"],
        )
        if report.faults:
            return "", report.faults
        if given["dry_run"]:
            return f"All {report.rows} rows are fine; nothing is stored yet.", []
        return f"{len(report.stored)} briefs are stored.", []
