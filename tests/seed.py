"""`python -m tests.seed`: the demo brand in the database that the environment names, for other processes.

Prints JSON: the passwords of users by name (one a role, and REVIEWERS more reviewers), the brand's slug and
name, the secret of an API key with all scopes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from tests.processes import ROOT

REVIEWERS = 8


def seed(env: Mapping[str, str]) -> dict[str, Any]:
    """Seed the database of `env` from another process and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.seed"],
        cwd=ROOT,
        env={**os.environ, **env},
        check=True,
        stdout=subprocess.PIPE,
        timeout=120,
    )
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


def main() -> None:
    import django

    django.setup()
    from adgen.models import Role, Scope
    from adgen.services.brands import api_key_create
    from review.demo.seed import demo_seed
    from tests.factories import PASSWORD, member

    demo = demo_seed()
    _, secret = api_key_create(brand=demo.brand, name="test", scopes=list(Scope))
    more = [member(demo.brand, Role.REVIEWER, f"reviewer-{number}") for number in range(REVIEWERS)]
    json.dump(
        {
            "passwords": demo.logins | {user.username: PASSWORD for user in more},
            "brand": demo.brand.slug,
            "name": demo.brand.name,
            "api_key": secret,
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
