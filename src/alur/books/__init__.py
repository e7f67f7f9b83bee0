"""Double entry: every movement of goods and money is booked in the transaction that moves it."""

from alur.books.post import Line, post

__all__ = ("Line", "post")
