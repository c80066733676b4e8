"""A reviewer at work: `python -m review.bench.client PORT SESSION decide TIMES`, or `… open PATH…`.

Without Django, so that it takes little of the machine that it measures. Prints what it saw as JSON.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
from collections.abc import Sequence
from typing import Any

_TOKEN = "b" * 32
_API = "/api/v1/review/"


class Reviewer:
    """One connection, kept open, of a person who is signed in."""

    def __init__(self, port: int, session: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {
            "Content-Type": "application/json",
            "Cookie": f"sessionid={session}; csrftoken={_TOKEN}",
            "X-CSRFToken": _TOKEN,
        }
        self.errors = 0

    def ask(self, method: str, path: str, wanted: int, **body: Any) -> tuple[float, bytes]:
        """The time that the answer took in milliseconds, and its body: empty where it was not as wanted."""
        sent = json.dumps(body) if method == "POST" else None
        start = time.perf_counter()
        try:
            self._connection.request(method, path, sent, self._headers)
            response = self._connection.getresponse()
            answer = response.read()
        except http.client.RemoteDisconnected:
            # A server may close a connection that was idle; the next request opens another.
            self._connection.close()
            self.errors += 1
            return 1000 * (time.perf_counter() - start), b""
        taken = 1000 * (time.perf_counter() - start)
        if response.status != wanted:
            self.errors += 1
            return taken, b""
        return taken, answer


def decide(reviewer: Reviewer, times: int) -> dict[str, Any]:
    """Claim and decide: of four lines three are approved, one is rejected."""
    claims, decides, decided = [], [], []
    for number in range(times):
        taken, answer = reviewer.ask("POST", f"{_API}claim/", 200)
        if not answer:
            continue
        claims.append(taken)
        claim = json.loads(answer)
        verdict = {"action": "approve"} if number % 4 else {"action": "reject", "reason": "dull"}
        line = {"variant": claim["variant"]["id"], "token": claim["token"]}
        taken, answer = reviewer.ask("POST", f"{_API}decisions/", 201, **line, **verdict)
        if answer:
            decides.append(taken)
            decided.append(line["variant"])
    return {"claims": claims, "decides": decides, "decided": decided}


def open_pages(reviewer: Reviewer, paths: Sequence[str]) -> dict[str, Any]:
    """Load whole pages, one after the other."""
    return {"pages": [reviewer.ask("GET", path, 200)[0] for path in paths]}


def main() -> None:
    port, session, act, *given = sys.argv[1:]
    reviewer = Reviewer(int(port), session)
    began = time.monotonic()
    seen = open_pages(reviewer, given) if act == "open" else decide(reviewer, int(given[0]))
    json.dump(seen | {"errors": reviewer.errors, "began": began, "ended": time.monotonic()}, sys.stdout)


if __name__ == "__main__":
    main()
