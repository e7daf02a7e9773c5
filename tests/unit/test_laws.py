"""Laws of temperature: their equations, validity, units, and the field that takes a number or a law."""

import json
import math
import pickle
import re
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from mgtwin import Galvanostatic, simulate
from mgtwin.cells import Cell, IonConductor, Layer, Plating
from mgtwin.errors import InputError, QuantityError
from mgtwin.impedance.exact import exact
from mgtwin.impedance.linearise import LinearisedStack
from mgtwin.kinds.noun import explained
from mgtwin.laws import (
    BOLTZMANN,
    LAWS,
    AnyUnit,
    Arrhenius,
    ArrheniusT,
    Constant,
    Property,
    Table,
    VogelFulcher,
    evaluate,
)
from mgtwin.laws import law as declare
from mgtwin.quantities import Value

ARRHENIUS = Arrhenius("0.5 mS/cm", "25 degC", "0.35 eV", valid=("25 degC", "100 degC"))
ARRHENIUS_T = ArrheniusT("0.5 mS/cm", "25 degC", "0.38 eV")
VOGEL = VogelFulcher("10 S/m", "50 meV", "200 K")
TABLE = Table(["20 degC", "40 degC", "80 degC"], ["1 S/m", "2 S/m", "8 S/m"])
CONSTANT = Constant("5 S/m")
EVERY = [CONSTANT, ARRHENIUS, ARRHENIUS_T, VOGEL, TABLE]
ALGEBRAIC = [law for law in EVERY if law is not TABLE]
TEMPERATURES = st.floats(250.0, 450.0)


def name(law):
    return law.type


# --- the equations ----------------------------------------------------------------------------------------------------


@given(TEMPERATURES)
def test_equations(T):
    k, T0 = 8.617333262e-5, 298.15
    assert CONSTANT(T) == 5.0
    assert ARRHENIUS(T) == pytest.approx(0.05 * math.exp(-0.35 / k * (1 / T - 1 / T0)), rel=1e-12)
    assert ARRHENIUS_T(T) * T == pytest.approx(0.05 * T0 * math.exp(-0.38 / k * (1 / T - 1 / T0)), rel=1e-12)
    assert VOGEL(T) == pytest.approx(10 * math.exp(-0.05 / (k * (T - 200))), rel=1e-12)


@given(st.floats(0.05, 1.0), st.floats(1e-9, 1e3), TEMPERATURES, TEMPERATURES)
def test_slope_of_the_logarithm_is_the_activation_energy(energy, reference, T1, T2):
    inverse = 1 / T2 - 1 / T1
    if abs(inverse) < 1e-5:
        return
    plain, hopping = Arrhenius(reference, 298.15, energy), ArrheniusT(reference, 298.15, energy)
    slope = -BOLTZMANN * math.log(plain(T2) / plain(T1)) / inverse
    assert slope == pytest.approx(energy, rel=1e-6)
    slope_t = -BOLTZMANN * math.log(hopping(T2) * T2 / (hopping(T1) * T1)) / inverse
    assert slope_t == pytest.approx(energy, rel=1e-6)


def test_two_points_give_two_energies_by_convention():
    # The trilayer of the paper: the same two points are 0.351 eV in sigma and 0.380 eV in sigma*T (theory.md 2.5).
    T1, T2 = 313.15, 373.15
    law = Arrhenius(1.0, T1, 0.351)
    energy = -BOLTZMANN * math.log(law(T2) * T2 / (law(T1) * T1)) / (1 / T2 - 1 / T1)
    assert energy == pytest.approx(0.380, abs=1e-3)
    assert ArrheniusT(1.0, T1, energy)(T2) == pytest.approx(law(T2), rel=1e-12)


@pytest.mark.parametrize("law", [ARRHENIUS, ARRHENIUS_T], ids=name)
def test_reference_is_returned_at_its_temperature(law):
    assert law("25 degC") == law.reference == 0.05


def test_table_is_linear_between_points_and_exact_on_them():
    assert [TABLE(f"{t} degC") for t in (20, 30, 40, 60, 80)] == pytest.approx([1, 1.5, 2, 5, 8], rel=1e-12)


