"""The impedance of the discretised model converges to closed forms 1-4 and to the mesh-free solution, at second order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mgtwin.cells import (
    Blocking,
    Cell,
    DefectCapacitance,
    DefectElectrons,
    GrainBoundary,
    IonConductor,
    Junction,
    Layer,
    MixedConductor,
    Plating,
)
from mgtwin.impedance.exact import exact
from mgtwin.impedance.linearise import LinearisedStack
from mgtwin.models import mesh

from . import oracles


def test_x() -> None:
    assert oracles.tanhc(0) == 1
