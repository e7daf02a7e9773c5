"""A salt solution in the pores of a composite: what conducts for a moment, and what for ever."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.cells import (
    BinaryElectrolyte,
    Blocking,
    Bruggeman,
    Cell,
    Composite,
    Insulator,
    IonConductor,
    Junction,
    Layer,
    Linear,
    MixedConductor,
    Phase,
    Plating,
    PoreExponent,
    Porous,
    Reader,
)
from mgtwin.cells.carriers import Carrier
from mgtwin.cells.effective import ionic_conductivity
from mgtwin.errors import InputError
from mgtwin.impedance.exact import exact
from mgtwin.impedance.linearise import LinearisedStack

FARADAY, GAS_CONSTANT, T = 96485.33212, 8.314462618, 298.15
LENGTH, POROSITY, SATURATION, EXPONENT = 3e-4, 0.4, 0.5, 1.5
FILLED = POROSITY * SATURATION
NETWORK = FILLED**EXPONENT
CONCENTRATION, KAPPA, DIFFUSIVITY, T_PLUS, FACTOR = 200.0, 0.5, 1e-10, 0.3, 1.4
SOLUTION = BinaryElectrolyte(CONCENTRATION, KAPPA, DIFFUSIVITY, T_PLUS, FACTOR, relative_permittivity=20.0)
#: V per unit of ln c, for z = 2.
VOLTAGE = 1.5 * GAS_CONSTANT * T / FARADAY * FACTOR
PATH = "layers.m.material"

#: 1e-12 of the layer's resistance.
IDEAL = Plating(1e9, electronic_resistance=math.inf)
REVERSIBLE = Plating(1e9, electronic_resistance=0.0)


def porous(solid: Any = None, liquid: Any = SOLUTION, **fields: Any) -> Porous:
    rule = PoreExponent("liquid", EXPONENT)
    return Porous(solid or Insulator(), POROSITY, rule, liquid, SATURATION, electronic_mixing=Bruggeman(), **fields)


def cell(material: Any, electrode: Any = IDEAL) -> Cell:
    return Cell("wet", electrode, [Layer("m", material, LENGTH)], electrode, area=1.0)


def free(factor: float = NETWORK, porosity: float = FILLED, **fields: Any) -> BinaryElectrolyte:
    """The solution as a layer that conducts like the pores of an insulator."""
    return BinaryElectrolyte(
        CONCENTRATION, factor * KAPPA, factor * DIFFUSIVITY, T_PLUS, FACTOR, porosity=porosity, **fields
    )


def worst(found: Any, expected: Any) -> float:
    return float(np.max(np.abs(np.asarray(found) / np.asarray(expected) - 1)))


def mesh(made: Cell, frequencies: Any) -> np.ndarray:
    frequencies = np.asarray(frequencies, dtype=float)
    return LinearisedStack(made, f_max=float(frequencies.max())).impedance(frequencies)


def lasting(kappa: float, mobility: float) -> float:
    """Of pores through which no anions pass: t_- i_p = -M d(ln c)/dx, i_p = kappa (g + v t_- d(ln c)/dx)."""
    return kappa / (1 + kappa * VOLTAGE * (1 - T_PLUS) ** 2 / mobility)


# -- in an insulator: the solution alone ----------------------------------------------------------------------------
FREQUENCIES = np.geomspace(1e3, 1e-7, 21)


def test_pores_of_an_insulator_are_a_layer_of_the_solution() -> None:
    assert porous().carriers == frozenset({Carrier.ANIONS})
    assert worst(mesh(cell(porous()), FREQUENCIES), exact(cell(free()), FREQUENCIES)) < 3e-4  # the mesh's, see mesh.py


def test_displacement_in_the_pores() -> None:
    material = porous(permittivity_mixing=Bruggeman())
    eps = Bruggeman().effective([1 - POROSITY, FILLED, POROSITY - FILLED], [1.0, 20.0, 1.0])
    f = np.geomspace(1e9, 1e-6, 16)
    assert worst(mesh(cell(material), f), exact(cell(free(relative_permittivity=eps)), f)) < 1e-3


def test_concentration_and_anions_pass_into_a_solution_and_back() -> None:
    def stack(pores: Any) -> Cell:
        solution = free(0.7, 0.8)
        layers = [Layer("a", solution, 2e-4), Layer("m", pores, LENGTH, area=1.2), Layer("b", solution, 1e-4)]
        return Cell("three", IDEAL, layers, IDEAL, {"a-m": Junction(1e-4, 0.1)}, area=1.0)

    assert worst(mesh(stack(porous()), FREQUENCIES), exact(stack(free()), FREQUENCIES)) < 3e-4


def test_sand_time_of_the_pores() -> None:
    i = 20.0
    tau = math.pi * FILLED * NETWORK * DIFFUSIVITY * (2 * FARADAY * CONCENTRATION / (2 * i * (1 - T_PLUS))) ** 2
    thick = cell(porous()).with_({"layers.m.thickness": 2e-3})
    ds = mt.simulate(thick, mt.Galvanostatic(current=i, duration=3 * tau))
    assert float(ds["time"][-1]) == pytest.approx(tau, rel=0.01)
    assert any("salt" in warning for warning in ds.attrs["warnings"])


# -- with a solid that conducts ions -----------------------------------------------------------------------------------
SOLID = IonConductor(0.05)


def numbers(material: Any) -> tuple[float, float, float, float]:
    """Effective conductivity of all ions, that of the pores, of the rest, and the salt's mobility."""
    total = ionic_conductivity(Reader(cell(material)), PATH, material, T)
    pores = NETWORK * KAPPA
    return total, pores, total - pores, NETWORK * 2 * FARADAY * DIFFUSIVITY * CONCENTRATION


