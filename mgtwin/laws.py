r"""Laws of temperature for material and interface properties, and the field type that takes a number or a law.

Each law is a frozen noun that is called with a temperature [K]. Its equation is the static method ``formula``, written
with NumPy ufuncs only, so that any field and T itself can be an array or a PyBaMM symbol. The Boltzmann constant is in
eV/K because activation energies are in eV. They are declared in `mgtwin.kinds.laws`; this is their public name.
"""

from mgtwin.kinds.fields import Property
from mgtwin.kinds.laws import *  # noqa: F403 (a list here would be a second list of the laws)
from mgtwin.kinds.laws import __all__ as _laws
from mgtwin.kinds.numbers import BOLTZMANN

__all__ = ["BOLTZMANN", "Property", *_laws]