@pytest.mark.parametrize("law", EVERY, ids=name)
def test_shape_follows_the_temperature(law):
    T = np.array([[300.0, 310.0], [320.0, 330.0]])
    values = law(T)
    assert values.shape == T.shape
    assert values == pytest.approx(np.vectorize(lambda t: law(float(t)))(T), rel=1e-14)
    assert type(law(300.0)) is float
    assert type(law(np.float64(300.0))) is float
    assert law([300.0, 310.0]).shape == (2,)


@pytest.mark.parametrize("law", EVERY, ids=name)
@pytest.mark.parametrize("T", [0.0, -5.0, math.nan, [300.0, 0.0]])
def test_temperatures_must_be_above_zero(law, T):
    with pytest.raises(InputError, match="must be above 0 K"):
        law(T)


@pytest.mark.parametrize("law", EVERY, ids=name)
def test_formula_takes_the_fields_by_name(law):
    assert law.formula(310.0, **law.parameters()) == law(310.0)
    assert set(law.parameters()) >= set(law.value_fields)


@pytest.mark.parametrize("law", ALGEBRAIC, ids=name)
def test_formula_broadcasts_over_arrays_in_any_field(law):
    for field, number in law.parameters().items():
        several = float(number) * np.array([0.9, 1.0, 1.1])
        result = law.formula(310.0, **{**law.parameters(), field: several})
        expected = [law.formula(310.0, **{**law.parameters(), field: float(x)}) for x in several]
        assert result == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("law", ALGEBRAIC, ids=name)
def test_formula_works_on_pybamm_symbols(law):
    pybamm = pytest.importorskip("pybamm")
    inputs = {field: float(number) for field, number in law.parameters().items()} | {"T": 310.0}
    symbols = {field: pybamm.InputParameter(field) for field in law.parameters()}
    all_symbols = law.formula(pybamm.InputParameter("T"), **symbols)
    assert float(np.squeeze(all_symbols.evaluate(inputs=inputs))) == pytest.approx(law(310.0), rel=1e-14)
    only_fields = law.formula(310.0, **symbols)
    assert float(np.squeeze(only_fields.evaluate(inputs=inputs))) == pytest.approx(law(310.0), rel=1e-14)
    only_T = law(pybamm.InputParameter("T"))
    value = only_T.evaluate(inputs=inputs) if hasattr(only_T, "evaluate") else only_T
    assert float(np.squeeze(value)) == pytest.approx(law(310.0), rel=1e-14)


@pytest.mark.parametrize("T", [250.0, 293.15, 300.0, 313.15, 340.0, 353.15, 400.0])
def test_a_table_of_a_symbol_is_that_of_numbers(T):
    pybamm = pytest.importorskip("pybamm")
    symbol = TABLE(pybamm.InputParameter("T"))
    assert float(np.squeeze(symbol.evaluate(inputs={"T": T}))) == pytest.approx(TABLE(T), rel=1e-14)


def test_evaluate_takes_numbers_and_laws():
    assert evaluate(Value(3.0, unit="S/m"), 300.0) == 3.0
    assert type(evaluate(Value(3.0), 300.0)) is float
    assert evaluate(2.0, np.array([300.0, 310.0])).tolist() == [2.0, 2.0]
    assert evaluate(ARRHENIUS, "60 degC") == ARRHENIUS(333.15)


# --- validity ---------------------------------------------------------------------------------------------------------


def test_outside_the_validity_there_is_a_warning():
    assert ARRHENIUS.validity_warning("60 degC") is None
    assert ARRHENIUS.validity_warning([298.15, 373.15]) is None
    assert ARRHENIUS.validity_warning("20 degC") == (
        "Arrhenius law used at 20 °C, outside its validity 25 °C to 100 °C."
    )
    assert "at 20 °C to 120 °C" in ARRHENIUS.validity_warning(np.array([293.15, 320.0, 393.15]))
    assert ARRHENIUS_T.validity_warning(1000.0) is None


def test_a_table_warns_outside_its_points_and_holds_the_end_values():
    assert TABLE.validity_warning("90 degC") == "Table law used at 90 °C, outside its validity 20 °C to 80 °C."
    assert TABLE("90 degC") == 8.0
    narrow = Table([300.0, 320.0], [1.0, 2.0], valid=(305.0, 400.0))
    assert narrow.limits() == (305.0, 320.0)


