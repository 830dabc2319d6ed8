"""Fetches pages politely."""
