"""What a salt solution can carry: limiting currents, and when the salt is used up above them (theory.md §6, form 7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mgtwin.analysis._common import geometry
from mgtwin.analysis.direct_current import NO_SWEEP, plateau_current
from mgtwin.cells import Cell, Layer
from mgtwin.cells.carriers import Carrier
from mgtwin.cells.questions import SaltTransport, faces, passes, salt_transport
from mgtwin.cells.salts import DEPLETED, salt_voltage
from mgtwin.errors import InputError
from mgtwin.kinds.numbers import FARADAY, GAS_CONSTANT
from mgtwin.protocols.segments import amperes
from mgtwin.quantities import format_value, parse_current

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Depletion", "LimitingCurrent", "depletion", "limiting_current", "sand_time"]

#: D t/(epsilon L^2) below which the far face does not matter: its share of the surface concentration is 1e-6.
SHORT = 0.02


@dataclass(frozen=True)
class _Solution:
    r"""The salt of a layer in numbers per electrode area: what one A/m2 does to :math:`u = c/c_0`.

    Where a solid conducts ions beside the pores, only a part of the current i needs the salt. With no anion current
    the equations of theory.md §2.6 leave, in the steady state,

    .. math:: -\left(1 + \frac{s}{u^p} + \frac{b}{u}\right) du = \frac{(1 - t_+)\,i\,dx}{zF D_{eff} c_0}, \qquad
              s = \frac{\sigma_s}{\kappa_0}, \quad
              b = \sigma_s \frac{(1 + z)RT\Theta}{zF}\frac{(1 - t_+)^2}{zF D_{eff} c_0} .
    """

    name: str
    gradient: float  # of c/c_0 along +x in the steady state, over the whole layer [m2/A], positive where it falls
    amount: float  # salt at rest [mol/m2]
    factor: float  # thermodynamic
    time: float  # epsilon L^2/D [s]
    beside: float = 0.0  # s
    osmotic: float = 0.0  # b
    exponent: float = 0.0  # p
    spread: Callable[[float], float] | None = None  # of D/t_-, over that at c_0

    @classmethod
    def of(cls, cell: Cell, layer: Layer, salt: SaltTransport) -> _Solution:
        """Return the solution in a layer of a cell."""
        ratio = 1.0 if layer.area is None else float(layer.area) / float(cell.area)
        thickness, charge = float(layer.thickness), float(cell.ion.charge)
        anions = 1 - float(salt.transference_number)
        carried = charge * FARADAY * float(salt.diffusivity) * float(salt.concentration)
        thermal = GAS_CONSTANT * float(cell.temperature) / FARADAY
        voltage = salt_voltage(charge, thermal, float(salt.thermodynamic_factor))
        beside = float(salt.beside)
        return cls(
            layer.name,
            gradient=anions * thickness / (carried * ratio),
            amount=float(salt.stored * salt.concentration) * thickness * ratio,
            factor=float(salt.thermodynamic_factor),
            time=float(salt.stored) * thickness**2 / float(salt.diffusivity),
            beside=beside / float(salt.conductivity),
            osmotic=beside * voltage * anions**2 / carried,
            exponent=float(salt.conductivity_exponent),
            spread=salt.spread,
        )

    def time_to_lose(self, share: float) -> float:
        """Return when [s] the surface has lost a share (< 1) of what it loses in the end."""
        from scipy.optimize import brentq

        # a half space, while the far face is not felt: the shorter the time, the more terms the series below would need
        short = np.pi * share**2 / 16
        if short < SHORT:
            return self.time * float(short)
        odd = np.arange(1, 40, 2)

        def lacking(time: float) -> float:
            return float(8 / np.pi**2 * np.sum(np.exp(-((odd * np.pi) ** 2) * time) / odd**2)) - (1 - share)

        # the slowest term alone, exp(-pi^2 t), has fallen below 1 - share at the upper end
        return self.time * float(brentq(lacking, SHORT / 2, 10 + np.log(1 / (1 - share)), xtol=1e-14))

    @property
    def lasts(self) -> float:
        """c/c_0 at the end of the layer that counts as used up: beside a solid it only decays towards 0."""
        return DEPLETED if self.beside else 0.0

    def before(self, after: float, density: float) -> float:
        """c/c_0 where a current enters the layer, from that where it leaves."""
        from scipy.optimize import brentq

        fall = self.gradient * density
        if not self.beside and self.spread is None:
            return after + fall
        reached, highest = self._potential(after) + fall, after + fall
        # a solid takes a part of the current: c falls by less than without it, which brackets the root
        while self._potential(highest) < reached:  # but where D falls with c
            highest *= 2
        return float(brentq(lambda u: self._potential(u) - reached, after, highest, xtol=1e-15, rtol=1e-14))

    def mean(self, entry: float, after: float, density: float) -> float:
        """Mean of c/c_0 between these two."""
        if not self.beside and self.spread is None:
            return (entry + after) / 2
        held = self._held(entry) - self._held(after)
        return held / (self.gradient * density)

    def _potential(self, u: float) -> float:
        """Integral of 1 + s/u^p + b/u."""
        if self.spread is not None:
            return self._spread_out(u, 0)
        return u + self.beside * _power_integral(u, -self.exponent) + self.osmotic * np.log(u)

    def _held(self, u: float) -> float:
        """Integral of u times that."""
        if self.spread is not None:
            return self._spread_out(u, 1)
        return u**2 / 2 + self.beside * _power_integral(u, 1 - self.exponent) + self.osmotic * u

    def _spread_out(self, u: float, power: int) -> float:
        """Integral of u^power D/t_- from 0; far beyond c_0, where searches pass, D may not be positive as it should."""
        from scipy.integrate import quad

        assert self.spread is not None
        weight = self.spread
        return float(quad(lambda v: v**power * max(weight(v), 1e-3), 0.0, u, epsabs=1e-11, epsrel=1e-11, limit=200)[0])


def _power_integral(u: float, exponent: float) -> float:
    """Integral of u^exponent from 1."""
    return float(np.log(u) if exponent == -1 else (u ** (exponent + 1) - 1) / (exponent + 1))


@dataclass(frozen=True)
class LimitingCurrent:
    """Largest steady currents that the salt of a cell allows, as sizes.

    Attributes
    ----------
    deposition, dissolution : float
        While the ion's metal is deposited on, or stripped from, the working (positive) electrode [A]; inf without
        salt.
    deposition_layer, dissolution_layer : str
        Layer in which the salt is used up then; empty without salt.
    area : float
        Of the electrodes [m^2].
    """

    deposition: float
    dissolution: float
    deposition_layer: str
    dissolution_layer: str
    area: float

    @property
    def value(self) -> float:
        """The smaller one [A]."""
        return float(np.nanmin([self.deposition, self.dissolution]))

    @property
    def density(self) -> float:
        """The smaller one per electrode area [A/m^2]."""
        return self.value / self.area

    def __str__(self) -> str:
        if np.isinf(self.value):
            return "no limiting current: no layer is a salt solution"
        layer = self.deposition_layer if self.deposition <= self.dissolution else self.dissolution_layer
        shown = f"i_lim = {format_value(self.value, 'A')} ({format_value(self.density, 'A/m^2')})"
        return f"{shown}, {layer}" if layer else shown


@dataclass(frozen=True)
class Depletion:
    """When and where a current uses up the salt.

    Attributes
    ----------
    time : float
        [s] after a cell at rest begins to carry the current; inf if it can carry it for ever.
    layer, side : str
        Where; empty if nowhere. `side` is ``"left"`` or ``"right"``.
    lower_limit : bool
        Whether the salt lasts longer than `time`, because a solid beside the pores takes over as it falls.
    """

    time: float
    layer: str = ""
    side: str = ""
    lower_limit: bool = False


def limiting_current(cell: Cell | xr.Dataset) -> LimitingCurrent:
    r"""Return the largest steady current that the salt of a cell can carry, or that a sweep of the voltage shows.

    Where a solution is bounded by faces that only the ion passes (theory.md §6, form 7)

    .. math:: i_{lim} = \frac{2 zF D_{eff} c_0}{(1 - t_+) L}

    per area of the layer. Neighbouring solutions share their salt; the profile in them is straight in each and
    :math:`\Theta\ln(c/c_0)` is continuous, and the limiting current is that at which c vanishes at an end. It does not
    depend on how the conductivity varies with c.

    Beside pores whose solid conducts the ion, too, the solid takes over as c falls, and c only decays towards 0: the
    current is then that at which c reaches `mgtwin.cells.salts.DEPLETED` of :math:`c_0`, where a simulation ends.
    Electrons that pass from electrode to electrode come on top of it.

    Parameters
    ----------
    cell : Cell or xarray.Dataset
        A cell with solutions or wet pores; or a linear sweep or voltammogram, whose plateaus are read (a direction
        without one is NaN, `plateau_current` says why).

    Returns
    -------
    LimitingCurrent

    Raises
    ------
    InputError
        A sweep reaches no plateau in either direction, or does not say the area of its electrodes.

    Examples
    --------
    >>> import mgtwin as mt
    >>> solution = mt.BinaryElectrolyte("0.1 mol/L", "1 mS/cm", "1e-6 cm^2/s", 0.5)
    >>> magnesium = mt.Plating("1 mA/cm^2")
    >>> cell = mt.Cell("mg_mg", magnesium, [mt.Layer("solution", solution, "1 mm")], magnesium)
    >>> print(limiting_current(cell))
    i_lim = 0.7719 mA (0.7719 mA/cm^2), solution
    """
    match cell:
        case Cell():
            area = float(cell.area)
            ends = []
            for step in (1, -1):  # along +x the salt is used up at the right end, and metal deposited on the right
                limits = [(_group_limit(group[::step]), group[::step][-1].name) for group in _groups(cell)]
                ends.append(min(limits, default=(np.inf, "")))
            (deposition, first), (dissolution, second) = ends
            return LimitingCurrent(deposition * area, dissolution * area, first, second, area)
    read = [plateau_current(cell, dissolution=side) for side in (False, True)]
    if np.isnan(read).all():
        why = [reading.remark for reading in read if reading.remark != NO_SWEEP] or [NO_SWEEP]
        raise InputError(f"limiting_current: {why[0]}. Sweep further, or more slowly.")
    return LimitingCurrent(abs(read[0]), abs(read[1]), "", "", geometry(cell, None, None).area)


def sand_time(cell: Cell, current: float | str) -> float:
    r"""Return Sand's time [s] of a current: when it uses up the salt at a face, were the solution infinitely thick.

    .. math:: \tau = \pi\,\varepsilon D_{eff}\left[\frac{zF c_0}{2 i (1 - t_+)}\right]^2

    The smallest one of all solutions in the cell; inf without any. Below the limiting current the salt is never used
    up, and close above it later than this: `depletion` says when. Beside a solid that conducts the ion, too, it is the
    time at which c would vanish if it went on falling as it begins to: a lower limit.

    Parameters
    ----------
    cell : Cell
    current : float or str
        [A], or a current density with its unit.

    Examples
    --------
    >>> import mgtwin as mt
    >>> solution = mt.BinaryElectrolyte("0.1 mol/L", "1 mS/cm", "1e-6 cm^2/s", 0.5)
    >>> magnesium = mt.Plating("1 mA/cm^2")
    >>> cell = mt.Cell("mg_mg", magnesium, [mt.Layer("solution", solution, "1 mm")], magnesium)
    >>> round(sand_time(cell, "1 mA/cm^2"))
    1170
    """
    density = abs(_density(cell, current))
    return min((_sand(item, density) for group in _groups(cell) for item in group), default=np.inf)


def depletion(cell: Cell, current: float | str) -> Depletion:
    r"""Return when and where a constant current uses up the salt of a cell at rest.

    In a layer between faces that only the ion passes, with :math:`\vartheta = D_{eff} t/(\varepsilon L^2)`,

    .. math:: 1 - \frac{c}{c_0} = \frac{i}{i_{lim}}
              \left[1 - \frac{8}{\pi^2}\sum_{n\,odd} \frac{e^{-n^2\pi^2\vartheta}}{n^2}\right]

    at the face where it falls. Where solutions adjoin each other Sand's time of the outermost one stands in.

    Parameters
    ----------
    cell : Cell
    current : float or str
        [A], or a current density with its unit; in the laboratory's sign (negative: deposition on the working
        electrode).

    Examples
    --------
    >>> import mgtwin as mt
    >>> solution = mt.BinaryElectrolyte("0.1 mol/L", "1 mS/cm", "1e-6 cm^2/s", 0.5)
    >>> magnesium = mt.Plating("1 mA/cm^2")
    >>> cell = mt.Cell("mg_mg", magnesium, [mt.Layer("solution", solution, "1 mm")], magnesium)
    >>> found = depletion(cell, "-1 mA/cm^2")
    >>> round(found.time), found.layer, found.side
    (1285, 'solution', 'right')
    """
    density = _density(cell, current)
    if density == 0:
        return Depletion(np.inf)
    step, side = (1, "right") if density < 0 else (-1, "left")
    found = [Depletion(np.inf)]
    for group in _groups(cell):
        limit = _group_limit(group[::step])
        last = group[::step][-1]
        if abs(density) <= limit:
            continue
        if len(group) == 1 and not last.beside and last.spread is None:
            found.append(Depletion(last.time_to_lose(limit / abs(density)), last.name, side))
        else:
            found.append(Depletion(_sand(last, abs(density)), last.name, side, bool(last.beside)))
    return min(found, key=lambda item: item.time)


def _density(cell: Cell, current: float | str) -> float:
    """A/m2 of the electrodes."""
    return amperes(parse_current(current), cell) / float(cell.area)


def _groups(cell: Cell) -> list[list[_Solution]]:
    """Salt of a cell from left to right, layers together that share theirs."""
    groups: list[list[_Solution]] = []
    for layer, face in zip(cell.layers, faces(cell), strict=False):
        salt = salt_transport(cell, layer.name)
        if salt is not None:
            if not passes(cell, Carrier.ANIONS, face):
                groups.append([])
            groups[-1].append(_Solution.of(cell, layer, salt))
    return groups


def _group_limit(group: list[_Solution]) -> float:
    """Current density [A/m2] along the order of the group at which c vanishes at its end."""
    from scipy.optimize import brentq

    total = sum(item.amount for item in group)

    def excess(log_density: float) -> float:
        """Salt that the profile holds which vanishes at the end, beyond what there is, relative."""
        density = float(np.exp(log_density))
        relative, held, previous = group[-1].lasts, 0.0, None
        # against the current, from the end at which c is known
        for item in reversed(group):
            if previous is not None:
                relative = relative ** (previous.factor / item.factor)
            entry = item.before(relative, density)
            held += item.amount * item.mean(entry, relative, density)
            relative, previous = entry, item
        return held / total - 1

    if len(group) == 1 and not group[0].beside and group[0].spread is None:
        return 2 / group[0].gradient
    # a wide bracket in ln i: a solid beside the pores may carry decades more than the salt
    middle, width = -np.log(sum(item.gradient for item in group)), 50 if any(item.beside for item in group) else 5
    return float(np.exp(brentq(excess, middle - width, middle + width, xtol=1e-13)))


def _sand(item: _Solution, density: float) -> float:
    """Sand's time [s]: c falls at the face by 2 sqrt(t/(pi time)) times its gradient over the layer."""
    if density == 0:
        return np.inf
    # at the start a solid beside the pores takes a part of the current, and speeds up the salt's diffusion
    shared, taken = 1 + item.beside, 1 + item.beside + item.osmotic
    return float(np.pi / 4 * item.time * shared * taken / (item.gradient * density) ** 2)
