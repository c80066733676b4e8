"""What people have left on a line."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from adgen.models import Variant
from review.models import Comment


def commented() -> Exists:
    """Whether `comments_of` has any, as most lines have none: an annotation of variants."""
    lines = Q(variant=OuterRef("pk")) | Q(variant=OuterRef("edited_from"))
    return Exists(Comment.objects.filter(lines))


def comments_of(variant: Variant) -> QuerySet[Comment]:
    """The comments on a line and, for an edited line, on the one that it replaced; oldest first."""
    lines = [pk for pk in (variant.pk, variant.edited_from_id) if pk]
    return Comment.objects.filter(variant__in=lines).select_related("author").order_by("id")
