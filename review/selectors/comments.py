"""What people have left on a line."""

from __future__ import annotations

from django.db.models import QuerySet

from adgen.models import Variant
from review.models import Comment


def comments_of(variant: Variant) -> QuerySet[Comment]:
    """The comments on a line and, for an edited line, on the one that it replaced; oldest first."""
    lines = [pk for pk in (variant.pk, variant.edited_from_id) if pk]
    return Comment.objects.filter(variant__in=lines).select_related("author").order_by("id")
