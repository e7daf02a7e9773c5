"""For pytest: packages whose public name is also a submodule's are imported whole before doctests are collected.

``mgtwin.impedance.exact`` is a function in a module of the same name; collecting that module first would put it in the
function's place.
"""

import mgtwin.analysis
import mgtwin.impedance  # noqa: F401
