"""The database that tests run on, and a small cast that most of them need.

Cast: `owner` manages `brand`, `reviewer` reviews for it, `marketer` writes its briefs; `outsider` manages
another brand and must see nothing of this one.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection, transaction
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.backends.sqlite3.base import DatabaseWrapper
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from adgen.append_only import protect, unprotect
from adgen.models import Batch, Brand, Brief, Role, Variant
from tests.factories import BatchFactory, BrandFactory, BriefFactory, FactFactory, member, screened_variant

APPEND_ONLY_TABLES = ("review_decision", "review_publication", "review_comment", "adgen_auditevent")
THIS_MACHINE = (None, "", "localhost", "127.0.0.1", "::1")
HEADLINES = (
    "Espresso worth waking for",
    "Roasted on Mondays",
    "Skip any month you like",
    "First bag at half price",
)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite in a file, as in embedded mode: threads get connections and locks of their own."""
    if connection.vendor == "sqlite":
        name = tmp_path_factory.mktemp("database") / "test.sqlite3"
        connection.settings_dict["TEST"]["NAME"] = str(name)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Let SQLite empty the append-only tables after a transactional test.

    Postgres truncates, which their triggers let pass; SQLite deletes row by row, which they refuse.
    """
    operations_class = DatabaseWrapper.ops_class
    flush = operations_class.execute_sql_flush

    # On the class: a test that drives a browser has an event loop, and with it a connection of its own.
    def flush_unprotected(operations: BaseDatabaseOperations, sql_list: Iterable[str]) -> None:
        connection = operations.connection
        with transaction.atomic():
            for table in APPEND_ONLY_TABLES:
                unprotect(connection, table)
            flush(operations, sql_list)
            for table in APPEND_ONLY_TABLES:
                protect(connection, table)

    operations_class.execute_sql_flush = flush_unprotected  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def _quick_and_fresh(settings: Settings) -> None:
    """Passwords cost no time, and what earlier tests asked for counts against no throttle."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test looks up any machine but this one, not even in a library that would hide its failure."""
    sought: list[object] = []
    look_up = socket.getaddrinfo

    def look_up_here(host: bytes | str | None, *args: Any, **kwargs: Any) -> Any:
        if host not in THIS_MACHINE:
            sought.append(host)
            raise socket.gaierror(f"a test looked for {host!r}")
        return look_up(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", look_up_here)
    yield
    assert sought == []


@pytest.fixture
def brand(db: None) -> Brand:
    brand = BrandFactory.create(name="Nordlys Coffee", slug="nordlys")
    FactFactory.create(
        brand=brand,
        subject="beans",
        relation="are roasted",
        object="on Mondays",
        is_claim=True,
        evidence="log",
    )
    return brand


@pytest.fixture
def other_brand(db: None) -> Brand:
    return BrandFactory.create(name="Fjell Boots", slug="fjell")


@pytest.fixture
def owner(brand: Brand) -> User:
    return member(brand, Role.MANAGER, "owner")


@pytest.fixture
def reviewer(brand: Brand) -> User:
    return member(brand, Role.REVIEWER, "reviewer")


@pytest.fixture
def marketer(brand: Brand) -> User:
    return member(brand, Role.MARKETER, "marketer")


@pytest.fixture
def outsider(other_brand: Brand) -> User:
    return member(other_brand, Role.MANAGER, "outsider")


@pytest.fixture
def brief(brand: Brand) -> Brief:
    return BriefFactory.create(brand=brand, campaign__name="Spring")


@pytest.fixture
def batch(brief: Brief) -> Batch:
    """A batch whose lines are all written, none of them stored yet: `variants` does that."""
    return BatchFactory.create(brief=brief, requested=len(HEADLINES))


@pytest.fixture
def variants(batch: Batch) -> list[Variant]:
    """Four screened headlines in the review queue, oldest first."""
    return [
        screened_variant(batch=batch, index=index, text=headline) for index, headline in enumerate(HEADLINES)
    ]