def test_both_ions_conduct_at_high_and_the_cation_at_low_frequency() -> None:
    material = porous(SOLID)
    total, pores, solid, mobility = numbers(material)
    assert solid > 0
    z = mesh(cell(material), [1e4, 1e-9])
    assert z[0].real == pytest.approx(LENGTH / total, rel=1e-3)  # a diffusion layer of 1e-3 L remains
    assert z[1].real == pytest.approx(LENGTH / (solid + lasting(pores, mobility)), rel=1e-5)


@pytest.mark.parametrize("mixing", [None, Bruggeman()])
def test_both_routes_agree_on_a_solid_beside_the_pores(mixing: Any) -> None:
    material = porous(IonConductor(0.05, 9.0), permittivity_mixing=mixing)
    f = np.geomspace(1e3 if mixing is None else 1e9, 1e-7, 21)
    assert worst(mesh(cell(material), f), exact(cell(material), f)) < (3e-4 if mixing is None else 1e-3)


def test_an_ideal_solution_keeps_the_transference_number_of_the_cation() -> None:
    """With the diffusivity of Nernst and Einstein, M = v kappa t_+ t_-, the lasting share is t_+."""
    diffusivity = VOLTAGE * KAPPA * T_PLUS * (1 - T_PLUS) / (2 * FARADAY * CONCENTRATION)
    material = porous(SOLID, BinaryElectrolyte(CONCENTRATION, KAPPA, diffusivity, T_PLUS, FACTOR))
    _, pores, solid, _ = numbers(material)
    z = mesh(cell(material), [1e-9])
    assert z[0].real == pytest.approx(LENGTH / (solid + T_PLUS * pores), rel=1e-5)
    ds = mt.simulate(cell(material), mt.Galvanostatic(current=0.01, duration="1000 h"))
    drop = abs(float(ds["voltage"][-1]))
    assert drop == pytest.approx(0.01 * LENGTH / (solid + T_PLUS * pores), rel=1e-4)  # rtol, and the mesh in time


def test_without_the_salt_an_ion_conductor_counts_the_anions_for_ever() -> None:
    """What the material exists for: the same conductivity at high frequency, another one in direct current."""
    wet, plain = porous(SOLID), porous(SOLID, IonConductor(KAPPA))
    z = mesh(cell(wet), [1e4, 1e-9])
    assert exact(cell(plain), [1e4])[0].real == pytest.approx(z[0].real, rel=1e-3)
    assert exact(cell(plain), [1e-9])[0].real < 0.8 * z[1].real


# -- with electrons ---------------------------------------------------------------------------------------------------
MIXED = MixedConductor(0.05, 0.02, 1e5)
BRUGGEMAN = (3 * (1 - POROSITY) - 1) / 2


@pytest.mark.parametrize(("electrode", "electrons"), [(REVERSIBLE, BRUGGEMAN * 0.02), (IDEAL, 0.0)])
def test_direct_current_beside_electrons(electrode: Any, electrons: float) -> None:
    material = porous(MIXED)
    assert material.carriers == frozenset({Carrier.ANIONS, Carrier.ELECTRONS})
    total, pores, solid, mobility = numbers(material)
    z = mesh(cell(material, electrode), [1e4, 1e-9])
    assert z[1].real == pytest.approx(LENGTH / (electrons + solid + lasting(pores, mobility)), rel=1e-4)
    assert z[0].real == pytest.approx(LENGTH / (BRUGGEMAN * 0.02 + total), rel=2e-3)


