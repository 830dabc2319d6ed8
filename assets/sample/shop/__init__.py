"""Order files in, figures out."""

from shop.models import Order, OrderLine, Product

__all__ = ["Order", "OrderLine", "Product"]
__version__ = "0.4.0"
