"""simulate(cell, protocol, start=None) -> Dataset."""

from .simulate import simulate

__all__ = ["simulate"]