def test_salt_that_diffuses_at_once_leaves_a_mixed_conductor() -> None:
    quick = porous(MIXED, BinaryElectrolyte(CONCENTRATION, KAPPA, 1.0, T_PLUS, FACTOR))
    total, *_ = numbers(quick)
    plain = MixedConductor(total, BRUGGEMAN * 0.02, (1 - POROSITY) * 1e5)
    electrode = Blocking(0.1, 1e-3)
    f = np.geomspace(1e2, 1e-4, 13)
    assert worst(mesh(cell(quick, electrode), f), exact(cell(plain, electrode), f)) < 5e-4


def test_stuck_electrons_leave_the_pores_of_an_ion_conductor() -> None:
    idle = porous(MixedConductor(0.05, 1e-14, 1e5))
    f = np.geomspace(1e2, 1e-7, 10)
    assert worst(mesh(cell(idle), f), mesh(cell(porous(SOLID)), f)) < 5e-4


def test_no_salt_is_lost_and_steps_end_in_the_small_signal() -> None:
    made = cell(porous(MIXED), Blocking(0.1, 2e-3))
    voltage = 1e-3
    ds = mt.simulate(made, mt.Polarization(voltage=voltage, duration="2000 h"))
    c = ds["concentration"].values
    x = ds["salt_x"].values
    edges = np.concatenate([[0.0], np.zeros(x.size)])
    for k, node in enumerate(x):
        edges[k + 1] = 2 * node - edges[k]
    amount = c @ np.diff(edges) / LENGTH
    assert np.max(np.abs(amount / CONCENTRATION - 1)) < 1e-9  # finite volumes conserve it but for rounding
    resistance = voltage / float(ds["current"][-1])
    assert resistance == pytest.approx(mesh(made, [1e-10])[0].real, rel=1e-3)  # the mesh in time


def test_spectra_of_kept_and_biased_states() -> None:
    made = cell(porous(MIXED), REVERSIBLE)
    rest = mt.simulate(made, mt.EIS(1.0, 1e-3, points=4))
    assert "holds salt in its pores" in rest.attrs["route"]
    biased = mt.simulate(made, mt.EIS(1.0, 1e-3, points=4, bias=mt.Voltage(1e-5)))
    assert worst(biased["impedance"], rest["impedance"]) < 2e-3
    run = mt.simulate(made, mt.Galvanostatic(current=1e-4, duration="1 h"))
    kept = mt.simulate(made, mt.EIS(1.0, 1e-3, points=4), start=run)
    assert worst(kept["impedance"], rest["impedance"]) < 2e-3


def test_concentration_follows_the_conductivity() -> None:
    """Far from rest: kappa ~ c in an insulator, against the layer of the solution with the same law."""
    dilute = BinaryElectrolyte(CONCENTRATION, KAPPA, DIFFUSIVITY, T_PLUS, FACTOR, conductivity_exponent=1.0)
    wet = cell(porous(liquid=dilute))
    plain = cell(free(conductivity_exponent=1.0))
    limit = 2 * 2 * FARADAY * NETWORK * DIFFUSIVITY * CONCENTRATION / ((1 - T_PLUS) * LENGTH)
    protocol = mt.Galvanostatic(current=0.6 * limit, duration="20 h")
    one, other = (mt.simulate(item, protocol)["voltage"].values[-1] for item in (wet, plain))
    assert one == pytest.approx(other, rel=2e-3)  # the mesh in time


# -- bad input --------------------------------------------------------------------------------------------------------
def test_bad_input() -> None:
    with pytest.raises(InputError, match="salt solutions: a mixture has one at most"):
        Composite([Phase("a", SOLUTION, 0.5), Phase("b", SOLUTION)], Bruggeman())
    with pytest.raises(InputError, match="salt solution in a graded mixture"):
        Porous(Insulator(), Linear(0.2, 0.3), PoreExponent("liquid"), SOLUTION, 0.5)
    with pytest.raises(InputError, match="holds salt in its pores beside electrons"):
        exact(cell(porous(MIXED)), [1.0])


def test_a_solution_that_does_not_percolate_only_adds_to_the_ions() -> None:
    drops = Composite([Phase("drops", SOLUTION, 0.2), Phase("gel", SOLID)], Bruggeman())
    assert drops.carriers == frozenset()
    sigma = Bruggeman().effective([0.2, 0.8], [KAPPA, 0.05])
    assert exact(cell(drops), [1.0])[0].real == pytest.approx(LENGTH / sigma, rel=1e-6)
