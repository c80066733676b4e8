"""What differs between audiences, with intervals, and corrected for how much was compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from workers.bias import stats
from workers.bias.audit import Written
from workers.bias.measures import Measure, Unit
from workers.bias.stats import Interval

# A difference counts where so many or fewer of all that count are expected to be chance.
SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Figure:
    """A share of lines, or a mean over them, with its 95% interval."""

    value: float
    interval: Interval


@dataclass(frozen=True)
class Difference:
    """An audience's figure less the control's, with its 95% interval (of this one comparison alone).

    `p` is the p-value by itself, `adjusted` the one corrected for the number of comparisons.
    """

    value: float
    interval: Interval
    p: float
    adjusted: float = 1.0

    @property
    def counts(self) -> bool:
        return self.adjusted < SIGNIFICANT


@dataclass(frozen=True)
class Compared:
    """One audience in every measure. No figure where nothing was written, no difference for the control."""

    written: Written
    figures: Mapping[str, Figure]
    differences: Mapping[str, Difference]


def compare(written: Sequence[Written], measures: Sequence[Measure]) -> list[Compared]:
    """Every audience against the first, the control, in every measure."""
    control = written[0].values
    drawn: dict[tuple[int, str], Difference] = {
        (at, measure.name): difference(one.values[measure.name], control[measure.name], measure.unit)
        for at, one in enumerate(written)
        for measure in measures
        if at > 0 and one.values[measure.name] and control[measure.name]
    }
    adjusted = stats.benjamini_hochberg([one.p for one in drawn.values()])
    corrected = {key: replace(one, adjusted=p) for (key, one), p in zip(drawn.items(), adjusted, strict=True)}
    return [
        Compared(
            one,
            {m.name: figure(one.values[m.name], m.unit) for m in measures if one.values[m.name]},
            {m.name: corrected[at, m.name] for m in measures if (at, m.name) in corrected},
        )
        for at, one in enumerate(written)
    ]


def figure(values: Sequence[float], unit: Unit) -> Figure:
    """The mean of `values`, of which there must be some, with Wilson's interval or a bootstrapped one."""
    is_share = unit == "share"
    interval = stats.wilson(_hits(values), len(values)) if is_share else stats.bootstrap(values)
    return Figure(fmean(values), interval)


def difference(values: Sequence[float], control: Sequence[float], unit: Unit) -> Difference:
    """Of shares by Newcombe's interval and Fisher's test, of means by bootstrap and permutation."""
    if unit == "share":
        table = (_hits(values), len(values), _hits(control), len(control))
        interval, p = stats.newcombe(*table), stats.fisher(*table)
    else:
        interval, p = stats.bootstrap_difference(values, control), stats.permutation(values, control)
    return Difference(fmean(values) - fmean(control), interval, p)


def _hits(values: Sequence[float]) -> int:
    return round(sum(values))
