"""The cell: dotted paths, `with_`, mirror image, differences, and what the stack refuses."""

from __future__ import annotations

import pickle
import time
from typing import Any

import pytest

import mgtwin as mt
from mgtwin.cells import (
    Blocking,
    Capacitor,
    Cell,
    DefectElectrons,
    Ion,
    IonConductor,
    Junction,
    Layer,
    MixedConductor,
    Plating,
    expand,
)
from mgtwin.errors import InputError, UnknownNameError
from mgtwin.laws import Arrhenius
from mgtwin.quantities import Value

SIGMA = "layers.antiperovskite.material.ionic_conductivity"


@pytest.fixture
def cell() -> Cell:
    mof = IonConductor(Arrhenius("2.6 mS/cm", "100 degC", "0.4 eV"), name="mofsse")
    ap = MixedConductor("0.554 mS/cm", "4.9e-8 S/cm", "10 F/cm^3")
    return Cell(
        "trilayer",
        Plating("5 uA/cm^2", double_layer="10 uF/cm^2"),
        [
            Layer("buffer_left", mof, "0.5 mm"),
            Layer("antiperovskite", ap, "0.65 mm"),
            Layer("buffer_right", mof, "0.4 mm"),
        ],
        Blocking("10 uF/cm^2"),
        {"buffer_left-antiperovskite": Junction("30 ohm*cm^2")},
        area="1.327 cm^2",
    )


# -- reading ------------------------------------------------------------------------------------------------------


def test_defaults(cell: Cell) -> None:
    assert cell.temperature == 298.15
    assert cell.series_resistance == 0
    assert cell.ion == Ion("Mg", 2, 1.398e-5)
    assert cell.overlays == ()
    assert isinstance(cell.layers, tuple)
    gold = Blocking(1)
    assert Cell("c", gold, [Layer("a", IonConductor(1), 1)], gold).area == 1e-4


def test_get(cell: Cell) -> None:
    assert cell.get("layers.antiperovskite.thickness") == 6.5e-4
    assert cell.get("layers.buffer_left.material.ionic_conductivity.activation_energy") == 0.4
    assert cell.get("negative.double_layer") == Capacitor(0.1)
    assert cell.get("interfaces.buffer_left-antiperovskite.resistance") == 3e-3
    assert cell.get("layers.antiperovskite") is cell.layers[1]
    assert cell.get("ion.charge") == 2
    assert cell.get("layers.antiperovskite.area") is None
    # A junction that could be there but is not.
    assert cell.get("interfaces.antiperovskite-buffer_right") is None


