"""SPEAKS: one command a file: options, and one straight line of calls."""
