"""Letters to readers."""

from __future__ import annotations

from datetime import date

from library.loans import Desk, Loan


def reminder(loan: Loan, today: date) -> str:
    """The letter for one loan."""
    days = (today - loan.due).days
    return f"Dear {loan.reader}, '{loan.book.title}' is {days} days late."


def reminders(desk: Desk, today: date) -> list[str]:
    """Letters to all who are late, in the order in which they borrowed."""
    return [reminder(loan, today) for loan in desk.loans if loan.is_overdue(today)]
