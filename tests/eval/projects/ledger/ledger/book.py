"""The book: entries by account."""

from __future__ import annotations

from decimal import Decimal

from ledger.entries import Entry, parse_amount


class Book:
    """All entries, in the order in which they were made."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self.entries: list[Entry] = []

    @property
    def owner(self) -> str:
        """Whose book it is."""
        return self._owner

    @owner.setter
    def owner(self, name: str) -> None:
        if not name.strip():
            raise ValueError("a book needs an owner")
        self._owner = name

    def post(self, account: str, amount: Decimal, text: str = "") -> Entry:
        """Makes an entry."""
        entry = Entry(account, amount, text)
        self.entries.append(entry)
        return entry

    def post_text(self, line: str) -> Entry:
        """Makes an entry of a line: `account: amount`."""
        account, _, amount = line.partition(":")
        return self.post(account.strip(), parse_amount(amount))

    def balance(self, account: str) -> Decimal:
        """What an account holds."""
        return sum((entry.amount for entry in self.entries if entry.account == account), Decimal(0))

    def accounts(self) -> list[str]:
        """The names of all accounts, sorted."""
        return sorted({entry.account for entry in self.entries})
