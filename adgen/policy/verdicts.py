"""From findings to a verdict."""

from __future__ import annotations

from collections.abc import Iterable

from adgen.spec import Finding, Verdict


def verdict(findings: Iterable[Finding]) -> Verdict:
    """`block` if any finding blocks, else `flag` if there is any, else `pass`."""
    severities = {finding.severity for finding in findings}
    if "block" in severities:
        return "block"
    return "flag" if severities else "pass"
