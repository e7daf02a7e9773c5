"""The impedance of the discretised model converges to closed forms 1-4 and to the mesh-free one at second order."""

from __future__ import annotations

from typing import Any

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
from .convergence import mesh_errors
from .simple_cells import DIFFUSION_TIME, FORMS, IONIC, MIXED, NUMBERS, STORAGE, THICKNESS, reversible, single

#: From a tenth of the diffusion frequency, where the profile fills the layer, to where it is 3e-4 of its thickness.
FREQUENCIES = np.geomspace(1e6, 0.1, 36) / (2 * np.pi * DIFFUSION_TIME)
GROWTHS = (0.12, 0.06, 0.03)

ION = IonConductor(0.2, relative_permittivity=30.0)
STORING = MixedConductor(0.05, 0.002, 2e6, relative_permittivity=100.0)
DEFECTS = MixedConductor(
    0.03,
    DefectElectrons(n=1e-3, p=2e-5, constant=1e-4),
    DefectCapacitance(constant=2e5, n_mobility=1e-9, p_mobility=3e-9),
    rest_potential=0.03,
)
MG = Plating(5.0, transfer_coefficient=0.4, double_layer=0.1, electronic_resistance=3e-3, film_resistance=2e-3)
MG_OUTSIDE = Plating(5.0, double_layer=0.1)
GOLD = Blocking(0.2, electronic_resistance=5e-3)
#: The same chemical diffusivity in both layers would hide a mix-up of their meshes: a third of STORING's storage.
OTHER = MixedConductor(0.01, 0.004, 7e5)

STACKS = {
    "gold | mixed | gold": single(GOLD, GOLD, STORING, series_resistance=1e-3),
    "gold | defects | gold": single(GOLD, GOLD, DEFECTS),
    "Mg | defects | gold": single(MG, GOLD, DEFECTS),
    "trilayer": Cell(
        "trilayer_like",
        MG_OUTSIDE,
        [Layer("left", ION, 5e-4), Layer("middle", STORING, 6e-4, area=1.2e-4), Layer("right", ION, 4e-4)],
        MG_OUTSIDE,
        {"left-middle": Junction(3e-3, 0.01), "middle-right": Junction(4e-3)},
        area=1e-4,
        series_resistance=1e-4,
    ),
    "trilayer without junctions": Cell(
        "trilayer_like",
        MG_OUTSIDE,
        [Layer("left", ION, 5e-4), Layer("middle", DEFECTS, 6e-4), Layer("right", ION, 4e-4)],
        GOLD,
        area=1e-4,
    ),
    "two mixed conductors, ideal contact": Cell(
        "bilayer", GOLD, [Layer("a", STORING, 6e-4), Layer("b", OTHER, 3e-4, area=1.5)], MG, area=1.0
    ),
    "two mixed conductors, resistive contact": Cell(
        "bilayer",
        MG,
        [Layer("a", STORING, 6e-4), Layer("b", OTHER, 3e-4)],
        GOLD,
        {"a-b": Junction(2e-3, 0.05, electronic_resistance=0.03)},
        area=1.0,
    ),
    "two mixed conductors, electrons blocked": Cell(
        "bilayer", GOLD, [Layer("a", STORING, 6e-4), Layer("b", OTHER, 3e-4)], MG, {"a-b": Junction(2e-3)}, area=1.0
    ),
    "two mixed conductors, ions blocked": Cell(
        "bilayer",
        GOLD,
        [Layer("a", STORING, 6e-4), Layer("b", OTHER, 3e-4)],
        MG,
        {"a-b": Junction(np.inf, 0.02, electronic_resistance=0.004)},
        area=1.0,
    ),
    "grain boundaries in series": single(
        Plating(5.0, double_layer=0.1, electronic_resistance=np.inf),
        Blocking(0.2, electronic_resistance=np.inf),
        MixedConductor(0.05, 0.002, 2e6, grain_boundary=GrainBoundary(1e-5, 1e-3, 2e-6)),
    ).with_({"layers.mixed.area": 1.3}),
    "grain boundaries folded": single(
        MG, GOLD, MixedConductor(0.05, 0.002, 2e6, grain_boundary=GrainBoundary(1e-5, 1e-3, 2e-6))
    ).with_({"layers.mixed.area": 1.3}),
}


