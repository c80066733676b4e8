"""Comments on lines."""

from __future__ import annotations

from django.contrib.auth.models import User

from adgen.models import Role, Variant
from adgen.selectors.access import require_role
from adgen.services.notes import note_given
from review.models import Comment


def comment_add(*, author: User, variant: Variant, note: str) -> Comment:
    """Leave a note on a line, whatever its state; it stays for good. Raises NotFound, NotAllowed, Invalid."""
    require_role(author, variant.brand, Role.REVIEWER)
    return Comment.objects.create(variant=variant, brand=variant.brand, author=author, note=note_given(note))
