"""A whole twin and its store: same bits after kills and in any order, foreign cells, spectra that cannot be trusted."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import mgtwin as mt
from mgtwin.twin.evidence import content_hash
from mgtwin.twin.intake import each
from mgtwin.twin.spectra import Spectrum
from mgtwin.twin.store import Store

from .lives import Life
from .test_store import killed_at

CELL = mt.cell("trilayer", "contact_loss")
LIFE = Life(CELL, spectra=7, every=4, seed=3, noise=0.005)
FREE = {"interfaces.*.ageing.fatigue_contact_loss.rate": mt.Drifting("5 %")}
MEASURED = [(float(cycle), LIFE.dataset(k)) for k, cycle in enumerate(LIFE.moments)]


def twin_of(store: Path | Store | None = None, **given: object) -> mt.Twin:
    use = mt.Cycling("-10 uA", "1 h", cycles=1)
    return mt.Twin(CELL, FREE, use=use, model_error=mt.ModelError("0.1 %", 20), store=store, **given)


def told(twin: mt.Twin, measured: Sequence[tuple[float, xr.Dataset]] = MEASURED) -> mt.Twin:
    for cycle, ds in measured:
        twin.update(ds, at=mt.Moment(cycle=cycle), noise="0.5 %", name=f"loop_{cycle:g}")
    return twin


def bits(path: Path) -> str:
    """Everything a twin says of the past, from what is on the disk."""
    twin = mt.Twin.open(path)
    return content_hash(twin.history()) + content_hash(twin.odds.to_dataset(name="odds"))


@pytest.mark.slow
def test_killed_at_20_random_points_and_in_any_order_it_says_the_same_to_the_last_bit(tmp_path: Path) -> None:
    """Journal, evidence, the cache of states, and the life that runs: whatever is being written or worked out."""
    generator, kills, states = random.Random(7), 0, 0
    told(twin_of(tmp_path / "calm.twin"))
    calm, path = bits(tmp_path / "calm.twin"), tmp_path / "killed.twin"

    def work(store: Store) -> None:
        twin = twin_of(store)
        for number, one in enumerate(generator.sample(MEASURED, len(MEASURED))):
            told(twin, [one])
            if number % 3 == 2:
                # what is worked out here is kept in `state/`, and the next process goes on from there
                assert twin.odds.sizes["evidence"] == len(twin.evidence)

    while kills < 20:
        killed = killed_at(generator.randrange(1, 13), path, work)
        kills, states = kills + killed, max(states, len(list(path.glob("state/*.npz"))))
        if not killed or kills == 20:
            told(twin_of(path), MEASURED[::-1])
            assert bits(path) == calm
            shutil.rmtree(path)
    assert states > 0


def test_it_opens_as_it_was_told(tmp_path: Path) -> None:
    kinds = (mt.SoftShort(jump=7),)
    told(twin_of(tmp_path / "cell7.twin", alarms=kinds, label="cell 7"), MEASURED[:2])
    twin = mt.Twin.open(tmp_path / "cell7.twin")
    assert (twin.alarm_kinds, twin.label, twin.free) == (kinds, "cell 7", FREE)
    assert twin.explanations["as given"].identical(CELL)
    assert [record.kind for record in twin.journal] == ["settings", *["evidence", "decision"] * 2]
    told(twin, MEASURED[:2])  # known already
    assert len(twin.journal) == 5
    with pytest.raises(mt.InputError, match="there is no twin"):
        mt.Twin.open(tmp_path / "cell8.twin")


@pytest.mark.parametrize(
    ("attrs", "said"),
    [({"area": 2e-4}, "was measured on an area of 2 cm"), ({"label": "cell 8"}, "is of cell 8, not of cell 7")],
)
def test_the_file_of_another_cell_is_refused_before_anything_is_kept(attrs: dict[str, object], said: str) -> None:
    twin = twin_of(label="cell 7")
    with pytest.raises(mt.InputError, match=said):
        twin.update(MEASURED[0][1].assign_attrs(attrs), at=mt.Moment(cycle=0), noise="0.5 %")
    assert twin.journal == ()


def test_a_spectrum_without_numbers_is_refused() -> None:
    empty = MEASURED[0][1].copy(deep=True)
    empty["impedance"].values[:] = np.nan
    with pytest.raises(mt.InputError, match="has no point that is a number"):
        twin_of().update(empty, at=mt.Moment(cycle=0), noise="0.5 %")


def test_a_spectrum_that_changed_while_it_was_measured_is_held() -> None:
    twin = told(twin_of(), MEASURED[:2])
    cycle, ds = MEASURED[2]
    # the cell drifts by a quarter while the low frequencies are measured
    drifted = ds.assign(impedance=ds["impedance"] * np.linspace(1.0, 1.25, ds.sizes["frequency"]) ** 3)
    decision = twin.update(drifted, at=mt.Moment(cycle=cycle), name="loop_8").decision
    assert decision.startswith("held")
    assert [item.name for item in twin.evidence] == ["loop_0", "loop_4"]


def test_a_spectrum_of_another_cell_is_held_and_withdrawn_by_the_next() -> None:
    twin = told(twin_of(), MEASURED[:6])
    calm = twin.history()["contact_fraction_quantiles"].values[-1]
    cycle, ds = MEASURED[6]
    told(twin, [(cycle - 2, ds.assign(impedance=ds["impedance"] * 40.0))])
    assert [alarm.state for alarm in twin.alarms] == ["raised"]
    told(twin, [(cycle, ds)])
    assert [alarm.state for alarm in twin.alarms] == ["withdrawn"]
    alone = told(twin_of()).history()["contact_fraction_quantiles"].values
    np.testing.assert_allclose(twin.history()["contact_fraction_quantiles"].values[-1], alone[-1], rtol=1e-3)
    assert calm.shape == alone[-1].shape


def test_a_spectrum_right_after_a_current_says_less_and_under_a_bias_nothing() -> None:
    """It is up to 9 % off that at rest: after a half cycle in a simulated run, or in one file with it."""
    probe = mt.EIS("1 MHz", "0.1 Hz", points=5)
    cycling = mt.Cycling("-10 uA", "1 h", cycles=1, probe=probe, every=1)
    noises = {}
    for rest in (None, "1 s", "10 min"):
        twin = twin_of()
        run = mt.simulate(CELL, replace(cycling, probe_rest=rest))[["impedance"]].isel(cycle=0)
        decision = twin.update(run, noise="0.5 %").decision
        noises[rest] = (twin.evidence[0].noise, "right after a current" in decision)
    widened = (pytest.approx(np.hypot(0.005, 0.06)), True)
    assert noises == {None: widened, "1 s": widened, "10 min": (0.005, False)}
    # one file: a half cycle and a spectrum at once; a half cycle, a rest and a spectrum
    half, spectrum, rest = LIFE.half(0), LIFE.dataset(0), LIFE.half(0)
    rest = rest.assign(current=0.0 * rest["current"], voltage=0.0 * rest["voltage"])
    for leaves, doubted in (([half, spectrum], True), ([half, rest, spectrum], False), ([spectrum, half], False)):
        tree = xr.DataTree.from_dict({f"part_{k}": ds for k, ds in enumerate(leaves)})
        read = dict(each(tree, "file.mpr"))
        (found,) = (ds for ds in read.values() if "impedance" in ds)
        assert bool(Spectrum.doubt(found)[0]) is doubted
    twin = twin_of()
    biased = mt.simulate(CELL, replace(probe, bias=mt.Voltage(0.1)))
    with pytest.raises(mt.InputError, match="taken under a bias"):
        twin.update(biased, at=mt.Moment(cycle=0), noise="0.5 %")
    assert not twin.store.evidence()
