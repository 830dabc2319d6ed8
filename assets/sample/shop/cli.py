"""The command line: `shop report FILE` and `shop stock FILE --stock FILE`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from shop import report
from shop.errors import ShopError
from shop.files import process_file
from shop.inventory import Inventory, fulfil_all


def build_parser() -> argparse.ArgumentParser:
    """The arguments that are understood."""
    parser = argparse.ArgumentParser(prog="shop", description="Order files in, figures out.")
    commands = parser.add_subparsers(dest="command", required=True)
    show = commands.add_parser("report", help="what was sold, and what it came to")
    show.add_argument("orders", type=Path)
    stock = commands.add_parser("stock", help="what is left when all orders are packed")
    stock.add_argument("orders", type=Path)
    stock.add_argument("--stock", type=Path, required=True)
    return parser


def run_report(path: Path) -> int:
    """Prints the figures of one order file."""
    print(report.render(process_file(path)))
    return 0


def run_stock(orders_path: Path, stock_path: Path) -> int:
    """Prints what is left on the shelf; 1 when something was short."""
    inventory = Inventory.load(stock_path)
    short = fulfil_all(inventory, process_file(orders_path))
    print(report.format_table((sku, str(quantity)) for sku, quantity in inventory))
    for error in short:
        complain(error)
    return 1 if short else 0


def complain(error: ShopError) -> None:
    """Says what went wrong where a pipe does not swallow it."""
    print(f"shop: {error}", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    """Does what the command line asks for and returns the exit status."""
    options = build_parser().parse_args(arguments)
    if options.command == "report":
        return run_report(options.orders)
    return run_stock(options.orders, options.stock)
