"""Mixed conductors beside hosts: electrons that enter a resolved electrode, and cells that discharge themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import lil_matrix
from scipy.sparse.linalg import spsolve

import mgtwin as mt
from mgtwin.impedance import dc_resistance, exact, exact_jacobian
from mgtwin.impedance.halves import exact_halves
from mgtwin.impedance.linearise import LinearisedStack
from mgtwin.simulation.resolving import settled

from .test_insertion import CAPACITY, CONCENTRATION, F_, FARADAY, RADIUS, SLOPING, SURFACE, D, slope
from .test_insertion_resolved import THICKNESS, full_cell

IONS, ELECTRONS, LENGTH, CONTACT = 0.01, 0.002, 5e-5, 1e-2
F = np.geomspace(1e5, 1e-3, 7)


def beside(resolution: Any = None, storage: float = 1e3, **changes: Any) -> mt.Cell:
    """Mg that passes no electrons | mixed conductor | host whose rails both carriers enter."""
    layer = mt.Layer("mixed", mt.MixedConductor(IONS, ELECTRONS, storage), LENGTH)
    given = {"positive.electronic_resistance": CONTACT, "negative.electronic_resistance": np.inf}
    return full_cell(resolution).with_({"layers": [layer], **given, **changes})


def ladder(omega: float, n: int) -> complex:
    """Impedance of the same from the nodes of two rails, n volumes in the layer and n in the host."""
    s = RADIUS * np.sqrt(1j * omega / D)
    sphere = -slope(SLOPING, 0.3) * RADIUS / D / (2 * FARADAY * CONCENTRATION) / SURFACE
    transfer = 1 / (F_ * 0.2 * np.sqrt(0.3 * 0.7) * SURFACE)
    Y = 0.1j * omega + 1 / (transfer + sphere * np.tanh(s) / (s - np.tanh(s)))
    volumes = [(LENGTH / IONS / n, LENGTH / ELECTRONS / n, 1j * omega * 1e3 * LENGTH / n)] * n
    volumes += [(THICKNESS / 0.01 / n, THICKNESS / 0.02 / n, Y / n)] * n
    # ions and electrons of every volume, the metal last; the collector is 0
    matrix, source = lil_matrix((4 * n + 1, 4 * n + 1), dtype=complex), np.zeros(4 * n + 1)

    def join(a: int, b: int | None, resistance: complex) -> None:
        matrix[a, a] += 1 / resistance
        if b is not None:
            matrix[b, b] += 1 / resistance
            matrix[a, b] -= 1 / resistance
            matrix[b, a] -= 1 / resistance

    join(4 * n, 0, 1 / (1e6 * F_) + volumes[0][0] / 2)
    for k, (ions, electrons, admittance) in enumerate(volumes):
        join(2 * k, 2 * k + 1, 1 / admittance)
        if k < 2 * n - 1:
            join(2 * k, 2 * k + 2, (ions + volumes[k + 1][0]) / 2)
            join(2 * k + 1, 2 * k + 3, (electrons + volumes[k + 1][1]) / 2 + CONTACT * (k == n - 1))
    join(4 * n - 1, None, volumes[-1][1] / 2)
    source[-1] = 1.0
    return complex(spsolve(matrix.tocsc(), source)[-1])


# -- both carriers enter the electrode ---------------------------------------------------------------------------------
def test_both_rails_from_layer_to_collector() -> None:
    """Against volumes with nodes for both carriers in layer and host, of second order; blocked, it is the line."""
    f = np.geomspace(1e3, 1e-2, 4)
    found = exact(beside(), f)
    errors = [np.max(np.abs([ladder(w, n) for w in 2 * np.pi * f] / found - 1)) for n in (40, 80)]
    assert errors[1] < 1e-4 and np.log2(errors[0] / errors[1]) > 1.9
    nearly, blocked = (exact(beside(**{"positive.electronic_resistance": R}), F) for R in (1e12, np.inf))
    np.testing.assert_allclose(nearly, blocked, rtol=1e-9)
    assert np.max(np.abs(found / exact(beside(**{"positive.electronic_resistance": np.inf}), f) - 1)) > 0.01


@pytest.mark.slow
@pytest.mark.parametrize("turned", [False, True])
def test_slices_converge_to_both_rails_in_closed_form(turned: bool) -> None:
    """Second order in their width; one reaction for all of it is wrong by 4 to 13 %."""
    ways = [mt.Resolved(n) for n in (8, 16)]
    cells = [one.reversed() if turned else one for one in (beside(None), *map(beside, ways), beside(mt.Uniform()))]
    closed = exact(cells[0], F)
    errors = [np.max(np.abs(LinearisedStack(one, f_max=F.max()).impedance(F) / closed - 1)) for one in cells[1:3]]
    assert errors[0] < 3e-3 and np.log2(errors[0] / errors[1]) > 1.8
    assert np.max(np.abs(exact(cells[3], F) / closed - 1)) > 0.04
    np.testing.assert_array_equal(exact(cells[1], F), closed)


def test_derivatives_and_halves_where_both_enter() -> None:
    cell = beside(reference=mt.Reference(at="positive", kind=mt.InertProbe()))
    paths = ["area", "layers.mixed.thickness", *(f"positive.{name}" for name in ("thickness", "ionic_conductivity"))]
    paths += [f"positive.{name}" for name in ("electronic_conductivity", "double_layer.c", "electronic_resistance")]
    found = exact_jacobian(cell, F, paths)
    for k, path in enumerate(paths):
        value = float(cell.get(path))
        up, down = (exact(cell, F, {path: value * (1 + h)}) for h in (1e-5, -1e-5))
        assert np.abs(found[:, k] - (up - down) / (2e-5 * value)).max() < 1e-8 * np.abs(exact(cell, F)).max() / value
    negative, positive = exact_halves(cell, F)
    sliced = cell.with_({"positive.resolution": mt.Resolved(6)})
    whole, part = LinearisedStack(sliced, f_max=F.max()).with_halves(F)
    assert np.max(np.abs(part - negative) / np.abs(whole)) < 2e-3
    np.testing.assert_allclose(negative + positive, exact(cell, F), rtol=1e-13)


def test_one_reaction_is_chosen_or_refused() -> None:
    assert settled(beside(), ()).positive.resolution == mt.Resolved()
    with pytest.raises(mt.InputError, match="or where electrons of a layer enter it"):
        LinearisedStack(beside(), f_max=1.0)
    assert np.isinf(dc_resistance(beside()))  # a host stores


# -- self-discharge in time --------------------------------------------------------------------------------------------
PELLET, STRAIGHT = 0.655e-3, mt.TabulatedPotential([0.0, 1.0], [1.0, 0.8])
AMBIPOLAR = 0.05 * 4.9e-6 / (0.05 + 4.9e-6)


def leaking(potential: Any, electronic: float = 4.9e-6, **changes: Any) -> mt.Cell:
    layer = mt.Layer("pellet", mt.MixedConductor(0.05, electronic, 1e3), PELLET)
    return full_cell(filling=0.1, potential=potential).with_({"layers": [layer], **changes})


def bridged(potential: Any, conductance: float, **changes: Any) -> mt.Cell:
    return full_cell(filling=0.1, potential=potential).with_({"shunt": mt.Shunt(conductance), **changes})


@pytest.mark.parametrize("way", [mt.Modes(), mt.Mesh(), None])
def test_a_straight_potential_decays_with_one_time_constant(way: Any) -> None:
    """V = V_0 exp(-t/R_eon C_int): through a mixed conductor in modes and volumes, and through a shunt (None)."""
    cell = bridged(STRAIGHT, AMBIPOLAR / PELLET) if way is None else leaking(STRAIGHT)
    run = mt.simulate(cell, mt.Rest("3e6 s", points=5), route=way)
    decayed = float(STRAIGHT(0.1)) * np.exp(-run["time"].values / (PELLET / AMBIPOLAR * CAPACITY / 0.2))
    np.testing.assert_allclose(run["voltage"].values[1:], decayed[1:], rtol=3e-4)
    lost = mt.analysis.self_discharge(cell).after("3e6 s")
    assert CAPACITY * (mt.analysis.stoichiometry(run) - 0.1) == pytest.approx(lost, rel=1e-3)
    said = "".join(run.attrs["warnings"])
    assert ("no state of rest: the run begins with the cell as assembled" in said) == (way is not None)


@pytest.mark.parametrize("through", ["mixed conductor", "shunt"])
def test_842_hours_per_mAh(through: str) -> None:
    """1.01 Mohm at 1.2 V, 1.19 uA, in time: a tenth of it in 84.2 h."""
    flat = mt.TabulatedPotential([0.0, 1.0], [1.2001, 1.1999])
    conductance = 1 / (1.01e6 * 1e-4)
    if through == "shunt":
        cell = bridged(flat, conductance, area=1e-4)
    else:
        cell = leaking(flat, PELLET * conductance / (1 - PELLET * conductance / 0.05), area=1e-4)
    run, lost = mt.simulate(cell, mt.Rest("84.2 h", points=3)), mt.analysis.self_discharge(cell)
    assert CAPACITY * 1e-4 * (mt.analysis.stoichiometry(run) - 0.1) / 3.6 == pytest.approx(0.1, rel=2e-3)
    assert lost.current == pytest.approx(1.19e-6, rel=5e-3) and lost.hours_per_mAh == pytest.approx(842, rel=1e-3)


def test_a_cell_without_a_rest_has_a_spectrum_of_its_states_only() -> None:
    """Of what a run left, at a high frequency: ions of the layer, charge transfer at Mg and a third of both rails."""
    cell = leaking(STRAIGHT, **{"positive.resolution": mt.Uniform()})
    for route in (None, mt.Mesh()):
        with pytest.raises(mt.InputError, match="no state of rest: it discharges itself"):
            mt.simulate(cell, mt.EIS.at([1.0]), route=route)
    run = mt.simulate(cell, mt.Rest("1e5 s", points=2))
    spectrum = mt.simulate(cell, mt.EIS.at([1e4]), start=run)["impedance"].values[0]
    assert spectrum.real == pytest.approx(PELLET / 0.05 + 1 / (1e6 * F_) + 1.5e-3, rel=5e-3)


def test_a_filament_through_some_layers_discharges_nothing() -> None:
    layers = [mt.Layer("a", mt.IonConductor(0.01), 1e-5), mt.Layer("b", mt.IonConductor(0.01), 4e-5)]
    cell = full_cell(filling=0.1, potential=STRAIGHT).with_({"layers": layers, "shunt": mt.Shunt(10.0, through=("a",))})
    assert mt.analysis.self_discharge(cell).current == 0.0
    run = mt.simulate(cell, mt.Rest("1e5 s", points=2))
    assert run["voltage"].values[-1] == pytest.approx(float(STRAIGHT(0.1)), rel=1e-9)
