"""dZ/dp without a mesh, against derivatives with many digits and against differences; what is refused."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mgtwin as mt
from mgtwin import dataset
from mgtwin.cells import CPE, Blocking, Cell, DefectElectrons, Junction, Layer, MixedConductor, Plating
from mgtwin.errors import InputError, UnknownNameError
from mgtwin.impedance import exact, exact_jacobian

from .derivative_cells import DEFECTS, GOLD, MG, STACKS, TRILAYER, logarithmic, parameters
from .simple_cells import FORMS, NUMBERS
from .stacks import cells as random_cells

FREQUENCIES = np.geomspace(1e7, 1e-5, 25)
FOUR = [
    "layers.mixed.thickness",
    "layers.mixed.material.ionic_conductivity",
    "layers.mixed.material.electronic_conductivity",
    "layers.mixed.material.chemical_capacitance",
]


def differences(cell: Cell, path: str, step: float = 3e-4) -> np.ndarray:
    """dZ/d ln p by differences of fourth order of the mesh-free impedance."""
    values = float(cell.get(path)) * (1 + step * np.array([-2, -1, 1, 2]))
    z = exact(cell, FREQUENCIES, {path: values})
    return (8 * (z[2] - z[1]) - (z[3] - z[0])) / (12 * step)


# -- without a mesh ------------------------------------------------------------------------------------------------
def closed_form(name: str, s: Any, thickness: Any, ionic: Any, electronic: Any, storage: Any) -> Any:
    """Closed forms 1-4 of theory.md §6 with many digits."""
    if "form 2" in name:
        ionic, electronic = electronic, ionic
    total = ionic + electronic
    x = mpmath.sqrt(s * storage * total / (ionic * electronic)) * thickness / (1 if "form 4" in name else 2)
    blocked = 0 if "form 3" in name else ionic / electronic * mpmath.tanh(x) / x
    return thickness / total * (1 + blocked)


@pytest.mark.parametrize("numbers", [NUMBERS, (0.65e-3, 0.0554, 4.9e-6, 1e7), (0.65e-3, 1.0, 1e-12, 1e3)])
@pytest.mark.parametrize("name", FORMS)
def test_closed_forms(name: str, numbers: tuple[float, ...]) -> None:
    cell = FORMS[name][0].with_(dict(zip(FOUR, numbers, strict=True)))
    frequencies = np.logspace(-9, 9, 13)
    found = logarithmic(cell, FOUR, exact_jacobian(cell, frequencies, FOUR))
    with mpmath.workdps(40):
        truth = np.array(
            [
                [
                    complex(
                        mpmath.diff(
                            lambda p, k=k, s=s: closed_form(name, s, *numbers[:k], p, *numbers[k + 1 :]), numbers[k]
                        )
                        * numbers[k]
                    )
                    for k in range(4)
                ]
                for s in 2j * mpmath.pi * mpmath.matrix(frequencies.tolist())
            ]
        )
    # 1e-7 of each derivative itself, as far as it is above 1e-3 of the largest at its frequency
    floor = 1e-3 * np.abs(truth).max(axis=1, keepdims=True)
    error = np.max(np.abs(found - truth) / np.maximum(np.abs(truth), floor))
    print(f"{name}: {error:.1e}")
    assert error < 1e-7


@pytest.mark.parametrize("name", STACKS)
def test_all_parameters_against_differences(name: str) -> None:
    """Laws, temperature, areas, grain boundaries, constant-phase elements, defects, potentials of rest."""
    cell = STACKS[name]
    paths = parameters(cell)
    found = logarithmic(cell, paths, exact_jacobian(cell, FREQUENCIES, paths))
    z = np.abs(exact(cell, FREQUENCIES))
    for k, path in enumerate(paths):
        expected = differences(cell, path)
        np.testing.assert_array_less(np.abs(found[:, k] - expected), 1e-8 * np.abs(expected) + 2e-9 * z, err_msg=path)


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(random_cells(layers=4), st.data())
def test_random_stacks_against_differences(cell: Cell, data: Any) -> None:
    paths = data.draw(st.lists(st.sampled_from(parameters(cell)), min_size=1, max_size=4, unique=True))
    found = logarithmic(cell, paths, exact_jacobian(cell, FREQUENCIES, paths))
    z = np.abs(exact(cell, FREQUENCIES))
    for k, path in enumerate(paths):
        if path.endswith(("permittivity", "coefficient")):
            continue  # bounded from below or without effect
        expected = differences(cell, path)
        np.testing.assert_array_less(np.abs(found[:, k] - expected), 1e-7 * np.abs(expected) + 1e-8 * z, err_msg=path)


@pytest.mark.parametrize(
    ("path", "scale"),
    [
        ("negative.film_resistance", 1e-2),
        ("negative.electronic_resistance", 1e-5),
        ("interfaces.a-b.resistance", 1e-5),
        ("interfaces.a-b.electronic_resistance", 1e-5),
        ("series_resistance", 1e-2),
        ("layers.a.material.electronic_conductivity.constant", 1e-4),
        ("layers.a.material.electronic_conductivity.p", 1e-6),
        ("layers.a.material.rest_potential", 1e-2),
    ],
)
def test_numbers_that_are_zero(path: str, scale: float) -> None:
    """No relative step there: one-sided, since most of them cannot be negative."""
    material = MixedConductor(0.03, DefectElectrons(1e-4, 0.0), 1e6)
    negative = Blocking(0.1) if "rest" in path else Plating(5.0, double_layer=0.1)
    stack = [Layer("a", material, 1e-4), Layer("b", MixedConductor(0.02, 1e-3, 2e6), 1e-4)]
    cell = Cell("zeros", negative, stack, Blocking(0.1), {"a-b": Junction(0.0, 0.05, 0.0)})
    step = 1e-3 * scale
    z = exact(cell, FREQUENCIES, {path: step * np.arange(5)})
    expected = np.array([-25, 48, -36, 16, -3]) @ z / (12 * step)
    found = exact_jacobian(cell, FREQUENCIES, [path])[:, 0]
    assert np.max(np.abs(expected)) > 0
    np.testing.assert_allclose(scale * found, scale * expected, atol=1e-8 * np.max(np.abs(z)), rtol=1e-7)


def test_tied_numbers_move_together() -> None:
    singles = ["layers.left.thickness", "layers.middle.thickness", "layers.right.thickness", "temperature"]
    one = exact_jacobian(TRILAYER, FREQUENCIES, singles)
    tied = exact_jacobian(TRILAYER, FREQUENCIES, ["layers.*.thickness", ("temperature", singles[0]), singles[1]])
    expected = np.stack([one[:, :3].sum(axis=1), one[:, 3] + one[:, 0], one[:, 1]], axis=1)
    np.testing.assert_allclose(tied, expected, rtol=1e-9)


def test_impedance_scales_with_area() -> None:
    """dZ/d ln A = -Z where every layer has the electrode's area."""
    cell = STACKS["ideal contact"]
    found = float(cell.area) * exact_jacobian(cell, FREQUENCIES, ["area"])[:, 0]
    np.testing.assert_allclose(found, -exact(cell, FREQUENCIES), rtol=1e-13)


