"""A Hugging Face hub on loopback: the few answers that downloading a model at a commit needs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

COMMIT = "5" * 40


@dataclass
class Hub:
    """One model at one commit. What a file is said to hold can be changed apart from what it holds."""

    name: str
    files: dict[str, bytes]
    url: str = ""
    said: dict[str, bytes] = field(default_factory=dict)
    served: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, name: str, folder: Path, **others: bytes) -> Hub:
        return cls(name, {path.name: path.read_bytes() for path in folder.iterdir()} | others)

    def tree(self) -> list[dict[str, Any]]:
        return [self._entry(name, self.said.get(name, content)) for name, content in self.files.items()]

    def _entry(self, name: str, content: bytes) -> dict[str, Any]:
        blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)
        entry = {"type": "file", "path": name, "size": len(content), "oid": blob.hexdigest()}
        if name.endswith(".safetensors"):
            sha256 = hashlib.sha256(content).hexdigest()
            entry["lfs"] = {"oid": sha256, "size": len(content), "pointerSize": 134}
        return entry


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """`hub` on loopback for the time of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            resolved = path.removeprefix(f"/{hub.name}/resolve/{COMMIT}/")
            if path == f"/api/models/{hub.name}/tree/{COMMIT}":
                self._answer(json.dumps(hub.tree()).encode(), {"Content-Type": "application/json"})
            elif resolved in hub.files:
                content = hub.files[resolved]
                etag = hashlib.sha256(content).hexdigest()
                self._answer(content, {"X-Repo-Commit": COMMIT, "ETag": f'"{etag}"'})
                if self.command == "GET":
                    hub.served.append(resolved)
            else:
                self.send_error(404)

        do_HEAD = do_GET

        def _answer(self, content: bytes, headers: dict[str, str]) -> None:
            self.send_response(200)
            for name, value in (headers | {"Content-Length": str(len(content))}).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
