"""Z-HIT: the magnitude that follows from the phase, where it is exact, where it tells drift, what it refuses."""

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.dataset import spectrum
from mgtwin.errors import InputError

pytest.importorskip("pyimpspec")

F = np.geomspace(1e5, 0.01, 60)
S = 2j * np.pi * F


def test_a_constant_phase_is_integrated_exactly():
    """phi = -n pi/2 everywhere: ln|Z| falls by n per ln w, and there is no second term."""
    found = mt.analysis.z_hit(spectrum(F, 1 / (1e-4 * S**0.8)))
    assert np.abs(found["residual"].values).max() < 1e-6


@pytest.mark.parametrize(
    "z", [100 + 50 / (1 + S * 1e-3), 20 + 100 / np.sqrt(S), 20 + 300 / (1 + S * 1e-2) + 1 / (1e-4 * S**0.95)]
)
@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_valid_spectra_are_not_accused(z, noise):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        noisy = z * (1 + noise * (rng.normal(size=60) + 1j * rng.normal(size=60)))
        assert mt.analysis.z_hit(spectrum(F, noisy)).attrs["consistent"]


@pytest.mark.parametrize("grown", [0.1, 0.3, -0.2])
def test_drift_is_found_with_its_size(grown):
    """Growing by a part of Z over the two decades below 1 Hz: the phase, read point by point, knows nothing of it."""
    drift = 1 + grown * np.clip(np.log10(1 / F), 0, None) / 2
    found = mt.analysis.z_hit(spectrum(F, (100 + 50 / (1 + S * 1e-3)) * drift))
    assert not found.attrs["consistent"]
    assert ("larger" in found.attrs["verdict"]) == (grown > 0)
    size = np.abs(found["impedance"].values[-1]) / np.abs(found["model_impedance"].values[-1]) - 1
    assert size == pytest.approx(grown, rel=0.1)
    assert found.attrs["warnings"][-1] == found.attrs["verdict"]
    assert "Z-HIT" in mt.plot.kramers_kronig(found).get_title("left")


@pytest.mark.parametrize(
    ("more", "said"),
    [({"trusted": ("1 MHz", "2 MHz")}, "0 points there"), ({"trusted": ("10 mHz", "1 Hz")}, "no point below"),
     ({"tolerance": 0.0}, "must be positive")],
)  # fmt: skip
def test_what_cannot_be_judged_is_refused(more, said):
    with pytest.raises(InputError, match=said):
        mt.analysis.z_hit(spectrum(F, 1 + 1 / S), **more)
