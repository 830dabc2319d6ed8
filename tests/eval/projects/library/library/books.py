"""Books and their copies."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Book:
    """A title that the library owns, in any number of copies."""

    isbn: str
    title: str
    author: str
    copies: int = 1


@dataclass
class Catalogue:
    """All books, by their number."""

    books: dict[str, Book] = field(default_factory=dict)

    def add(self, book: Book) -> None:
        """Takes a book in, or more copies of one that is there."""
        known = self.books.get(book.isbn)
        if known is None:
            self.books[book.isbn] = book
        else:
            known.copies += book.copies

    def find(self, isbn: str) -> Book:
        """Returns the book of that number; raises `KeyError` where there is none."""
        return self.books[isbn]

    def by_author(self, author: str) -> list[Book]:
        """All books of an author, by title."""
        found = [book for book in self.books.values() if book.author == author]
        return sorted(found, key=lambda book: book.title)
