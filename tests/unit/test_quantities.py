"""Quantities: one parser for numbers with units, the float that carries provenance, and the way back to text."""

import copy
import json
import math
import pickle
import subprocess
import sys
import time
from typing import Annotated

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from mgtwin import units
from mgtwin.errors import QuantityError
from mgtwin.quantities import KINDS, Quantity, Value, format_value, parse, to_file
from mgtwin.units import _TABLE

FINITE = st.floats(allow_nan=False, allow_infinity=False)


def refused(raw, unit, **options):
    with pytest.raises(QuantityError) as caught:
        parse(raw, unit, **options)
    return str(caught.value)


# --- what is accepted -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("0.5 mm", "m", 0.0005),
        ("0.655mm", "m", 0.000655),
        ("+.5 um", "m", 0.5e-6),
        ("5. µm", "m", 5e-6),
        ("5 μm", "m", 5e-6),
        ("100 degC", "K", 373.15),
        ("25 °C", "K", 298.15),
        ("25 ℃", "K", 298.15),
        ("300 K", "K", 300.0),
        ("0.554 mS/cm", "S/m", 0.0554),
        ("5.54e-4 S/cm", "S/m", 0.0554),
        ("5.54e-4 S cm-1", "S/m", 0.0554),
        ("5.54E-4 S cm^-1", "S/m", 0.0554),
        ("5.54e-4 S·cm⁻¹", "S/m", 0.0554),
        ("7.5 uA/cm^2", "A/m^2", 0.075),
        ("7.5 µA/cm²", "A/m^2", 0.075),
        ("-7.5 uA cm-2", "A/m^2", -0.075),
        ("−7.5 uA/cm2", "A/m^2", -0.075),
        ("10 uA", "A", 1e-5),
        ("12 ohm*cm^2", "ohm*m^2", 0.0012),
        ("12 Ω cm²", "ohm*m^2", 0.0012),
        ("12 Ohm cm^2", "ohm*m^2", 0.0012),
        ("5 uF/cm^2", "F/m^2", 0.05),
        ("10 F/cm^3", "F/m^3", 1e7),
        ("13.98 cm^3/mol", "m^3/mol", 1.398e-5),
        ("0.351 eV", "eV", 0.351),
        ("351 meV", "eV", 0.351),
        ("3 h", "s", 10800.0),
        ("0.1 mV/s", "V/s", 1e-4),
        ("1 MHz", "Hz", 1e6),
        ("50 %", "", 0.5),
        ("1e-3", "", 0.001),
        ("0", "", 0.0),
    ],
)
def test_a_text_becomes_the_si_literal_exactly(text, unit, number):
    value = parse(text, unit)
    assert value == number
    assert (type(value), value.unit) == (Value, unit)
    assert parse(text, unit, need_unit=True) == number


def test_molar_energies_become_ev_per_particle():
    assert parse("96.48533212331 kJ/mol", "eV") == pytest.approx(1.0, rel=1e-12)
    assert parse("1 eV", None).unit == "eV"
    assert parse("1.602176634e-19 J", "eV") == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("raw", [0.5, 1, np.float64(0.5), np.float32(0.5), np.int64(3), Value(0.5)])
def test_numbers_are_si(raw):
    value = parse(raw, "m")
    assert (type(value), value, value.unit) == (Value, raw, "m")


def test_a_pint_quantity_is_read():
    pint = pytest.importorskip("pint")
    assert parse(pint.UnitRegistry().Quantity(0.5, "mm"), "m") == 0.0005


@pytest.mark.parametrize("raw", ["inf", "inf ohm*m^2", "Infinity", math.inf, "+inf ohm cm^2"])
def test_infinity_where_allowed_needs_no_unit(raw):
    assert parse(raw, "ohm*m^2", allow_inf=True, need_unit=True) == math.inf


def test_zero_needs_no_unit_except_for_a_temperature():
    assert parse(0, "ohm*m^2", need_unit=True) == 0
    assert parse("0", "ohm*m^2") == 0
    assert "has no unit" in refused(0, "K", need_unit=True)


@pytest.mark.parametrize(
    ("text", "unit"),
    [("5e-4 S/cm", "S/m"), ("5 kohm cm^2", "ohm*m^2"), ("2 cm2", "m^2"), ("3 %", ""), ("3", ""), ("0.3 eV", "eV")],
)
def test_without_a_needed_unit_the_si_unit_is_found(text, unit):
    assert parse(text, None).unit == unit