def test_paths_are_all_numbers_and_each_can_be_set(cell: Cell) -> None:
    paths = cell.paths()
    assert len(set(paths)) == len(paths)
    assert {"area", "temperature", "series_resistance", "negative.double_layer.c", f"{SIGMA}"} <= set(paths)
    assert "layers.buffer_left.material.ionic_conductivity.reference" in paths
    for path in paths:
        value = cell.get(path)
        assert isinstance(value, Value) and value.unit is not None
        changed = cell.with_({path: value * 0.999})
        assert changed.get(path) == value * 0.999
        assert list(cell.diff(changed)) == ([path] if value not in (0, float("inf")) else [])


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("sigma_ion", SIGMA),
        ("layers.antiperovskite.material.sigma_ion", SIGMA),
        ("layers.antiperovskite.thicknes", "layers.antiperovskite.thickness"),
        ("layers.antiperovskit.thickness", "layers.antiperovskite.thickness"),
        ("temperatur", "temperature"),
        ("r_s", "series_resistance"),
        ("interfaces.buffer_left-antiperovskit.resistance", "interfaces.buffer_left-antiperovskite.resistance"),
    ],
)
def test_an_unknown_path_lists_close_matches(cell: Cell, path: str, meant: str) -> None:
    for act in (cell.get, lambda p: cell.with_({p: 1.0}), lambda p: expand(cell, p)):
        with pytest.raises(UnknownNameError, match="unknown path") as caught:
            act(path)
        assert repr(meant) in str(caught.value)
        assert caught.value.name == path


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (f"{SIGMA}.activation_energy", f"{SIGMA} is a plain number, 0.554 mS/cm; set it as a whole"),
        ("layers.antiperovskite.material.grain_boundary.resistance", "grain_boundary is not set; set it as a whole"),
        ("positive.type", "set positive as a whole"),
        ("interfaces.antiperovskite-buffer_right.resistance", "there is no junction .* yet .*set it as a whole first"),
        ("layers.nothing_*.thickness", r"no path of this cell matches 'layers.nothing_\*.thickness'"),
    ],
)
def test_a_path_that_ends_early_says_where(cell: Cell, path: str, message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        cell.with_({path: 1.0})


# -- with_ --------------------------------------------------------------------------------------------------------


def test_with_changes_a_copy(cell: Cell) -> None:
    thin = cell.with_({"layers.antiperovskite.thickness": "0.3 mm", "temperature": "100 degC"})
    assert thin.get("layers.antiperovskite.thickness") == 3e-4
    assert thin.temperature == 373.15
    assert cell.get("layers.antiperovskite.thickness") == 6.5e-4
    assert thin.layers[0] is cell.layers[0]
    assert cell.with_({}) == cell


def test_with_takes_tuples_and_wildcards(cell: Cell) -> None:
    both = ("layers.buffer_left.thickness", "layers.buffer_right.thickness")
    assert expand(cell, "layers.buffer_*.thickness") == both
    assert expand(cell, both) == both
    assert expand(cell, ("layers.*.thickness", "area"))[-1] == "area"
    assert expand(cell, "layers.*.material.ionic_conductivity.reference") == (
        "layers.buffer_left.material.ionic_conductivity.reference",
        "layers.buffer_right.material.ionic_conductivity.reference",
    )
    for key in ("layers.buffer_*.thickness", both):
        changed = cell.with_({key: "0.2 mm"})
        assert [layer.thickness for layer in changed.layers] == [2e-4, 6.5e-4, 2e-4]


def test_with_takes_whole_parts(cell: Cell) -> None:
    changed = cell.with_(
        {
            "positive": Plating("5 uA/cm^2"),
            "positive.film_resistance": "100 ohm*cm^2",
            "interfaces.antiperovskite-buffer_right": {"resistance": "10 ohm*cm^2"},
            "interfaces.buffer_left-antiperovskite": None,
            SIGMA: Arrhenius("0.5 mS/cm", "100 degC", "0.3 eV"),
            f"{SIGMA}.activation_energy": "0.35 eV",
            "layers.antiperovskite.material.electronic_conductivity": DefectElectrons(1e-6, 1e-7),
            "negative.double_layer": None,
        }
    )
    assert changed.positive == Plating("5 uA/cm^2", film_resistance=1e-2)
    assert dict(changed.interfaces) == {"antiperovskite-buffer_right": Junction(1e-3)}
    assert changed.get(f"{SIGMA}.activation_energy") == 0.35
    assert changed.get("layers.antiperovskite.material.electronic_conductivity.n") == 1e-6
    assert changed.get("negative.double_layer") is None
    mapping = {"type": "plating", "exchange_current_density": "5 uA/cm^2"}
    assert cell.with_({"positive": mapping, "positive.transfer_coefficient": 0.4}).positive.transfer_coefficient == 0.4  # type: ignore[union-attr]
    with pytest.raises(InputError, match=r"positive\.transfer_coeff: is not a known key"):
        cell.with_({"positive": mapping, "positive.transfer_coeff": 0.4})
    # Later entries win.
    assert cell.with_({"positive.double_layer": 1, "positive": Blocking(2)}).get("positive.double_layer.c") == 2


def test_with_replaces_the_stack(cell: Cell) -> None:
    shorter = cell.with_({"layers": cell.layers[:2]})
    assert [layer.name for layer in shorter.layers] == ["buffer_left", "antiperovskite"]
    with pytest.raises(InputError, match="there is no layer 'antiperovskite'"):
        cell.with_({"layers": cell.layers[:1]})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"layers.antiperovskite.thickness": "-1 mm"},
            "layers.antiperovskite.thickness: must be greater than 0 m, but is -1 mm",
        ),
        ({"layers.*.thickness": float("nan")}, "layers.buffer_left.thickness: NaN is not a value"),
        ({"area": "1,5 cm^2"}, r"area: '1,5 cm\^2' contains a comma"),
        ({SIGMA: "5 S*m"}, f"{SIGMA}: .*conductivity in S/m is needed"),
        ({SIGMA: {"type": "arrhenius", "reference": 1, "reference_temperatur": 300}}, f"{SIGMA}"),
        ({"temperature": 0}, "temperature: must be greater than 0 K"),
        ({"positive": "gold"}, "positive: 'gold' is a name"),
        (
            {"positive": IonConductor(1)},
            "positive: type 'ion_conductor' is not an electrode: use one of blocking, insertion, plating",
        ),
        ({"layers": []}, "layers: a cell needs at least one layer"),
        ({"layers.antiperovskite.name": "buffer_right"}, "two layers are called 'buffer_right'"),
        ({"interfaces.antiperovskite-buffer_left": Junction()}, "wrong order.*write 'buffer_left-antiperovskite'"),
        ({"interfaces.buffer_left-buffer_right": Junction()}, "'buffer_left' and 'buffer_right' are not neighbours"),
        ({"interfaces.buffer_lef-antiperovskite": Junction()}, "no layer 'buffer_lef'. Did you mean 'buffer_left'"),
        ({"interfaces.negative-buffer_left": Junction()}, "is the field 'negative'"),
        ({"interfaces.antiperovskite": Junction()}, "is not an interface: write 'left-right'"),
        ({"interfaces.antiperovskite-buffer_right": Blocking(1)}, "interfaces.antiperovskite-buffer_right"),
    ],
)
def test_with_always_validates(cell: Cell, changes: dict[Any, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        cell.with_(changes)
    assert "validation error" not in str(caught.value)


def test_building_validates_the_stack_too() -> None:
    gold, mof = Blocking(1), IonConductor(1)
    layers = [Layer(name, mof, 1e-3) for name in "abc"]
    with pytest.raises(InputError, match=r"interfaces.a-c: 'a-c': the layers 'a' and 'c' are not neighbours"):
        Cell("cell", gold, layers, gold, {"a-c": Junction()})
    with pytest.raises(InputError, match="A single layer has no interfaces"):
        Cell("cell", gold, layers[:1], gold, {"a-b": Junction()})
    with pytest.raises(InputError, match=r"two layers are called 'a' .numbers 1 and 4."):
        Cell("cell", gold, [*layers, layers[0]], gold)
    with pytest.raises(InputError, match="with_ needs a mapping"):
        Cell("cell", gold, layers, gold).with_(3)  # type: ignore[arg-type]


# -- whole cells --------------------------------------------------------------------------------------------------


def test_reversed_is_its_own_inverse(cell: Cell) -> None:
    mirror = cell.reversed()
    assert [layer.name for layer in mirror.layers] == ["buffer_right", "antiperovskite", "buffer_left"]
    assert (mirror.negative, mirror.positive) == (cell.positive, cell.negative)
    assert list(mirror.interfaces) == ["antiperovskite-buffer_left"]
    assert mirror.reversed() == cell
    assert mirror.reversed().identical(cell)


def test_cells_compare_and_hash_by_content(cell: Cell) -> None:
    twin = cell.with_({"temperature": "25 degC"})
    assert twin == cell and hash(twin) == hash(cell)
    assert pickle.loads(pickle.dumps(cell)).identical(cell)
    annotated = cell.with_({"temperature": {"value": "25 degC", "kind": "setting"}})
    assert annotated == cell
    assert not annotated.identical(cell)
    assert annotated.diff(cell) == {}


def test_diff(cell: Cell) -> None:
    other = cell.with_(
        {
            "layers.buffer_*.thickness": "0.3 mm",
            "positive": Plating(1),
            "interfaces": {},
            SIGMA: Arrhenius("0.5 mS/cm", "100 degC", "0.3 eV"),
            "name": "other",
        }
    )
    found = cell.diff(other)
    assert found["layers.buffer_left.thickness"] == (5e-4, 3e-4)
    assert found["positive"] == (cell.positive, other.positive)
    assert found["interfaces.buffer_left-antiperovskite"] == (Junction("30 ohm*cm^2"), None)
    assert found[SIGMA] == (cell.get(SIGMA), other.get(SIGMA))
    assert found["name"] == ("trilayer", "other")
    assert len(found) == 6
    assert cell.diff(cell) == {}
    fewer = cell.with_({"layers": cell.layers[:2]})
    assert cell.diff(fewer) == {
        "layers": (("buffer_left", "antiperovskite", "buffer_right"), ("buffer_left", "antiperovskite")),
        "layers.buffer_right": (cell.layers[2], None),
    }


def test_text_of_a_cell(cell: Cell) -> None:
    assert repr(cell) == "<Cell trilayer: buffer_left | antiperovskite | buffer_right, 1.327 cm^2, 25 °C>"
    text = str(cell)
    assert "Plating | buffer_left 0.5 mm | antiperovskite 0.65 mm | buffer_right 0.4 mm | Blocking" in text
    assert all(path in text for path in cell.paths())


def test_a_million_layers_are_refused_before_any_is_looked_at():
    """A thousand are more than any stack has; a million once kept the machine busy for minutes."""
    layer = Layer("a", IonConductor("1 mS/cm"), "1 um")
    began = time.process_time()
    with pytest.raises(InputError, match=r"layers: a cell has 1000 layers at most, not 1000000"):
        Cell("many", Blocking("1 uF/cm^2"), [layer] * 10**6, Blocking("1 uF/cm^2"))
    assert time.process_time() - began < 1.0


def test_what_stands_beside_the_stack_is_shown() -> None:
    """A shunt through one layer takes its name alone, not its letters, and text and HTML name it and the reference."""
    shunt = mt.Shunt("1 mS/cm^2", through="buffer_left")
    assert shunt.through == ("buffer_left",) and str(mt.Shunt(1.0)) == "shunt from metal to metal"
    wire = mt.Reference(at="buffer_left|antiperovskite", kind=mt.IonProbe(), layer="buffer_left")
    cell = mt.cell("trilayer").with_({"shunt": shunt, "reference": wire})
    for text in (str(cell), cell._repr_html_()):
        assert "shunt through buffer_left" in text
        assert "reference (ion_probe) at buffer_left-antiperovskite, in buffer_left" in text
