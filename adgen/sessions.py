"""Who is signed in, by SQL that is made once: each request asks for a session and a person."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.db import connection
from django.utils import timezone

from adgen.statements import columns, read

_SESSION = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"
_PERSON = f"SELECT {columns(person=User)} FROM auth_user person WHERE id = %s"  # noqa: S608


class SessionStore(DatabaseSessionStore):
    """Django's sessions in the database."""

    def load(self) -> dict[str, Any]:
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        with connection.cursor() as cursor:
            cursor.execute(_SESSION, [self.session_key, now])
            found = cursor.fetchone()
        if found is None:
            self._session_key = None
            return {}
        return self.decode(found[0])


class Accounts(ModelBackend):
    """Django's accounts and passwords."""

    def get_user(self, user_id: int) -> User | None:
        for (person,) in read(_PERSON, [user_id], User):
            return person if self.user_can_authenticate(person) else None
        return None
