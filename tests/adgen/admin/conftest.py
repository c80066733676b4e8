"""People at the admin site."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client


def at_the_site(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def as_owner(owner: User) -> Client:
    return at_the_site(owner)


@pytest.fixture
def as_marketer(marketer: User) -> Client:
    return at_the_site(marketer)


@pytest.fixture
def as_reviewer(reviewer: User) -> Client:
    return at_the_site(reviewer)


@pytest.fixture
def as_root(db: None) -> Client:
    return at_the_site(User.objects.create_superuser("root"))
