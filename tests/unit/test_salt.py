"""Salt solutions as nouns, in files and Datasets; their closed forms as analyses; what is refused, in which words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin import dataset
from mgtwin.cells import BinaryElectrolyte, Blocking, Cell, IonConductor, Junction, Layer, MixedConductor, Plating
from mgtwin.cells.carriers import ANIONS, ELECTRONS, shared
from mgtwin.cells.files import load_cell
from mgtwin.cells.salts import DEPLETED, continued_log
from mgtwin.errors import InputError, MgtwinError
from mgtwin.impedance import exact
from mgtwin.impedance.conserved import conserved_charges
from mgtwin.laws import Arrhenius
from mgtwin.models.stack import StackModel

SALT = BinaryElectrolyte("0.1 mol/L", "1 mS/cm", Arrhenius("1e-8 cm^2/s", "25 degC", "0.4 eV"), 0.03, name="salt")
MG = Plating("10 uA/cm^2", double_layer="2 uF/cm^2")
MIXED = MixedConductor("1 mS/cm", "1e-8 S/cm", "1 F/cm^3")


def cell_of(*materials: Any, negative: Any = MG, positive: Any = MG, **fields: Any) -> Cell:
    """Layers a, b, ... of 0.1 mm."""
    layers = [Layer("abcdef"[k], material, "0.1 mm") for k, material in enumerate(materials)]
    return Cell("cell", negative, layers, positive, **fields)


# -- the noun ------------------------------------------------------------------------------------------------------
def test_defaults_are_an_ideal_free_solution() -> None:
    assert (SALT.thermodynamic_factor, SALT.porosity, SALT.conductivity_exponent) == (1, 1, 0)
    assert SALT.relative_permittivity is None and SALT.concentration == 100


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"concentration": 0}, r"concentration: must be greater than 0 mol/m\^3"),
        ({"concentration": "0.1 mol/kg"}, "concentration"),
        ({"ionic_conductivity": 0}, "ionic_conductivity: must be greater than 0 S/m"),
        ({"salt_diffusivity": "-1e-8 cm^2/s"}, r"salt_diffusivity: must be greater than 0 m\^2/s"),
        ({"salt_diffusivity": Arrhenius("1e-8 S/cm", "25 degC", "0.4 eV")}, "salt_diffusivity"),
        ({"transference_number": 1}, "transference_number: must be less than 1"),
        ({"transference_number": float("nan")}, "transference_number: NaN"),
        ({"thermodynamic_factor": 0}, "thermodynamic_factor: must be greater than 0"),
        ({"porosity": 0}, "porosity: must be greater than 0"),
        ({"porosity": 1.2}, "porosity: must be at most 1"),
        ({"conductivity_exponent": "inf"}, "conductivity_exponent: inf is infinite"),
        ({"relative_permittivity": 0.5}, "relative_permittivity: must be at least 1"),
        ({"transference": 0.1}, "transference: is not a known key here.* 'transference_number'"),
    ],
)
def test_bad_numbers_are_refused(changes: dict[str, Any], message: str) -> None:
    good = {"concentration": 100, "ionic_conductivity": 0.1, "salt_diffusivity": 1e-12, "transference_number": 0.03}
    with pytest.raises(InputError, match=message):
        BinaryElectrolyte(**(good | changes))


def test_negative_transference_numbers_are_allowed() -> None:
    assert BinaryElectrolyte(100, 0.1, 1e-12, -0.4).transference_number == -0.4


def test_carriers_that_neighbours_share() -> None:
    ion = IonConductor(1)
    assert shared(SALT, SALT) == ANIONS and shared(MIXED, MIXED) == ELECTRONS
    assert not shared(SALT, MIXED) and not shared(SALT, ion) and not shared(ion, ion)


def test_logarithm_is_continued_smoothly() -> None:
    step = 1e-3 * DEPLETED
    below, at, above = (float(continued_log(DEPLETED + k * step)) for k in (-1, 0, 1))
    assert at == pytest.approx(np.log(DEPLETED)) and at - below == pytest.approx(above - at, rel=1e-3)


def test_survives_yaml_and_files(tmp_path: Path) -> None:
    item = cell_of(SALT, MIXED, SALT)
    assert Cell.from_yaml(item.to_yaml()).identical(item)
    assert load_cell(item.save(tmp_path / "cell.yaml")) == item
    path = "layers.a.material.salt_diffusivity.activation_energy"
    assert item.with_({path: "0.5 eV"}).get(path) == 0.5
    assert item.reversed().reversed().identical(item)
    assert "transference_number" in str(item) and "binary_electrolyte" in item.to_yaml()
    assert "#a1d9b4" in item._repr_html_()  # its own colour in notebooks


def test_the_schema_of_material_files_knows_it() -> None:
    from mgtwin.cells.schema import file_schema

    assert "BinaryElectrolyte" in str(file_schema("materials"))


# -- cells ---------------------------------------------------------------------------------------------------------
NOTHING_PASSES: list[tuple[Callable[[], Cell], str]] = [
    (lambda: cell_of(SALT, negative=Blocking(None)), "(?i)negative"),
    (lambda: cell_of(SALT, SALT, interfaces={"a-b": Junction("inf")}), "interfaces.a-b blocks ions"),
]


@pytest.mark.parametrize(("build", "message"), NOTHING_PASSES)
def test_interfaces_that_nothing_crosses_are_refused_by_both_routes(build: Callable[[], Cell], message: str) -> None:
    with pytest.raises(InputError, match=message):
        exact(build(), [1.0])
    with pytest.raises(InputError, match=message):
        StackModel(build())


def test_electronic_resistance_does_not_matter_to_a_solution() -> None:
    """No electrons are there to pass a contact, and anions pass between solutions whatever the junction says."""
    one = cell_of(SALT, SALT, interfaces={"a-b": Junction("1 ohm*cm^2")})
    other = one.with_({"interfaces.a-b.electronic_resistance": 0.0, "negative.electronic_resistance": "inf"})
    np.testing.assert_array_equal(exact(one, [1e-3, 1.0]), exact(other, [1e-3, 1.0]))


def test_a_parameter_set_without_anions_is_refused() -> None:
    with pytest.raises(InputError, match=r"1 - layers.a.material.transference_number must be greater than 0"):
        exact(cell_of(SALT), [1.0], {"layers.a.material.transference_number": [0.5, 1.1]})


def test_the_amount_of_salt_is_what_a_bias_keeps() -> None:
    """Per group of solutions that adjoin each other; the composition of the mixed conductor between them, too."""
    kept = [charge.layers for charge in conserved_charges(cell_of(SALT, SALT, MIXED, SALT), imposed_voltage=True)]
    assert sorted(kept, key=str) == [{"a": 1.0, "b": 1.0}, {"c": 1.0}, {"d": 1.0}]


def test_a_cell_with_salt_rests_at_nothing() -> None:
    run = mt.simulate(cell_of(SALT, SALT), mt.Rest("1 h"))
    assert np.max(np.abs(run["voltage"])) < 1e-12 and np.ptp(run["concentration"].values) < 1e-9


# -- Datasets ------------------------------------------------------------------------------------------------------
def test_profiles_of_salt_and_of_potential_stand_side_by_side(tmp_path: Path) -> None:
    item = cell_of(SALT, MIXED, IonConductor(1), SALT)
    run = mt.simulate(item, mt.Galvanostatic("-1 uA", "10 min", points=4))
    assert run["concentration"].dims == ("time", "salt_x") and run["local_potential"].dims == ("time", "x")
    assert set(run["salt_layer"].values) == {"a", "d"} and set(run["layer"].values) == {"b"}
    a, d = (run["salt_x"].values[run["salt_layer"].values == name] for name in "ad")
    assert a.min() > 0 and a.max() < 1e-4 and d.min() > 3e-4 and d.max() < 4e-4
    assert run["concentration"].attrs["units"] == "mol/m^3"
    # both solutions are driven towards the working electrode: richer at the left, poorer at the right of each
    last = run["concentration"].values[-1]
    assert last[0] > 100 > last[a.size - 1] and last[a.size] > 100 > last[-1]
    back = dataset.open(dataset.save(run, tmp_path / "run.nc"))
    assert back.identical(run)
    assert not dataset.problems(run)


def test_a_cell_without_salt_has_none_in_its_results() -> None:
    run = mt.simulate(cell_of(IonConductor(1)), mt.Galvanostatic("-1 uA", "1 s", points=2))
    assert not {"concentration", "salt_x"} & set(run.variables)


# -- closed forms as analyses --------------------------------------------------------------------------------------
def test_cells_without_salt_have_no_limit() -> None:
    item = cell_of(IonConductor(1), MIXED)
    limit = mt.analysis.limiting_current(item)
    assert limit.value == np.inf and "no layer is a salt solution" in str(limit)
    assert mt.analysis.sand_time(item, "1 A") == np.inf
    assert mt.analysis.depletion(item, "1 A") == mt.analysis.Depletion(np.inf)


def test_currents_may_be_areal_and_zero() -> None:
    item = cell_of(SALT, area="2 cm^2")
    assert mt.analysis.sand_time(item, "10 uA/cm^2") == pytest.approx(mt.analysis.sand_time(item, "20 uA"))
    assert mt.analysis.sand_time(item, "-20 uA") == mt.analysis.sand_time(item, 2e-5)
    assert mt.analysis.sand_time(item, 0.0) == np.inf == mt.analysis.depletion(item, 0.0).time
    with pytest.raises(MgtwinError, match="is not a current"):
        mt.analysis.sand_time(item, "10 V")


def test_the_limit_goes_with_temperature_and_area() -> None:
    item = cell_of(SALT)
    cold, warm = (mt.analysis.limiting_current(item.with_({"temperature": t})).value for t in (298.15, 333.15))
    factor = np.exp(0.4 / 8.617333262e-5 * (1 / 298.15 - 1 / 333.15))
    assert warm / cold == pytest.approx(factor, rel=1e-6)
    wide = item.with_({"layers.a.area": 3 * float(item.area)})
    assert mt.analysis.limiting_current(wide).value == pytest.approx(3 * cold)
    # Sand's time goes with the square of the current density in the layer
    assert mt.analysis.sand_time(wide, 1e-4) == pytest.approx(9 * mt.analysis.sand_time(item, 1e-4))


def test_the_weakest_solution_limits() -> None:
    thin, thick = cell_of(SALT, MIXED, SALT), cell_of(SALT, MIXED, SALT).with_({"layers.c.thickness": "0.3 mm"})
    limits = [mt.analysis.limiting_current(item) for item in (thin, thick)]
    assert limits[1].value == pytest.approx(limits[0].value / 3)
    assert limits[1].deposition_layer == limits[1].dissolution_layer == "c" and ", c" in str(limits[1])
    found = mt.analysis.depletion(thick, -2 * limits[1].value)
    assert (found.layer, found.side) == ("c", "right") and found.time < np.inf


def test_salt_depletion_of_the_trilayer() -> None:
    """Same impedance above diffusion, a limiting current near that of the paper's cycling; none in the plain cell."""
    salty = mt.cell("trilayer", "salt_depletion")
    electrodes = {"negative": salty.negative, "positive": salty.positive}  # unequal in every explanation of ageing
    plain = mt.cell("trilayer").with_(electrodes)
    frequencies = np.logspace(6, 0, 13)
    z, other = exact(plain, frequencies), exact(salty, frequencies)
    assert np.max(np.abs(other / z - 1)) < 0.01
    # 3RT (1-t)^2 L/(4 F^2 D c_0) of two buffers with 1.327 cm2 each
    diffusion = exact(salty, [1e-9])[0].real - exact(plain, [1e-9])[0].real
    assert diffusion == pytest.approx(2 * 0.75 * 8.314462618 * 298.15 * 0.97**2 * 5e-4 / (
        96485.33212**2 * 1e-12 * 110 * 1.3273e-4), rel=1e-3)  # fmt: skip
    assert 1e-6 < mt.analysis.limiting_current(salty).value < 5e-5
    assert mt.analysis.limiting_current(plain).value == np.inf
