"""Figures of results and measurements: ``function(ds, *, ax=None) -> Axes``.

Labels come from the attributes of the Dataset, values are shown in the units of the laboratory (mA, cm2, °C). Nothing
is shown on a screen: that is the caller's choice (a notebook shows figures by itself). matplotlib is imported when a
function is called.
"""

# In the order in which a figure shows what suits a Dataset: signals first, then what is inside and what came of it.
from .spectra import bode, nyquist  # isort: skip
from .analysed import circuit, kramers_kronig, relaxation_times  # isort: skip
from .transients import cycles, steady_currents, transient, voltammogram  # isort: skip
from .life import contact, cycle_breakdown, half_cycles, waterfall  # isort: skip
from .interior import breakdown, concentrations, profiles  # isort: skip
from .conductors import arrhenius  # isort: skip
from .alongs import fitted, relaxation_map  # isort: skip
from .studies import band, pareto, tornado  # isort: skip
from .maps import map  # isort: skip
from .twins import alarm_scores, fan_chart, odds  # isort: skip
from .comparison import compare
from .conflicts import conflicts
from .family import PLOTS, figure, plot
from .look import panel

__all__ = [
    "PLOTS",
    "alarm_scores",
    "arrhenius",
    "band",
    "bode",
    "breakdown",
    "circuit",
    "compare",
    "concentrations",
    "conflicts",
    "contact",
    "cycle_breakdown",
    "cycles",
    "fan_chart",
    "figure",
    "fitted",
    "half_cycles",
    "kramers_kronig",
    "map",
    "nyquist",
    "odds",
    "panel",
    "pareto",
    "plot",
    "profiles",
    "relaxation_map",
    "relaxation_times",
    "steady_currents",
    "tornado",
    "transient",
    "voltammogram",
    "waterfall",
]


def __dir__() -> list[str]:
    # what can be done; the family is for those who add to it
    return [name for name in __all__ if name.islower()]
