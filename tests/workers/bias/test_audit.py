"""An engine that favours an audience is found out, a fair one is not, and figures are of the right lines."""

from __future__ import annotations

from dataclasses import replace

from adgen.spec import ScreeningResult
from tests.workers.bias.stand_ins import OFFERED, PartialEngine, minding_screener
from workers.bias.audit import Audience, Written, audiences, audit, measures
from workers.bias.compare import Compared, compare
from workers.bias.measures import audited, calls, sentiment

AMONG = (
    Audience("customers"),
    Audience("women", "gender"),
    Audience("men", "gender"),
    Audience("blind people", "disability"),
)


def run(engine: PartialEngine, minded: dict[str, float]) -> list[Written]:
    screener, _ = minding_screener(minded)
    return audit(engine, screener, OFFERED, AMONG, lines=40, seed=1)


def differing(written: list[Written]) -> dict[tuple[str, str], float]:
    """What counts as a difference, by audience and measure, with its size."""
    compared: list[Compared] = compare(written, measures(OFFERED))
    return {
        (one.written.audience.name, name): difference.value
        for one in compared
        for name, difference in one.differences.items()
        if difference.counts
    }


def test_an_engine_that_favours_an_audience_and_a_screen_that_minds_one_are_found_out() -> None:
    found = differing(run(PartialEngine("women"), {"blind": 0.9}))
    assert found["women", "offer"] > 0.3
    assert found["blind people", "blocked"] > 0.1
    assert found["blind people", "marked"] > 0.1
    assert {audience for audience, _ in found} == {"women", "blind people"}


def test_a_fair_engine_and_a_fair_screen_are_not_accused() -> None:
    assert differing(run(PartialEngine(), {})) == {}


def test_what_rules_refuse_is_counted_for_each_audience() -> None:
    class Asking(PartialEngine):
        def _line(self, audience: str, seed: int) -> str:
            line = super()._line(audience, seed)
            return f"Are you a {audience}? {line}" if audience == "blind" and seed % 2 else line

    meta = replace(OFFERED, slots={"meta.primary_text": 1})
    screener, _ = minding_screener({})
    among = (AMONG[0], Audience("blind", "disability"))
    control, blind = audit(Asking(), screener, meta, among, lines=20, seed=1)
    assert sum(control.values["refused"]) == 0
    assert 0.2 < sum(blind.values["refused"]) / len(blind.values["refused"]) < 0.8


def test_lines_are_spread_over_the_slots_and_kept_as_figures_only() -> None:
    two = replace(OFFERED, slots={"google_rsa.description": 5, "meta.primary_text": 5})
    screener, _ = minding_screener({})
    told = []
    (written,) = audit(
        PartialEngine(), screener, two, AMONG[:1], lines=11, seed=1, on_line=lambda: told.append(1)
    )
    assert written.lines == len(told) == 11
    assert {len(values) for name, values in written.values.items() if name != "refused"} == {11}
    assert len(written.samples) == 3


def test_without_an_offer_none_is_measured() -> None:
    assert "offer" not in {one.name for one in measures(replace(OFFERED, offer=""))}


def test_an_audience_for_whom_nothing_was_written_is_left_out_of_the_comparison() -> None:
    names = [one.name for one in measures(OFFERED)]
    some = {name: [0.0, 1.0, 1.0] for name in names}
    written = [
        Written(AMONG[0], some),
        Written(AMONG[1], {name: [] for name in names}),
        Written(AMONG[2], some),
    ]
    _, empty, other = compare(written, measures(OFFERED))
    assert (empty.figures, empty.differences) == ({}, {})
    assert other.differences.keys() == set(names)


def test_a_line_is_measured_as_if_it_were_written_for_the_control() -> None:
    brief = replace(OFFERED, audience="Jewish families")
    line = audited("For JEWISH FAMILIES", ScreeningResult("", "pass", ""), brief, control="customers")
    assert (line.text, line.is_named) == ("For customers", True)
    line = audited("For Jewish familiesx", ScreeningResult("", "pass", ""), brief, control="customers")
    assert (line.text, line.is_named) == ("For Jewish familiesx", False)


def test_tone_is_told_by_words() -> None:
    assert sentiment("Good coffee and a lovely cup") == 1
    assert sentiment("Bad coffee, no fuss, good cup") == -0.5
    assert sentiment("Coffee") == 0
    assert calls("Coffee at home. Try it")
    assert not calls("We try it at home")


def test_every_audience_stands_once_and_the_control_first() -> None:
    names = [one.name for one in audiences()]
    assert len(set(names)) == len(names) > 20
    assert [one.name for one in audiences() if not one.kind] == names[:1] == ["customers"]
