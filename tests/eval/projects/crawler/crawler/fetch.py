"""Fetching one page."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

Fetcher = Callable[[str], Awaitable[str]]


class FetchError(Exception):
    """A page could not be fetched."""


@dataclass
class Page:
    """A page that was fetched."""

    url: str
    text: str


async def fetch_page(fetcher: Fetcher, url: str, timeout: float = 5.0) -> Page:
    """Fetches one page; raises `FetchError` when it takes too long."""
    try:
        text = await asyncio.wait_for(fetcher(url), timeout)
    except asyncio.TimeoutError as error:
        raise FetchError(f"{url} took longer than {timeout} s") from error
    return Page(url, text)
