"""Callers of the API."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from adgen.models import Brand, Scope
from tests.factories import api_key


def signed_in(user: User) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def with_key(secret: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {secret}")
    return client


@pytest.fixture
def as_owner(owner: User) -> APIClient:
    return signed_in(owner)


@pytest.fixture
def as_marketer(marketer: User) -> APIClient:
    return signed_in(marketer)


@pytest.fixture
def as_reviewer(reviewer: User) -> APIClient:
    return signed_in(reviewer)


@pytest.fixture
def as_outsider(outsider: User) -> APIClient:
    return signed_in(outsider)


@pytest.fixture
def as_integration(brand: Brand) -> APIClient:
    return with_key(api_key(brand, *Scope)[1])
