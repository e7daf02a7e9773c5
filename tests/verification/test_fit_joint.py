"""A spectrum, a polarization and cycles of one cell that loses contact, fitted together."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import mgtwin as mt

RATE, MINIMUM = "*.ageing.fatigue_contact_loss.rate", "*.ageing.fatigue_contact_loss.minimum"


def ageing_cell() -> mt.Cell:
    electrode = mt.Plating(
        "20 uA/cm^2",
        double_layer="10 uF/cm^2",
        film_resistance="50 ohm*cm^2",
        contact=mt.Contact(0.9, "50 um"),
        ageing=(mt.FatigueContactLoss("2e-5 m^2/C", 0.05),),
    )
    return mt.Cell("ageing", electrode, [mt.Layer("electrolyte", mt.IonConductor("0.5 mS/cm"), "0.5 mm")], electrode)


def noisy(ds, name, std, rng):
    values = ds[name].values
    if np.iscomplexobj(values):
        noise = np.abs(values) * (rng.normal(size=values.size) + 1j * rng.normal(size=values.size))
    else:
        noise = np.abs(values).max() * rng.normal(size=values.size)
    return ds.assign({name: (ds[name].dims, values + std * noise, ds[name].attrs)}).drop_vars(
        "overpotential", errors="ignore"
    )


def data(seed):
    cell, rng = ageing_cell(), np.random.default_rng(seed)
    eis = noisy(mt.simulate(cell, mt.EIS("1 MHz", "0.1 Hz", points=50)), "impedance", 0.005, rng)
    step = mt.Polarization("0.1 V", "10 min", first_time="1 ms", per_decade=4)
    ca = noisy(mt.simulate(cell, step), "current", 0.002, rng)
    cycles = noisy(mt.simulate(cell, mt.Cycling("-0.1 mA", "1 h", cycles=15, points=6)), "voltage", 0.002, rng)
    return [eis, ca, cycles]


@pytest.mark.slow
def test_contact_loss_constants_are_recovered() -> None:
    truth = ageing_cell()
    free = (
        RATE,
        MINIMUM,
        "*.exchange_current_density",
        "*.film_resistance",
        "layers.electrolyte.material.ionic_conductivity",
    )
    start = truth.with_({RATE: "1e-5 m^2/C", MINIMUM: 0.1, "*.film_resistance": "30 ohm*cm^2"})
    fit = mt.fit(start, data(5), free)
    assert fit.converged and fit.identifiability.identifiable.all()
    for key in (RATE, MINIMUM):
        true = float(truth.get(key.replace("*", "positive", 1)))
        low, high = fit.interval(key, 0.997)
        assert low < true < high  # three standard deviations
        assert fit.values[key] == pytest.approx(true, rel=0.1)
    # levels of noise come out as they went in, per kind of data (Unit is relative to the root mean square)
    assert fit.noise[0] == pytest.approx(0.005, rel=0.25)
    assert all(0.8 < value < 1.2 for value in fit.misfits)
    # the spectrum of the new cell alone knows nothing of ageing
    alone = mt.fit(start, data(5)[:1], [*free[2:], RATE])
    assert not alone.identifiability.identifiable[list(alone.names).index(RATE)]


def test_a_replayed_measurement_is_fitted_like_the_protocol_that_made_it() -> None:
    cell = ageing_cell()
    run = mt.simulate(cell, mt.Galvanostatic("50 uA", "10 min", points=10))
    bare = run[["voltage", "current"]].drop_vars(["cycle", "step", "half_cycle"], errors="ignore")
    bare = bare.assign_attrs(temperature=298.15)
    bare.attrs.pop("protocol", None)
    start = cell.with_({"*.exchange_current_density": "10 uA/cm^2"})
    for ds in (run, bare):
        fit = mt.fit(start, ds, ["*.exchange_current_density"])
        assert fit.values["*.exchange_current_density"] == pytest.approx(0.2, rel=1e-4)


def test_a_spectrum_under_bias_is_fitted_on_the_mesh() -> None:
    cell = ageing_cell()
    eis = mt.simulate(cell, mt.EIS("10 kHz", "1 Hz", points=9, bias=mt.Current("20 uA")))
    start = cell.with_({"*.exchange_current_density": "15 uA/cm^2"})
    fit = mt.fit(start, eis, ["*.exchange_current_density"])
    assert fit.values["*.exchange_current_density"] == pytest.approx(0.2, rel=1e-4)


def test_what_cannot_be_fitted_is_refused_before_anything_is_computed() -> None:
    cell = ageing_cell()
    run = mt.simulate(cell, mt.Galvanostatic("50 uA", "1 min", points=10))
    wave = np.sin(np.arange(run.sizes["time"]))
    both = run.assign(voltage=("time", wave, run.voltage.attrs), current=("time", 1e-5 * wave, run.current.attrs))
    both = both.drop_vars("overpotential")
    both.attrs.pop("protocol")
    with pytest.raises(mt.InputError, match="cannot be told whether the current or the voltage"):
        mt.fit(cell, both, ["*.exchange_current_density"])
    aged = mt.simulate(cell, mt.EIS("10 kHz", "1 Hz", points=5), start=run)
    with pytest.raises(mt.InputError, match="state which another run left"):
        mt.fit(cell, aged, ["*.exchange_current_density"])


def test_a_recorded_voltage_step_is_fitted_whether_it_starts_with_the_step_or_after_it() -> None:
    cell = ageing_cell()
    run = mt.simulate(cell, mt.Polarization("10 mV", "2 min", per_decade=3))
    start = cell.with_({"*.exchange_current_density": "10 uA/cm^2"})
    bare = run[["voltage", "current"]].drop_vars(["cycle", "step", "half_cycle"], errors="ignore")
    bare = bare.assign_attrs(temperature=298.15)
    bare.attrs.pop("protocol")
    assert bare.time[0] > 0  # the record begins after the step, at which its time is zero
    first = bare.isel(time=[0]).assign_coords(time=[0.0])
    for ds in (bare, xr.concat([first, bare], "time")):
        fit = mt.fit(start, ds, ["*.exchange_current_density"])
        assert fit.values["*.exchange_current_density"] == pytest.approx(0.2, rel=1e-4)
        assert fit.problem.count == bare.sizes["time"]  # what stands at the very instant of the step is not compared
