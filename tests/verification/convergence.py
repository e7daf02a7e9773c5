"""How far the impedance of the discretised model is from the truth on finer and finer meshes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from mgtwin.cells import Cell
from mgtwin.impedance.linearise import LinearisedStack
from mgtwin.models import mesh


def mesh_errors(
    cell: Cell, truth: Any, frequencies: np.ndarray, growths: Sequence[float], monkeypatch: pytest.MonkeyPatch
) -> np.ndarray:
    """Largest relative error of the mesh impedance for every growth of the cell width."""
    found = []
    for growth in growths:
        monkeypatch.setattr(mesh, "GROWTH", growth)
        z = LinearisedStack(cell, f_max=frequencies.max()).impedance(frequencies)
        found.append(np.max(np.abs(z - truth) / np.abs(truth)))
    return np.array(found)