def test_batch_equals_loop() -> None:
    cell = STACKS["two mixed conductors of their own composition"]
    paths = ["layers.a.thickness", "layers.*.material.rest_potential", "temperature", "interfaces.a-b.resistance"]
    overrides = {
        "layers.a.thickness": np.array([[1e-4], [2e-4]]),
        "interfaces.a-b.electronic_resistance": [0.0, 0.1, math.inf],
        "interfaces.a-b.resistance": [0.0, 1e-3, 2e-3],
    }
    found = exact_jacobian(cell, FREQUENCIES, paths, overrides)
    assert found.shape == (2, 3, FREQUENCIES.size, 4)
    for i, j in np.ndindex(2, 3):
        changes = {path: float(np.broadcast_to(values, (2, 3))[i, j]) for path, values in overrides.items()}
        one = exact_jacobian(cell.with_(changes), FREQUENCIES, paths)
        scale = np.abs(one).max(axis=0)
        assert np.max(np.abs(found[i, j] - one) / scale) < 1e-8


def test_shapes() -> None:
    assert exact_jacobian(TRILAYER, 1.0, ["area"]).shape == (1,)
    assert exact_jacobian(TRILAYER, [[1.0, 2.0]], ["area", "temperature"]).shape == (1, 2, 2)
    assert exact_jacobian(TRILAYER, [1.0], []).shape == (1, 0)
    assert exact_jacobian(TRILAYER, [], ["area"]).shape == (0, 1)
    many = exact_jacobian(TRILAYER, np.logspace(-3, 6, 40000), ["area"])  # in blocks
    np.testing.assert_allclose(many[[0, -1]], exact_jacobian(TRILAYER, [1e-3, 1e6], ["area"]), rtol=1e-12)


