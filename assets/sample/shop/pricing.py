"""Tax, quantity discounts and rounding: the one place that knows how money is counted."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from shop.models import Order, OrderLine

TAX_RATE = Decimal("0.19")

#: From so many pieces of one product, this share of the line's price is taken off. The largest first.
DISCOUNTS: tuple[tuple[int, Decimal], ...] = (
    (20, Decimal("0.10")),
    (10, Decimal("0.05")),
)

CENT = Decimal("0.01")


def round_money(amount: Decimal) -> Decimal:
    """Rounds to whole cents, half a cent up, as an invoice does."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def discount_rate(quantity: int) -> Decimal:
    """The share that is taken off for so many pieces of one product."""
    for threshold, rate in DISCOUNTS:
        if quantity >= threshold:
            return rate
    return Decimal(0)


def line_total(line: OrderLine) -> Decimal:
    """The price of a line after its discount, without tax."""
    return round_money(line.net * (1 - discount_rate(line.quantity)))


def net_total(order: Order) -> Decimal:
    """What an order comes to after discounts, without tax."""
    return sum((line_total(line) for line in order.lines), Decimal(0))


def gross_total(order: Order, tax_rate: Decimal = TAX_RATE) -> Decimal:
    """What the customer pays."""
    return round_money(net_total(order) * (1 + tax_rate))
