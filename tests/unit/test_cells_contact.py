"""Contacts and ageing laws as nouns: what they accept, where they live, how they refuse."""

from __future__ import annotations

from typing import Any

import pytest

import mgtwin as mt
from mgtwin.cells import (
    CPE,
    Blocking,
    Cell,
    Contact,
    CrackGrowth,
    FatigueContactLoss,
    FilmGrowth,
    Junction,
    Plating,
    Pressed,
    VoidContactLoss,
)
from mgtwin.errors import FileError, InputError, UnknownNameError

FATIGUE = FatigueContactLoss("1e-4 m^2/C", 0.02)
CELL = mt.cell("trilayer").with_({"positive.contact": Contact(0.9, "50 um"), "positive.ageing": [FATIGUE]})


def test_contact_and_laws_have_dotted_paths() -> None:
    assert CELL.get("positive.contact.fraction") == 0.9
    assert CELL.get("positive.ageing.fatigue_contact_loss.rate") == 1e-4
    faster = CELL.with_({"positive.ageing.fatigue_contact_loss.rate": "2e-4 m^2/C"})
    assert faster.get("positive.ageing.fatigue_contact_loss.rate") == 2e-4
    assert "positive.ageing.fatigue_contact_loss.minimum" in CELL.paths()
    assert list(CELL.diff(faster)) == ["positive.ageing.fatigue_contact_loss.rate"]


def test_a_cell_that_ages_survives_its_file() -> None:
    laws = [
        FATIGUE,
        FilmGrowth("1e-6 ohm*m^4/C", "1e-9 ohm^2*m^4/s"),
        VoidContactLoss(0.1, 0.5, "1 um", 0.02, "1e-6 1/s", 1.0),
        CrackGrowth("1 um", "320 C/m^2", "10 um", "6 mm", 0.02, 2.0, "1 MPa"),
    ]
    cell = CELL.with_(
        {
            "positive.contact": Contact(Pressed("20 MPa"), "50 um", pressure="5 MPa", gap_capacitance="0.1 uF/cm^2"),
            "positive.ageing": laws[1:],
            "negative.contact": Contact(1.0, "50 um"),
            "negative.ageing": laws[0],
            "interfaces.buffer_left-antiperovskite.contact": Contact(0.5, "0.1 mm"),
            "interfaces.buffer_left-antiperovskite.ageing": laws[0],
        }
    )
    assert Cell.from_yaml(cell.to_yaml()).identical(cell)
    assert cell.reversed().reversed() == cell and cell.reversed().negative == cell.positive
    assert cell.negative.ageing == (laws[0],)  # a single law stands for a list of one


def test_values_keep_their_provenance() -> None:
    rate = {"value": "1e-4 m^2/C", "kind": "assumed", "source": "estimate", "range": ["1e-5 m^2/C", "1e-3 m^2/C"]}
    cell = CELL.with_({"positive.ageing": [{"type": "fatigue_contact_loss", "rate": rate, "minimum": 0.02}]})
    assert cell.get("positive.ageing.fatigue_contact_loss.rate").kind == "assumed"


def with_law(**fields: Any) -> Cell:
    return CELL.with_({f"positive.ageing.fatigue_contact_loss.{name}": value for name, value in fields.items()})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: with_law(minimum=0.95), "minimum 0.95 exceeds the contact fraction 0.9"),
        (lambda: with_law(minimum=0.0), "must be greater than 0"),
        (lambda: with_law(rate="-1 m^2/C"), "rate: must be at least 0 m\\^2/C, but is -1"),
        (lambda: with_law(rate="1 m/C"), "m\\^2/C"),
        (lambda: with_law(pressure_exponent=0.5), "give the pressure of the contact"),
        (lambda: CELL.with_({"positive.contact.fraction": 1.2}), "fraction: must be at most 1, but is 1.2"),
        (lambda: CELL.with_({"positive.contact.fraction": 0}), "fraction: must be greater than 0"),
        (lambda: CELL.with_({"positive.contact": None}), "needs the contact that is lost"),
        (lambda: CELL.with_({"negative.ageing": [{"type": "fatigue"}]}), "not an ageing law: use one of"),
        (lambda: Contact(Pressed("1 MPa"), "50 um"), "needs the pressure"),
        (lambda: Contact(0.5, "50 um", pressure="0 MPa"), "pressure: must be greater than 0"),
        (lambda: Plating(1.0, ageing=[FilmGrowth(1e-6), FilmGrowth(1e-6)]), "film_growth acts twice"),
        (lambda: Plating(1.0, ageing=[FilmGrowth(-1e-6)]), "charge_rate: must be at least 0"),
        (lambda: FilmGrowth(1e-6, onset_resistance=0.0), "onset_resistance: must be greater than 0"),
        (lambda: VoidContactLoss(1.5, 0.5, 1e-6, 0.02), "void_fraction: must be at most 1"),
        (lambda: VoidContactLoss(0.5, 0.5, 1e-6, 0.02, -1.0), "healing_rate: must be at least 0"),
        (lambda: CrackGrowth(1e-6, 320, 1e-2, 6e-3, 0.02, 2.0, 1e6), "initial_length 0.01 m exceeds"),
        (lambda: Blocking(0.1, contact=Contact(1.0, 1e-4), ageing=[FATIGUE]), "would never act"),
        (
            lambda: Junction(1.0, contact=Contact(1.0, 1e-4), ageing=[VoidContactLoss(0.1, 0.5, 1e-6, 0.02)]),
            "only a plating electrode",
        ),
        (
            lambda: Plating(1.0, double_layer=CPE(1.0, 0.8), contact=Contact(1.0, 1e-4, gap_capacitance=1e-3)),
            "constant-phase element",
        ),
        (lambda: Plating(1.0, contact=Contact(1.0, 1e-4, gap_capacitance=1e-3)), "give the interface a capacitance"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("interfaces.buffer_left-buffer_right.ageing", "interfaces.buffer_left-antiperovskite"),
        ("positiv.ageing", "positive.ageing"),
        ("positive.ageing.fatigue_contact_los.rate", "positive.ageing.fatigue_contact_loss.rate"),
    ],
)
def test_a_law_on_an_interface_that_does_not_exist(path: str, hint: str) -> None:
    with pytest.raises(UnknownNameError, match=hint):
        CELL.with_({path: [FATIGUE]})


def test_a_wrong_number_in_a_file_is_shown_where_it_stands() -> None:
    text = CELL.to_yaml().replace("rate: 0.0001 m^2/C", "rate: -0.0001 m^2/C")
    assert "rate: -0.0001" in text
    with pytest.raises(FileError, match=r"cell\.yaml:\d+:\d+.*at least 0") as caught:
        Cell.from_yaml(text, "cell.yaml")
    assert "^" in str(caught.value)


def test_pressed_fraction_and_minimum() -> None:
    """The new cell's fraction follows from the pressure: 1/(1 + 19) = 0.05."""
    contact = Contact(Pressed("19 MPa"), 1e-4, pressure="1 MPa")
    assert Plating(1.0, contact=contact, ageing=FatigueContactLoss(1e-4, 0.04)).contact == contact
    with pytest.raises(InputError, match=r"exceeds the contact fraction 0\.05"):
        Plating(1.0, contact=contact, ageing=FatigueContactLoss(1e-4, 0.06))