def test_a_value_keeps_its_provenance_and_changes_spelling_of_its_unit():
    value = parse({"value": "100 kJ/mol", "std": "1 kJ/mol", "kind": "fitted"}, "kJ/mol")
    changed = parse(value, "eV")
    assert changed == pytest.approx(1.0364, abs=1e-4)
    assert changed.std == pytest.approx(0.010364, abs=1e-6)
    assert changed.kind == "fitted"
    same = parse("1 mm", "m")
    assert parse(same, "m") is same


# --- what is refused, and how -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["1,5 mm", "1,5", "-1,5e-3 mm", "1,500 mm"])
def test_decimal_comma_is_refused_never_read(text):
    message = refused(text, "m")
    assert message.startswith(f"{text!r} contains a comma: write a decimal point")
    assert text.replace(",", ".") in message


def test_thousands_separator_is_refused_without_a_wrong_suggestion():
    assert refused("1,500.5 mm", "m") == (
        "'1,500.5 mm' contains a comma: write a decimal point, and no thousands separators."
    )


def test_wrong_dimension_says_what_is_given_and_needed_with_examples():
    assert refused("5 S*m", "S/m") == (
        "'5 S*m': the unit 'S*m' is wrong here: a conductivity in S/m is needed (for example S/m, S/cm, mS/cm)."
    )
    assert "a dimensionless number is needed" in refused("5 mm", "")
    assert "an area in m^2 is needed" in refused("5 mm", "m^2")
    assert "a frequency in Hz" in refused("1 rad/s", "Hz")  # pint itself would take this for 1 Hz


def test_coulomb_for_celsius_is_explained():
    assert refused("100 C", "K").endswith("Did you mean 'degC'?")


def test_missing_unit_says_which_to_add():
    assert refused("0.5", "m") == "'0.5' has no unit: write for example '0.5 m' (or cm, mm, um, nm)."
    assert refused(0.5, "S/m", need_unit=True) == "'0.5' has no unit: write for example '0.5 S/m' (or S/cm, mS/cm)."
    assert refused(5, "m", need_unit=True).startswith("'5' has no unit")
    assert "has no unit" in refused(0.5, None, need_unit=True)


@pytest.mark.parametrize("raw", [math.nan, "nan", "NaN mm", np.nan])
def test_nan_is_refused_everywhere(raw):
    for allow_inf in (False, True):
        assert refused(raw, "m", allow_inf=allow_inf).startswith("NaN is not a value")


@pytest.mark.parametrize(
    "raw", [math.inf, -math.inf, "inf", "-inf mm", "1e999 mm", pytest.param(10**400, id="10**400"), "1e308 km"]
)
def test_infinity_is_refused_where_not_allowed(raw):
    assert "infinite" in refused(raw, "m")


@pytest.mark.parametrize("raw", [True, None, [1.0], b"1 mm", object(), 1j, np.array([1.0, 2.0])])
def test_other_types_are_refused(raw):
    assert refused(raw, "m").startswith("a number with a unit such as m, cm, mm is needed here, not")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "is not a number"),
        ("mm", "is not a number"),
        ("half a mm", "is not a number"),
        ("1 furlng", "'furlng' is not a unit that I know"),
        ("1 10 mm", "without spaces inside the number"),
        ("1 000 mm", "without spaces inside the number"),
        ("5.54 × 10⁻⁴ m", "Write powers of ten as in"),
        ("5.54 x 10^-4 m", "Write powers of ten as in"),
        ("1e mm", "the unit 'e mm' is wrong here"),
        ("0x10 mm", "is not a unit"),
        ("1_000 mm", "is not a unit"),
        ("1..5 mm", "is not a unit"),
        ("- 5 mm", "is not a number"),
        ("5 +- 1 mm", "is not a unit"),
        ("1 mm;", "is not a unit"),
        ("١ mm", "is not a number"),  # an Arabic digit, which \d would match
    ],
)
def test_malformed_texts_are_refused(text, part):
    assert part in refused(text, "m")


