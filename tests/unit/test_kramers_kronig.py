"""Kramers-Kronig test: exact spectra pass, what no stationary linear cell can show fails, noise is not taken for it."""

import subprocess
import sys

import numpy as np
import pytest

import mgtwin as mt
from mgtwin import dataset
from mgtwin.errors import InputError, MgtwinError

F = np.geomspace(1e6, 0.1, 100)
READINGS = [
    ("au_mg3asn_au", "as_printed"),  # does not close at 0.1 Hz
    ("au_mg3asn_au", "contact_limited"),  # |Z| from 90 ohm to 1 Mohm
    ("mg_mg3asn_mg", "as_printed"),  # Warburg-like and closed
    ("trilayer", "as_printed"),
    ("au_mofsse_au", "as_printed"),  # a resistance and a capacitance
]


def of(impedance, frequency=F, **attrs):
    return dataset.spectrum(frequency, impedance, attrs)


def exact(name, reading):
    return mt.impedance.exact(mt.cell(name, reading), F)


def noisy(z, share, seed=0):
    rng = np.random.default_rng(seed)
    return z + share * np.abs(z) * (rng.standard_normal(len(z)) + 1j * rng.standard_normal(len(z)))


def largest(ds):
    return float(np.abs([ds.residual.values.real, ds.residual.values.imag]).max())


def test_without_the_library_the_error_has_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyimpspec", None)
    with pytest.raises(MgtwinError, match=r"pip install 'mgtwin\[spectra\]'"):
        mt.analysis.kramers_kronig(of(exact(*READINGS[3])))


