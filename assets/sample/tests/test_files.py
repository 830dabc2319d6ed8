import tempfile
import unittest
from pathlib import Path

from shop.files import Reader, process_file, read_rows, write_rows

ORDERS = """\
order,customer,sku,name,price,quantity
# two orders, their rows mixed
1001,Ada Byron,TEA-100,Green tea 100 g,6.40,2
1002,Linus Berg,TEA-250,Black tea 250 g,11.20,1

1001,Ada Byron,CUP-001,Porcelain cup,9.90,4
"""


class FilesTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "orders.csv"
        self.path.write_text(ORDERS, encoding="utf-8")

    def test_reader_gives_lines_and_counts_them(self) -> None:
        reader = Reader(self.path)
        self.addCleanup(reader.close)
        self.assertEqual(reader.line(), "order,customer,sku,name,price,quantity")
        self.assertEqual(reader.number, 1)

    def test_reader_ends_with_none(self) -> None:
        reader = Reader(self.path)
        self.addCleanup(reader.close)
        while reader.line() is not None:
            pass
        self.assertIsNone(reader.line())
        self.assertEqual(reader.number, 6)

    def test_read_rows_skips_comments_and_blank_lines(self) -> None:
        reader = Reader(self.path)
        self.addCleanup(reader.close)
        self.assertEqual([row["sku"] for row in read_rows(reader)], ["TEA-100", "TEA-250", "CUP-001"])

    def test_process_file_gathers_the_rows_of_an_order(self) -> None:
        first, second = process_file(self.path)
        self.assertEqual((first.number, first.customer, first.piece_count), ("1001", "Ada Byron", 6))
        self.assertEqual((second.number, second.customer, second.piece_count), ("1002", "Linus Berg", 1))

    def test_written_rows_are_read_back(self) -> None:
        rows = [{"sku": "TEA-100", "quantity": "40"}, {"sku": "POT-001", "quantity": "3"}]
        write_rows(self.path, rows)
        reader = Reader(self.path)
        self.addCleanup(reader.close)
        self.assertEqual(list(read_rows(reader)), rows)


if __name__ == "__main__":
    unittest.main()
