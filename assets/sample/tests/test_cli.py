import contextlib
import io
import unittest
from pathlib import Path

from shop.cli import main

DATA = Path(__file__).parent.parent / "data"


def run(*arguments: str) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of one call."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(arguments)
    return status, out.getvalue(), err.getvalue()


class CliTest(unittest.TestCase):
    def test_report_prints_figures(self) -> None:
        status, out, err = run("report", str(DATA / "orders.csv"))
        self.assertEqual((status, err), (0, ""))
        self.assertIn("Ada Byron", out)

    def test_stock_tells_what_is_short(self) -> None:
        status, out, err = run("stock", str(DATA / "orders.csv"), "--stock", str(DATA / "stock.csv"))
        self.assertEqual(status, 1)
        self.assertIn("TEA-100  28", out)
        self.assertEqual(err, "shop: CUP-001: 24 wanted, 16 available\n")


if __name__ == "__main__":
    unittest.main()