def test_importing_analysis_does_not_import_the_library():
    heavy = "{'pyimpspec', 'scipy', 'xarray', 'matplotlib'} & set(sys.modules)"
    code = f"import sys, mgtwin.analysis; sys.exit(bool({heavy}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class TestWithTheLibrary:
    @pytest.fixture(autouse=True)
    def _library(self):
        pytest.importorskip("pyimpspec")

    @pytest.mark.parametrize("which", READINGS)
    def test_exact_spectra_leave_residuals_below_a_tenth_of_a_per_cent(self, which):
        ds = mt.analysis.kramers_kronig(of(exact(*which)))
        assert largest(ds) < 1e-3  # usually 1e-5: four elements per decade
        assert ds.attrs["consistent"] is True and ds.attrs["warnings"] == []
        assert ds.attrs["verdict"].startswith("consistent with the Kramers-Kronig relations")

    @pytest.mark.parametrize("which", READINGS)
    @pytest.mark.parametrize(
        "drift",
        [np.linspace(1, 1.05, 100), 1 + 0.1 * F[-1] / F, 1 + 0.05j * np.linspace(0, 1, 100)],
        ids=["5 % during the sweep", "10 % with time", "phase error"],
    )
    def test_drift_is_flagged_whether_there_is_noise_or_not(self, which, drift):
        for share in (0.0, 5e-4):
            ds = mt.analysis.kramers_kronig(of(noisy(exact(*which) * drift, share)))
            assert ds.attrs["consistent"] is False
            assert float(ds.systematic_residual) > 0.003
            assert ds.attrs["verdict"] in ds.attrs["warnings"] and "not consistent" in ds.attrs["verdict"]

    @pytest.mark.parametrize("which", READINGS)
    def test_noise_is_measured_and_not_called_a_deviation(self, which):
        for share in (1e-3, 1e-2):
            z = exact(*which)
            found = [mt.analysis.kramers_kronig(of(noisy(z, share, seed))) for seed in range(8)]
            # false alarms are rarer than 1 in 100; without the weight 1/|Z| they are the rule where |Z| spans decades
            assert sum(not ds.attrs["consistent"] for ds in found) <= 1
            # 200 residuals, 8 spectra: 2 % standard error
            assert np.mean([float(ds.noise) for ds in found]) == pytest.approx(share, rel=0.06)

    def test_what_the_numbers_mean(self):
        z = noisy(exact(*READINGS[3]), 2e-3)
        ds = mt.analysis.kramers_kronig(of(z, temperature=298.15, warnings=["old"]))
        np.testing.assert_array_equal(ds.impedance, z)
        residual = (z - ds.model_impedance.values) / np.abs(z)
        np.testing.assert_allclose(ds.residual, residual, atol=1e-15)
        assert float(ds.pseudo_chi_squared) == pytest.approx((np.abs(residual) ** 2).sum())
        assert 3 <= int(ds.elements) <= 40 and float(ds.mu) <= 1
        assert ds.attrs["temperature"] == 298.15 and ds.attrs["warnings"] == ["old"]
        assert dataset.problems(ds) == []

    def test_order_and_gaps_do_not_matter(self):
        z = noisy(exact(*READINGS[3]), 2e-3)
        ds = mt.analysis.kramers_kronig(of(z))
        with_gap = np.append(z, np.nan)[::-1]
        other = mt.analysis.kramers_kronig(of(with_gap, np.append(F, 0.05)[::-1]))
        np.testing.assert_allclose(other.residual, ds.residual, atol=1e-12)
        np.testing.assert_array_equal(other.frequency, F)

    def test_tolerance_decides(self):
        z = exact(*READINGS[3]) * np.linspace(1, 1.03, 100)  # leaves 0.3 %
        verdicts = [mt.analysis.kramers_kronig(of(z), tolerance=t).attrs["consistent"] for t in ("0.1 %", "1 %")]
        assert verdicts == [False, True]

    def test_a_resonance_of_lead_and_sample_is_described_by_its_admittance(self):
        s = 2j * np.pi * F
        resonance = 1 / (1 / (1 + 1e-6 * s) + 1e-7 * s)  # under-damped, which no relaxations in series are
        ds = mt.analysis.kramers_kronig(of(resonance))
        assert largest(ds) < 1e-4 and ds.attrs["consistent"] is True
        found = mt.analysis.kramers_kronig(of(noisy(resonance, 1e-2)))
        assert float(found.noise) == pytest.approx(1e-2, rel=0.15) and found.attrs["consistent"] is True

    def test_an_arc_that_grows_by_30_percent_is_seen_and_what_would_not_be_is_said(self):
        s, grows = 2j * np.pi * F, np.linspace(0, 1, F.size)
        still = [noisy(20 + 80 / (1 + 1e-3 * s) ** 0.9, 0.01, k) for k in range(10)]
        visible = [float(mt.analysis.kramers_kronig(of(z)).visible_arc_drift) for z in still]
        assert min(visible) > 0.05 and max(visible) < 0.25
        drifting = [noisy(20 + 80 * (1 + 0.3 * grows) / (1 + 1e-3 * s) ** 0.9, 0.01, k) for k in range(10)]
        passed = [mt.analysis.kramers_kronig(of(z)).attrs["consistent"] for z in drifting]
        assert sum(passed) <= 1
        assert sum(not mt.analysis.kramers_kronig(of(z)).attrs["consistent"] for z in still) <= 1
        ds = mt.analysis.kramers_kronig(of(still[0]))
        assert "would not have been seen" in ds.attrs["verdict"] and 0.02 < float(ds.visible_drift) < 0.15
        # four times its standard deviation, which follows the noise
        quiet = mt.analysis.kramers_kronig(of(noisy(20 + 80 / (1 + 1e-3 * s) ** 0.9, 0.001, 0)))
        assert float(quiet.visible_drift) == pytest.approx(float(ds.visible_drift) / 10, rel=0.5)

    def test_survives_a_file(self, tmp_path):
        ds = mt.analysis.kramers_kronig(of(exact(*READINGS[3])))
        back = mt.open(mt.save(ds, tmp_path / "kk.nc"))
        assert back.identical(ds)

    def test_bad_input(self):
        z = exact(*READINGS[3])
        with pytest.raises(InputError, match="10 finite points at least; the spectrum has 9"):
            mt.analysis.kramers_kronig(of(z[:9], F[:9]))
        with pytest.raises(InputError, match=r"1 MHz occurs twice"):
            mt.analysis.kramers_kronig(of(np.append(z, z[0]), np.append(F, F[0])))
        with pytest.raises(InputError, match="decades of frequency"):
            mt.analysis.kramers_kronig(of(z[:12], np.linspace(100, 120, 12)))
        with pytest.raises(InputError, match="tolerance is -1"):
            mt.analysis.kramers_kronig(of(z), tolerance=-1)
        with pytest.raises(InputError, match="is 0 at"):
            mt.analysis.kramers_kronig(of(np.where(np.arange(100) == 4, 0, z)))
        with pytest.raises(InputError, match="needs frequency and impedance"):
            mt.analysis.kramers_kronig(dataset.transient([0, 1], [1, 1], [1, 1]))

    def test_plot_shows_residuals_in_per_cent_and_the_verdict(self):
        ds = mt.analysis.kramers_kronig(of(exact(*READINGS[3]) * np.linspace(1, 1.1, 100)))
        ax = mt.plot.kramers_kronig(ds)
        lines = {line.get_label(): line for line in ax.lines}
        np.testing.assert_allclose(lines["Re"].get_ydata(), 100 * ds.residual.values.real)
        np.testing.assert_allclose(lines["−Im"].get_ydata(), -100 * ds.residual.values.imag)
        assert ax.get_ylim()[0] == -ax.get_ylim()[1] and ax.get_xscale() == "log"
        assert "not consistent" in ax.get_title("left")
        assert "±0.3 %" in [text.get_text() for text in ax.get_legend().get_texts()]
        assert mt.plot.figure(ds).axes[1].get_ylabel() == "Residual (% of |Z|)"
        with pytest.raises(InputError, match="kramers_kronig needs frequency and residual"):
            mt.plot.kramers_kronig(ds.drop_vars(["frequency", "residual"]))