@settings(max_examples=200, deadline=None)
@given(
    st.text(max_size=12) | st.from_regex(r"[0-9]{1,3}[ .,eE+-]?[0-9]{0,3} ?[a-zA-ZµΩ%°/*^0-9 -]{0,8}", fullmatch=True)
)
@example("1 km^400")
@example("1 m**-1")
@example("5 %%")
def test_any_text_is_a_finite_value_or_a_quantity_error(text):
    for unit in ("S/m", "K", "", None):
        try:
            value = parse(text, unit)
        except QuantityError:
            continue
        assert math.isfinite(value)
        assert "," not in text


# --- mappings ---------------------------------------------------------------------------------------------------------


def test_mapping_gives_uncertainty_and_provenance():
    value = parse(
        {
            "value": "0.554 mS/cm",
            "std": "3 %",
            "range": ["0.5 mS/cm", "0.6 mS/cm"],
            "kind": "measured",
            "source": "key",
            "where": 2.4,
            "printed": "5.54e-4",
            "note": "cold-pressed",
        },
        "S/m",
        need_unit=True,
    )
    assert value == 0.0554
    assert value.provenance() == {
        "unit": "S/m",
        "std": pytest.approx(0.03 * 0.0554),
        "low": 0.05,
        "high": 0.06,
        "kind": "measured",
        "source": "key",
        "where": "2.4",
        "printed": "5.54e-4",
        "note": "cold-pressed",
    }


def test_uncertainty_of_a_temperature_is_a_difference():
    value = parse({"value": "60 degC", "std": "2 degC", "range": ["55 degC", "65 degC"]}, "K")
    assert (value, value.std, value.low, value.high) == (333.15, 2.0, 328.15, 338.15)
    assert parse({"value": "60 degC", "std": "9 degF"}, "K").std == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"std": -1e-3}, "must not be negative"),
        ({"std": "1 S"}, "the unit 'S' is wrong here"),
        ({"range": "0.5 to 0.7 mm"}, "'range' must be two values"),
        ({"range": ["0.4 mm"]}, "'range' must be two values"),
        ({"range": ["0.6 mm", "0.7 mm"]}, "the value 0.5 mm lies outside its range [0.6 mm, 0.7 mm]"),
        ({"kind": "measurd"}, "Did you mean 'measured'?"),
        ({"sourse": "x"}, "unknown key 'sourse' beside a value"),
        ({"note": ["x"]}, "'note' must be a text"),
        ({"value": {"value": 1}}, "the key 'value' with a number"),
        ({"value": "1,5 mm"}, "contains a comma"),
    ],
)
def test_bad_mappings_are_refused(change, part):
    assert part in refused({"value": "0.5 mm", **change}, "m")


def test_mapping_without_value_is_refused():
    assert "the key 'value'" in refused({"std": "3 %"}, "m")


@pytest.mark.parametrize(("unit", "value"), [("", 0.5), ("K", "60 degC")])
def test_ambiguous_percentage_uncertainty_is_refused(unit, value):
    assert "two ways" in refused({"value": value, "std": "3 %"}, unit)


def test_units_are_needed_in_a_file_mapping_too():
    assert "has no unit" in refused({"value": 0.5}, "m", need_unit=True)
    assert "has no unit" in refused({"value": "0.5 mm", "std": 0.1}, "m", need_unit=True)


# --- Value ------------------------------------------------------------------------------------------------------------


@given(FINITE, FINITE)
def test_value_behaves_as_its_float(x, y):
    value = Value(x, unit="m", kind="measured", std=1.0)
    assert value == x
    assert hash(value) == hash(x)
    assert (value < y) is (x < y)
    assert np.asarray(value).dtype == float
    assert f"{value:.3g}" == f"{x:.3g}"
    assert str(value) == repr(x)
    for result in (value + y, y - value, -value, abs(value), value * value):
        assert type(result) is float
    assert json.loads(json.dumps(value)) == x


def test_value_is_immutable():
    value = Value(1.0, unit="m")
    with pytest.raises(AttributeError, match=r"value.replace\(std=...\)"):
        value.std = 2.0
    with pytest.raises(AttributeError):
        del value.unit
    with pytest.raises(AttributeError):
        value.anything = 1


def test_value_pickles_and_copies_with_provenance():
    value = Value(1.5, unit="m", std=0.1, kind="fitted", source="key")
    for again in (pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)):
        assert type(again) is Value
        assert again == value
        assert again.provenance() == value.provenance()


