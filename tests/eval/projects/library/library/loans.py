"""Who has which book, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from library.books import Book, Catalogue

LOAN_DAYS = 21


@dataclass
class Loan:
    """One copy in one reader's hands."""

    book: Book
    reader: str
    due: date

    def is_overdue(self, today: date) -> bool:
        """Whether it should be back by now."""
        return today > self.due


class Desk:
    """Lends books and takes them back."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.loans: list[Loan] = []

    def available(self, isbn: str) -> int:
        """How many copies stand on the shelf."""
        book = self.catalogue.find(isbn)
        lent = sum(1 for loan in self.loans if loan.book is book)
        return book.copies - lent

    def lend(self, isbn: str, reader: str, today: date) -> Loan:
        """Gives a copy to a reader; raises `LookupError` when all are out."""
        if self.available(isbn) < 1:
            raise LookupError(f"all copies of {isbn} are lent")
        loan = Loan(self.catalogue.find(isbn), reader, today + timedelta(days=LOAN_DAYS))
        self.loans.append(loan)
        return loan

    def give_back(self, isbn: str, reader: str) -> None:
        """Takes a copy back from a reader."""
        for loan in self.loans:
            if loan.book.isbn == isbn and loan.reader == reader:
                self.loans.remove(loan)
                return
        raise LookupError(f"{reader} does not have {isbn}")
