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
from .life import contact, cycle_breakdown, waterfall
from .spectra import bode, nyquist
from .studies import band, map, pareto, tornado
from .transients import cycles, transient, voltammogram

__all__ = [
    "arrhenius",
    "band",
    "bode",
    "breakdown",
    "circuit",
    "compare",
    "concentrations",
    "contact",
    "cycle_breakdown",
    "cycles",
    "figure",
    "kramers_kronig",
    "map",
    "nyquist",
    "pareto",
    "profiles",
    "relaxation_times",
    "tornado",
    "transient",
    "voltammogram",
    "waterfall",
]
