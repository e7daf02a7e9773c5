"""The state of a twin: its derivatives, the new cell, order of evidence, and beside mt.fit."""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.dataset import spectrum
from mgtwin.impedance.compiled import CompiledSpectra
from mgtwin.twin.coordinates import Coordinates
from mgtwin.twin.evidence import Moment, Usage
from mgtwin.twin.spectra import Spectra
from mgtwin.twin.transitions import Journey
from tests.twin import trials

FRACTION = "interfaces.buffer_left-antiperovskite.contact.fraction"


RATE = {"interfaces.*.ageing.fatigue_contact_loss.rate": mt.Drifting("5 %")}


def test_numbers_that_differ_are_not_one_number() -> None:
    """The exchange currents of the trilayer differ by a factor of 11: tied, they would be another cell's."""
    with pytest.raises(mt.InputError, match=r"would be one number, but the cell's differ .*0\.5.*0\.045"):
        mt.Twin(
            mt.cell("trilayer", "contact_loss"),
            {"*.exchange_current_density.reference": mt.Free(log=True), **RATE},
            use=trials.USE,
        )


def central(function, x: np.ndarray, step: float) -> np.ndarray:  # type: ignore[no-untyped-def]
    """Derivatives (..., n) by central differences of two steps, extrapolated."""
    columns = []
    for k in range(x.size):
        found = []
        for h in (step, 2 * step):
            up, down = x.copy(), x.copy()
            up[k] += h
            down[k] -= h
            found.append((function(up) - function(down)) / (2 * h))
        columns.append((4 * found[0] - found[1]) / 3)
    return np.stack(columns, axis=-1)


def aged(space: Coordinates) -> np.ndarray:
    """A state in the middle of a life."""
    state = space.start.copy()
    state[len(space.parameters) :] = [0.4 if s.limited else 0.7 for s in space.ageing.states]
    return state


@pytest.mark.parametrize("kind", trials.KINDS)
def test_spectra_have_the_derivatives_that_they_say(kind: str) -> None:
    space = trials.coordinates(kind)
    true = trials.life(kind, 1, 2)
    group, state = Spectra(trials.evidence(true, 1), space), aged(space)
    ((h, H),) = group.linearised(state[np.newaxis])
    other = central(lambda x: group.predicted(x[np.newaxis])[0], state, 1e-3)
    assert np.abs(H - other).max() < 1e-9 * np.abs(h).max()


@pytest.mark.parametrize("kind", trials.KINDS)
def test_transitions_have_the_derivatives_that_they_say(kind: str) -> None:
    space = trials.coordinates(kind)
    journey = Journey(space, [Moment(cycle=3.0)])
    state, noise = aged(space), np.linspace(-0.5, 0.5, journey.noises)
    F, G = journey.linearised(state[np.newaxis], noise[np.newaxis])
    assert F[0] == pytest.approx(central(lambda x: journey.step(0, x, noise), state, 1e-3), abs=1e-9)
    assert G[0] == pytest.approx(central(lambda w: journey.step(0, state, w), noise, 1e-3), abs=1e-9)


def test_consumed_throughput_is_that_of_the_law_in_closed_form() -> None:
    """Contact: a = a_min + (1 - a_min) exp(-k q); a film on whole contact: r q."""
    contact, film = trials.coordinates("contact"), trials.coordinates("film")
    q = 12.5 * 2 * 1e-5 * 3600 / float(contact.original.area)
    law = "interfaces.buffer_left-antiperovskite.ageing.fatigue_contact_loss"
    k, least = (float(contact.original.get(f"{law}.{name}")) for name in ("rate", "minimum"))
    (state,) = [contact.start.copy()]
    after = Journey(contact, [Moment(cycle=12.5)]).step(0, state, np.zeros(2))
    assert contact.reached(after)["interfaces.buffer_left-antiperovskite"][0] == pytest.approx(
        least + (1 - least) * np.exp(-k * q), rel=1e-12
    )
    grown = Journey(film, [Moment(cycle=12.5)]).step(0, film.start, np.zeros(2))
    rate = float(film.original.get("positive.ageing.film_growth.charge_rate"))
    assert film.reached(grown)["positive"][1] == pytest.approx(rate * q, rel=1e-12)
    # the cell that a twin hands back goes on from there
    cell = contact.cell_at(after)
    assert float(cell.get(FRACTION)) == pytest.approx(least + (1 - least) * np.exp(-k * q), rel=1e-12)
    assert cell.get(FRACTION).kind == "assimilated"