def test_vogel_fulcher_is_refused_at_its_vanishing_temperature():
    for T in (200.0, [300.0, 150.0]):
        with pytest.raises(InputError, match=r"only above its vanishing temperature -73\.15 °C, not at"):
            VOGEL(T)


# --- bad laws ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "part"),
    [
        (lambda: Arrhenius("0,5 mS/cm", 298.15, 0.3), "reference: '0,5 mS/cm' contains a comma"),
        (lambda: Arrhenius(math.nan, 298.15, 0.3), "reference: NaN is not a value"),
        (lambda: Arrhenius(1.0, -3, 0.3), "reference_temperature: must be greater than 0 K, but is -276.1 °C."),
        (lambda: Arrhenius(1.0, "25 V", 0.3), "a temperature in K is needed"),
        (lambda: Arrhenius(1.0, 298.15, "0.3 V"), "an activation energy in eV is needed (for example eV, meV, kJ/mol)"),
        (lambda: Arrhenius(1.0, 298.15), "activation_energy: is required but missing."),
        (lambda: Arrhenius(1.0, 298.15, 0.3, energy=1), "energy: is not a known key here."),
        (lambda: Arrhenius(1.0, 298.15, 0.3, 5), "takes 3 positional arguments (reference, reference_temperature,"),
        (lambda: Arrhenius(1.0, 298.15, 0.3, reference=2), "reference is given twice"),
        (lambda: Arrhenius(1.0, 298.15, 0.3, valid=(400, 300)), "must be (lowest, highest) temperature"),
        (lambda: Arrhenius(1.0, 298.15, 0.3, type="table"), "type: Input should be 'arrhenius'"),
        (lambda: Table([300.0], [1.0]), "two or more temperatures and as many values, not 1 and 1"),
        (lambda: Table([300.0, 310.0], [1.0]), "not 2 and 1"),
        (lambda: Table([310.0, 300.0], [1.0, 2.0]), "must increase, but 36.85 °C is followed by 26.85 °C"),
        (lambda: VogelFulcher(1.0, "0.05 eV", 200, valid=(150, 300)), "valid starts at"),
        (lambda: VogelFulcher(1.0, "-0.05 eV", 200), "must be at least 0 eV"),
    ],
)
def test_bad_laws_say_what_is_wrong(make, part):
    with pytest.raises(InputError) as caught:
        make()
    assert part in str(caught.value)
    assert not isinstance(caught.value, ValidationError)


@pytest.mark.parametrize("law", EVERY, ids=name)
def test_laws_are_immutable_hashable_and_picklable(law):
    with pytest.raises(AttributeError):
        law.valid = None
    assert hash(law) == hash(pickle.loads(pickle.dumps(law)))
    assert pickle.loads(pickle.dumps(law)) == law


# --- as fields --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Defects:
    n: Property("S/m", ge=0)
    type: Literal["defects"] = "defects"


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Material:
    sigma: Property("S/m", also=(Defects,))
    resistance: Property("ohm*m^2", ge=0, allow_inf=True) = Value(0.0, unit="ohm*m^2")
    epsilon: Property("", ge=1) | None = None


ADAPTER = TypeAdapter(Material)
FILE = {"file": True}


def refused(**data):
    with pytest.raises(ValidationError) as caught:
        ADAPTER.validate_python(data, context=FILE)
    return str(explained(caught.value, "Material", data)).removeprefix("Material: ")


@pytest.mark.parametrize("law", EVERY, ids=name)
def test_a_field_takes_numbers_and_every_law(law):
    assert Material(law).sigma == law
    assert Material("0.5 mS/cm").sigma == 0.05
    assert type(Material(0.05).sigma) is Value


@pytest.mark.parametrize("law", EVERY, ids=name)
def test_json_round_trip_in_file_context(law):
    material = Material(law, math.inf, 12.0)
    plain = json.loads(ADAPTER.dump_json(material))
    assert plain["sigma"]["type"] == law.type
    assert ADAPTER.validate_python(plain, context=FILE) == material


