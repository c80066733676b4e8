"""`manage.py serve`: the dashboard and a worker in one go, for one machine with nothing configured."""

from __future__ import annotations

import os
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from adgen.processes import log_path, running, terminate_as_interrupt, web_command, worker_command


def add_port(parser: ArgumentParser) -> None:
    """The option that says where the dashboard is served."""
    port = os.environ.get("ADGEN_PORT", "8000")
    parser.add_argument(
        "--port", type=int, default=port, help="Port on 127.0.0.1 (default: ADGEN_PORT or 8000)."
    )


class Command(BaseCommand):
    help = "Serve the dashboard and work off batches until Ctrl-C (embedded mode)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_port(parser)

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        commands = {"web": web_command(port=port), "worker": worker_command()}
        try:
            with terminate_as_interrupt(), running(commands) as children:
                self.stderr.write(f"adgen serves http://127.0.0.1:{port}/ — Ctrl-C stops it.")
                while True:
                    time.sleep(0.5)
                    for name, child in children.items():
                        if child.poll() is not None:
                            raise CommandError(f"{name} stopped by itself; its log is {log_path(name)}.")
        except KeyboardInterrupt:
            self.stderr.write("Stopped.")
