"""simulate(cell, protocol, start=None) -> Dataset."""

from .dispatch import simulate

__all__ = ["simulate"]
