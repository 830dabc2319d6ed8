"""Works the queue off."""

from __future__ import annotations

from crawler.fetch import Fetcher, FetchError, Page, fetch_page
from crawler.jobs import Queue

ATTEMPTS_MAX = 3


class Worker:
    """Fetches what is in a queue, one page after another."""

    def __init__(self, queue: Queue, fetcher: Fetcher) -> None:
        self.queue = queue
        self.fetcher = fetcher
        self.pages: list[Page] = []
        self.failed: list[str] = []

    async def step(self) -> bool:
        """Fetches one page; false when the queue is empty."""
        job = self.queue.take()
        if job is None:
            return False
        try:
            self.pages.append(await fetch_page(self.fetcher, job.url))
        except FetchError:
            if job.attempts + 1 < ATTEMPTS_MAX:
                self.queue.put_back(job)
            else:
                self.failed.append(job.url)
        return True

    async def run(self) -> int:
        """Works until the queue is empty; returns how many pages were fetched."""
        while await self.step():
            pass
        return len(self.pages)
