"""What a cell will do: ensembles of its explanations, carried on by the laws of ageing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from pydantic import model_validator
from scipy.interpolate import PchipInterpolator

from ..cells.paths import Key
from ..dataset import stamp
from ..errors import InputError, MgtwinError
from ..impedance.compiled import CompiledSpectra
from ..kinds.noun import noun
from ..protocols import Cycling
from ..quantities import Quantity, format_value
from .bands import NAMES, bands_of, by_interface, checked, coords, weighted_quantiles
from .coordinates import Coordinates
from .evidence import Moment, Usage
from .life import Life
from .model_error import RUNS
from .transitions import Journey

__all__ = ["Limit", "forecast"]

Reals = NDArray[np.float64]
Complexes = NDArray[np.complex128]

#: States per explanation that are carried on.
MEMBERS = 256
#: Explanations of smaller odds are left out.
UNLIKELY = 1e-3
#: Odds of explanations whose model is too wrong for hidden numbers, above which a forecast has no bands of these.
DOUBTFUL = 0.05
#: Cycles of a forecast for which numbers are given; of longer ones every n-th.
MOST_CYCLES = 100
#: Cells that are simulated to know which voltage a resistance makes.
SIMULATED = 8


@noun
class Limit:
    """Where the life of a cell counts as over.

    Parameters
    ----------
    voltage : float or str, optional
        Modulus of the voltage at the end of a half cycle [V].
    resistance : float or str, optional
        Modulus of the impedance at the lowest frequency measured [ohm].

    Examples
    --------
    >>> Limit(voltage="2 V").voltage
    Value(2.0, unit='V')
    """

    voltage: Annotated[float, Quantity("V", gt=0)] | None = None
    resistance: Annotated[float, Quantity("ohm", gt=0)] | None = None

    @model_validator(mode="after")
    def _some(self) -> Limit:
        if self.voltage is None and self.resistance is None:
            raise InputError("say what is limited: Limit(voltage='2 V') or Limit(resistance='100 kohm').")
        return self

    def reached(self, modulus: Reals, voltages: Reals | None) -> NDArray[np.bool_]:
        """Where it is reached, (members, cycles); voltages are (2, members, cycles)."""
        found = np.zeros(modulus.shape, dtype=bool)
        if self.resistance is not None:
            found |= modulus >= self.resistance
        if self.voltage is not None and voltages is not None:
            found |= np.abs(voltages).max(axis=0) >= self.voltage
        return found

    def __str__(self) -> str:
        parts = [format_value(value) for value in (self.voltage, self.resistance) if value is not None]
        return " or ".join(parts)


@dataclass(frozen=True)
class _Ahead:
    """The ensemble of one explanation at the cycles of a forecast; arrays (members, cycles).

    States (members, 1 + cycles, n) begin with those of now. What is reached at an interface is its contact fraction and
    its film, (2, members, cycles).
    """

    weight: float
    states: Reals
    modulus: Reals
    reached: Mapping[str, Reals]
    voltages: Reals | None


def believed(lives: Mapping[str, Life], odds: Mapping[str, float]) -> dict[str, Life]:
    """The explanations that count for what is foreseen.

    Raises
    ------
    MgtwinError
        The most probable life of one of them was not found.
    """
    likely = {name: life for name, life in lives.items() if odds[name] > UNLIKELY}
    # what is not the most probable life has no covariance of its own, and bands from it would be made up
    late = [name for name, life in likely.items() if not life.converged]
    if late:
        raise MgtwinError(
            f"the life was not found that explains {lives[late[0]].evidence[-1].name} by {', '.join(late)}: a forecast "
            f"would have bands that do not hold. Give narrower priors, or leave this explanation out."
        )
    return likely


def forecast(
    lives: Mapping[str, Life],
    odds: Mapping[str, float],
    protocol: Cycling,
    quantiles: Sequence[float],
    until: Limit | None = None,
    *,
    voltages: bool = True,
    seed: int = 0,
) -> xr.Dataset:
    """Carry the explanations of a cell on through a protocol; see `mgtwin.Twin.forecast`."""
    match protocol, until:
        case Cycling(), None | Limit():
            levels = checked(quantiles)
        case _:
            raise InputError(
                "a forecast is of cycles, and may end at a limit: twin.forecast(mt.Cycling('-10 uA', '1 h', "
                "cycles=50), until=mt.Limit(voltage='2 V'))."
            )
    likely = believed(lives, odds)
    only = sum(odds[name] for name, life in likely.items() if life.forecasts_only) > DOUBTFUL
    # a limit of the voltage needs it, asked for or not
    voltages = voltages or (until is not None and until.voltage is not None)
    cycles = np.arange(1, protocol.cycles + 1)
    cycles = cycles[:: max(1, -(-cycles.size // MOST_CYCLES))]
    printed, ahead = ensembles(likely, odds, protocol, cycles, voltages, np.random.default_rng(seed))
    begun = max(life.coordinates.usage.cycle(life.evidence[-1].moment) for life in likely.values())
    weights = np.concatenate([np.full(len(item.modulus), item.weight / len(item.modulus)) for item in ahead])
    found = {"impedance_modulus": np.concatenate([item.modulus for item in ahead])}
    if voltages:
        both = np.concatenate([item.voltages for item in printed if item.voltages is not None], axis=1)
        found |= {"deposition_voltage": both[0], "dissolution_voltage": both[1]}
    data = {f"{name}_quantiles": bands_of(values, weights, levels, name) for name, values in found.items()}
    data |= by_interface([item.reached for item in ahead], weights, levels, only)
    # by member, not by band: who is over the limit early is not the one who is over it late
    if until is not None:
        over = np.concatenate(
            [until.reached(item.modulus, item.voltages) for item in (printed if until.voltage else ahead)]
        )
        first = np.where(over.any(axis=1), cycles[over.argmax(axis=1)].astype(float), np.inf)
        times = weighted_quantiles(first[:, np.newaxis], weights, levels)[0]
        units, long_name = NAMES["time_to_limit"]
        data["time_to_limit"] = xr.Variable(
            ("quantile",), times, {"units": units, "long_name": f"{long_name} ({until})"}
        )
        data["limit_reached"] = xr.Variable(
            (), float(weights @ over.any(axis=1)), {"units": "1", "long_name": f"probability that {until} is reached"}
        )
    attrs = stamp(
        route="twin", protocol=protocol.to_yaml(), explanations=list(likely), begun=float(begun),
        forecasts_only=int(only),
    )  # fmt: skip
    return xr.Dataset(data, coords=coords((cycles + begun).astype(float), levels), attrs=attrs)


def ensembles(
    likely: Mapping[str, Life],
    odds: Mapping[str, float],
    protocol: Cycling,
    cycles: NDArray[np.intp],
    voltages: bool,
    random: np.random.Generator,
) -> tuple[list[_Ahead], list[_Ahead]]:
    """Those with the numbers that are not free as printed, for voltages, and those with what is considered of them.

    What is only considered makes hidden numbers less sure, and what is measured hardly: the state makes up for it. End
    voltages are no one function of the resistance where such numbers differ, so that theirs are those as printed.
    """
    printed, ahead = [], []
    for name, life in likely.items():
        alike = life.considered is life
        if voltages or alike:
            printed.append(carried(life, odds[name], protocol, cycles, random, voltages))
        ahead.append(
            printed[-1] if alike else carried(life.considered, odds[name], protocol, cycles, random, voltages=False)
        )
    return printed, ahead


def carried(
    life: Life, weight: float, protocol: Cycling, cycles: NDArray[np.intp], random: np.random.Generator, voltages: bool
) -> _Ahead:
    """Members of one explanation at every cycle."""
    own = life.coordinates
    space = own.using(Usage(protocol))
    begun = own.usage.cycle(life.evidence[-1].moment)
    time = own.usage.time(life.evidence[-1].moment)
    period = space.usage.period
    moments = [Moment(cycle=begun + n, time=time + n * period) for n in cycles]
    journey = Journey(space, moments, Moment(cycle=begun, time=time))
    drawn = life.drawn(MEMBERS, random)
    states, errors = drawn[:, : own.size], drawn[:, own.size :]
    error, basis = life.model_error, life.basis
    lowest = life.basis.low
    modulus, reached, grown, halfway, along = [], [], [], [], [drawn]
    compiled = CompiledSpectra(space.cell, np.full((MEMBERS, 1), lowest), space.paths)

    def resistance(states: Reals) -> Complexes:
        """Z at the lowest frequency."""
        values = space.values(states)
        return compiled.impedance({path: values[:, [i]] for i, path in enumerate(space.paths)})[:, 0]

    directions = basis.directions(np.array([lowest]))
    for k in range(len(moments)):
        before = states
        states = journey.ensemble(k, states, random.standard_normal((MEMBERS, journey.noises)))
        kept = np.exp(-journey.cycles[k] / float(error.memory or 1.0))
        renewed = float(error.size or 0.0) * np.sqrt(1 - kept**2)
        errors = kept * errors + renewed * random.standard_normal(errors.shape)
        z = resistance(states)
        # the first half cycle ends half a cycle before its second one, and its voltage belongs to that state
        halfway.append(np.abs(resistance(states - (states - before) / (2 * journey.cycles[k]))))
        parts = errors @ directions.T + life.noise * random.standard_normal((MEMBERS, 2))
        modulus.append(np.abs(z + np.abs(z) * (parts[:, 0] + 1j * parts[:, 1])))
        reached.append(space.reached(states))
        grown.append((states, np.abs(z)))
        along.append(np.hstack([states, errors]))
    ends = None
    if voltages:
        ends = _voltages(space, protocol, [x for x, _ in grown], [np.array(halfway), np.array([z for _, z in grown])])
        off = np.stack(along[1:], axis=1)[:, :, own.size :] @ basis.of_runs(RUNS[:2]).T
        ends = ends * (1 + np.moveaxis(off, 2, 0) + life.noise * random.standard_normal(ends.shape))
    return _Ahead(
        weight,
        np.stack(along, axis=1),
        np.array(modulus).T,
        {path: np.array([item[path] for item in reached]).transpose(1, 2, 0) for path in reached[0]},
        ends,
    )


def _voltages(space: Coordinates, protocol: Cycling, states: Sequence[Reals], at_ends: Sequence[Reals]) -> Reals:
    """End voltages (2, members, cycles) of an ensemble, from a few cells that are simulated.

    `at_ends` are the resistances (cycles, members) at the ends of the first and of the second half cycles.

    Within one explanation the voltage is a smooth function of the resistance: cells over the whole range of resistances
    are simulated, without ageing, through one cycle each, and the others lie between them.
    """
    from ..simulation import simulate

    flat = at_ends[1].ravel()
    # resistances are drawn with the measure of the ensemble: most cells are simulated where most members are
    order = np.argsort(flat)
    chosen = order[np.unique(np.linspace(0, flat.size - 1, SIMULATED).astype(int))]
    along = np.concatenate(states)[chosen]
    one = replace(protocol, cycles=1, first_cycle=0, traces=(0,), probe=None, probe_rest=None, skipping=None, points=2)
    ends = []
    for values in space.values(along):
        changes: dict[Key, object] = dict(zip(space.paths, values.tolist(), strict=True))
        run = simulate(space.cell.with_(changes), one)
        ends.append([float(run["deposition_voltage"][0]), float(run["dissolution_voltage"][0])])
    deposits_first = float(protocol.current) < 0
    parts = at_ends if deposits_first else at_ends[::-1]
    log_modulus, ends_of = np.log(flat[chosen]), np.array(ends)
    apart = np.concatenate([[True], np.diff(log_modulus) > 1e-9])
    if apart.sum() < 2:
        return np.broadcast_to(ends_of[0][:, np.newaxis, np.newaxis], (2, *parts[0].T.shape))
    curve = PchipInterpolator(log_modulus[apart], ends_of[apart] / flat[chosen][apart, np.newaxis])
    return np.array([curve(np.log(part.T))[..., side] * part.T for side, part in enumerate(parts)])
