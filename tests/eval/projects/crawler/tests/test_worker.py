import asyncio
import unittest

from crawler.fetch import FetchError
from crawler.jobs import Queue
from crawler.worker import Worker


async def echo(url: str) -> str:
    return f"text of {url}"


async def broken(url: str) -> str:
    raise FetchError(url)


def queue_of(*urls: str) -> Queue:
    queue = Queue()
    for url in urls:
        queue.put(url)
    return queue


class WorkerTest(unittest.TestCase):
    def test_fetches_all(self) -> None:
        worker = Worker(queue_of("a", "b", "a"), echo)
        self.assertEqual(asyncio.run(worker.run()), 2)

    def test_gives_up_after_some_attempts(self) -> None:
        worker = Worker(queue_of("a"), broken)
        asyncio.run(worker.run())
        self.assertEqual(worker.failed, ["a"])


if __name__ == "__main__":
    unittest.main()
