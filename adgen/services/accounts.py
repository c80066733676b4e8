"""People's accounts. What they may do in a brand is a matter of memberships."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction

from adgen.models import AuditAction
from adgen.services.audit import Actor, audit_record

# Nobody may do anything in a new account but log in.
_RIGHTS = {"is_active": True, "is_staff": False, "is_superuser": False}


def account_save(*, account: User, by: Actor) -> None:
    """Store an account. What it may do from now on that it might not before goes into the audit log."""
    with transaction.atomic():
        before = User.objects.select_for_update().filter(pk=account.pk).values(*_RIGHTS).first() or _RIGHTS
        account.save()
        changes = {
            right: {"from": before[right], "to": getattr(account, right)}
            for right in _RIGHTS
            if before[right] != getattr(account, right)
        }
        if changes:
            audit_record(
                brand=None,
                actor=by,
                action=AuditAction.ACCESS_CHANGED,
                subject=account,
                details={"user": account.get_username(), **changes},
            )