def test_units_of_a_law_are_filled_in_and_checked_when_it_meets_its_field():
    law = Arrhenius(0.05, 298.15, 0.35)
    assert law.reference.unit is None
    assert Material(law).sigma.reference.unit == "S/m"
    wrong = Arrhenius("5 S*m", 298.15, 0.35)
    assert wrong.reference.unit == "S*m"
    with pytest.raises(ValidationError, match="a conductivity in S/m is needed"):
        Material(wrong)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"sigma": "5 S*m"}, "sigma: '5 S*m': the unit 'S*m' is wrong here: a conductivity in S/m is needed"),
        ({"sigma": 0.05}, "sigma: '0.05' has no unit"),
        ({"sigma": "0 S/m"}, "sigma: must be greater than 0 S/m, but is 0 S/cm."),
        ({"sigma": "1 S/m", "epsilon": 0.5}, "epsilon: must be at least 1, but is 0.5."),
        ({"sigma": {"type": "arhenius"}}, "sigma: type 'arhenius' is not a law: use one of arrhenius, arrhenius_t,"),
        ({"sigma": {"type": 3}}, "sigma: a law needs the key 'type', one of arrhenius,"),
        (
            {"sigma": {"reference": "1 S/m"}},
            "sigma: a mapping here needs the key 'value' (a quantity) or the key 'type'",
        ),
        ({"sigma": {"type": "defects", "n": "1 S"}}, "sigma.n: '1 S': the unit 'S' is wrong here"),
        ({"sigma": {"type": "constant", "value": 3}}, "sigma.value: '3' has no unit"),
    ],
)
def test_bad_fields_say_where_and_what(data, message):
    assert refused(**data).startswith(message)


def test_only_the_branch_that_was_meant_is_spoken_of():
    law = {"type": "arrhenius", "reference": "-1 S/m", "reference_temperature": "25 degC", "activation_energy": "1 eV"}
    assert refused(sigma=law) == "sigma.reference: must be greater than 0 S/m, but is -10 mS/cm."
    text = refused(sigma={"type": "arrhenius", "reference": "1 S/m", "reference_temperature": 25})
    assert text.splitlines()[1:] == [
        "  sigma.reference_temperature: '25' has no unit: write for example '25 K' (or degC).",
        "  sigma.activation_energy: is required but missing.",
    ]


def test_values_of_a_table_are_checked_one_by_one():
    table = {"type": "table", "temperatures": ["20 degC", "40 degC"], "values": ["1 S/m", "-2 S/m"]}
    assert refused(sigma=table).startswith("sigma.values.1: must be greater than 0 S/m")


def test_infinite_only_where_allowed():
    assert Material(1.0, Constant("inf")).resistance(300.0) == math.inf
    with pytest.raises(ValidationError, match="infinite"):
        Material(Constant("inf"))


def test_a_text_without_unit_in_a_law_is_refused_by_its_field():
    with pytest.raises(ValidationError, match=r"'5.0' has no unit: write for example '5.0 S/m'"):
        Material(Constant("5"))
    assert Material(1.0, epsilon=Constant("5")).epsilon(300.0) == 5.0


def test_a_dimensionless_law_needs_no_unit_in_a_file():
    law = {"type": "arrhenius", "reference": 5, "reference_temperature": "25 degC", "activation_energy": "0 eV"}
    material = ADAPTER.validate_python({"sigma": "1 S/m", "epsilon": law}, context=FILE)
    assert material.epsilon(300.0) == 5.0


def test_provenance_stays_on_the_fields_of_a_law():
    law = Arrhenius({"value": "0.5 mS/cm", "std": "3 %", "kind": "measured", "source": "key"}, "25 degC", "0.35 eV")
    reference = Material(law).sigma.reference
    assert (reference.kind, reference.source, reference.std) == ("measured", "key", pytest.approx(0.0015))


def test_schema_knows_every_law():
    schema = ADAPTER.json_schema()
    assert {cls.__name__ for cls in LAWS.values()} | {"Defects"} <= set(schema["$defs"])
    assert schema["properties"]["sigma"]["anyOf"][0]["exclusiveMinimum"] == 0


def test_one_quantity_error_is_raised_outside_pydantic():
    with pytest.raises(QuantityError, match="a conductivity in S/m"):
        Property("S/m").read("5 mm")


