"""The yearly statement."""

from __future__ import annotations

from decimal import Decimal

from ledger.book import Book


def format_amount(amount: Decimal) -> str:
    """An amount with two places and a sign."""
    return f"{amount:+.2f}"


def account_line(book: Book, account: str) -> str:
    """One account of the statement."""
    return f"{account}: {format_amount(book.balance(account))}"


def statement(book: Book) -> str:
    """The head, then a line for each account."""
    head = f"Statement of {book.owner}"
    return "\n".join([head, *(account_line(book, account) for account in book.accounts())])
