"""Routes of the API. `training-runs` is in `review`, which adds the asking for one."""

from __future__ import annotations

from django.urls import re_path
from drf_spectacular.views import SpectacularAPIView

from adgen.api.base import Router
from adgen.api.batches import BatchViewSet, VariantViewSet
from adgen.api.brands import BrandViewSet, ExemplarViewSet, FactViewSet
from adgen.api.briefs import BriefViewSet, CampaignViewSet
from adgen.api.errors import UnknownRoute
from adgen.api.keys import ApiKeyViewSet
from adgen.api.training import AdapterViewSet

app_name = "api"
router = Router()
router.register("brands", BrandViewSet, "brand")
router.register("facts", FactViewSet, "fact")
router.register("exemplars", ExemplarViewSet, "exemplar")
router.register("campaigns", CampaignViewSet, "campaign")
router.register("briefs", BriefViewSet, "brief")
router.register("batches", BatchViewSet, "batch")
router.register("variants", VariantViewSet, "variant")
router.register("adapters", AdapterViewSet, "adapter")
router.register("api-keys", ApiKeyViewSet, "api-key")

urlpatterns = [
    *router.urls,
    re_path(r"^schema/?$", SpectacularAPIView.as_view(), name="schema"),
    re_path("", UnknownRoute.as_view(), name="unknown"),
]