# --- a law of one's own -----------------------------------------------------------------------------------------------


@pytest.fixture
def power():
    """A law as a user declares it, known for the time of a test."""

    @declare
    class PowerOfTemperature:
        value_fields = ("reference",)
        reference: AnyUnit
        exponent: float

        @staticmethod
        def formula(T, *, reference, exponent):
            return reference * (T / 300) ** exponent

    yield PowerOfTemperature
    LAWS.discard("power_of_temperature")


def test_a_law_of_ones_own_is_a_law_everywhere(power):
    file = {"type": "power_of_temperature", "reference": "1 mS/cm", "exponent": 2.0}
    material = ADAPTER.validate_python({"sigma": file}, context=FILE)
    assert material.sigma == power("1 mS/cm", 2.0)
    assert material.sigma(600.0) == pytest.approx(0.4, rel=1e-15)
    assert material.sigma.reference.unit == "S/m"
    assert power(1.0, 2.0, valid=(300, 400)).validity_warning(500) is not None
    assert "PowerOfTemperature" in ADAPTER.json_schema()["$defs"]
    with pytest.raises(InputError, match="PowerOfTemperature: reference: is required but missing"):
        power(exponent=1.0)


def incomplete(*, formula=True, names=("a",), asked="a"):
    """A class that lacks something."""
    space = {"__annotations__": {"a": "float"}, "value_fields": names, "__module__": __name__}
    if formula:
        exec(f"def formula(T, *, {asked}): return 1.0", space)
        space["formula"] = staticmethod(space["formula"])
        del space["__builtins__"]
    return type("Bad", (), space)


@pytest.mark.parametrize(
    ("lacks", "message"),
    [
        ({"formula": False}, "Bad is a law of temperature without the static method formula"),
        ({"asked": "a, b0"}, "Bad.formula asks for b0: neither a field"),
        ({"asked": "T_ref=300"}, "Bad.formula asks for T_ref: neither a field"),
        ({"names": ()}, "Bad is a law of temperature whose value_fields must name those of a"),
        ({"names": ("b",)}, "Bad is a law of temperature whose value_fields must name those of a"),
    ],
)
def test_an_incomplete_law_is_refused_when_it_is_declared(lacks, message):
    with pytest.raises(InputError, match=re.escape(message)):
        declare(incomplete(**lacks))
    assert "bad" not in LAWS


def layered(law):
    """Mg | ion conductor | Mg at 35 degC."""
    electrode = Plating("1 mA/cm^2", double_layer="10 uF/cm^2")
    layer = Layer("a", IonConductor(law, relative_permittivity=30.0), "0.5 mm")
    return Cell("c", electrode, [layer], electrode, temperature="35 degC")


def test_every_law_is_the_same_in_all_routes(power):
    f = np.geomspace(1e6, 1e-2, 9)
    table = Table(["20 degC", "30 degC", "60 degC"], ["1 mS/cm", "2 mS/cm", "8 mS/cm"])
    for law in (table, power("1 mS/cm", 3.0)):
        cell = layered(law)
        sigma = law(308.15)
        plain = layered(sigma)
        np.testing.assert_allclose(exact(cell, f), exact(plain, f), rtol=1e-13)
        np.testing.assert_allclose(LinearisedStack(cell, f_max=1e6).impedance(f), exact(cell, f), rtol=1e-9)
        voltage, expected = (simulate(one, Galvanostatic("10 uA", "10 s"))["voltage"][-1] for one in (cell, plain))
        assert float(voltage) == pytest.approx(float(expected), rel=1e-7)


def test_the_temperature_of_a_table_can_be_an_input():
    cell = layered(Table(["20 degC", "30 degC", "60 degC"], ["1 mS/cm", "2 mS/cm", "8 mS/cm"]))
    stack = LinearisedStack(cell, f_max=1e3, inputs=["temperature"])
    f = np.array([1e3, 1.0])
    for T in (283.15, 293.15, 300.0, 345.0):
        warm = cell.with_({"temperature": T})
        np.testing.assert_allclose(stack.impedance(f, inputs={"temperature": T}), exact(warm, f), rtol=1e-9)
