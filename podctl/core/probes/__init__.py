"""Probes: what a manifest asks for, which are due, and what their answers mean. Pure; engine/probing asks them."""