# -- the Dataset and what is refused -------------------------------------------------------------------------------
def test_dataset(tmp_path: Any) -> None:
    cell, protocol = mt.cell("trilayer"), mt.EIS(1e6, 0.1, points=7, temperature="40 degC")
    paths = ["layers.buffer_*.thickness", ("positive.double_layer.c", "temperature"), "layers.antiperovskite.thickness"]
    ds = mt.impedance_jacobian(cell, protocol, paths)
    assert ds["impedance_jacobian"].dims == ("frequency", "parameter")
    names = ["layers.buffer_*.thickness", "positive.double_layer.c, temperature", "layers.antiperovskite.thickness"]
    assert ds["parameter"].values.tolist() == names
    assert ds["parameter_unit"].values.tolist() == ["m", "", "m"]
    warm = cell.with_({"temperature": "40 degC"})
    np.testing.assert_array_equal(ds["impedance_jacobian"].values, exact_jacobian(warm, protocol.values(), paths))
    assert ds.attrs["route"].startswith("exact, at rest") and "313.15" in ds.attrs["protocol"]
    back = dataset.open(dataset.save(ds, tmp_path / "jacobian.nc"))
    assert back.identical(ds)


NO_RESISTANCE = Cell(
    "x",
    MG,
    [Layer("a", DEFECTS, 1e-4), Layer("b", DEFECTS, 1e-4)],
    GOLD,
    {"a-b": Junction(0.0, 0.1, 0.0)},
)
DISPERSIVE = Cell(
    "x",
    Blocking(CPE(0.1, 0.8), electronic_resistance=1e-3),
    [Layer("m", DEFECTS, 1e-4)],
    Blocking(CPE(0.1, 0.8), electronic_resistance=1e-3),
)
SPECTRUM, HELD = mt.EIS.at([1.0]), mt.EIS.at([1.0], bias=mt.Voltage(0.01))


@pytest.mark.parametrize(
    ("cell", "protocol", "paths", "error", "message"),
    [
        (TRILAYER, SPECTRUM, ["layers.middel.thickness"], UnknownNameError, "layers.middle.thickness"),
        (TRILAYER, SPECTRUM, ["layers.*.width"], UnknownNameError, "no path of this cell matches"),
        (TRILAYER, SPECTRUM, ["layers.middle.area", "layers.left.area"], InputError, "layers.left.area is None"),
        (TRILAYER, SPECTRUM, ["layers.left.material.relative_permittivity", "positive"], InputError, "positive is"),
        (
            TRILAYER,
            SPECTRUM,
            ["negative.exchange_current_density"],
            InputError,
            "Name one of its numbers: negative.exchange_current_density.reference, ",
        ),
        (
            TRILAYER,
            SPECTRUM,
            ["interfaces.left-middle.electronic_resistance"],
            InputError,
            "electronic_resistance is inf: there is no derivative",
        ),
        (TRILAYER, SPECTRUM, "temperature", InputError, r"write \['temperature'\]"),
        (TRILAYER, SPECTRUM, ["temperature", "temperature"], InputError, "named twice"),
        (TRILAYER, mt.Polarization(voltage=0.1, duration="1 h"), ["temperature"], InputError, "mt.EIS"),
        ("trilayer", SPECTRUM, ["temperature"], InputError, "needs a Cell first"),
        (NO_RESISTANCE, HELD, ["interfaces.a-b.resistance"], InputError, "interfaces.a-b.resistance is 0"),
        (DISPERSIVE, HELD, ["temperature"], InputError, "never becomes steady"),
    ],
)
def test_bad_input(cell: Any, protocol: Any, paths: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        mt.impedance_jacobian(cell, protocol, paths)


def test_infinite_in_one_parameter_set_only() -> None:
    path = "interfaces.a-b.electronic_resistance"
    with pytest.raises(InputError, match="infinite in some parameter set"):
        exact_jacobian(NO_RESISTANCE, [1.0], [path], {path: [1.0, math.inf]})
    with pytest.raises(InputError, match="positive and finite"):
        exact_jacobian(NO_RESISTANCE, [0.0], [path])
