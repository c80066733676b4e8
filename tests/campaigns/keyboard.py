"""How long a reviewer waits between a key and the next line: `python -m tests.campaigns.keyboard`.

Chromium opens the room of a real server (gunicorn, SQLite, as embedded mode runs it) with 10,000 lines in the
queue, and decides by keys alone: first at a reader's pace, then as fast as the page lets it. The page itself
measures from the key that decides to the frame in which the next line stands. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect, sync_playwright

from review.bench.site import Site
from tests.browser.chromium import ARGS, CHROMIUM, ROOM

PENDING, BRANDS = 10_000, 5
# Of ten lines one is reworded, one rejected, one skipped; the last key of each decides.
KEYS = {3: ("e", "Control+A", *"Bread", "Control+Enter"), 5: ("r", "5"), 8: ("s",)}
MEASURE = """
(() => {
  let pressed = 0, shown = null;
  window.waits = [];
  addEventListener("keydown", () => { pressed = performance.now(); }, true);
  const line = () => document.querySelector(".room-leaf[data-variant]:not([data-past])")?.dataset.variant;
  const look = () => {
    const now = line();
    if (now && now !== shown) {
      const since = pressed;
      if (shown) requestAnimationFrame(() => setTimeout(() => window.waits.push(performance.now() - since)));
      shown = now;
    }
  };
  addEventListener("DOMContentLoaded", () => {
    look();
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  });
})();
"""


def decide(page: Page, lines: int, pace: float) -> dict[str, float]:
    """Decide `lines` lines, each `pace` seconds after it came; times in milliseconds."""
    page.goto(ROOM)
    expect(page.locator("#room")).to_have_attribute("data-in-hand", "3")
    start = time.perf_counter()
    for number in range(lines):
        page.wait_for_timeout(1000 * pace)
        for key in KEYS.get(number % 10, ("a",)):
            page.keyboard.press(key)
        page.wait_for_function(f"window.waits.length > {number}", polling=5)
    seconds = time.perf_counter() - start
    expect(page.locator("#room-saved")).to_contain_text("Saved ")
    waits: list[float] = page.evaluate("window.waits")
    return {
        "seconds": seconds,
        "wait_p50_ms": statistics.median(waits),
        "wait_p95_ms": statistics.quantiles(waits, n=20)[-1],
        "wait_max_ms": max(waits),
    }


def run(*, lines: int, pace: float) -> dict[str, Any]:
    """The figures at a reader's pace and without a pause, and what the database holds in the end."""
    with tempfile.TemporaryDirectory(prefix="adgen-keyboard-") as name:
        database = Path(name) / "keyboard.sqlite3"
        site = Site(Path(name) / "site", database=f"sqlite:///{database}")
        site.fill(pending=PENDING, brands=BRANDS, reviewers=2)
        figures: dict[str, Any] = {"lines": lines, "cores": os.cpu_count()}
        with site.web(1) as (port, _), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGS)
            for label, session, wait in zip(("paced", "rushed"), site.sessions, (pace, 0.0), strict=True):
                context = browser.new_context(base_url=f"http://127.0.0.1:{port}")
                context.add_cookies(
                    [{"name": "sessionid", "value": session, "domain": "127.0.0.1", "path": "/"}]
                )
                context.add_init_script(MEASURE)
                figures |= {
                    f"{label}_{key}": value for key, value in decide(context.new_page(), lines, wait).items()
                }
            browser.close()
        made = sqlite3.connect(database).execute(
            "SELECT count(*), count(DISTINCT variant_id) FROM review_decision WHERE action <> 'skip'"
        )
        figures["decisions"], distinct = made.fetchone()
        figures["doubles"] = figures["decisions"] - distinct
        figures["load"] = "{:.1f} {:.1f} {:.1f}".format(*os.getloadavg())
    return figures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=60)
    parser.add_argument("--pace", type=float, default=0.7, help="Seconds for which each line is read.")
    print(json.dumps(run(**vars(parser.parse_args())), indent=2))
