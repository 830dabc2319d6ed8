import unittest
from decimal import Decimal

from ledger.book import Book
from ledger.importer import import_fees, import_lines
from ledger.statement import statement


class BookTest(unittest.TestCase):
    def test_balances(self) -> None:
        book = Book("Rowing club")
        import_lines(book, ["fees: 1 200,50", "boats: -300", ""])
        self.assertEqual(book.balance("fees"), Decimal("1200.50"))
        self.assertEqual(book.accounts(), ["boats", "fees"])

    def test_fees(self) -> None:
        book = Book("Rowing club")
        import_fees(book, ["Ada", "Ben"], Decimal(40))
        self.assertEqual(book.balance("fees"), Decimal(80))

    def test_statement(self) -> None:
        book = Book("Rowing club")
        book.post("boats", Decimal("-12.5"))
        self.assertEqual(statement(book), "Statement of Rowing club\nboats: -12.50")


if __name__ == "__main__":
    unittest.main()
