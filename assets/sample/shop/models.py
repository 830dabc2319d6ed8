"""What is sold, and who ordered it. Plain data: no files, no tax, no text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True)
class Product:
    """Something on the shelf; `price` is for one piece, without tax."""

    sku: str
    name: str
    price: Decimal


@dataclass(frozen=True)
class OrderLine:
    """So many pieces of one product."""

    product: Product
    quantity: int

    @classmethod
    def from_row(cls, row: Mapping[str, str]) -> OrderLine:
        """Makes a line of the columns `sku`, `name`, `price` and `quantity`."""
        product = Product(row["sku"], row["name"], Decimal(row["price"]))
        return cls(product, int(row["quantity"]))

    @property
    def net(self) -> Decimal:
        """The price of the whole line, without tax."""
        return self.product.price * self.quantity


@dataclass
class Order:
    """Everything a customer ordered in one go."""

    number: str
    customer: str
    lines: list[OrderLine] = field(default_factory=list)

    def add(self, line: OrderLine) -> None:
        """Puts one more line on the order."""
        self.lines.append(line)

    @property
    def net(self) -> Decimal:
        """The sum of all lines, without tax or discount."""
        return sum((line.net for line in self.lines), Decimal(0))

    @property
    def piece_count(self) -> int:
        """How many pieces have to be packed."""
        return sum(line.quantity for line in self.lines)
