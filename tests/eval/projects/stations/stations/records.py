"""What a station reports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reading:
    """One measurement; the temperature is in degrees Celsius."""

    station: str
    hour: int
    temperature: float
    wind: float = 0.0


class Series:
    """Readings of one station, oldest first."""

    def __init__(self, station: str) -> None:
        self.station = station
        self.readings: list[Reading] = []

    def __len__(self) -> int:
        return len(self.readings)

    def add(self, reading: Reading) -> None:
        """Takes a reading in; raises `ValueError` for one of another station."""
        if reading.station != self.station:
            raise ValueError(f"{reading.station} is not {self.station}")
        self.readings.append(reading)

    def temperatures(self) -> list[float]:
        """The temperatures alone."""
        return [reading.temperature for reading in self.readings]
