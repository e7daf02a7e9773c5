"""Materials and interfaces: what they accept, what they refuse, and in which words."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from mgtwin.cells import (
    BinaryElectrolyte,
    Blocking,
    Capacitor,
    DefectCapacitance,
    DefectElectrons,
    GrainBoundary,
    Ion,
    IonConductor,
    Junction,
    Layer,
    MixedConductor,
    Plating,
)
from mgtwin.errors import InputError
from mgtwin.kinds.junction import Interfaces
from mgtwin.laws import Arrhenius
from mgtwin.quantities import Value

MOF = IonConductor("2.6 mS/cm", name="mofsse")
NOUNS: list[Any] = [
    MOF,
    MixedConductor("0.554 mS/cm", "4.9e-8 S/cm", "10 F/cm^3", 12, GrainBoundary(1e-5, None, "2 um"), "0.4 V"),
    BinaryElectrolyte("0.1 mol/L", "1 mS/cm", Arrhenius("1e-8 cm^2/s", "25 degC", "0.4 eV"), 0.03),
    DefectElectrons("1e-8 S/cm", Arrhenius("1e-9 S/cm", "100 degC", "0.5 eV")),
    DefectCapacitance("1 F/cm^3", "1e-4 cm^2/(V*s)", "inf"),
    Blocking("10 uF/cm^2"),
    Plating("5 uA/cm^2", film_resistance=Arrhenius("100 ohm*cm^2", "25 degC", "0.5 eV")),
    Junction("30 ohm*cm^2", "1 uF/cm^2", "inf"),
    Ion("Li", 1, "12.97 cm^3/mol"),
    Layer("buffer", MOF, "0.5 mm"),
]


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: type(noun).__name__)
def test_nouns_are_values(noun: Any) -> None:
    """Immutable, hashable, picklable, copyable, and equal to themselves rebuilt from their own fields."""
    again = type(noun)(**{field.name: getattr(noun, field.name) for field in dataclasses.fields(noun)})
    for other in (again, copy.deepcopy(noun), pickle.loads(pickle.dumps(noun)), dataclasses.replace(noun)):
        assert other == noun
        assert hash(other) == hash(noun)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(noun, dataclasses.fields(noun)[0].name, 1.0)


def test_quantities_are_si_and_remember_their_origin() -> None:
    layer = Layer(
        "ap", MOF, {"value": "0.655 mm", "range": ["0.62 mm", "0.69 mm"], "kind": "measured", "source": "paper"}
    )
    assert layer.thickness == 6.55e-4
    assert isinstance(layer.thickness, Value)
    assert (layer.thickness.low, layer.thickness.high, layer.thickness.kind) == (6.2e-4, 6.9e-4, "measured")
    assert layer.area is None


def test_defaults_are_quantities_with_a_unit() -> None:
    junction = Junction()
    assert junction.resistance == 0 and junction.resistance.unit == "ohm*m^2"
    assert junction.electronic_resistance == float("inf")
    assert Plating(1).transfer_coefficient == 0.5
    assert Plating(1).electronic_resistance == Blocking(None).electronic_resistance == 0
    assert Ion() == Ion("Mg", 2, 1.398e-5)


def test_a_bare_capacitance_is_a_capacitor() -> None:
    given = {"value": "10 uF/cm^2", "kind": "assumed"}
    for raw in (0.1, "10 uF/cm^2", Capacitor(0.1), {"c": 0.1}, {"type": "capacitor", "c": 0.1}, given):
        assert Blocking(raw).double_layer == Capacitor("10 uF/cm^2")
    assert Blocking(given).double_layer.c.kind == "assumed"
    assert Blocking(None).double_layer is None


def test_electronic_conductivity_is_a_number_a_law_or_defects() -> None:
    law = Arrhenius("4.9e-8 S/cm", "100 degC", "0.5 eV")
    as_mapping = {
        "type": "arrhenius",
        "reference": "4.9e-8 S/cm",
        "reference_temperature": "100 degC",
        "activation_energy": "0.5 eV",
    }
    defects = DefectElectrons("1e-8 S/cm", "1e-9 S/cm")
    for given, kind in ((1e-6, Value), (law, Arrhenius), (as_mapping, Arrhenius), (defects, DefectElectrons)):
        assert type(MixedConductor(1, given, 1e6).electronic_conductivity) is kind
    mapping = {"type": "defect_electrons", "n": "1e-8 S/cm", "p": "1e-9 S/cm"}
    assert MixedConductor(1, mapping, 1e6).electronic_conductivity == defects


BAD: list[tuple[Callable[[], Any], str]] = [
    (lambda: Layer("ap", MOF, "-1 mm"), "Layer: thickness: must be greater than 0 m, but is -1 mm"),
    (lambda: Layer("ap", MOF, 0), "thickness: must be greater than 0 m"),
    (lambda: Layer("ap", MOF, float("nan")), "thickness: NaN is not a value"),
    (lambda: Layer("ap", MOF, "inf"), "thickness: inf is infinite"),
    (lambda: Layer("ap", MOF, "1,5 mm"), "comma"),
    (lambda: Layer("ap", MOF, "1.5 S"), "length"),
    (lambda: Layer("ap", MOF, "1.5"), "has no unit"),
    (lambda: Layer("Ap 1", MOF, "1 mm"), "'Ap 1' cannot name a layer.*perhaps 'ap_1'"),
    (lambda: Layer("series", MOF, "1 mm"), "cannot be called 'series'"),
    (
        lambda: Layer("ap", "mofsse", "1 mm"),
        "'mofsse' is a name: a material is looked up by its name only in cell files",
    ),
    (
        lambda: Layer("ap", Blocking(1), "1 mm"),
        "type 'blocking' is not a material: use one of binary_electrolyte, composite",
    ),
    (lambda: Layer("ap", {"type": "ionconductor"}, "1 mm"), "Did you mean 'ion_conductor'"),
    (lambda: Layer("ap", {"ionic_conductivity": 1}, "1 mm"), "a material needs the key 'type'"),
    (lambda: Layer("ap", 3.0, "1 mm"), "a material is needed here"),
    (lambda: Layer("ap", MOF, "1 mm", areas=1), r"areas: is not a known key here\. Did you mean 'area'"),
    (lambda: Layer("ap", MOF), "thickness: is required but missing"),
    (lambda: Layer("ap", MOF, 1, 1, 1), "takes 4 positional arguments"),
    (lambda: Layer("ap", MOF, 1, name="b"), "name is given twice"),
    (lambda: IonConductor("5 S*m"), "'S.m'.*conductivity in S/m is needed"),
    (lambda: IonConductor(0), "ionic_conductivity: must be greater than 0 S/m"),
    (lambda: IonConductor(1, 0.5), "relative_permittivity: must be at least 1"),
    (lambda: IonConductor(Arrhenius("5 m", "25 degC", "0.3 eV")), "conductivity in S/m is needed"),
    (lambda: MixedConductor(1, -1, 1), "electronic_conductivity: must be greater than 0 S/m"),
    (
        lambda: MixedConductor(1, 1, DefectCapacitance(1, 1, 1)),
        "needs an electronic_conductivity of type defect_electrons",
    ),
    (lambda: MixedConductor(1, DefectElectrons(1, 0), DefectCapacitance(0, "inf", 1)), "chemical_capacitance is zero"),
    (lambda: MixedConductor(1, 1, 1, homogeneity_range=(-0.1, 0.1)), "homogeneity_range needs molar_volume"),
    (lambda: MixedConductor(1, 1, 1, homogeneity_range=(0.1, 0.2), molar_volume=1), "must be at most 0"),
    (lambda: MixedConductor(1, 1, 1, minimum_potential="50 mV"), "minimum_potential: must be at most 0 V"),
    (lambda: DefectElectrons(0, 0), "all zero"),
    (lambda: GrainBoundary(1, None, 0), "grain_size: must be greater than 0 m"),
    (lambda: Blocking(0), r"double_layer\.c: must be greater than 0 F/m\^2"),
    (lambda: Blocking("10 uF/cm^2", "-1 ohm*cm^2"), r"electronic_resistance: must be at least 0 ohm\*m\^2"),
    (lambda: Blocking(MOF), "is not a capacitor"),
    (lambda: Plating(0), "exchange_current_density: must be greater than 0"),
    (lambda: Plating(1, 1), "transfer_coefficient: must be less than 1"),
    (lambda: Plating(1, film_resistance="inf"), "film_resistance: inf is infinite"),
    (lambda: Ion(charge=0), "charge: .*greater than or equal to 1"),
]


@pytest.mark.parametrize(("build", "message"), BAD, ids=[message[:40] for _, message in BAD])
def test_bad_input_is_refused_in_plain_words(build: Callable[[], Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        build()
    # One branch of each union only, and no jargon of the validation library.
    assert "validation error" not in str(caught.value)
    assert "pydantic" not in str(caught.value)
    assert str(caught.value).count("\n") == 0


def test_an_error_in_a_union_speaks_of_the_branch_that_was_meant() -> None:
    wrong = {"type": "defect_electrons", "n": "1e-8 S/cm", "p": "-1 S/cm"}
    with pytest.raises(InputError) as caught:
        MixedConductor(1, wrong, 1e6)
    assert str(caught.value) == "MixedConductor: electronic_conductivity.p: must be at least 0 S/m, but is -1 S/cm."


def test_all_problems_are_listed() -> None:
    with pytest.raises(InputError) as caught:
        Plating("5 S", transfer_coefficient=2)
    text = str(caught.value)
    assert text.startswith("Plating: 2 problems:")
    assert "exchange_current_density: " in text and "transfer_coefficient: " in text


def test_interfaces_are_an_immutable_mapping() -> None:
    junction = Junction("30 ohm*cm^2")
    interfaces = Interfaces({"a-b": junction})
    assert interfaces == {"a-b": junction} == dict(interfaces)
    assert hash(interfaces) == hash(Interfaces({"a-b": Junction(0.003)}))
    assert pickle.loads(pickle.dumps(interfaces)) == interfaces
    with pytest.raises(TypeError):
        interfaces["b-c"] = junction  # type: ignore[index]


def test_docstrings_carry_the_equations_and_the_warning() -> None:
    text = MixedConductor.__doc__ or ""
    assert all(tag in text for tag in (r"\tag{2.1}", r"\tag{2.2}", r"\tag{2.3}"))
    warning = GrainBoundary.__doc__ or ""
    assert "fails for nanograins" in warning and "14 nm" in warning
