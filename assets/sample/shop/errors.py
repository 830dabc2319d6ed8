"""What can go wrong, as far as a caller may want to tell one case from another."""

from __future__ import annotations

from pathlib import Path


class ShopError(Exception):
    """The base of every error this package raises on purpose."""


class FileError(ShopError):
    """A file could not be read, or does not hold what it should."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class OutOfStock(ShopError):
    """More pieces were asked for than the shelf holds."""

    def __init__(self, sku: str, wanted: int, available: int) -> None:
        super().__init__(f"{sku}: {wanted} wanted, {available} available")
        self.sku = sku
        self.wanted = wanted
        self.available = available