def test_replace_keeps_the_rest():
    value = Value(1.5, unit="m", kind="assumed", source="key")
    changed = value.replace(2.0, kind="fitted", source=None)
    assert changed == 2.0
    assert changed.provenance() == {"unit": "m", "kind": "fitted"}
    with pytest.raises(QuantityError, match="Did you mean 'source'"):
        value.replace(sourc="x")


# --- to text and back -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0554, "S/m", "0.554 mS/cm"),
        (20.0, "S/m", "0.2 S/cm"),
        (4.1e-7, "S/m", "4.1e-9 S/cm"),
        (0.00065, "m", "0.65 mm"),
        (5e-6, "m", "5 um"),
        (1e-4, "m^2", "1 cm^2"),
        (0.075, "A/m^2", "7.5 uA/cm^2"),
        (0.0012, "ohm*m^2", "12 ohm*cm^2"),
        (12.3, "ohm*m^2", "123000 ohm*cm^2"),
        (0.05, "F/m^2", "5 uF/cm^2"),
        (1e7, "F/m^3", "10 F/cm^3"),
        (373.15, "K", "100 °C"),
        (0.351, "eV", "0.351 eV"),
        (10800.0, "s", "3 h"),
        (0.0, "m", "0 m"),
        (0.0, "ohm*m^2", "0 ohm*cm^2"),
        (math.inf, "ohm*m^2", "inf"),
        (0.5, "", "0.5"),
        (3.0, "kg", "3 kg"),
    ],
)
def test_values_are_shown_in_the_units_of_the_laboratory(value, unit, text):
    assert format_value(value, unit) == text
    assert format_value(Value(value, unit=unit)) == text


def test_uncertainty_is_shown_on_demand():
    assert format_value(Value(0.0554, unit="S/m", std=0.002), uncertainty=True) == "0.554 ± 0.02 mS/cm"
    warm = Value(333.15, unit="K", low=328.15, high=338.15)
    assert format_value(warm, uncertainty=True) == "60 [55, 65] °C"


@given(st.sampled_from(sorted(_TABLE)), st.floats(1e-12, 1e12), st.booleans())
@settings(max_examples=200, deadline=None)
def test_shown_values_read_back_to_four_digits(unit, number, negative):
    number = -number if negative and unit != "K" else number
    shown = format_value(number, unit)
    assert parse(shown, unit) == pytest.approx(number, rel=6e-4, abs=0.6 if unit == "K" else 0)


@given(st.sampled_from(["", "kg", *sorted(_TABLE)]), FINITE, st.sampled_from([None, *KINDS]))
@settings(max_examples=200, deadline=None)
def test_file_form_reads_back_exactly(unit, number, kind):
    value = Value(number, unit=unit, kind=kind, std=abs(number) / 7, low=number, high=number, note="1,5 as printed")
    plain = to_file(value)
    again = parse(plain, unit, need_unit=True)
    assert again == value
    assert again.provenance() == value.provenance()
    json.dumps(plain)


def test_file_form_of_simple_values_is_short():
    assert to_file(Value(0.0005, unit="m")) == "0.0005 m"
    assert to_file(Value(0.5, unit="")) == 0.5
    assert to_file(math.inf, "ohm*m^2") == "inf"


# --- the field type ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slab:
    thickness: Quantity("m", gt=0)
    resistance: Annotated[float, Quantity("ohm*m^2", ge=0, allow_inf=True)] = Value(0.0, unit="ohm*m^2")
    area: Quantity("m^2", gt=0) | None = None
    fraction: None | Quantity("", gt=0, lt=1) = None  # noqa: RUF036 (the order is what is tested)
    capacity: Quantity("", ge=1, le=2) = 1.0
    anything: Value | None = None


def test_field_takes_numbers_texts_and_mappings():
    slab = Slab("0.5 mm", "inf", {"value": "1 cm^2", "kind": "setting"}, 0.5, anything="3 mS/cm")
    assert (slab.thickness, slab.resistance, slab.area, slab.area.kind) == (0.0005, math.inf, 1e-4, "setting")
    assert slab.anything.unit == "S/m"
    assert Slab(0.001).area is None


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"thickness": "-0.5 mm"}, "must be greater than 0 m, but is -0.5 mm."),
        ({"thickness": 0}, "must be greater than 0 m, but is 0 m."),
        ({"resistance": "-1 ohm*cm^2"}, "must be at least 0 ohm*m^2, but is -1 ohm*cm^2."),
        ({"fraction": 1}, "must be less than 1, but is 1."),
        ({"capacity": 3}, "must be at most 2, but is 3."),
        ({"thickness": "inf m"}, "a finite value is needed here"),
    ],
)
def test_bounds_name_the_value_with_its_unit(change, part):
    with pytest.raises(ValidationError) as caught:
        Slab(**{"thickness": 1.0, **change})
    assert part in str(caught.value)


