import unittest
from decimal import Decimal
from pathlib import Path

from shop import report
from shop.files import process_file

ORDERS = Path(__file__).parent.parent / "data" / "orders.csv"


class ReportTest(unittest.TestCase):
    def setUp(self) -> None:
        self.orders = process_file(ORDERS)

    def test_summarize_counts_orders_and_pieces(self) -> None:
        summary = report.summarize(self.orders)
        self.assertEqual((summary.order_count, summary.piece_count), (5, 45))
        self.assertEqual(summary.net, Decimal("405.84"))

    def test_the_best_customer_comes_first(self) -> None:
        self.assertEqual(list(report.totals_by_customer(self.orders))[0], "Edgar Daly")

    def test_best_sellers_are_limited(self) -> None:
        self.assertEqual(
            report.best_sellers(self.orders, limit=2), [("Porcelain cup", 28), ("Green tea 100 g", 12)]
        )

    def test_table_aligns_figures_to_the_right(self) -> None:
        self.assertEqual(report.format_table([("Net", "9.90"), ("Pieces", "4")]), "Net     9.90\nPieces     4")

    def test_report_of_no_orders(self) -> None:
        self.assertIn("Orders  0", report.render([]))


if __name__ == "__main__":
    unittest.main()
