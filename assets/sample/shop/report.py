"""Figures about orders, and how they look as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from shop import pricing
from shop.models import Order


@dataclass(frozen=True)
class Summary:
    """What a number of orders come to."""

    order_count: int
    piece_count: int
    net: Decimal
    gross: Decimal


def summarize(orders: Sequence[Order]) -> Summary:
    """Adds up orders."""
    return Summary(
        order_count=len(orders),
        piece_count=sum(order.piece_count for order in orders),
        net=sum((pricing.net_total(order) for order in orders), Decimal(0)),
        gross=sum((pricing.gross_total(order) for order in orders), Decimal(0)),
    )


def totals_by_customer(orders: Iterable[Order]) -> dict[str, Decimal]:
    """What each customer pays in all, the best customer first."""
    totals: dict[str, Decimal] = {}
    for order in orders:
        totals[order.customer] = totals.get(order.customer, Decimal(0)) + pricing.gross_total(order)
    return dict(sorted(totals.items(), key=lambda item: (-item[1], item[0])))


def best_sellers(orders: Iterable[Order], limit: int = 3) -> list[tuple[str, int]]:
    """The products most sold, by pieces."""
    sold: Counter[str] = Counter()
    for order in orders:
        for line in order.lines:
            sold[line.product.name] += line.quantity
    return sold.most_common(limit)


def format_table(rows: Iterable[tuple[str, str]]) -> str:
    """Two columns: words to the left, figures to the right."""
    pairs = list(rows)
    left = max((len(label) for label, _ in pairs), default=0)
    right = max((len(value) for _, value in pairs), default=0)
    return "\n".join(f"{label:<{left}}  {value:>{right}}" for label, value in pairs)


def render(orders: Sequence[Order]) -> str:
    """The whole report."""
    summary = summarize(orders)
    blocks = [
        format_table(
            [
                ("Orders", str(summary.order_count)),
                ("Pieces", str(summary.piece_count)),
                ("Net", str(summary.net)),
                ("Gross", str(summary.gross)),
            ]
        ),
        format_table((name, str(total)) for name, total in totals_by_customer(orders).items()),
        format_table((name, str(count)) for name, count in best_sellers(orders)),
    ]
    return "\n\n".join(blocks)
