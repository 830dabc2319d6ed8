"""What is on the shelf."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from shop.errors import OutOfStock
from shop.files import Reader, read_rows
from shop.models import Order


class Inventory:
    """How many pieces of each product there are."""

    def __init__(self, quantities: dict[str, int] | None = None) -> None:
        self._quantities = dict(quantities or {})

    @classmethod
    def load(cls, path: Path) -> Inventory:
        """Reads a stock file with the columns `sku` and `quantity`."""
        reader = Reader(path)
        inventory = cls({row["sku"]: int(row["quantity"]) for row in read_rows(reader)})
        reader.close()
        return inventory

    def available(self, sku: str) -> int:
        """How many pieces are left; none of what was never on the shelf."""
        return self._quantities.get(sku, 0)

    def take(self, sku: str, quantity: int) -> None:
        """Takes pieces off the shelf, or raises OutOfStock and takes none."""
        available = self.available(sku)
        if quantity > available:
            raise OutOfStock(sku, quantity, available)
        self._quantities[sku] = available - quantity

    def fulfil(self, order: Order) -> None:
        """Takes everything an order asks for, or nothing at all."""
        before = dict(self._quantities)
        try:
            for line in order.lines:
                self.take(line.product.sku, line.quantity)
        except OutOfStock:
            self._quantities = before
            raise

    def __iter__(self) -> Iterator[tuple[str, int]]:
        return iter(sorted(self._quantities.items()))


def fulfil_all(inventory: Inventory, orders: Iterable[Order]) -> list[OutOfStock]:
    """Fulfils what can be fulfilled, first come first served, and returns what was short."""
    short = []
    for order in orders:
        try:
            inventory.fulfil(order)
        except OutOfStock as error:
            short.append(error)
    return short
