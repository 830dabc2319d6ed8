import unittest

from stations.parse import parse_lines
from stations.report import report
from stations.stats import mean, median

LINES = ["# night", "north;1;4.0;2.5", "north;2;1.0;2.0", "", "south;1;9.5;0.0"]


class StatsTest(unittest.TestCase):
    def test_mean(self) -> None:
        self.assertEqual(mean([1.0, 2.0, 6.0]), 3.0)
        self.assertEqual(mean([]), 0.0)

    def test_median_of_sorted_values(self) -> None:
        self.assertEqual(median([1.0, 2.0, 6.0]), 2.0)

    def test_report_has_a_line_for_each_station(self) -> None:
        lines = report(parse_lines(LINES)).splitlines()
        self.assertEqual([line.split()[0] for line in lines], ["north", "south"])


if __name__ == "__main__":
    unittest.main()
