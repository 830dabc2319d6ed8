"""Reading the stations' text files: `station;hour;temperature;wind`."""

from __future__ import annotations

from collections.abc import Iterable

from stations.records import Reading, Series


def parse_line(line: str) -> Reading:
    """One line of a file as a reading."""
    station, hour, temperature, wind = line.strip().split(";")
    return Reading(station, int(hour), float(temperature), float(wind))


def parse_lines(lines: Iterable[str]) -> dict[str, Series]:
    """All lines, by station; comments and empty lines are passed over."""
    found: dict[str, Series] = {}
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        reading = parse_line(line)
        if reading.station not in found:
            found[reading.station] = Series(reading.station)
        found[reading.station].add(reading)
    return found
