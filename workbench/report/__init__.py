"""Notebooks to pages: what they show, how they run, how pages are written."""
