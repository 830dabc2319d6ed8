"""Figures over a series."""

from __future__ import annotations

from stations.records import Series


def mean(values: list[float]) -> float:
    """The arithmetic mean; 0 of nothing."""
    if not values:
        return 0.0
    return sum(values) / len(values)


def median(values: list[float]) -> float:
    """The value in the middle, or the mean of the two that stand there; 0 of nothing."""
    if not values:
        return 0.0
    middle = len(values) // 2
    if len(values) % 2:
        return values[middle]
    return mean(values[middle - 1 : middle + 1])


def summary(series: Series) -> dict[str, float]:
    """The figures that the daily report shows."""
    values = series.temperatures()
    return {"mean": mean(values), "median": median(values), "highest": max(values, default=0.0)}
