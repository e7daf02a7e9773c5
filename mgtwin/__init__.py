"""mgtwin: a physics-based digital twin of solid-state Mg cells.

The public face. Every name is imported when it is first used, so that ``import mgtwin`` costs nothing and the command
line answers at once.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

# PyBaMM sends telemetry unless told not to; mgtwin never does, whoever imports it first
os.environ.setdefault("PYBAMM_DISABLE_TELEMETRY", "true")

_HOME = {
    # parameter sets and nouns
    "cell": "cells.files",
    "load_cell": "cells.files",
    "material": "cells.files",
    "list_cells": "cells.files",
    "list_overlays": "cells.files",
    "list_experiments": "cells.files",
    "applicable_overlays": "cells.files",
    "Cell": "cells",
    "Layer": "cells",
    "Ion": "cells",
    "IonConductor": "cells",
    "MixedConductor": "cells",
    "BinaryElectrolyte": "cells",
    "DefectElectrons": "cells",
    "DefectCapacitance": "cells",
    "GrainBoundary": "cells",
    "Blocking": "cells",
    "Plating": "cells",
    "Junction": "cells",
    "Capacitor": "cells",
    "CPE": "cells",
    "Bruggeman": "cells",
    "Composite": "cells",
    "HashinShtrikmanLower": "cells",
    "HashinShtrikmanUpper": "cells",
    "Insulator": "cells",
    "Linear": "cells",
    "Mass": "cells",
    "MaxwellGarnett": "cells",
    "McLachlan": "cells",
    "Phase": "cells",
    "PoreExponent": "cells",
    "Porous": "cells",
    "Profile": "cells",
    "Volume": "cells",
    "WienerParallel": "cells",
    "WienerSeries": "cells",
    "electrode": "kinds.electrode",
    "junction": "kinds.junction",
    "storage": "kinds.storage",
    "ageing_law": "kinds.ageing_law",
    "Changes": "kinds.ageing_law",
    "Rate": "kinds.memories",
    "Balance": "kinds.memories",
    "Fractional": "kinds.memories",
    "Diffusion": "kinds.memories",
    "Sphere": "kinds.memories",
    "Plate": "kinds.memories",
    "Law": "laws",
    "Property": "laws",
    "Quantity": "quantities",
    "Fixture": "cells",
    "Contact": "cells",
    "Pressed": "cells",
    "FatigueContactLoss": "cells",
    "VoidContactLoss": "cells",
    "CrackGrowth": "cells",
    "FilmGrowth": "cells",
    "Constant": "laws",
    "Arrhenius": "laws",
    "ArrheniusT": "laws",
    "VogelFulcher": "laws",
    "Table": "laws",
    "law": "laws",
    "Value": "quantities",
    # protocols
    "EIS": "protocols",
    "Polarization": "protocols",
    "Voltammetry": "protocols",
    "Galvanostatic": "protocols",
    "Cycling": "protocols",
    "CycleSkipping": "protocols",
    "Every": "protocols",
    "Rest": "protocols",
    "Voltage": "protocols",
    "Current": "protocols",
    "Replay": "protocols",
    "Sequence": "protocols",
    "protocol": "protocols",
    "experiment": "experiments",
    # measurements
    "read": "data",
    "Column": "data",
    "metric": "analysis.metrics",
    # verbs
    "simulate": "simulation",
    "impedance_jacobian": "simulation.jacobian",
    "StackModel": "models.stack",
    # fitting
    "fit": "fitting",
    "Fit": "fitting",
    "Free": "fitting",
    "PerTemperature": "fitting",
    "PerDataset": "fitting",
    "Normal": "fitting",
    "LogNormal": "fitting",
    "Modulus": "fitting",
    "Noise": "fitting",
    "Unit": "fitting",
    "Huber": "fitting",
    "SoftL1": "fitting",
    "Cauchy": "fitting",
    "compare": "fitting",
    "next_experiment": "fitting",
    "fit_series": "fitting",
    "Circuit": "circuits",
    "circuit_element": "circuits",
    "Candidate": "fitting",
    "save": "dataset",
    "open": "dataset",
    # design studies
    "sweep": "studies",
    "Paired": "studies",
    "uncertainty": "studies",
    "sensitivity": "studies",
    "Sobol": "studies",
    "Morris": "studies",
    "optimise": "studies",
    "Minimise": "studies",
    "Maximise": "studies",
    "AtMost": "studies",
    "AtLeast": "studies",
    "Robust": "studies",
    "Evolution": "studies",
    "open_study": "studies",
    "cell_at": "studies",
    # errors
    "MgtwinError": "errors",
    "InputError": "errors",
    "SimulationError": "errors",
    "MgtwinWarning": "errors",
}
_PACKAGES = ("analysis", "impedance", "plot")

__all__ = sorted([*_HOME, *_PACKAGES, "__version__"])

if TYPE_CHECKING:
    from . import analysis as analysis
    from . import impedance as impedance
    from . import plot as plot
    from .analysis import metric as metric
    from .cells import CPE as CPE
    from .cells import BinaryElectrolyte as BinaryElectrolyte
    from .cells import Blocking as Blocking
    from .cells import Bruggeman as Bruggeman
    from .cells import Capacitor as Capacitor
    from .cells import Cell as Cell
    from .cells import Composite as Composite
    from .cells import Contact as Contact
    from .cells import CrackGrowth as CrackGrowth
    from .cells import DefectCapacitance as DefectCapacitance
    from .cells import DefectElectrons as DefectElectrons
    from .cells import FatigueContactLoss as FatigueContactLoss
    from .cells import FilmGrowth as FilmGrowth
    from .cells import Fixture as Fixture
    from .cells import GrainBoundary as GrainBoundary
    from .cells import HashinShtrikmanLower as HashinShtrikmanLower
    from .cells import HashinShtrikmanUpper as HashinShtrikmanUpper
    from .cells import Insulator as Insulator
    from .cells import Ion as Ion
    from .cells import IonConductor as IonConductor
    from .cells import Junction as Junction
    from .cells import Layer as Layer
    from .cells import Linear as Linear
    from .cells import Mass as Mass
    from .cells import MaxwellGarnett as MaxwellGarnett
    from .cells import McLachlan as McLachlan
    from .cells import MixedConductor as MixedConductor
    from .cells import Phase as Phase
    from .cells import Plating as Plating
    from .cells import PoreExponent as PoreExponent
    from .cells import Porous as Porous
    from .cells import Pressed as Pressed
    from .cells import Profile as Profile
    from .cells import VoidContactLoss as VoidContactLoss
    from .cells import Volume as Volume
    from .cells import WienerParallel as WienerParallel
    from .cells import WienerSeries as WienerSeries
    from .cells.files import applicable_overlays as applicable_overlays
    from .cells.files import cell as cell
    from .cells.files import list_cells as list_cells
    from .cells.files import list_experiments as list_experiments
    from .cells.files import list_overlays as list_overlays
    from .cells.files import load_cell as load_cell
    from .cells.files import material as material
    from .circuits import Circuit as Circuit
    from .circuits import circuit_element as circuit_element
    from .data import Column as Column
    from .data import read as read
    from .dataset import open as open
    from .dataset import save as save
    from .errors import InputError as InputError
    from .errors import MgtwinError as MgtwinError
    from .errors import MgtwinWarning as MgtwinWarning
    from .errors import SimulationError as SimulationError
    from .experiments import experiment as experiment
    from .fitting import Candidate as Candidate
    from .fitting import Cauchy as Cauchy
    from .fitting import Fit as Fit
    from .fitting import Free as Free
    from .fitting import Huber as Huber
    from .fitting import LogNormal as LogNormal
    from .fitting import Modulus as Modulus
    from .fitting import Noise as Noise
    from .fitting import Normal as Normal
    from .fitting import PerDataset as PerDataset
    from .fitting import PerTemperature as PerTemperature
    from .fitting import SoftL1 as SoftL1
    from .fitting import Unit as Unit
    from .fitting import compare as compare
    from .fitting import fit as fit
    from .fitting import fit_series as fit_series
    from .fitting import next_experiment as next_experiment
    from .laws import Arrhenius as Arrhenius
    from .laws import ArrheniusT as ArrheniusT
    from .laws import Constant as Constant
    from .laws import Table as Table
    from .laws import VogelFulcher as VogelFulcher
    from .laws import law as law
    from .models.stack import StackModel as StackModel
    from .protocols import EIS as EIS
    from .protocols import Current as Current
    from .protocols import CycleSkipping as CycleSkipping
    from .protocols import Cycling as Cycling
    from .protocols import Every as Every
    from .protocols import Galvanostatic as Galvanostatic
    from .protocols import Polarization as Polarization
    from .protocols import Replay as Replay
    from .protocols import Rest as Rest
    from .protocols import Sequence as Sequence
    from .protocols import Voltage as Voltage
    from .protocols import Voltammetry as Voltammetry
    from .protocols import protocol as protocol
    from .quantities import Value as Value
    from .simulation import simulate as simulate
    from .simulation.jacobian import impedance_jacobian as impedance_jacobian
    from .studies import AtLeast as AtLeast
    from .studies import AtMost as AtMost
    from .studies import Evolution as Evolution
    from .studies import Maximise as Maximise
    from .studies import Minimise as Minimise
    from .studies import Morris as Morris
    from .studies import Paired as Paired
    from .studies import Robust as Robust
    from .studies import Sobol as Sobol
    from .studies import cell_at as cell_at
    from .studies import open_study as open_study
    from .studies import optimise as optimise
    from .studies import sensitivity as sensitivity
    from .studies import sweep as sweep
    from .studies import uncertainty as uncertainty


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name == "__version__":
        from importlib.metadata import version

        return version("mgtwin")
    if name in _PACKAGES:
        return import_module(f".{name}", __name__)
    if name in _HOME:
        value = getattr(import_module(f".{_HOME[name]}", __name__), name)
        globals()[name] = value
        return value
    from .errors import did_you_mean

    raise AttributeError(f"mgtwin has no attribute {name!r}.{did_you_mean(name, __all__)}")


def __dir__() -> list[str]:
    return __all__
