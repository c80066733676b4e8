"""The OpenAPI document."""

from __future__ import annotations

import re

import pytest
import yaml
from django.core.management import call_command
from rest_framework.test import APIClient

from adgen.models import Brand


def test_the_schema_is_valid_and_free_of_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn")
    captured = capsys.readouterr()
    assert captured.err == ""
    assert yaml.safe_load(captured.out)["openapi"].startswith("3.1")


def test_the_schema_describes_every_resource_and_how_it_refuses(brand: Brand, as_owner: APIClient) -> None:
    schema = yaml.safe_load(as_owner.get("/api/v1/schema/").content)
    resources = {re.split("/", path)[3] for path in schema["paths"]}
    assert resources >= {
        *("brands", "facts", "exemplars", "campaigns", "briefs", "batches", "variants"),
        *("training-runs", "adapters", "api-keys"),
    }
    for operations in schema["paths"].values():
        for operation in operations.values():
            assert "application/problem+json" in operation["responses"]["default"]["content"]


def test_the_brief_is_described_with_the_limits_that_are_checked(brand: Brand, as_owner: APIClient) -> None:
    schema = yaml.safe_load(as_owner.get("/api/v1/schema/").content)
    body = schema["paths"]["/api/v1/briefs/"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    brief = body["properties"]["briefs"]["items"]
    assert brief["properties"]["product"]["maxLength"] == 120
    assert "google_rsa.headline" in brief["properties"]["slots"]["properties"]