@pytest.mark.parametrize("name", [name for name in FORMS if "form 3" not in name])
def test_converges_to_the_closed_form_at_second_order(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cell, form, _ = FORMS[name]
    found = mesh_errors(cell, form(2j * np.pi * FREQUENCIES, *NUMBERS), FREQUENCIES, GROWTHS, monkeypatch)
    orders = np.log2(found[:-1] / found[1:])
    print(f"{name}: errors {found}, observed orders {orders}")
    assert np.all(orders >= 1.8)
    # the error of a decaying profile is growth^2/12 of the part of Z that diffusion makes (mesh.py)
    assert found[-1] < GROWTHS[-1] ** 2 / 12


def test_form_3_is_exact_on_any_mesh(monkeypatch: pytest.MonkeyPatch) -> None:
    cell, form, _ = FORMS["form 3, reversible"]
    found = mesh_errors(cell, form(2j * np.pi * FREQUENCIES, *NUMBERS), FREQUENCIES, GROWTHS[:1], monkeypatch)
    # no profile forms, so only the charge-transfer resistance of the "ideal" electrodes (1e-12) and rounding are left
    assert found[0] < 1e-10


@pytest.mark.parametrize("electrons", [0.01, DefectElectrons(n=4e-3, p=5e-3, constant=1e-3)], ids=["linear", "defects"])
def test_form_3_with_a_dielectric_is_exact_on_any_mesh(electrons: Any) -> None:
    """Reversible for both carriers: E stays flat, so Z = L/(sigma + s eps) whatever the mesh."""
    permittivity = 1e9  # relaxation at 1 Hz
    material = MixedConductor(IONIC, electrons, STORAGE, relative_permittivity=permittivity)
    cell = single(reversible(), reversible(), material)
    frequencies = np.logspace(-2, 2, 9)
    s = 2j * np.pi * frequencies
    expected = THICKNESS / (IONIC + 0.01 + s * oracles.VACUUM_PERMITTIVITY * permittivity)
    z = LinearisedStack(cell, f_max=1e-9).impedance(frequencies)  # the coarsest mesh there is
    assert np.max(np.abs(z - expected) / np.abs(expected)) < 1e-9  # rounding and the "ideal" electrodes


@pytest.mark.parametrize("name", STACKS)
def test_converges_to_the_mesh_free_impedance(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = STACKS[name]
    found = mesh_errors(cell, exact(cell, FREQUENCIES), FREQUENCIES, GROWTHS[1:], monkeypatch)
    order = np.log2(found[0] / found[1])
    print(f"{name}: errors {found}, observed order {order:.2f}")
    assert order >= 1.8
    assert found[-1] < GROWTHS[-1] ** 2 / 12


@pytest.mark.parametrize("name", ["trilayer", "two mixed conductors, resistive contact"])
def test_agrees_with_the_equations_written_down_independently(name: str) -> None:
    """Against the dense many-digit system of `oracles`, which shares no code with the mesh or with `exact`."""
    cell = STACKS[name]
    frequencies = FREQUENCIES[::7]
    truth = np.array([oracles.reference_impedance(cell, 2j * np.pi * f) for f in frequencies])
    z = LinearisedStack(cell, f_max=frequencies.max()).impedance(frequencies)
    # the default mesh: growth^2/12 = 2e-4
    assert np.max(np.abs(z - truth) / np.abs(truth)) < mesh.GROWTH**2 / 12


@pytest.mark.parametrize("electronic", [1e-2, 1e-6], ids=["ions and electrons alike", "nearly all ions"])
def test_default_mesh_is_good_enough_up_to_any_f_max(electronic: float) -> None:
    """Whatever f_max grades the mesh to, f_max itself included, and however much of Z is diffusion."""
    cell = FORMS["form 1, ion-blocking"][0].with_({"layers.mixed.material.electronic_conductivity": electronic})
    numbers = (THICKNESS, IONIC, electronic, STORAGE)
    diffusion_time = THICKNESS**2 * STORAGE * (1 / IONIC + 1 / electronic)
    for top in (1e-2, 1e0, 1e2, 1e5, 1e8):
        frequencies = top * np.geomspace(1, 1e-6, 31) / (2 * np.pi * diffusion_time)
        truth = oracles.ion_blocking(2j * np.pi * frequencies, *numbers)
        z = LinearisedStack(cell, f_max=frequencies.max()).impedance(frequencies)
        # what the contract suite promises for every shipped cell; the outermost cell makes most of it (mesh.py)
        assert np.max(np.abs(z - truth) / np.abs(truth)) < 1e-3


def test_inputs_change_the_impedance_without_a_rebuild() -> None:
    """Thickness, temperature and resistances as inputs, given in any order, equal a stack built with those values."""
    cell = STACKS["trilayer"]
    changes = {
        "temperature": 330.0,
        "layers.middle.thickness": 4e-4,
        "negative.exchange_current_density": 2.0,
        "interfaces.left-middle.resistance": 7e-3,
    }
    adjustable = LinearisedStack(cell, f_max=FREQUENCIES.max(), inputs=tuple(reversed(changes)))
    rebuilt = LinearisedStack(cell.with_(changes), f_max=FREQUENCIES.max())
    expected = rebuilt.impedance(FREQUENCIES)
    for given in (changes, dict(reversed(changes.items()))):
        # only the grading of the mesh differs (it follows the thickness): both are within growth^2/12 of the truth
        np.testing.assert_allclose(
            adjustable.impedance(FREQUENCIES, inputs=given), expected, rtol=2 * mesh.GROWTH**2 / 12
        )
    original = adjustable.impedance(FREQUENCIES, inputs={path: float(cell.get(path)) for path in changes})
    assert np.max(np.abs(original - expected) / np.abs(expected)) > 0.1  # the changes matter


def test_material_of_the_forms_is_the_one_of_the_numbers() -> None:
    """The closed forms and the cells are given the same numbers."""
    assert (MIXED.ionic_conductivity, MIXED.electronic_conductivity, MIXED.chemical_capacitance) == NUMBERS[1:]
