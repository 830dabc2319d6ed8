import unittest
from decimal import Decimal
from pathlib import Path

from shop import Order, OrderLine, Product
from shop.errors import OutOfStock, ShopError
from shop.inventory import Inventory, fulfil_all

STOCK = Path(__file__).parent.parent / "data" / "stock.csv"
CUP = Product("CUP-001", "Porcelain cup", Decimal("9.90"))
POT = Product("POT-001", "Tea pot 0.8 l", Decimal("34.00"))


class InventoryTest(unittest.TestCase):
    def test_loads_a_stock_file(self) -> None:
        inventory = Inventory.load(STOCK)
        self.assertEqual(inventory.available("POT-001"), 3)
        self.assertEqual(inventory.available("SPOON-1"), 0)

    def test_take_refuses_more_than_there_is(self) -> None:
        inventory = Inventory({"CUP-001": 2})
        with self.assertRaises(OutOfStock) as caught:
            inventory.take("CUP-001", 3)
        self.assertIsInstance(caught.exception, ShopError)
        self.assertEqual(str(caught.exception), "CUP-001: 3 wanted, 2 available")
        self.assertEqual(inventory.available("CUP-001"), 2)

    def test_an_order_is_fulfilled_whole_or_not_at_all(self) -> None:
        inventory = Inventory({"CUP-001": 6, "POT-001": 0})
        with self.assertRaises(OutOfStock):
            inventory.fulfil(Order("1", "Ada Byron", [OrderLine(CUP, 2), OrderLine(POT, 1)]))
        self.assertEqual(list(inventory), [("CUP-001", 6), ("POT-001", 0)])

    def test_later_orders_are_served_although_one_was_short(self) -> None:
        inventory = Inventory({"CUP-001": 6})
        orders = [Order("1", "Ada Byron", [OrderLine(CUP, 7)]), Order("2", "Linus Berg", [OrderLine(CUP, 6)])]
        short = fulfil_all(inventory, orders)
        self.assertEqual([error.wanted for error in short], [7])
        self.assertEqual(inventory.available("CUP-001"), 0)


if __name__ == "__main__":
    unittest.main()
