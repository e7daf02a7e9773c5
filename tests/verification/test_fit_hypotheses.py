"""The three readings of the paper as hypotheses: attributed, or undecidable until one more experiment."""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt
from mgtwin import dataset

READINGS = ("as_printed", "infiltrated", "contact_limited")
MATERIAL = "layers.antiperovskite.material"
#: What every reading leaves open; the ionic conductivity and the contact resistance are what it claims.
FREE = (f"{MATERIAL}.electronic_conductivity.reference", f"{MATERIAL}.chemical_capacitance", "*.double_layer.c")
NOISE = 0.01
SPECTRUM = mt.EIS("1 MHz", "1 mHz", points=46)
THINNER = {"layers.antiperovskite.thickness": "0.2 mm"}


def reading(name: str):
    return mt.cell("au_mg3asn_au", name).with_({"temperature": "100 degC"})


def measured(cell, protocol, seed):
    eis = mt.simulate(cell, protocol)
    rng, z = np.random.default_rng(seed), eis["impedance"].values
    z = z + np.abs(z) * NOISE * (rng.normal(size=z.size) + 1j * rng.normal(size=z.size))
    return dataset.spectrum(eis["frequency"].values, z, eis.attrs)


def fits_to(*data):
    """A fit of every reading to (Dataset, what was different in the cell)."""
    return [
        mt.fit([(reading(name).with_(change), ds) for ds, change in data], FREE, weighting=mt.Modulus(NOISE), starts=8)
        for name in READINGS
    ]


@pytest.mark.parametrize("truth", READINGS)
def test_spectra_of_two_pellets_attribute_the_reading(truth: str) -> None:
    thick = measured(reading(truth), SPECTRUM, 1)
    thin = measured(reading(truth).with_(THINNER), SPECTRUM, 2)
    found = mt.compare(fits_to((thick, {}), (thin, THINNER)), READINGS, folds=0)
    assert found.best == truth and found.margin > 10 and found.decided
    assert found.runs_p[READINGS.index(truth)] > 0.001


@pytest.mark.parametrize("truth", ["infiltrated", "contact_limited"])
def test_one_pellet_leaves_undecided_what_the_proposed_second_one_decides(truth: str) -> None:
    # an arc of slow ions or of electrons in the bulk and one of a contact beside its capacitance look alike
    thick = measured(reading(truth), SPECTRUM, 3)
    fits = fits_to((thick, {}))
    before = mt.compare(fits, READINGS, folds=0)
    assert not before.decided and "UNDECIDABLE" in str(before)
    near = [k for k in range(len(READINGS)) if before.bic[k] < min(before.bic) + 10]
    rivals, names = [fits[k] for k in near], [READINGS[k] for k in near]
    assert len(rivals) == 2 and truth in names  # the third reading is out

    candidates = {"the same again": mt.Candidate(SPECTRUM), "a thinner pellet": mt.Candidate(SPECTRUM, THINNER)}
    proposals = mt.next_experiment(rivals, candidates, names)
    assert proposals.best == "a thinner pellet" and proposals.decides[0]
    assert proposals.separation[0] > 10 * proposals.separation[1]

    thin = measured(reading(truth).with_(THINNER), SPECTRUM, 4)
    after = mt.compare(fits_to((thick, {}), (thin, THINNER)), READINGS, folds=0)
    assert after.best == truth and after.margin > 10


def test_more_points_and_another_thickness_are_told_apart_by_their_information() -> None:
    cell = reading("as_printed")
    fit = mt.fit(cell, measured(cell, SPECTRUM, 4), FREE)
    found = mt.next_experiment(fit, {"few": mt.EIS("1 MHz", "1 mHz", points=10), "many": SPECTRUM})
    assert found.best == "many" and found.information[0] > found.information[1] > 0
    # the same spectrum again doubles the Fisher information: ln 2 / 2 per determined parameter, and a part of it for
    # the combination that the prior holds
    twice = mt.next_experiment(fit, {"again": mt.Candidate(SPECTRUM, noise=mt.Modulus(fit.noise[0]))})
    determined = len(fit.identifiability.determined)
    assert 0.98 * determined < twice.information[0] / (np.log(2) / 2) < len(FREE)
    assert determined == 2 and twice.information[0] == pytest.approx(determined * np.log(2) / 2, rel=0.05)
