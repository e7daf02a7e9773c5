r"""Simulated lives of a cell: closed-form ageing and exact spectra, in milliseconds, the same bytes from a seed.

Contact is lost as :math:`a = a_{min} + (a_0 - a_{min})e^{-y}`, :math:`dy = k (P_0/P)^m |dq|`, a film grows by
:math:`dR = r |dq|/a`, with the charge q that crosses the *ionic* path; both integrals are exact within a half cycle of
constant current. Spectra are those at rest. `test_lives.py` holds all of it against the simulator.

>>> life = Life(mt.cell("trilayer", "film_growth"), spectra=20, seed=1, events=[Event(30, short=1.0)])
>>> life.impedance.shape, life.moments[:3]
((20, 29), (0, 2, 4))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property

import numpy as np
import xarray as xr
from numpy.typing import NDArray

import mgtwin as mt
from mgtwin import dataset
from mgtwin.cells import Cell

FARADAY, GAS = 96485.33212, 8.314462618
#: 29 frequencies from 1 MHz to 0.1 Hz.
FREQUENCIES = np.logspace(6, -1, 29)
SIDES = ("negative", "positive")

Reals = NDArray[np.float64]
#: Contact fraction and film resistance [ohm m2] of each interface that ages.
State = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Event:
    """Something that happens when `at` cycles are done and is over before `until`; a loss of contact stays.

    Attributes
    ----------
    short : float
        Resistance of a filament from metal to metal, relative to that of the new cell.
    rate : float
        Ageing goes so many times as fast.
    gain : float
        The instrument reads so many times too much.
    warmer : float
        By how much the cell is warmer than the record says, at its spectra [K].
    contact : float
        Part that is kept of every contact that ages.
    """

    at: float
    until: float = np.inf
    short: float = field(default=np.inf, kw_only=True)
    rate: float = field(default=1.0, kw_only=True)
    gain: float = field(default=1.0, kw_only=True)
    warmer: float = field(default=0.0, kw_only=True)
    contact: float = field(default=1.0, kw_only=True)


@dataclass(frozen=True)
class Life:
    """One life: a spectrum of the new cell and after every `every` cycles, and the voltages of all half cycles.

    Parameters
    ----------
    cell : Cell
        When new. What ages are electrodes with films and any contact with fatigue, by laws without time.
    spectra, every : int
        Their number, and the cycles between them.
    seed : int
    noise : float
        Standard deviation of either part of Z relative to its modulus, and of voltages relative to theirs.
    drift : float
        Of the logarithm of the rates per square root of a cycle; laws of one kind share it.
    spread : mapping
        Path or wildcard -> standard deviation of the logarithm: the truth is drawn about the cell's numbers.
    exponent : float
        n of CPE electrodes in place of capacitors, with their arc at 1 ohm m2; 1: as given.
    events : sequence of Event
    current : float
        Of the first half cycle [A], deposition at the working electrode; that of the second has the opposite sign.
    half_cycle : float
        [s]
    """

    cell: Cell
    spectra: int = 45
    every: int = 2
    seed: int = 0
    noise: float = 0.005
    drift: float = 0.05
    spread: Mapping[str, float] = field(default_factory=dict)
    exponent: float = 1.0
    events: Sequence[Event] = ()
    current: float = -1e-5
    half_cycle: float = 3600.0
    frequencies: Reals = field(default_factory=lambda: FREQUENCIES)

    @property
    def cycles(self) -> int:
        """In all."""
        return max((self.spectra - 1) * self.every, 1)

    @property
    def moments(self) -> tuple[int, ...]:
        """Cycles done at each spectrum."""
        return tuple(self.every * k for k in range(self.spectra))

    # -- the truth --------------------------------------------------------------------------------------------------
    @cached_property
    def truth(self) -> Cell:
        """The cell that ages: its numbers drawn, its electrodes as they are."""
        random, changes = self._random(0), dict[str, object]()
        for key, deviation in self.spread.items():
            path = next(path for path in self.cell.paths() if fnmatchcase(path, key))
            changes[key] = self.cell.numbers[path] * np.exp(deviation * random.standard_normal())
        cell = self.cell.with_(changes) if changes else self.cell
        if self.exponent == 1:
            return cell
        storages = {f"{side}.double_layer": cell.numbers[f"{side}.double_layer.c"] for side in SIDES}
        return cell.with_({path: mt.CPE(c**self.exponent, self.exponent) for path, c in storages.items()})

    def _random(self, stream: int) -> np.random.Generator:
        """A stream for each thing that is drawn: more of one does not move the others."""
        return np.random.default_rng([self.seed, stream])

    @cached_property
    def laws(self) -> dict[str, dict[str, float]]:
        """What acts on each interface: k [m2/C] with the pressure in it, least, r [ohm m4/C]; and a, R when new."""
        numbers = {path: float(value) for path, value in self.truth.numbers.items()}
        found: dict[str, dict[str, float]] = {}
        for path, rate in numbers.items():
            place, _, name = path.partition(".ageing.")
            own = {}
            if name == "fatigue_contact_loss.rate":
                law = f"{place}.ageing.fatigue_contact_loss"
                known = numbers[f"{law}.reference_pressure"]
                pressure = numbers.get(f"{place}.contact.pressure", known)
                own = {
                    "k": rate * (known / pressure) ** numbers[f"{law}.pressure_exponent"],
                    "least": numbers[f"{law}.minimum"],
                }
            if name == "film_growth.charge_rate":
                own = {"r": rate}
            if own:
                new = (numbers.get(f"{place}.contact.fraction", 1.0), numbers.get(f"{place}.film_resistance", 0.0))
                start = {"k": 0.0, "least": 0.5, "r": 0.0, "a": new[0], "R": new[1]}
                found.setdefault(place, start).update(own)
        return found

    @cached_property
    def log_rates(self) -> dict[str, Reals]:
        """Logarithm of the rates of each kind relative to those of the new cell, in every cycle."""
        events = np.zeros(self.cycles)
        for event in self.events:
            n = np.arange(self.cycles)
            events += np.log(event.rate) * ((n >= event.at) & (n < event.until))
        steps = dict(
            zip(("contact", "film"), self.drift * self._random(1).standard_normal((2, self.cycles)), strict=True)
        )
        return {kind: np.cumsum(step) - step[0] + events for kind, step in steps.items()}

    @cached_property
    def resistance(self) -> float:
        """Of the new cell to a small direct current, without leads [ohm m2]."""
        return mt.impedance.dc_resistance(self.truth) * float(self.truth.area) - float(self.truth.series_resistance)

    @cached_property
    def history(self) -> dict[str, Reals]:
        """From the new cell on, after every half cycle: ``<place>.a``, ``<place>.R``, and under current still:

        ``through``, the ionic current density [A/m2], ``voltage`` [V], ``short`` [S/m2], ``instant`` [ohm m2], what the
        layers are to a step before the double layers have moved.
        """
        states: list[State] = [{place: (law["a"], law["R"]) for place, law in self.laws.items()}]
        through, shorts = [0.0], [self.conductance(0.0)]
        for half in range(2 * self.cycles):
            applied, G = self.applied(half), self.conductance(half / 2)
            kept = np.prod([event.contact for event in self.events if event.at == half / 2] or [1.0])
            before = {place: (a * kept if self.laws[place]["k"] else a, R) for place, (a, R) in states[-1].items()}
            # beside a filament the more passes the less the cell has aged: nearly along a straight line over the charge
            j = mean = self._through(applied, G, before)
            if G:
                slope = self._through(applied, G, self._aged(before, abs(j) * self.half_cycle, half // 2)) / j - 1
                mean = j * (1 + slope / (2 - slope))
                j *= 1 + slope * mean / j
            states.append(self._aged(before, abs(mean) * self.half_cycle, half // 2))
            through.append(j)
            shorts.append(self.conductance((half + 1) / 2))
        given = {
            f"{place}.{name}": np.array([state[place][k] for state in states])
            for place in self.laws
            for k, name in enumerate("aR")
        }
        j = np.array(through)
        ohmic, charge_transfer = self._ohmic(given), self._charge_transfer(j, given)
        films = [given[f"{side}.R"] / given[f"{side}.a"] for side in SIDES if side in self.laws]
        leads = float(self.truth.series_resistance) * np.r_[0.0, [self.applied(h) for h in range(2 * self.cycles)]]
        return {
            **given,
            "through": j,
            "short": np.array(shorts),
            "voltage": ohmic * j + charge_transfer + leads,
            "instant": ohmic - sum(films, np.zeros(j.size)),
        }

    def applied(self, half: int) -> float:
        """Current density of a half cycle [A/m2]."""
        return (1 - 2 * (half % 2)) * self.current / float(self.truth.area)

    def conductance(self, cycle: float) -> float:
        """Of filaments [S/m2]."""
        return sum(1 / (e.short * self.resistance) for e in self.events if e.at <= cycle < e.until and e.short < np.inf)

    def _aged(self, state: State, charge: float, cycle: int) -> State:
        """After a charge [C/m2], at the rates of a cycle."""
        found = {}
        for place, (a, R) in state.items():
            law = self.laws[place]
            k, r = (law[name] * np.exp(self.log_rates[kind][cycle]) for name, kind in (("k", "contact"), ("r", "film")))
            least, faded = law["least"], np.exp(-k * charge)
            # the integral of dq/a for a = least + b exp(-kq)
            crowded = np.log((least / faded + a - least) / a) / (k * least) if k else charge / a
            found[place] = (float(least + (a - least) * faded) if k else a, float(R + r * crowded))
        return found

    def overrides(self, given: Mapping[str, Reals]) -> dict[str, Reals]:
        """The numbers of the cell that states are, by path."""
        found = {f"{place}.contact.fraction": given[f"{place}.a"] for place, law in self.laws.items() if law["k"]}
        return found | {f"{place}.film_resistance": given[f"{place}.R"] for place, law in self.laws.items() if law["r"]}

    @cached_property
    def _kinetics(self) -> dict[str, tuple[float, float, float]]:
        """i_0 [A/m2], and zF/RT of the anodic and of the cathodic reaction [1/V], of both electrodes."""
        cell, found = self.truth, {}
        f = float(cell.ion.charge) * FARADAY / GAS / float(cell.temperature)
        for side in SIDES:
            i0 = cell.get(f"{side}.exchange_current_density")
            alpha = cell.numbers[f"{side}.transfer_coefficient"]
            found[side] = float(i0(cell.temperature) if callable(i0) else i0), alpha * f, (1 - alpha) * f
        return found

    def _contact(self, side: str, given: Mapping[str, Reals]) -> Reals | float:
        return given[f"{side}.a"] if side in self.laws else 1.0

    def _ohmic(self, given: Mapping[str, Reals]) -> Reals:
        """What is ohmic of the layers and the films [ohm m2]."""
        area, leads = float(self.truth.area), float(self.truth.series_resistance)
        total = mt.impedance.exact_laplace(self.truth, 0.0, self.overrides(given)).real * area - leads
        slopes = [1 / (i0 * (f + b) * self._contact(side, given)) for side, (i0, f, b) in self._kinetics.items()]
        return np.asarray(total - sum(slopes))

    def _charge_transfer(self, j: Reals, given: Mapping[str, Reals]) -> Reals:
        """Overpotentials of both electrodes [V]: Newton's steps to eta of j/i_0, of bounded length."""
        voltage = np.zeros(np.shape(j))
        for sign, (side, (i0, anodic, cathodic)) in zip((-1, 1), self._kinetics.items(), strict=True):
            ratio = sign * j / i0 / self._contact(side, given)
            eta = np.arcsinh(ratio / 2) * 2 / (anodic + cathodic)
            for _ in range(40):
                forward, backward = np.exp(anodic * eta), np.exp(-cathodic * eta)
                step = (forward - backward - ratio) / (anodic * forward + cathodic * backward)
                eta = eta - np.clip(step, -0.05, 0.05)
                if np.max(np.abs(step), initial=0.0) < 1e-15:
                    break
            voltage = voltage + sign * eta
        return voltage

    def _through(self, applied: float, G: float, state: State) -> float:
        """Ionic current density [A/m2] beside a filament: secant steps to j + G V(j) = i."""
        if G == 0:
            return applied
        given = {
            f"{place}.{name}": np.array([x])
            for place, pair in state.items()
            for name, x in zip("aR", pair, strict=True)
        }
        ohmic = self._ohmic(given)

        def excess(j: float) -> float:
            return j + G * float((ohmic * j + self._charge_transfer(np.array([j]), given))[0]) - applied

        x, last = applied / (1 + G * self.resistance), 0.9 * applied / (1 + G * self.resistance)
        f, before = excess(x), excess(last)
        while abs(f) > 1e-12 * abs(applied):
            x, last, before = x - f * (x - last) / (f - before), x, f
            f = excess(x)
        return x

    # -- what is measured -------------------------------------------------------------------------------------------
    def state(self, name: str) -> Reals:
        """One of `history` at the spectra: ``positive.R``, ``interfaces.buffer_left-antiperovskite.a``."""
        return self.history[name][[2 * n for n in self.moments]]

    @cached_property
    def exact(self) -> NDArray[np.complex128]:
        """Spectra without noise [ohm], (spectra, frequencies): what would be read."""
        n = np.array(self.moments, dtype=float)
        given = self.overrides(
            {f"{place}.{name}": self.state(f"{place}.{name}") for place in self.laws for name in "aR"}
        )
        warmer, read = np.zeros(n.size), np.ones(n.size)
        for event in self.events:
            warmer += event.warmer * ((n >= event.at) & (n < event.until))
            read *= np.where((n >= event.at) & (n < event.until), event.gain, 1.0)
        cell, short = self.truth, self.state("short")
        if short.any():
            cell, given = cell.with_({"shunt": mt.Shunt(0.0)}), {**given, "shunt.conductance": short}
        given = {**given, "temperature": float(cell.temperature) + warmer} if warmer.any() else given
        found = mt.impedance.exact(cell, self.frequencies, given)
        return np.broadcast_to(found, (n.size, self.frequencies.size)) * read[:, np.newaxis]

    @cached_property
    def impedance(self) -> NDArray[np.complex128]:
        """Spectra with noise [ohm]."""
        parts = self._random(2).standard_normal((2, *self.exact.shape))
        return self.exact + self.noise * np.abs(self.exact) * (parts[0] + 1j * parts[1])

    @cached_property
    def voltages(self) -> Reals:
        """At the end of every half cycle, with noise [V], (cycles, 2)."""
        exact = self.history["voltage"][1:]
        return (exact * (1 + self.noise * self._random(3).standard_normal(exact.size))).reshape(self.cycles, 2)

    @cached_property
    def starts(self) -> Reals:
        """Just after every half cycle has begun, without noise [V], (cycles, 2): the double layers are as before."""
        past = self.history
        held = past["voltage"][:-1] - past["instant"][:-1] * past["through"][:-1]
        i = np.array([self.applied(h) for h in range(2 * self.cycles)])
        held -= float(self.truth.series_resistance) * np.r_[0.0, i[:-1]]
        G, R = past["short"][:-1], past["instant"][:-1]
        j = (i - G * held) / (1 + G * R)
        return (held + R * j + float(self.truth.series_resistance) * i).reshape(self.cycles, 2)

    def dataset(self, k: int) -> xr.Dataset:
        """The k-th spectrum, as the file of an instrument is read."""
        return dataset.spectrum(self.frequencies, self.impedance[k], self._about())

    def half(self, h: int, points: int = 5) -> xr.Dataset:
        """The h-th half cycle: its first sample is of `starts`, its last of `voltages`, a straight line between."""
        first, last = self.starts.ravel()[h], self.voltages.ravel()[h]
        # the state is that between the half cycles of the same direction before this one and this one
        begun = last if h < 2 else last * (1 + self.history["voltage"][h - 1] / self.history["voltage"][h + 1]) / 2
        settled = np.linspace(begun, last, points)[1:]
        time = np.linspace(0.0, self.half_cycle, points)
        current = np.full(points, self.applied(h) * float(self.cell.area))
        return dataset.transient(time, np.r_[first, settled], current, attrs=self._about())

    def _about(self) -> Mapping[str, object]:
        # a fixed date: the same seed gives the same bytes
        cell = self.cell
        return dataset.stamp(
            route="measured", temperature=cell.temperature, area=cell.area, created="2026-01-01T00:00:00+00:00"
        )
