#!/usr/bin/env python3
"""Django's command line for adgen."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line


def main() -> int:
    """Run the command. A reader that has seen enough (`| head`) and Ctrl-C are no faults of it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "adgen.settings")
    try:
        execute_from_command_line(sys.argv)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would flush once more at exit, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
