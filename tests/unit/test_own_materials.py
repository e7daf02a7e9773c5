"""Materials, mixing rules, profiles and laws of E of one's own: every route is generic over kinds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.cells import Reader
from mgtwin.cells.rest import rest_potentials
from mgtwin.errors import InputError
from mgtwin.impedance import exact
from mgtwin.impedance.linearise import LinearisedStack
from mgtwin.kinds.carriers import ANIONS, ELECTRONS, IONS_ONLY
from mgtwin.kinds.electrons import CAPACITANCE_LAWS, ELECTRON_LAWS, Electrons, capacitance_law, electron_law
from mgtwin.kinds.fractions import PROFILES, fraction_profile
from mgtwin.kinds.materials import MATERIALS, material
from mgtwin.kinds.mixing import MIXING_RULES, mixing_rule
from mgtwin.kinds.salt import Salt
from mgtwin.laws import Law, Property
from mgtwin.models.stack import StackModel

FREQUENCIES = np.geomspace(1e5, 1e-2, 8)
GOLD = mt.Blocking("10 uF/cm^2", 0.0)
MAGNESIUM = mt.Plating("1 mA/cm^2", double_layer="10 uF/cm^2")
Conductivity = Annotated[float | Law, Property("S/m")]


def cell(made: Any, electrode: Any = GOLD) -> mt.Cell:
    return mt.Cell("c", electrode, [mt.Layer("m", made, "0.5 mm")], electrode, temperature="40 degC")


@pytest.fixture
def kinds() -> Iterator[None]:
    """Forgets what a test declares."""
    families = (MATERIALS, MIXING_RULES, PROFILES, ELECTRON_LAWS, CAPACITANCE_LAWS)
    before = [set(family) for family in families]
    yield
    for family, known in zip(families, before, strict=True):
        for name in set(family) - known:
            family.discard(name)


def same_everywhere(ours: mt.Cell, theirs: mt.Cell, rtol: float = 1e-12) -> None:
    """Two cells give one spectrum in closed form, on the mesh, and one transient."""
    np.testing.assert_allclose(exact(ours, FREQUENCIES), exact(theirs, FREQUENCIES), rtol=rtol)
    on_mesh = [LinearisedStack(each, f_max=1e5).impedance(FREQUENCIES) for each in (ours, theirs)]
    np.testing.assert_allclose(*on_mesh, rtol=1e-9)
    step = mt.Galvanostatic("1 uA", "10 s")
    voltages = [mt.simulate(each, step)["voltage"].values for each in (ours, theirs)]
    np.testing.assert_allclose(*voltages, rtol=1e-6)


def test_an_ion_conductor_of_ones_own(kinds: None) -> None:
    @material
    class TwoPaths:
        grains: Conductivity
        gel: Conductivity
        carriers = IONS_ONLY

        def ionic(self, own: Any, position: Any = 0.5) -> Any:
            return own.property("grains") + own.property("gel")

    law = mt.Arrhenius("1 mS/cm", "25 degC", "0.3 eV")
    ours = cell(TwoPaths(law, 0.02), MAGNESIUM)
    same_everywhere(ours, cell(mt.IonConductor(law(313.15) + 0.02), MAGNESIUM))
    assert "layers.m.material.grains.activation_energy" in ours.paths()
    assert mt.Cell.from_yaml(ours.to_yaml()).identical(ours)
    assert "two_paths" in str(mt.Cell.__pydantic_core_schema__) or TwoPaths("1 S/m", "1 S/m").type == "two_paths"
    with pytest.raises(InputError, match="grains: '1 V': the unit 'V' is wrong here"):
        TwoPaths("1 V", 1.0)
    with pytest.raises(InputError, match=r"is not a material: use one of .*two_paths"):
        mt.Layer("a", GOLD, 1.0)


def test_a_mixed_conductor_of_ones_own_in_layers_and_phases(kinds: None) -> None:
    @electron_law
    class Exponential:
        reference: Conductivity

        @staticmethod
        def conductivity(E: Any, *, reference: Any, e_over_kT: Any) -> Any:
            return reference * np.exp(e_over_kT * E)

        @staticmethod
        def integral(E: Any, *, reference: Any, e_over_kT: Any) -> Any:
            return reference * np.exp(e_over_kT * E) / e_over_kT

    @material
    class HoleConductor:
        ionic_conductivity: Conductivity
        holes: Conductivity
        capacitance_per_volume: Annotated[float, mt.Quantity("F/m^3", gt=0)]
        carriers = ELECTRONS

        def ionic(self, own: Any, position: Any = 0.5) -> Any:
            return own.property("ionic_conductivity")

        def electronic(self, own: Any) -> Electrons:
            holes, b = own.property("holes"), own.inverse_thermal_voltage
            return Electrons(lambda x: holes, lambda E: np.exp(b * E), lambda E: np.exp(b * E) / b)

        def capacitance(self, own: Any, E: Any, position: Any = 0.5) -> Any:
            return own.number("capacitance_per_volume")

        def charge(self, own: Any, E: Any, position: Any = 0.5) -> Any:
            return own.number("capacitance_per_volume") * E

        def rest_potential_of(self, own: Any) -> Any:
            return 0.02

    known = mt.MixedConductor("1 mS/cm", Exponential("1e-4 S/cm"), "1 F/cm^3", rest_potential="20 mV")
    defects = mt.MixedConductor("1 mS/cm", mt.DefectElectrons(n=0.0, p="1e-4 S/cm"), "1 F/cm^3", rest_potential="20 mV")
    own = HoleConductor("1 mS/cm", "1e-4 S/cm", "1 F/cm^3")
    for ours in (known, own):
        assert rest_potentials(cell(ours)).layers == (0.02,)
        same_everywhere(cell(ours), cell(defects))

    def mixture(grains: Any) -> mt.Cell:
        phases = [mt.Phase("grains", grains, 0.6), mt.Phase("gel", mt.IonConductor("0.1 mS/cm"))]
        return cell(mt.Composite(phases, mt.Bruggeman()))

    same_everywhere(mixture(own), mixture(defects))


def test_a_salt_solution_of_ones_own_alone_and_in_pores(kinds: None) -> None:
    @material
    class IdealSolution:
        concentration: Annotated[float, mt.Quantity("mol/m^3", gt=0)]
        diffusivity: Annotated[float | Law, Property("m^2/s")]
        carriers = ANIONS

        def ionic(self, own: Any, position: Any = 0.5) -> Any:
            return own.number("concentration") * own.property("diffusivity") * 1e8

        def salt(self, own: Any) -> Salt:
            return Salt(
                own.path,
                own.number("concentration"),
                self.ionic(own),
                own.property("diffusivity"),
                0.4,
                fixed_factor=1.0,
            )

    ours, theirs = IdealSolution(100.0, 1e-11), mt.BinaryElectrolyte(100.0, 0.1, 1e-11, 0.4)
    same_everywhere(cell(ours, MAGNESIUM), cell(theirs, MAGNESIUM))

    def wet(liquid: Any) -> mt.Cell:
        return cell(mt.Porous(mt.Insulator(), 0.5, mt.PoreExponent("liquid"), liquid, 1.0), MAGNESIUM)

    same_everywhere(wet(ours), wet(theirs))


def test_a_mixing_rule_and_a_profile_of_ones_own(kinds: None) -> None:
    @mixing_rule
    class PowerMean:
        power: Annotated[float, mt.Quantity("")]

        @staticmethod
        def formula(fractions: Any, values: Any, special: int, *, power: Any) -> Any:
            return sum(f * v**power for f, v in zip(fractions, values, strict=True)) ** (1 / power)

    @fraction_profile
    class Straight:
        left: Annotated[float, mt.Quantity("", ge=0, le=1)]
        right: Annotated[float, mt.Quantity("", ge=0, le=1)]

        @staticmethod
        def formula(x: Any, *, left: Any, right: Any) -> Any:
            return left + (right - left) * x

    gel, other = mt.IonConductor("0.1 mS/cm"), mt.IonConductor("1 mS/cm")

    def made(fraction: Any, rule: Any) -> Any:
        return mt.Composite([mt.Phase("a", gel, fraction), mt.Phase("b", other)], rule)

    same_everywhere(cell(made(0.3, PowerMean(1.0)), MAGNESIUM), cell(made(0.3, mt.WienerParallel()), MAGNESIUM))
    graded = [cell(made(kind(0.2, 0.7), mt.Bruggeman()), MAGNESIUM) for kind in (Straight, mt.Linear)]
    with pytest.raises(InputError, match="is graded: the mesh-free impedance"):
        exact(graded[0], FREQUENCIES)
    spectra = [mt.simulate(each, mt.EIS(1e5, 1, points=5))["impedance"].values for each in graded]
    np.testing.assert_allclose(*spectra, rtol=1e-12)
    assert mt.Cell.from_yaml(graded[0].to_yaml()).identical(graded[0])


def test_electrons_and_storage_that_do_not_fit_are_refused(kinds: None) -> None:
    @capacitance_law
    class OfHoles:
        mobility: Annotated[float, mt.Quantity("m^2/(V*s)", gt=0)]

        @staticmethod
        def capacitance(E: Any, *, mobility: Any, p: Any, e_over_kT: Any) -> Any:
            return e_over_kT * p / mobility * np.exp(e_over_kT * E)

        @staticmethod
        def charge(E: Any, *, mobility: Any, p: Any, e_over_kT: Any) -> Any:
            return p / mobility * np.exp(e_over_kT * E)

    electrons = mt.DefectElectrons(n=0.0, p=1e-4)
    ours = cell(mt.MixedConductor(0.1, electrons, OfHoles(1e-9)))
    theirs = cell(mt.MixedConductor(0.1, electrons, mt.DefectCapacitance(0.0, float("inf"), 1e-9)))
    same_everywhere(ours, theirs)
    with pytest.raises(InputError, match="type of_holes needs an electronic_conductivity of type defect_electrons"):
        mt.MixedConductor(0.1, 1e-4, OfHoles(1e-9))


def undeclared(**body: Any) -> type:
    return type("Bad", (), {"__annotations__": {"a": float}, "__module__": __name__, **body})


def answer(self: Any, own: Any, *more: Any) -> float:
    return 1.0


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"ionic": answer}, "Bad is a material without carriers: say what moves besides the ion"),
        ({"carriers": IONS_ONLY}, r"Bad is a material without the method ionic\(own, ...\)"),
        ({"carriers": ELECTRONS, "ionic": answer}, r"without the method electronic\(own, ...\)"),
        ({"carriers": ELECTRONS, "ionic": answer, "electronic": answer, "capacitance": answer}, "the method charge"),
        ({"carriers": ANIONS, "ionic": answer}, "Bad is a material without the method salt"),
        ({"carriers": frozenset({"protons"}), "ionic": answer}, "with carriers {'protons'}: only these have equations"),
    ],
)
def test_an_incomplete_material_is_refused_when_it_is_declared(body: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        material(undeclared(**body))
    assert "bad" not in MATERIALS


def test_carriers_without_equations_are_refused_in_every_route(kinds: None) -> None:
    @material
    class Odd:
        conductivity: Conductivity

        @property
        def carriers(self) -> frozenset[str]:
            return frozenset({"protons"})

        def ionic(self, own: Any, position: Any = 0.5) -> Any:
            return own.property("conductivity")

        electronic = capacitance = charge = salt = answer

    odd = cell(Odd(1.0), MAGNESIUM)
    with pytest.raises(InputError, match="carries protons"):
        exact(odd, FREQUENCIES)
    with pytest.raises(InputError, match="carries protons besides the ion, for which there are no equations"):
        StackModel(odd)


def test_a_number_can_be_replaced_in_a_material_of_ones_own(kinds: None) -> None:
    @material
    class Scaled:
        scale: Annotated[float, mt.Quantity("S/m", gt=0)]
        carriers = IONS_ONLY

        def ionic(self, own: Any, position: Any = 0.5) -> Any:
            return own.number("scale") * own.temperature / 300

    one, path = cell(Scaled(1.0), MAGNESIUM), "layers.m.material.scale"
    several = exact(one, FREQUENCIES, {path: np.array([0.5, 1.0, 2.0])})
    for z, scale in zip(several, (0.5, 1.0, 2.0), strict=True):
        np.testing.assert_allclose(z, exact(cell(Scaled(scale), MAGNESIUM), FREQUENCIES), rtol=1e-14)
    assert Scaled(1.0).ionic(mt_own(one)) == pytest.approx(313.15 / 300)
    by_hand = (exact(one, FREQUENCIES, {path: 1 + 1e-5}) - exact(one, FREQUENCIES, {path: 1 - 1e-5})) / 2e-5
    slopes = mt.impedance_jacobian(one, mt.EIS(1e5, 1e-2, points=8), [path])["impedance_jacobian"].values[:, 0]
    np.testing.assert_allclose(slopes, by_hand, rtol=1e-6)


def mt_own(one: mt.Cell) -> Any:
    from mgtwin.kinds.own import Own

    return Own(Reader(one), "layers.m.material", one.temperature)


def test_files_and_the_command_line_know_a_material_of_ones_own(kinds: None, tmp_path: Any) -> None:
    from mgtwin.cli.checking import check_file
    from mgtwin.cli.kinds import nouns

    @material
    class Doped:
        """A conductor of ions with a dopant."""

        undoped: Conductivity
        dopant: Annotated[float, mt.Quantity("", ge=0)]
        carriers = IONS_ONLY
        colour = "#123456"

        def ionic(self, own: Any, position: Any = 0.5) -> Any:
            return own.property("undoped") * (1 + own.number("dopant"))

    assert nouns()["Doped"] is Doped
    assert "#123456" in cell(Doped(1.0, 0.1))._repr_html_()
    file = tmp_path / "doped.yaml"
    file.write_text("type: doped\nundoped: 1 mS/cm\ndopant: 2 %\n", encoding="utf-8")
    assert check_file(file)[1:3] == ("material", "")
    file.write_text("type: doped\nundoped: 1 mS/cm\ndopand: 2 %\n", encoding="utf-8")
    assert "dopand: is not a known key here. Did you mean 'dopant'?" in check_file(file).problem


def test_a_chemical_capacitance_of_e_is_taken_at_rest_whatever_the_electrons(kinds: None) -> None:
    @capacitance_law
    class Exponential:
        reference: Annotated[float, mt.Quantity("F/m^3", gt=0)]

        @staticmethod
        def capacitance(E: Any, *, reference: Any, e_over_kT: Any) -> Any:
            return reference * np.exp(e_over_kT * E)

        @staticmethod
        def charge(E: Any, *, reference: Any, e_over_kT: Any) -> Any:
            return reference * np.exp(e_over_kT * E) / e_over_kT

    ours = cell(mt.MixedConductor(0.1, 1e-3, Exponential(1e5), rest_potential=0.05))
    at_rest = 1e5 * np.exp(0.05 * 96485.33212 / (8.314462618 * 313.15))
    np.testing.assert_allclose(
        exact(ours, FREQUENCIES), exact(cell(mt.MixedConductor(0.1, 1e-3, at_rest)), FREQUENCIES), rtol=1e-12
    )
    with pytest.raises(InputError, match="need its antiderivative"):
        Electrons(lambda x: 1.0, lambda E: E)
