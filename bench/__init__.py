"""Measurements that are too long for the tests. Nothing here is part of the installed package."""
