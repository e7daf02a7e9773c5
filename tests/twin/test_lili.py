"""The public Li|Li series (see tests/external/test_fit_lili.py): one spectrum of 9 points an hour until it shorts.

Thresholds are the defaults, which `test_alarms.py` holds against innocent spectra; nothing was set on this file.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import mgtwin as mt
from mgtwin.twin.alarms import ALARM_KINDS
from mgtwin.twin.coordinates import Coordinates
from mgtwin.twin.evidence import Evidence, Moment, Usage
from mgtwin.twin.model_error import ModelError
from mgtwin.twin.odds import assimilated

FILE = (
    Path(os.environ.get("MGTWIN_LAB_DATA", ""))
    / "LiLi_TEGDME"
    / "jr862_11_08_23_insitu-impedance-LiLi_1MLiTFSI_TEGDME-1mA_02_GEIS_C05.mpr"
)


@pytest.mark.slow
@pytest.mark.lab_files
@pytest.mark.skipif(not FILE.is_file(), reason="the lab files are not here: set MGTWIN_LAB_DATA to their folder")
def test_the_first_alarm_is_at_loop_24_and_names_a_set() -> None:
    """None in 24 h; at 24.3 h a short or whatever else makes an arc smaller, which 9 points cannot tell apart."""
    pytest.importorskip("galvani")
    electrode = mt.Plating("5 mA/cm^2", double_layer=mt.CPE("1e-5 S*s^0.8/cm^2", 0.8), film_resistance="60 ohm*cm^2")
    separator = mt.Layer("separator", mt.IonConductor("0.3 mS/cm"), "0.3 mm")
    cell = mt.Cell("lithium", electrode, [separator], electrode, ion=mt.Ion("Li", 1))
    wandering = ("*.film_resistance", "layers.separator.material.ionic_conductivity", "*.double_layer.q")
    free = {**{path: mt.Drifting("5 %", per="1 h") for path in wandering}, "*.double_layer.n": mt.Free()}
    # loop 0 is of the fresh cell, whose film has yet to form
    spectra = [node.to_dataset() for node in mt.read(FILE).children.values()][1:26]
    evidence = [
        Evidence(str(k), f"loop {k}", Moment(time=float(ds.attrs["start_time"])), "spectrum", ds, 0.02)
        for k, ds in enumerate(spectra, 1)
    ]
    kinds = [kind() for kind in ALARM_KINDS.values()]
    explanation = {"lithium": Coordinates(cell, free, Usage(None))}
    bank = assimilated(explanation, evidence, ModelError(0.001, 20.0), kinds)
    first = bank.alarms[0]
    assert first.evidence == "24" and "24.3 h" in first.text
    assert {first.mechanism, *first.others} == {"short", "film fell", "gain"}
    assert "cannot tell which" in first.text
    assert float(bank.scores["z"][6:23].max()) < 2.5
