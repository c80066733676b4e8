"""The main job in production mode, over HTTP only."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from adgen.processes import wait_until
from tests.production.conftest import Site
from tests.seed import REVIEWERS

# One group, so that parallel test runs start one deployment.
pytestmark = [pytest.mark.production, pytest.mark.xdist_group("production")]


def test_a_brief_becomes_approved_copy_in_the_feed(site: Site) -> None:
    cursor = site.feed()["next_cursor"]
    batch = site.finish(site.request_batch(google_rsa__headline=6, google_rsa__description=4))
    progress = batch["progress"]
    assert progress["written"] + progress["shortfall"] == batch["requested"] == 10
    assert progress["screened"] == progress["written"] > 0
    assert progress["percent"] == 100

    reviewer = site.person("demo-reviewer")
    decisions: list[dict[str, Any]] = [
        {"action": "approve"},
        {"action": "edit", "text": "Beans for slow Sundays"},
        {"action": "reject", "reason": "dull"},
    ]
    judged = []
    for decision in decisions:
        claim = reviewer.post("review/claim/")
        reviewer.post("review/decisions/", variant=claim["variant"]["id"], token=claim["token"], **decision)
        judged.append(claim["variant"])

    # The edited line is screened and published by workers.
    wait_until(lambda: len(site.feed(cursor)["entries"]) >= 2, what="the edited line in the feed")
    texts = [entry["text"] for entry in site.feed(cursor)["entries"]]
    assert texts == [judged[0]["text"], decisions[1]["text"]]


def test_after_a_training_the_next_batch_is_written_by_the_adapter(site: Site) -> None:
    manager, reader = site.person("demo-manager"), site.integration()
    run = manager.post("training-runs/", brand=site.brand)["id"]
    assert manager.call("POST", "training-runs/", {"brand": site.brand})[0] == 409

    def state() -> str:
        return str(reader.get(f"training-runs/{run}/")["state"])

    wait_until(lambda: state() not in {"queued", "running"}, what="the training ends")
    shown = reader.get(f"training-runs/{run}/")
    assert shown["state"] == "done", shown
    assert shown["metrics"]["heldout_loss"] < shown["metrics"]["base_loss"]
    (champion,) = [row for row in manager.get("adapters/")["results"] if row["status"] == "champion"]

    batch = site.finish(site.request_batch(google_rsa__headline=4))
    lines = manager.get(f"variants/?batch={batch['id']}")["results"]
    assert lines
    assert {line["adapter"] for line in lines} == {champion["id"]}


def test_reviewers_at_once_never_get_the_same_line(site: Site) -> None:
    site.finish(site.request_batch(google_rsa__headline=8, google_rsa__description=8))
    waiting = site.person("demo-manager").get("variants/?state=pending&page_size=100")["results"]

    def review(number: int) -> list[int]:
        """Approve until the queue is empty; returns which lines."""
        reviewer = site.person(f"reviewer-{number}")
        lines = []
        while claim := reviewer.post("review/claim/"):
            line = claim["variant"]["id"]
            reviewer.post("review/decisions/", variant=line, token=claim["token"], action="approve")
            lines.append(line)
        return lines

    with ThreadPoolExecutor(REVIEWERS) as pool:
        judged = [line for lines in pool.map(review, range(REVIEWERS)) for line in lines]
    assert sorted(judged) == sorted(line["id"] for line in waiting)
    entries = site.feed()["entries"]
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    assert set(judged) <= {entry["id"] for entry in entries}


def test_a_batch_survives_a_broker_that_is_down_and_a_database_that_crashes(site: Site) -> None:
    site.production.redis.stop()
    batch = site.request_batch(google_rsa__headline=8, google_rsa__description=8)
    site.production.redis.start()
    reader = site.integration()
    wait_until(lambda: reader.get(f"batches/{batch}/")["progress"]["written"], what="the first line")
    site.production.postgres.crash()
    progress = site.finish(batch)["progress"]
    assert progress["screened"] + progress["shortfall"] == 16
    lines = reader.get(f"variants/?batch={batch}&page_size=100")["results"]
    assert len({line["index"] for line in lines}) == len(lines) == progress["written"]
