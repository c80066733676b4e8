"""URL map. `review` is named by string: adgen stands below it."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from adgen.admin.audit import AuditExportView, AuditView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="review:room"), name="home"),
    path("admin/review/", include("review.urls")),
    path("admin/audit/", admin.site.admin_view(AuditView.as_view()), name="audit"),
    path("admin/audit/export/", admin.site.admin_view(AuditExportView.as_view()), name="audit-export"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("review.api.urls")),
    path("api/v1/", include("adgen.api.urls")),
]
handler500 = "adgen.api.errors.server_error"