def test_file_context_needs_units():
    adapter = TypeAdapter(Slab)
    assert adapter.validate_python({"thickness": 0.5}).thickness == 0.5
    with pytest.raises(ValidationError, match=r"'0.5' has no unit: write for example '0.5 m'"):
        adapter.validate_python({"thickness": 0.5}, context={"file": True})
    assert adapter.validate_python({"thickness": "1 mm", "fraction": 0.5}, context={"file": True}).fraction == 0.5


def test_json_round_trip_and_schema():
    adapter = TypeAdapter(Slab)
    slab = Slab({"value": "0.5 mm", "std": "1 um"}, math.inf, None, 0.5)
    assert adapter.validate_json(adapter.dump_json(slab), context={"file": True}) == slab
    thickness = adapter.json_schema()["properties"]["thickness"]["anyOf"]
    assert thickness[0] == {"type": "number", "exclusiveMinimum": 0, "description": "in m"}
    assert thickness[1]["type"] == "string"
    assert set(thickness[2]["properties"]["kind"]["enum"]) == set(KINDS)


def test_importing_does_not_import_pint():
    code = (
        "import sys, mgtwin.quantities as q, mgtwin.laws, mgtwin.yamlfile; q.parse(1, 'm'); q.parse('1 m', 'm');"
        "q.format_value(1, 'm');"
        "bad = {'pint', 'scipy', 'pybamm', 'casadi', 'xarray', 'matplotlib'} & set(sys.modules);"
        "sys.exit(str(bad) if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "unit",
    [
        *("cm" + "**2" * 12, "cm" + "**2" * 4000, "cm^2^99999999", "cm^99999999", "cm^1e9"),
        *("m**(9**9**9)", "cm⁹⁹⁹⁹⁹⁹", "m*" * 5000 + "m"),
    ],
)
def test_units_that_would_keep_the_parser_busy_are_refused_at_once(unit):
    began = time.process_time()
    with pytest.raises(QuantityError, match=r"a power is one number up to 99|signs, which no unit needs") as caught:
        parse(f"1 {unit}", "m^2")
    assert time.process_time() - began < 1.0 and len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("text", "si"),
    [
        *(("1 cm^-2", 1e4), ("1 cm⁻²", 1e4), ("1 cm ** 2", 1e-4), ("1 F*s^(-0.5)/cm^2", 1e4)),
        *(("1 S*s^0.469862/cm^2", 1e4), ("1 S*s^1e-05/cm^2", 1e4)),  # as files of fitted cells have them
    ],
)
def test_powers_of_units_as_papers_write_them(text, si):
    assert float(parse(text, None)) == pytest.approx(si, rel=1e-12)


@pytest.mark.parametrize(
    "unit",
    [
        *("(m$1<0", "ohmSohm", '*"', "nan", "*kJeV", "0inm_+/-%", "degC0", "m/0//x"),
        *("mdegC#|degC", "9>+0x1@", "m)", "S/(cm", "[]", "\0"),
    ],
)
def test_malformed_units_are_errors_of_ours(unit):
    with pytest.raises(QuantityError):
        parse(f"1 {unit}", "m")


def test_the_table_of_common_units_is_that_of_pint(monkeypatch):
    common = dict(units._COMMON)
    found = {unit: (units.conversion.__wrapped__(unit, si), si) for unit, (si, _) in common.items()}
    monkeypatch.setattr(units, "_COMMON", {})
    for unit, (convert, si) in found.items():
        assert units.conversion.__wrapped__(unit, si) == convert, unit
        assert units.infer_si.__wrapped__(unit) == si, unit


def test_common_units_do_without_pint_and_others_do_not():
    code = (
        "import sys, mgtwin.quantities as q;"
        "q.parse('5 uF/cm2', 'F/m^2'), q.parse('20 µm', 'm'), q.parse('25 degC', 'K'), q.parse('3 %', '');"
        "assert 'pint' not in sys.modules; q.parse('1 furlong', 'm'); assert 'pint' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
