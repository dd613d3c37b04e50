"""Texts in other languages than English."""
