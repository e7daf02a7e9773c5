"""Equivalent circuits: elements, each declared in one file, and the circuits that are made of them.

Importing this package declares the elements that come with mgtwin.
"""

from . import elements as elements
from .block import CircuitBlock
from .circuit import Circuit
from .family import ELEMENTS, circuit_element, element
from .start import started

__all__ = ["ELEMENTS", "Circuit", "CircuitBlock", "circuit_element", "element", "started"]
