"""Bookkeeping for a small club."""
