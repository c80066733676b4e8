"""`python -m tests.seed`: the demo brand in the database that the environment names, for other processes.

Prints JSON: the users' passwords by role, the brand's slug and name, the id of its first brief, the secret
of an API key that may read everything.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any


def seed(env: Mapping[str, str]) -> dict[str, Any]:
    """Seed the database of `env` from another process and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.seed"], env={**env}, check=True, stdout=subprocess.PIPE, timeout=120
    )
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


def main() -> None:
    import django

    django.setup()
    from adgen.models import Scope
    from adgen.services.brands import api_key_create
    from review.demo.seed import demo_seed

    demo = demo_seed()
    _, secret = api_key_create(brand=demo.brand, name="test", scopes=list(Scope))
    json.dump(
        {
            "passwords": {name.removeprefix("demo-"): password for name, password in demo.logins.items()},
            "brand": demo.brand.slug,
            "name": demo.brand.name,
            "brief": demo.briefs[0].pk,
            "api_key": secret,
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
