import unittest
from decimal import Decimal

from shop import Order, OrderLine, Product

CUP = Product("CUP-001", "Porcelain cup", Decimal("9.90"))


class OrderLineTest(unittest.TestCase):
    def test_from_row_reads_the_columns(self) -> None:
        row = {"sku": "CUP-001", "name": "Porcelain cup", "price": "9.90", "quantity": "4"}
        self.assertEqual(OrderLine.from_row(row), OrderLine(CUP, 4))

    def test_net_is_price_times_quantity(self) -> None:
        self.assertEqual(OrderLine(CUP, 4).net, Decimal("39.60"))


class OrderTest(unittest.TestCase):
    def test_adds_up_its_lines(self) -> None:
        order = Order("1001", "Ada Byron")
        order.add(OrderLine(CUP, 4))
        order.add(OrderLine(CUP, 1))
        self.assertEqual(order.piece_count, 5)
        self.assertEqual(order.net, Decimal("49.50"))

    def test_lines_are_not_shared_between_orders(self) -> None:
        Order("1", "Ada Byron").add(OrderLine(CUP, 1))
        self.assertEqual(Order("2", "Linus Berg").lines, [])


if __name__ == "__main__":
    unittest.main()