def test_states_of_their_own_are_carried_on() -> None:
    """A crack: its length is the state, and the cell goes on with the crack that it has."""
    crack = mt.CrackGrowth("40 um", "320 C/m^2", "10 um", "6 mm", 0.02, 0.5, "1 MPa")
    cell = mt.cell("trilayer", "contact_loss").with_({"interfaces.buffer_left-antiperovskite.ageing": [crack]})
    space = Coordinates(cell, {}, Usage(trials.USE))
    after = Journey(space, [Moment(cycle=20.0)]).step(0, space.start, np.zeros(0))
    length = float(space.cell_at(after).get("interfaces.buffer_left-antiperovskite.ageing.crack_growth.initial_length"))
    contact = float(space.reached(after)["interfaces.buffer_left-antiperovskite"][0])
    assert 10e-6 < length < 6e-3
    assert contact == pytest.approx(1 - 0.98 * length / 6e-3, rel=1e-12)
    # Runge and Kutta's method in a few steps against many
    run = mt.simulate(cell, mt.Cycling("-10 uA", "1 h", 20, traces=()))
    assert contact == pytest.approx(
        float(run["final_contact_fraction"].sel(interface="buffer_left-antiperovskite")[-1]), rel=1e-4
    )


def test_derivative_at_whole_contact_is_the_one_sided_one() -> None:
    """The new cell sits at a = 1, where a step up is no contact fraction; there dZ/da is that from below."""
    cell = mt.cell("trilayer", "contact_loss")
    spectra = CompiledSpectra(cell, np.logspace(6, -1, 8), [FRACTION])
    found = spectra.jacobian({FRACTION: 1.0}, [FRACTION])[0]
    h = 1e-3
    z = [spectra.impedance({FRACTION: 1.0 - n * h}) for n in range(5)]
    # five points on one side, of fourth order
    below = (25 / 12 * z[0] - 4 * z[1] + 3 * z[2] - 4 / 3 * z[3] + z[4] / 4) / h
    assert np.abs(found - below).max() < 1e-8 * np.abs(below).max()
    rows = CompiledSpectra(cell, np.tile(np.logspace(6, -1, 8), (2, 1)), [FRACTION])
    assert rows.jacobian({FRACTION: np.array([[1.0], [0.5]])}, [FRACTION])[0, 0] == pytest.approx(found, rel=1e-9)
    with pytest.raises(mt.InputError, match="at most 1"):
        spectra.impedance({FRACTION: np.array([1.001])})


def static(seed: int = 2) -> tuple[mt.Twin, list[tuple[object, float]]]:
    """A cell that does not age but for one number that hardly wanders, and 8 spectra of it."""
    cell = mt.cell("trilayer")
    free = {
        "layers.buffer_*.material.ionic_conductivity.reference": mt.Free(prior=mt.LogNormal("2.58 mS/cm", 1.2)),
        "positive.exchange_current_density.reference": mt.Free(prior=mt.LogNormal(0.5, 1.5)),
        "interfaces.*.resistance.reference": mt.Free(prior=mt.LogNormal(0.0026, 1.5)),
        "*.double_layer.c": mt.Drifting("0.0001 %", free=mt.Free(prior=mt.LogNormal(0.02, 1.5))),
    }
    f = trials.lives.FREQUENCIES
    random = np.random.default_rng(seed)
    exact = mt.impedance.exact(cell, f)
    pieces = []
    for k in range(8):
        noise = trials.NOISE * np.abs(exact) * (random.standard_normal(f.size) + 1j * random.standard_normal(f.size))
        pieces.append((spectrum(f, exact + noise), float(2 * k)))
    return mt.Twin(cell, free, use=trials.USE, model_error=mt.ModelError(1e-6, 1.0)), pieces


