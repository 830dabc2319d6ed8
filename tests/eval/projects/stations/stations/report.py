"""The daily report."""

from __future__ import annotations

from stations.records import Series
from stations.stats import summary


def line_for(series: Series) -> str:
    """One line of the report."""
    figures = summary(series)
    return f"{series.station:<8} {figures['mean']:6.1f} {figures['median']:6.1f} {figures['highest']:6.1f}"


def report(all_series: dict[str, Series]) -> str:
    """A line for each station, by name."""
    return "\n".join(line_for(all_series[name]) for name in sorted(all_series))
