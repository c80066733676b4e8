"""One deployment for all tests in here: Postgres, Redis, and the Procfile's web, gpu, cpu and beat."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from adgen.postgres import temporary_folder
from adgen.processes import wait_until
from tests.processes import Client, Production
from tests.seed import seed


@dataclass
class Site:
    """The deployment with the demo brand in it."""

    production: Production
    seeded: dict[str, Any]

    @property
    def brand(self) -> str:
        return str(self.seeded["brand"])

    def person(self, name: str) -> Client:
        return Client.person(self.production.port, name, self.seeded["passwords"][name])

    def integration(self) -> Client:
        return Client.integration(self.production.port, self.seeded["api_key"])

    def request_batch(self, **slots: int) -> int:
        """A brief and a batch of it, by API; slot keys with `__` for the dot. Returns the batch's id."""
        marketer = self.person("demo-marketer")
        brief = {
            "brand": self.brand,
            "product": "espresso subscription",
            "messages": ["roasted on Mondays", "skip any month", "delivered on Wednesdays"],
            "offer": "first bag half price",
            "slots": {slot.replace("__", "."): count for slot, count in slots.items()},
        }
        (stored,) = marketer.post("briefs/", briefs=[brief])
        batch: int = marketer.post("batches/", brief=stored["id"])["id"]
        return batch

    def finish(self, batch: int) -> dict[str, Any]:
        """Poll a batch until it is done; returns it as the API shows it."""
        marketer = self.person("demo-marketer")
        wait_until(
            lambda: marketer.get(f"batches/{batch}/")["state"] != "running", what=f"batch {batch} ends"
        )
        shown: dict[str, Any] = marketer.get(f"batches/{batch}/")
        assert shown["state"] == "done", shown
        return shown

    def feed(self, cursor: str = "") -> dict[str, Any]:
        """The feed behind `cursor`, as an integration reads it."""
        page: dict[str, Any] = self.integration().get(f"approved/?limit=500&cursor={cursor}")
        return page


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    with temporary_folder() as folder, Production(folder, ADGEN_CHUNK_SIZE="8") as production:
        yield Site(production, seed(production.env))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the processes logged where a test failed."""
    report = yield
    site = item.funcargs.get("site")
    if report.failed and isinstance(site, Site):
        report.sections.append(("processes", site.production.logs()))
    return report
