"""Per-cycle summaries, leakage and overpotential."""

import numpy as np
import pytest

from mgtwin import analysis, dataset
from mgtwin.errors import InputError


def cycling(cycles=3, rest=0.0, first=-1.0, current=1e-5, hour=3600.0, shape=lambda c, sign, u: sign * 0.1):
    """Galvanostatic cycles with a time twice at every switch; `shape` is the voltage over u = 0..1 of a half cycle."""
    t, v, i, n, s, clock, step = [], [], [], [], [], 0.0, 0
    for c in range(cycles):
        for sign in (first, -first):
            u = np.linspace(0, 1, 11)
            parts = [(u * hour, shape(c, sign, u) + 0 * u, sign * current + 0 * u)]
            if rest:
                parts.append((np.array([0.0, rest]), np.zeros(2), np.zeros(2)))
            for time, voltage, amps in parts:
                t.append(clock + time)
                v.append(voltage)
                i.append(amps)
                n.append(np.full(len(time), c))
                s.append(np.full(len(time), step))
                clock, step = clock + time[-1], step + 1
    t, v, i, n, s = (np.concatenate(part) for part in (t, v, i, n, s))
    leak = {"negative": 0.2 * i, "positive": 0.1 * i}
    return dataset.transient(t, v, i, cycle=n, step=s, electronic_current=leak, attrs=dataset.stamp(cell="x: 1"))


@pytest.mark.parametrize("first", [-1.0, 1.0])
@pytest.mark.parametrize("rest", [0.0, 600.0])
def test_summary_of_an_asymmetric_growing_polarisation(first, rest):
    run = cycling(rest=rest, first=first, shape=lambda c, sign, u: (1 + c) * np.where(sign < 0, -0.1, 0.03) * (1 + u))
    cycles = analysis.cycle_summary(run)
    assert dataset.problems(cycles) == [] and cycles.cycle.values.tolist() == [0, 1, 2]
    scale = 2 * np.array([1, 2, 3])
    assert cycles.deposition_voltage.values == pytest.approx(-0.1 * scale)
    assert cycles.dissolution_voltage.values == pytest.approx(0.03 * scale)
    assert cycles.half_difference.values == pytest.approx(0.065 * scale)
    assert cycles.half_sum.values == pytest.approx(-0.035 * scale)
    assert cycles.deposition_capacity.values == pytest.approx(0.036)
    assert cycles.dissolution_capacity.values == pytest.approx(0.036)
    assert cycles.energy_efficiency.values == pytest.approx(0)
    assert cycles.attrs["cell"] == "x: 1" and cycles.attrs["warnings"] == []


def test_charge_is_not_cancelled_where_samples_straddle_the_switch():
    # no doubled times: the current is taken to cross zero linearly between 3500 s and 3700 s
    time = np.array([0.0, 3500.0, 3700.0, 7200.0])
    run = dataset.transient(time, [-0.1, -0.1, 0.1, 0.1], [-1e-5, -1e-5, 1e-5, 1e-5], cycle=[0, 0, 1, 1])
    cycles = analysis.cycle_summary(run)
    assert cycles.deposition_capacity.values == pytest.approx([0.0355, 0])
    assert cycles.dissolution_capacity.values == pytest.approx([0, 0.0355])
    assert np.isnan(cycles.half_sum.values).all() and "cycle 0, 1" in cycles.attrs["warnings"][0]


def test_energy_efficiency_of_a_cell_that_gives_energy_back():
    # charged at 2.2 V, discharged at 1.8 V
    run = cycling(first=1.0, shape=lambda c, sign, u: 2.0 + 0.2 * sign)
    assert analysis.cycle_summary(run).energy_efficiency.values == pytest.approx(1.8 / 2.2)
    # a voltage that goes from -1 to +1 V takes as much as it gives
    swing = dataset.transient([0, 1], [-1.0, 1.0], [1.0, 1.0])
    assert analysis.cycle_summary(swing).energy_efficiency.item() == pytest.approx(1.0)


def test_summary_refuses_rest_and_gaps():
    with pytest.raises(InputError, match="no current flows"):
        analysis.cycle_summary(dataset.transient([0, 1], [0, 0], [0, 0]))
    with pytest.raises(InputError, match="gaps"):
        analysis.cycle_summary(dataset.transient([0, 1], [0, np.nan], [1, 1]))


def test_leakage_and_overpotential_are_read_at_the_end_of_a_step_with_current():
    run = cycling(rest=600.0, shape=lambda c, sign, u: sign * (1 + c) * (1 + u))
    assert analysis.leakage_fraction(run) == pytest.approx(0.1)
    assert analysis.overpotential(run) == pytest.approx(6.0)
    assert analysis.overpotential(run, step=0) == pytest.approx(2.0)
    assert isinstance(analysis.overpotential(run), float)
    with pytest.raises(InputError, match="in step 1"):
        analysis.overpotential(run, step=1)  # a rest
    with pytest.raises(InputError, match="no step 99"):
        analysis.overpotential(run, step=99)
    bare = dataset.transient([0, 1], [0, 1], [1, 1])
    with pytest.raises(InputError, match="electronic_current"):
        analysis.leakage_fraction(bare)
    with pytest.raises(InputError, match="no coordinate 'step'"):
        analysis.overpotential(bare, step=0)
    partial = dataset.transient([0, 1], [0, 1], [1, 1], electronic_current={"negative": [0, 0]})
    with pytest.raises(InputError, match="no interface 'positive'"):
        analysis.leakage_fraction(partial)


def test_importing_analysis_stays_light():
    import subprocess
    import sys

    heavy = "{'pybamm', 'casadi', 'scipy', 'xarray', 'matplotlib', 'pint'} & set(sys.modules)"
    code = f"import sys, mgtwin.analysis; sys.exit(bool({heavy}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
