"""Readings of weather stations."""
