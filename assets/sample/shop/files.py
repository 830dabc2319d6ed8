"""Reads order files: a header line, then one line of an order per row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from shop.models import Order, OrderLine

#: Lines that start with this are skipped.
COMMENT = "#"


class Reader:
    """Reads a text file line by line and counts the lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.number = 0
        self._file = path.open(encoding="utf-8")

    def line(self) -> str | None:
        """The next line without its line end, None at the end of the file."""
        text = self._file.readline()
        if not text:
            return None
        self.number += 1
        return text.rstrip("\r\n")

    def close(self) -> None:
        """Gives the file back. Nothing can be read afterwards."""
        self._file.close()


def read_rows(reader: Reader) -> Iterator[dict[str, str]]:
    """Yields each row under the names of the header; skips blank lines and comments."""
    header = (reader.line() or "").split(",")
    while (line := reader.line()) is not None:
        if not line.strip() or line.startswith(COMMENT):
            continue
        cells = [cell.strip() for cell in line.split(",")]
        yield dict(zip(header, cells))


def process_file(path: Path) -> list[Order]:
    """Reads an order file and returns its orders, sorted by where they begin.

    Rows of one order usually stand together, but need not.
    """
    reader = Reader(path)
    orders: dict[str, Order] = {}
    for row in read_rows(reader):
        number = row["order"]
        if number not in orders:
            orders[number] = Order(number, row["customer"])
        orders[number].add(OrderLine.from_row(row))
    reader.close()
    return list(orders.values())


def write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    """Writes rows the way `read_rows` reads them; the first row names the columns."""
    lines = [",".join(rows[0])] if rows else []
    lines.extend(",".join(row.values()) for row in rows)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
