"""Figures of results and measurements: ``function(ds, *, ax=None) -> Axes``.

Labels come from the attributes of the Dataset, values are shown in the units of the laboratory (mA, cm2, °C). Nothing
is shown on a screen: that is the caller's choice (a notebook shows figures by itself). matplotlib is imported when a
function is called.
"""

from .analysed import circuit, kramers_kronig, relaxation_times
from .choose import figure
from .comparison import compare
from .interior import breakdown, concentrations, profiles
from .laws import arrhenius
from .spectra import bode, nyquist
from .transients import cycles, transient, voltammogram

__all__ = [
    "arrhenius",
    "bode",
    "breakdown",
    "circuit",
    "compare",
    "concentrations",
    "cycles",
    "figure",
    "kramers_kronig",
    "nyquist",
    "profiles",
    "relaxation_times",
    "transient",
    "voltammogram",
]
