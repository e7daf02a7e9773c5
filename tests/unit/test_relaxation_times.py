"""Distribution of relaxation times: known RC elements come out again, and what the data cannot show is said."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import mgtwin as mt
from mgtwin import dataset
from mgtwin.errors import InputError, MgtwinError

F = np.geomspace(1e6, 0.1, 100)
S = 2j * np.pi * F


def of(impedance, frequency=F, **attrs):
    return dataset.spectrum(frequency, impedance, attrs)


def test_without_the_library_the_error_has_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyimpspec", None)
    with pytest.raises(MgtwinError, match=r"pip install 'mgtwin\[spectra\]'"):
        mt.analysis.relaxation_times(of(20 + 100 / (1 + S * 1e-4)))


class TestWithTheLibrary:
    @pytest.fixture(autouse=True)
    def _library(self):
        pytest.importorskip("pyimpspec")

    @pytest.mark.parametrize(
        ("taus", "resistances", "rtol", "tau_rtol"),
        [
            ((1e-4, 1e-1), (100, 50), 0.02, 0.02),
            ((1e-3, 1e-2), (100, 50), 0.05, 0.04),
            # 3 % of the polarisation: regularisation moves it by a third of the spacing of the time constants, 17 %
            ((1e-5, 1e-2), (3e4, 9e5), 0.02, 0.06),
        ],
        ids=["three decades apart", "one decade apart", "small beside large"],
    )
    @pytest.mark.parametrize("share", [0.0, 2e-3])
    def test_two_rc_elements_come_out_again(self, taus, resistances, rtol, tau_rtol, share):
        rng = np.random.default_rng(1)
        z = 20 + sum(r / (1 + S * tau) for r, tau in zip(resistances, taus, strict=True))
        z = z + share * np.abs(z) * (rng.standard_normal(100) + 1j * rng.standard_normal(100))
        ds = mt.analysis.relaxation_times(of(z))
        np.testing.assert_allclose(ds.peak_resistance, resistances, rtol=rtol)
        np.testing.assert_allclose(ds.peak_time_constant, taus, rtol=tau_rtol)
        np.testing.assert_allclose(ds.peak_capacitance, ds.peak_time_constant / ds.peak_resistance)
        np.testing.assert_allclose(ds.peak_frequency, 1 / (2 * np.pi * ds.peak_time_constant))
        assert ds.peak.values.tolist() == [1, 2] and ds.peak_inside.values.tolist() == [1, 1]
        assert ds.attrs["warnings"] == []

    def test_the_distribution_integrates_to_the_polarisation_and_gives_the_spectrum_back(self):
        z = 20 + 100 / (1 + S * 1e-4) + 50 / (1 + (S * 1e-1) ** 0.8)
        ds = mt.analysis.relaxation_times(of(z, temperature=300.0), regularisation=1e-3)
        # over ln(tau), independent of the widths that the module uses
        area = np.trapezoid(ds.distribution, np.log(ds.time_constant))
        assert area == pytest.approx(150, rel=0.01)
        assert float(ds.series_resistance) == pytest.approx(20, rel=0.01)
        assert np.abs(ds.model_impedance - z).max() < 0.01 * np.abs(z).max()
        assert (ds.distribution >= 0).all()
        assert ds.attrs["temperature"] == 300.0 and ds.attrs["regularisation"] == 1e-3
        assert dataset.problems(ds) == []

    def test_a_cpe_arc_is_one_broad_peak(self):
        sharp, broad = (mt.analysis.relaxation_times(of(20 + 100 / (1 + (S * 1e-3) ** n))) for n in (1.0, 0.8))
        assert broad.sizes["peak"] == sharp.sizes["peak"] == 1
        assert float(broad.peak_resistance[0]) == pytest.approx(100, rel=0.02)
        assert float(broad.peak_time_constant[0]) == pytest.approx(1e-3, rel=0.1)
        assert float(broad.distribution.max()) < 0.3 * float(sharp.distribution.max())

    def test_arcs_outside_the_data_are_marked(self):
        bulk = 100 / (1 + S * 4e-9)  # tops at 40 MHz
        ds = mt.analysis.relaxation_times(of(20 + bulk + 50 / (1 + S * 1e-3)))
        assert ds.peak_inside.values.tolist() == [0, 1]
        assert float(ds.peak_resistance[0]) < 10  # of 100 ohm: most of it looks like a series resistance
        assert float(ds.peak_resistance[1]) == pytest.approx(50, rel=0.02)
        assert any("lies at the end of the data" in warning for warning in ds.attrs["warnings"])

    def test_a_spectrum_that_does_not_close_carries_a_warning(self):
        ds = mt.analysis.relaxation_times(of(mt.impedance.exact(mt.cell("au_mg3asn_au"), F)))
        assert any("does not close at 0.1 Hz" in warning for warning in ds.attrs["warnings"])

    def test_inductive_points_are_left_out_and_counted(self):
        inductive = 20 + 100 / (1 + S * 1e-3) + S * 1e-7
        ds = mt.analysis.relaxation_times(of(inductive))
        dropped = int((inductive.imag > 0).sum())
        assert dropped > 5 and ds.sizes["frequency"] == 100 - dropped
        assert any(f"{dropped} inductive points" in warning for warning in ds.attrs["warnings"])
        assert float(ds.peak_resistance[0]) == pytest.approx(100, rel=0.02)

    def test_bad_input(self):
        with pytest.raises(InputError, match="no relaxation in between"):
            mt.analysis.relaxation_times(of(100 + 1 / (S * 1e-6)))
        with pytest.raises(InputError, match="regularisation is 0"):
            mt.analysis.relaxation_times(of(20 + 100 / (1 + S * 1e-4)), regularisation=0)
        with pytest.raises(InputError, match="inductive"):
            mt.analysis.relaxation_times(of(100 + S * 1e-6))
        with pytest.raises(InputError, match="10 finite points"):
            mt.analysis.relaxation_times(of((20 + 100 / (1 + S * 1e-4))[::20], F[::20]))

    def test_survives_a_file(self, tmp_path):
        ds = mt.analysis.relaxation_times(of(20 + 100 / (1 + S * 1e-4)))
        assert mt.open(mt.save(ds, tmp_path / "drt.nc")).identical(ds)

    def test_plot_marks_the_peaks_and_lists_what_they_carry(self):
        ds = mt.analysis.relaxation_times(of(20 + 100 / (1 + S * 1e-4) + 200 / (1 + S * 4e-9)))
        ax = mt.plot.relaxation_times(ds)
        ax.figure.canvas.draw()
        np.testing.assert_allclose(ax.lines[0].get_ydata(), ds.distribution)
        listed = [text.get_text() for text in ax.get_legend().get_texts()]
        assert "at the end of the data" in listed[0]
        assert listed[1] == f"2: {float(ds.peak_resistance[1]):.3g} Ω, 1 µF, 1.59 kHz"
        top = ax.child_axes[0]
        low, high = ax.get_xlim()
        np.testing.assert_allclose(sorted(top.get_xlim()), [1 / (2 * np.pi * high), 1 / (2 * np.pi * low)])
        two = mt.plot.relaxation_times(ds, label="one")
        assert [t.get_text() for t in two.get_legend().get_texts()] == ["one"]
        assert mt.plot.figure(ds).axes[1].get_xlabel() == "Relaxation time (s)"
        with pytest.raises(InputError, match="relaxation_times needs"):
            mt.plot.relaxation_times(ds.drop_vars("distribution"))

    def test_case_19_an_inductive_loop_at_low_frequency_is_said(self):
        case = Path(__file__).parents[1] / "cases/19_drt_low_frequency_loop"
        expected = json.loads((case / "expected.json").read_text())["check"]
        ds = mt.analysis.relaxation_times(mt.read(case / "loop.csv"))
        (said,) = [text for text in ds.attrs["warnings"] if "inductive" in text]
        assert said.startswith("16 points from 1 mHz to 31.62 mHz are inductive")
        assert f"{expected['R_total_dc_ohm']:g}" in said.replace("0.05202", "0.052")
        misfit = np.sqrt((np.abs(ds.model_impedance / ds.impedance - 1) ** 2).mean())
        assert ds.attrs["misfit"] == pytest.approx(float(misfit)) and ds.attrs["misfit"] > 0.03
        assert any("misses the spectrum by 5.1%" in text for text in ds.attrs["warnings"])

    def test_a_negative_arc_in_the_middle_is_said(self):
        """Negative resistance between two arcs (a passivating electrode): inductive nowhere, but misfit is said."""
        z = 20 + 100 / (1 + S * 1e-5) - 60 / (1 + S * 1e-3) + 80 / (1 + S * 1e-1)
        ds = mt.analysis.relaxation_times(of(z))
        assert any("misses the spectrum" in text or "inductive" in text for text in ds.attrs["warnings"])

    @pytest.mark.parametrize("seed", range(10))
    def test_noise_about_the_real_axis_is_no_loop(self, seed):
        rng, f = np.random.default_rng(seed), np.geomspace(1e6, 1e-3, 90)
        z = 20 + 100 / (1 + 2j * np.pi * f * 1e-3)
        z = z * (1 + 5e-3 * (rng.standard_normal(90) + 1j * rng.standard_normal(90)))
        ds = mt.analysis.relaxation_times(of(z, f))
        assert not any("points from" in text and "inductive (Im" in text for text in ds.attrs["warnings"])

    def test_what_would_have_been_merged_or_left_out_is_said(self):
        small = mt.analysis.relaxation_times(of(20 + 100 / (1 + S * 1e-2) + 0.2 / (1 + S * 1e-5)))
        assert small.sizes["peak"] == 1  # 0.2 % of the polarisation
        assert "peaks below 2% of the polarisation are not listed" in small.attrs["resolution"]
        assert "closer than 0.7 decades" in small.attrs["resolution"]
        apart = [
            mt.analysis.relaxation_times(of(20 + 50 / (1 + S * 1e-3) + 50 / (1 + S * 1e-3 * 10**d))) for d in (0.7, 0.2)
        ]
        assert [ds.sizes["peak"] for ds in apart] == [2, 1]
