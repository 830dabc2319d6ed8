"""Taking in lists from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from ledger.book import Book


def import_lines(book: Book, lines: Iterable[str]) -> int:
    """Posts each line; returns how many."""
    count = 0
    for line in lines:
        if line.strip():
            book.post_text(line)
            count += 1
    return count


def import_fees(book: Book, members: Iterable[str], fee: Decimal) -> None:
    """Posts the yearly fee of each member."""
    for member in members:
        book.post("fees", fee, f"fee of {member}")
