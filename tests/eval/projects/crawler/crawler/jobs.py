"""What is to be fetched."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


@dataclass
class Job:
    """One page to fetch."""

    url: str
    attempts: int = 0


class Queue:
    """Jobs that wait, first in, first out; no page twice."""

    def __init__(self) -> None:
        self._jobs: deque[Job] = deque()
        self._seen: set[str] = set()

    def __len__(self) -> int:
        return len(self._jobs)

    def put(self, url: str) -> bool:
        """Takes a page in; false where it was there before."""
        if url in self._seen:
            return False
        self._seen.add(url)
        self._jobs.append(Job(url))
        return True

    def put_back(self, job: Job) -> None:
        """Gives a job another try."""
        job.attempts += 1
        self._jobs.append(job)

    def take(self) -> Job | None:
        """The next job, or nothing."""
        return self._jobs.popleft() if self._jobs else None
