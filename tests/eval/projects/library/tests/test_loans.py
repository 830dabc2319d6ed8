import unittest
from datetime import date

from library.books import Book, Catalogue
from library.loans import Desk
from library.notices import reminders

TODAY = date(2024, 3, 1)


def desk() -> Desk:
    catalogue = Catalogue()
    catalogue.add(Book("1", "Ebb and Flow", "Mara Lind", copies=2))
    catalogue.add(Book("2", "Low Water", "Mara Lind"))
    return Desk(catalogue)


class DeskTest(unittest.TestCase):
    def test_lends_until_all_are_out(self) -> None:
        lending = desk()
        lending.lend("2", "Ada", TODAY)
        self.assertEqual(lending.available("2"), 0)
        with self.assertRaises(LookupError):
            lending.lend("2", "Ben", TODAY)

    def test_takes_back(self) -> None:
        lending = desk()
        lending.lend("2", "Ada", TODAY)
        lending.give_back("2", "Ada")
        self.assertEqual(lending.available("2"), 1)

    def test_reminds_who_is_late(self) -> None:
        lending = desk()
        lending.lend("1", "Ada", TODAY)
        self.assertEqual(reminders(lending, TODAY), [])
        self.assertEqual(len(reminders(lending, date(2024, 4, 1))), 1)


if __name__ == "__main__":
    unittest.main()