def test_any_order_of_files_is_the_batch_and_mt_fit() -> None:
    """sigma of the buffers and R of the junctions are nearly collinear: a filter would depend on the order here."""
    found = []
    for order in (range(8), reversed(range(8)), (3, 1, 7, 0, 5, 2, 6, 4)):
        twin, pieces = static()
        for k in order:
            twin.update(pieces[k][0], at=mt.Moment(cycle=pieces[k][1]), noise=trials.NOISE)
        twin.update(pieces[0][0], at=mt.Moment(cycle=pieces[0][1]), noise=trials.NOISE)  # once more: changes nothing
        (life,) = twin.lives.values()
        assert life.converged
        found.append((life.states[-1], np.sqrt(np.diag(life.covariances[-1]))))
    state, deviation = found[0]
    for other, spread in found[1:]:
        assert np.array_equal(other, state) and np.array_equal(spread, deviation)
    space = life.coordinates
    cell = twin.explanations["as given"]
    fitted = mt.fit(
        [(cell, ds) for ds, _ in pieces],
        {key: what.single for key, what in twin.free.items()},
        weighting=mt.Modulus(trials.NOISE),
    )
    values = np.array([float(p.to_internal(fitted.values[p.name])) for p in space.parameters])
    assert fitted.names == tuple(p.name for p in space.parameters)
    stds = np.sqrt(np.diag(fitted.covariance))
    assert np.abs((state - values) / deviation).max() < 0.05
    assert deviation / stds == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("kind", ["contact", "film"])
def test_a_shunt_slows_ageing(kind: str) -> None:
    """Charge beside the ionic path ages nothing: against lives whose charge is solved half cycle by half cycle."""
    cell = trials.cell(kind)
    true = trials.lives.Life(cell, 11, drift=0.0, noise=0.0, events=[trials.lives.Event(0, short=0.7)])
    alone = trials.lives.Life(cell, 11, drift=0.0, noise=0.0)
    shunt = mt.Shunt(float(true.state("short")[0]))
    space = Coordinates(cell.with_({"shunt": shunt}), {"shunt.conductance": mt.Free(log=True)}, Usage(trials.USE))
    after = Journey(space, [Moment(cycle=20.0)]).step(0, space.start, np.zeros(0))
    for place, (contact, film) in space.reached(after).items():
        found = {"a": 1 - float(contact), "R": float(film)}
        for name, change in found.items():
            expected, without = (abs(life.state(f"{place}.{name}")[-1] - (name == "a")) for life in (true, alone))
            assert change == pytest.approx(expected, rel=2e-3, abs=1e-12), (place, name)
            assert change < 0.8 * without or not without
    # what resists is what shares the charge: the derivative by the conductance of the filament is there, too
    journey = Journey(space, [Moment(cycle=3.0)])
    state = aged(space)
    F, _ = journey.linearised(state[np.newaxis], np.zeros((1, 0)))
    assert F[0] == pytest.approx(central(lambda x: journey.step(0, x, np.zeros(0)), state, 1e-3), abs=1e-7)
    assert np.all(F[0][1:, 0] < 0)


def test_what_a_shunt_does_to_ageing_is_not_always_known() -> None:
    free = {"*.ageing.film_growth.charge_rate": mt.Drifting("5 %")}
    part = mt.cell("trilayer", "film_growth").with_({"shunt": mt.Shunt(1.0, through=("buffer_left",))})
    with pytest.raises(mt.InputError, match=r"shunt slows ageing is not known .* a filament through some layers"):
        mt.Twin(part, free, use=trials.USE)
