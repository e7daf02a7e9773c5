"""Growth of metal inside a mixed conductor beyond its onset: an assumption, and marked as one (theory.md §2.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mgtwin.analysis.deposition import internal_deposition
from mgtwin.cells import Cell, Layer, Reader
from mgtwin.cells.carriers import Carrier
from mgtwin.cells.questions import faces, passes
from mgtwin.cells.rest import rest_potentials
from mgtwin.errors import InputError, SimulationError
from mgtwin.kinds.effective_medium import mclachlan
from mgtwin.kinds.numbers import FARADAY, GAS_CONSTANT
from mgtwin.kinds.own import Own
from mgtwin.models.mesh import graded_edges
from mgtwin.protocols.base import parse_current
from mgtwin.protocols.segments import amperes
from mgtwin.quantities import format_value, parse

__all__ = ["Deposit", "DepositGrowth", "deposit_growth"]

Reals = NDArray[np.float64]

#: Volumes over the layer, and how they are graded to its faces, where metal begins.
VOLUMES, STRETCHING = 120, 4.0
#: Tolerances of the integration: of E in RT/F, and of the volume fraction.
RTOL, ATOL = 1e-8, 1e-10
#: Volume fractions at which the conductivity of the mixture is worked out.
MIXTURES = 2001
#: Times of the result, from the first to the last one.
TIMES = 200


@dataclass(frozen=True)
class Deposit:
    """What is assumed of metal that has nucleated inside a mixed conductor; no number of it has been measured.

    Attributes
    ----------
    rate : float or str
        s_0, exchange current per volume [A/m^3]; 1e4 to 1e8 is conceivable.
    transfer_coefficient : float
    conductivity : float or str
        Of the metal [S/m]; that of magnesium.
    threshold, exponent : float
        Volume fraction at which metal percolates, and the exponent with which it then conducts (McLachlan); 0.05-0.3
        and 1.5-2.
    """

    rate: float | str = "1e6 A/m^3"
    transfer_coefficient: float = 0.5
    conductivity: float | str = "2.3e7 S/m"
    threshold: float = 0.16
    exponent: float = 2.0

    def __post_init__(self) -> None:
        """Refuse what no metal has."""
        rate, conductivity = float(parse(self.rate, "A/m^3")), float(parse(self.conductivity, "S/m"))
        parts = (self.transfer_coefficient, self.threshold)
        if not (rate > 0 and conductivity > 0 and self.exponent > 0 and all(0 < part < 1 for part in parts)):
            raise InputError(
                f"Deposit: rate, conductivity and exponent must be greater than 0, transfer_coefficient and threshold "
                f"between 0 and 1: {self}."
            )


@dataclass(frozen=True)
class DepositGrowth:
    """Metal inside a mixed conductor over time.

    Attributes
    ----------
    layer : str
    onset : float
        [s] from rest until metal first nucleates, which follows from the cell alone; inf if it never does.
    time : ndarray
        [s]
    deposited : ndarray
        Charge that went into metal until then [C].
    lowest : ndarray
        Lowest local potential in the layer [V].
    conductance : ndarray
        Electronic conductance of the layer from face to face [S/m2], as ``mt.Shunt(G, through=(layer,))`` takes it.
        Metal at one face, however much, does not bridge the layer.
    imbalance : float
        Charge that is missing in the balance of the metal, over that which moved.
    assumed : tuple of str
        What of it is an assumption.
    """

    layer: str
    onset: float
    time: Reals
    deposited: Reals
    lowest: Reals
    conductance: Reals
    imbalance: float
    assumed: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        if not np.isfinite(self.onset):
            return f"no metal nucleates in {self.layer} within {format_value(self.time[-1], 's')}"
        return (
            f"metal nucleates in {self.layer} after {format_value(self.onset, 's')}; after "
            f"{format_value(self.time[-1], 's')} it holds {format_value(self.deposited[-1], 'C')} and passes "
            f"{format_value(self.conductance[-1], 'S/m^2')} (assumed: {'; '.join(self.assumed)})"
        )


def deposit_growth(
    cell: Cell, current: float | str, duration: float | str, deposit: Deposit | None = None
) -> DepositGrowth:
    r"""Return how metal grows inside a mixed conductor between electron blockers under a constant current, from rest.

    Where the local potential falls below ``minimum_potential`` metal nucleates, and from then on

    .. math:: c_{chem}\,\partial_tE = -\partial_xi_{eon} + s, \qquad \partial_tf = \frac{V_M s}{zF}, \qquad
              s = s_0\big[e^{-\alpha zFE/RT} - e^{(1 - \alpha)zFE/RT}\big]

    with the volume fraction f of the metal, which conducts from its threshold on (McLachlan). The onset follows from
    the cell alone (`internal_deposition`) and all metal is balanced; :math:`s_0`, threshold and exponent are
    assumptions without a measurement, and results say so. Electrons for it come from the composition of the layer,
    so that it ends at :math:`\int c_{chem}\,\Delta E\,dx`, with E from 0 at the metal on with the slope
    :math:`i/\sigma_{ion}`.

    Parameters
    ----------
    cell : Cell
    current : float or str
        [A], or a current density with its unit; in the laboratory's sign.
    duration : float or str
        [s]
    deposit : Deposit, optional

    Raises
    ------
    InputError
        The duration is out of range; the layer in which metal is first deposited is graded, or passes electrons at a
        face: there the overpotential of the metal beside it decides, and metal grows from that.
    SimulationError
        The equations cannot be integrated.

    Examples
    --------
    >>> import mgtwin as mt
    >>> tight = mt.cell("trilayer").with_({"layers.antiperovskite.material.ionic_conductivity": "1e-7 S/cm"})
    >>> found = deposit_growth(tight, "-8.84 uA/cm^2", "5 min")
    >>> found.layer, bool(found.deposited[-1] > 0), "rate" in found.assumed[0]
    ('antiperovskite', True, True)
    """
    guess = Deposit() if deposit is None else deposit
    end = float(parse(duration, "s"))
    if not 0 < end < np.inf:
        raise InputError(f"deposit_growth: the duration must be positive and finite, not {format_value(end, 's')}.")
    density = -amperes(parse_current(current), cell) / float(cell.area)
    name = internal_deposition(cell, current).layer
    number = [layer.name for layer in cell.layers].index(name)
    around = [face for face in faces(cell)[number : number + 2] if passes(cell, Carrier.ELECTRONS, face)]
    if around or cell.layers[number].material.graded:
        raise InputError(
            f"deposit_growth: {name} is graded or passes electrons at {', '.join(around) or 'no face'}; the growth of "
            f"metal is known inside a uniform layer between faces that block electrons."
        )
    layer = _Layer(cell, cell.layers[number], float(rest_potentials(cell).layers[number]), density, guess)
    return layer.grown(end)


class _Layer:
    """A mixed conductor between electron blockers in volumes: E, and metal [C/m3] in each."""

    def __init__(self, cell: Cell, layer: Layer, rest: float, density: float, guess: Deposit) -> None:
        own = Own(Reader(cell), f"layers.{layer.name}.material", float(cell.temperature))
        ratio = 1.0 if layer.area is None else float(layer.area) / float(cell.area)
        self.name, self.rest, self.guess = layer.name, rest, guess
        self.area, self.density, self.length = float(cell.area) * ratio, density / ratio, float(layer.thickness)
        self.ionic, self.electrons = float(layer.material.ionic(own, 0.5)), layer.material.electronic(own)
        self.capacitance: Callable[[Reals], Reals] = lambda E: layer.material.capacitance(own, E, 0.5) + 0 * E
        self.charge: Callable[[Reals], Reals] = lambda E: layer.material.charge(own, E, 0.5) + 0 * E
        self.limit = max(float(part.material.minimum_potential) for part in layer.material.stores(own))
        self.per_volume = float(cell.ion.molar_volume) / (float(cell.ion.charge) * FARADAY)
        self.f = float(cell.ion.charge) * FARADAY / (GAS_CONSTANT * float(cell.temperature))
        edges = graded_edges(VOLUMES, STRETCHING) * self.length
        self.widths, self.apart = np.diff(edges), np.diff((edges[1:] + edges[:-1]) / 2)
        self.rate, metal = float(parse(guess.rate, "A/m^3")), float(parse(guess.conductivity, "S/m"))
        # once for all fractions, in the host at rest: every root takes many steps, and none of it is measured
        self.fractions, host = np.linspace(0.0, 1.0, MIXTURES), float(self.electrons.conductivity(rest, 0.5))
        exponents = {"threshold": guess.threshold, "s": 1.0, "t": guess.exponent}
        self.mixed = np.log(mclachlan(self.fractions, (host, metal), **exponents))

    def conductivity(self, E: Reals, metal: Reals) -> Reals:
        """Electronic conductivity [S/m] of every volume."""
        filled = np.clip(metal * self.per_volume, 0.0, 1.0)
        gained = np.exp(np.interp(filled, self.fractions, self.mixed)) - np.exp(self.mixed[0])
        return np.asarray(self.electrons.conductivity(E, 0.5) + gained)

    def at_faces(self, E: Reals) -> Reals:
        """E of every volume, of the outermost ones at the face, where it goes on with the slope i/sigma_ion."""
        further = np.zeros_like(E)
        further[0], further[-1] = -self.widths[0], self.widths[-1]
        return np.asarray(E + further * self.density / (2 * self.ionic))

    def rates(self, E: Reals, metal: Reals, nucleated: Reals) -> tuple[Reals, Reals]:
        """Of E [V/s], and of the metal [A/m3]."""
        sigma = self.conductivity(E, metal)
        between = 2 / (1 / sigma[1:] + 1 / sigma[:-1])
        inner = between * (self.density - self.ionic * np.diff(E) / self.apart) / (self.ionic + between)
        into = -np.diff(inner, prepend=0.0, append=0.0) / self.widths
        alpha = self.guess.transfer_coefficient
        over = np.clip(self.f * E, -200.0, 200.0)
        source = nucleated * self.rate * (np.exp(-alpha * over) - np.exp((1 - alpha) * over))
        source = np.where((metal <= 0) & (source < 0), 0.0, source)
        return (into + source) / self.capacitance(E), source

    def grown(self, end: float) -> DepositGrowth:
        """The whole run."""
        from scipy.integrate import solve_ivp

        n = VOLUMES
        beside = np.abs(np.subtract.outer(np.arange(n), np.arange(n))) <= 1
        coupled = np.block([[beside, beside], [np.eye(n), np.eye(n)]])
        nucleated, state, now, onset = np.zeros(n), np.append(np.full(n, self.rest), np.zeros(n)), 0.0, np.inf
        times, states = [np.array([0.0])], [state[:, np.newaxis]]
        while now < end:

            def rate(t: float, y: Reals, here: Reals = nucleated) -> Reals:
                return np.concatenate(self.rates(y[:n], y[n:], here))

            def falls(t: float, y: Reals, here: Reals = nucleated) -> float:
                return float(np.min(np.where(here > 0, np.inf, self.at_faces(y[:n]) - self.limit), initial=1.0))

            falls.terminal, falls.direction = True, -1  # type: ignore[attr-defined]
            asked = np.geomspace(1e-6 * end, end, TIMES)
            solved = solve_ivp(
                rate, (now, end), state, "BDF", asked[asked > now], events=falls, rtol=RTOL,
                atol=np.repeat([ATOL, ATOL / self.per_volume], n), jac_sparsity=coupled,
            )  # fmt: skip
            if solved.status < 0:
                raise SimulationError(f"deposit_growth: {solved.message}", time=float(solved.t[-1]))
            if len(solved.t):  # else metal nucleates in the next volume before anything is asked for
                times.append(solved.t)
                states.append(solved.y)
            if solved.status == 0:
                break
            now, state = float(solved.t_events[0][0]), np.asarray(solved.y_events[0][0])
            onset = min(onset, now)
            lowest = np.argmin(np.where(nucleated > 0, np.inf, self.at_faces(state[:n])))
            nucleated = np.where(np.arange(n) == lowest, 1.0, nucleated)
        return self.result(np.concatenate(times), np.concatenate(states, axis=1), onset)

    def result(self, time: Reals, states: Reals, onset: float) -> DepositGrowth:
        """What there is to say of it."""
        E, metal = states[:VOLUMES], states[VOLUMES:]
        deposited = self.area * (self.widths @ metal)
        stored = self.area * (self.widths @ (self.charge(E) - self.charge(np.array(self.rest))))
        moved = float(np.max(np.abs(deposited))) or self.area * float(np.max(self.widths @ np.abs(self.charge(E))))
        resistance = [self.widths @ (1 / self.conductivity(E[:, k], metal[:, k])) for k in range(time.size)]
        guess = self.guess
        return DepositGrowth(
            self.name, onset, time, deposited, np.apply_along_axis(self.at_faces, 0, E).min(axis=0),
            1 / np.array(resistance), float(np.max(np.abs(stored - deposited))) / moved,
            (f"rate s_0 = {format_value(self.rate, 'A/m^3')}", f"transfer coefficient {guess.transfer_coefficient:g}",
             f"percolation from {guess.threshold:g} of the volume on with the exponent {guess.exponent:g}"),
        )  # fmt: skip
