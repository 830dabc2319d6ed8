import unittest
from decimal import Decimal

from shop import Order, OrderLine, Product, pricing

TEA = Product("TEA-100", "Green tea 100 g", Decimal("6.40"))


class PricingTest(unittest.TestCase):
    def test_rounds_half_a_cent_up(self) -> None:
        self.assertEqual(pricing.round_money(Decimal("1.005")), Decimal("1.01"))
        self.assertEqual(pricing.round_money(Decimal("1.0049")), Decimal("1.00"))

    def test_discount_starts_at_its_threshold(self) -> None:
        for quantity, rate in [(9, "0"), (10, "0.05"), (19, "0.05"), (20, "0.10")]:
            with self.subTest(quantity=quantity):
                self.assertEqual(pricing.discount_rate(quantity), Decimal(rate))

    def test_line_total_takes_the_discount_off(self) -> None:
        self.assertEqual(pricing.line_total(OrderLine(TEA, 10)), Decimal("60.80"))

    def test_gross_total_adds_tax(self) -> None:
        order = Order("1", "Ada Byron", [OrderLine(TEA, 2)])
        self.assertEqual(pricing.net_total(order), Decimal("12.80"))
        self.assertEqual(pricing.gross_total(order), Decimal("15.23"))
        self.assertEqual(pricing.gross_total(order, Decimal(0)), Decimal("12.80"))


if __name__ == "__main__":
    unittest.main()
