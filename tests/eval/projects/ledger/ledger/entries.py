"""Entries of the book."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Entry:
    """Money that came in (positive) or went out (negative)."""

    account: str
    amount: Decimal
    text: str = ""


def parse_amount(text: str) -> Decimal:
    """An amount as people write it: `1 200,50`."""
    return Decimal(text.replace(" ", "").replace(",", "."))
