"""The evaluation of the paper: an equivalent circuit fitted to a spectrum, and the conductivities read from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from mgtwin.analysis._common import Geometry, cell_of, geometry
from mgtwin.analysis._pyimpspec import points
from mgtwin.analysis.arcs import ArcSolution, fitted_arcs
from mgtwin.analysis.circuits import PaperCircuit
from mgtwin.errors import InputError
from mgtwin.quantities import format_value
from mgtwin.regression import Modulus, Weighting

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Arc", "CircuitFit", "CircuitParameter", "equivalent_circuit"]

#: From this root mean square deviation relative to |Z| the circuit does not describe the spectrum.
MISFIT = 0.02


@dataclass(frozen=True)
class CircuitParameter:
    """One parameter of a fitted circuit.

    Attributes
    ----------
    name, unit : str
        ``"R1"``, ``"ohm"``; ``"Q1"``, ``"s^n/ohm"``; ``"n1"``, ``"1"``.
    value, std : float
        Value and standard error (from the curvature of the sum of squares and the misfit); ``inf`` where the spectrum
        leaves the parameter open.
    undetermined : str
        Why the spectrum does not determine it, ``""`` if it does.
    """

    name: str
    unit: str
    value: float
    std: float
    undetermined: str

    @classmethod
    def _all_of(cls, circuit: PaperCircuit, found: ArcSolution) -> tuple[CircuitParameter, ...]:
        """Values in the order of their names, and what the spectrum says about each."""
        rows = zip(found.resistances[1:], found.constants, found.exponents, strict=True)
        values = [found.resistances[0], *(part for row in rows for part in row)]
        absent = [bound == "lower" for bound in found.bound[1::3]]
        result = []
        for k, (name, unit) in enumerate(zip(circuit.names, circuit.units, strict=True)):
            arc = (k - 1) // 3
            bound, why = found.bound[k], ""
            if bound and name[0] == "n":
                # an ideal capacitor is an answer, not a failure
                why = f"it ends at its lower bound {float(values[k]):g}" if bound == "lower" else ""
            elif bound == "lower" and name[0] == "R":
                why = "no resistance is as good"
            elif bound and name[0] == "R":
                why = "it ends at its upper bound: nothing closes the arc"
            elif np.isinf(found.std[k]):
                why = "the spectrum does not depend on it"
            elif found.std[k] > abs(values[k]):
                why = "its standard error is larger than itself"
            if k and absent[arc] and name[0] != "R":
                why = "its arc has no resistance"
            elif k and (name[0], found.bound[3 * arc + 2]) in (("Q", "lower"), ("R", "upper")):
                # far above the data only R counts, far below them only Q: the other one is where the search stopped
                why = f"the top of its arc lies far {'above' if name[0] == 'Q' else 'below'} the data"
            result.append(cls(name, unit, float(values[k]), float(found.std[k]), why))
        return tuple(result)

    def __str__(self) -> str:
        size = f"{self.value:.4g} {self.unit}".removesuffix(" 1")
        shown = f"{self.name} = {format_value(self.value, 'ohm') if self.unit == 'ohm' else size}"
        if self.undetermined:
            return f"{shown} (not determined: {self.undetermined})"
        ideal = ", at its limit: an ideal capacitor" if self.name[0] == "n" and self.value == 1 else ""
        share = 100 * abs(self.std / self.value)
        return f"{shown} ± {f'{share:.2g} %' if share >= 0.01 else 'less than 0.01 %'}{ideal}"

    @property
    def determined(self) -> bool:
        """Whether the spectrum determines the parameter."""
        return not self.undetermined


@dataclass(frozen=True)
class Arc:
    r"""What is read from one R||CPE.

    Attributes
    ----------
    name : str
        ``"R1"``, ...: the resistance of the arc.
    resistance : float
        [ohm]
    frequency : float
        Of the top of the arc, :math:`f = (R Q)^{-1/n}/2\pi` [Hz].
    capacitance : float
        Effective capacitance after Hsu and Mansfeld [F], :math:`C = Q^{1/n} R^{(1-n)/n} = 1/(2\pi f R)`: a distribution
        across the layer.
    capacitance_brug : float
        After Brug [F], :math:`C = Q^{1/n} (1/R_s + 1/R)^{(n-1)/n}` with :math:`R_s` the sum of :math:`R_0` and of the
        resistances of the faster arcs: a distribution along the surface of an electrode. Both are the same for n = 1;
        NaN for n < 1 where the spectrum does not determine :math:`R_s`.
    conductivity : float or None
        :math:`L/(R A)` [S/m], None where the length and the area are not known.
    determined : bool
        Whether the spectrum determines the resistance and the capacitance.
    inside : bool
        Whether the top of the arc lies inside the data; otherwise its numbers are extrapolated.
    """

    name: str
    resistance: float
    frequency: float
    capacitance: float
    capacitance_brug: float
    conductivity: float | None
    determined: bool
    inside: bool

    @classmethod
    def _all_of(
        cls,
        circuit: PaperCircuit,
        found: ArcSolution,
        parameters: tuple[CircuitParameter, ...],
        shape: Geometry | None,
        frequency: np.ndarray,
    ) -> tuple[Arc, ...]:
        open_ones = {parameter.name for parameter in parameters if parameter.undetermined}
        arcs = []
        for k in range(1, circuit.arcs + 1):
            r, q, n = found.resistances[k], found.constants[k - 1], found.exponents[k - 1]
            top = 1 / (2 * np.pi * found.times[k - 1])
            before = found.resistances[:k].sum()
            # for n = 1 the exponent of R is 0: an ideal capacitance does not ask what lies in front of it
            if n < 1 and {f"R{j}" for j in range(k)} & open_ones:
                before = np.nan
            arcs.append(
                cls(
                    name=f"R{k}",
                    resistance=float(r),
                    frequency=float(top),
                    capacitance=float(found.times[k - 1] / r),
                    capacitance_brug=float(q ** (1 / n) * (1 / before + 1 / r) ** ((n - 1) / n)),
                    conductivity=None if shape is None else float(shape.length_per_area / r),
                    determined=not {f"R{k}", f"Q{k}", f"n{k}"} & open_ones,
                    inside=bool(frequency[-1] <= top <= frequency[0]),
                )
            )
        return tuple(arcs)


@dataclass(frozen=True)
class CircuitFit:
    """An equivalent circuit fitted to a spectrum.

    Attributes
    ----------
    circuit : PaperCircuit
    weighting : Weighting
    parameters : tuple of CircuitParameter
    arcs : tuple of Arc
        From the fastest to the slowest.
    conductivity : mapping of str to float
        What the evaluation reports for each resistance and for their sum ``"total"``: L/(R A) [S/m]; empty where the
        length and the area are not known. Slow arcs that do not close within the data (a blocking tail) are no part of
        the sum, and a warning says so.
    normalised_by : str
        Which length L is, ``""`` where none is known.
    misfit : float
        Root mean square of ``|Z_fit - Z|/|Z|``, whatever the weighting.
    chi_squared : float
        Sum of the squares of the weighted residuals over the degrees of freedom.
    frequency, impedance, model_impedance : ndarray
        Data [Hz], [ohm] and fit [ohm], from high to low frequency.
    warnings : tuple of str
        What to beware of.
    attrs : mapping
        Attributes of the spectrum (cell, temperature, ...).
    conductivity_std : mapping of str to float
        Standard errors of `conductivity` [S/m], that of the sum with what its terms share; inf where open.
    """

    circuit: PaperCircuit
    weighting: Weighting
    parameters: tuple[CircuitParameter, ...]
    arcs: tuple[Arc, ...]
    conductivity: Mapping[str, float]
    normalised_by: str
    misfit: float
    chi_squared: float
    frequency: np.ndarray
    impedance: np.ndarray
    model_impedance: np.ndarray
    warnings: tuple[str, ...]
    attrs: Mapping[str, object]
    conductivity_std: Mapping[str, float] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, float]:
        """Values by name, as `PaperCircuit.impedance` takes them."""
        return {parameter.name: parameter.value for parameter in self.parameters}

    @property
    def std(self) -> dict[str, float]:
        """Standard errors by name."""
        return {parameter.name: parameter.std for parameter in self.parameters}

    @property
    def undetermined(self) -> dict[str, str]:
        """Parameters that the spectrum does not determine, and why."""
        return {parameter.name: parameter.undetermined for parameter in self.parameters if parameter.undetermined}

    def __str__(self) -> str:
        weighting = type(self.weighting).__name__.lower()
        lines = [f"{self.circuit} fitted with {weighting} weighting, misfit {self.misfit:.2%}"]
        lines += [f"  {parameter}" for parameter in self.parameters]
        for arc in self.arcs:
            brug = "" if np.isnan(arc.capacitance_brug) else f", {format_value(arc.capacitance_brug, 'F')} (Brug)"
            lines.append(
                f"  arc {arc.name[1:]}: {format_value(arc.resistance, 'ohm')} at {format_value(arc.frequency, 'Hz')}, "
                f"C = {format_value(arc.capacitance, 'F')} (Hsu-Mansfeld){brug}"
            )
        if self.conductivity:
            read = ", ".join(
                f"{format_value(s, 'S/m')} from {name}"
                + (" (not determined)" if name in self.undetermined or self.conductivity_std[name] > s else "")
                for name, s in self.conductivity.items()
            )
            share = self.conductivity_std["total"] / self.conductivity["total"]
            spread = f" (total ± {share:.2g})" if share <= 1 else ""
            lines.append(f"  L/(R A): {read}{spread}; L = {self.normalised_by}")
        return "\n".join([*lines, *(f"  ! {warning}" for warning in self.warnings)])


def equivalent_circuit(
    eis: xr.Dataset,
    circuit: PaperCircuit | None = None,
    weighting: Weighting | None = None,
    *,
    thickness: float | str | None = None,
    area: float | str | None = None,
) -> CircuitFit:
    r"""Fit an equivalent circuit to a spectrum and read conductivities from its resistances, as the paper does.

    This reproduces an evaluation; it is not a model of the cell. The circuit has no Warburg element, no electronic
    path and no electrode, so on a cell whose parameters are known the fit shows what the evaluation makes of them: a
    resistance is only ever the size of an arc, and everything faster than the data ends up in :math:`R_0`.

    Nonlinear least squares of both parts by the engine of the fits, from the best of many starting points, R and tau in
    their logarithms, n between `circuit.smallest_exponent` and 1. Standard errors follow from the curvature at the
    minimum and the misfit, as if there were no bounds. A parameter is not determined where its standard error exceeds
    it, where it ends at a bound (n = 1 apart: that is an ideal capacitor), or where the spectrum does not depend on it.

    Parameters
    ----------
    eis : xarray.Dataset
        Spectrum with ``frequency`` [Hz] and ``impedance`` [ohm], simulated or measured.
    circuit : PaperCircuit, optional
        R-(R||CPE)-(R||CPE) by default.
    weighting : Modulus, Proportional or Unit, optional
        `Modulus` by default, as usual in ZView.
    thickness, area : float or str, optional
        L [m] and A [m^2] of the conductivities :math:`L/(R A)`; by default those in the attributes (of an instrument
        file), else the total thickness and the area of the cell there. For the antiperovskite of the trilayer give its
        own thickness.

    Returns
    -------
    CircuitFit

    Raises
    ------
    InputError
        Too few finite points for the number of parameters, a frequency that occurs twice, a thickness without an area
        where the Dataset has none, or a circuit or weighting that is not an object.

    Examples
    --------
    >>> import numpy as np
    >>> from mgtwin.dataset import spectrum
    >>> circuit, f = PaperCircuit(), np.geomspace(1e6, 0.1, 100)
    >>> truth = {"R0": 15, "R1": 90, "Q1": 1e-8, "n1": 0.9, "R2": 50, "Q2": 1e-5, "n2": 0.8}
    >>> fit = equivalent_circuit(spectrum(f, circuit.impedance(f, truth)), circuit, thickness="1 mm", area="1 cm^2")
    >>> {name: round(fit.values[name] / truth[name], 6) for name in ("R1", "Q1", "n2")}
    {'R1': 1.0, 'Q1': 1.0, 'n2': 1.0}
    >>> round(fit.conductivity["R1"], 6)            # L/(R A) [S/m]
    0.111111
    """
    circuit = PaperCircuit() if circuit is None else circuit
    weighting = Modulus() if weighting is None else weighting
    if not isinstance(circuit, PaperCircuit):
        raise InputError(f"circuit is {circuit!r}, but must be an object, e.g. mt.analysis.PaperCircuit(arcs=2).")
    if not isinstance(weighting, Weighting):
        raise InputError(
            f"weighting is {weighting!r}, but must be an object: mt.analysis.Modulus(), Proportional() or Unit()."
        )
    frequency, z = points(eis, "equivalent_circuit", max(10, len(circuit.names) + 1))
    stated = {"thickness", "area"} <= eis.attrs.keys() or cell_of(eis) is not None
    shape = geometry(eis, thickness, area) if thickness is not None or area is not None or stated else None
    found = fitted_arcs(frequency, z, weighting, circuit.arcs, circuit.smallest_exponent)
    parameters = CircuitParameter._all_of(circuit, found)
    arcs = Arc._all_of(circuit, found, parameters, shape, frequency)
    misfit = float(np.sqrt((np.abs((found.model - z) / z) ** 2).mean()))
    open_ones = {parameter.name for parameter in parameters if parameter.undetermined}
    # How many arcs, from the fastest on, close within the data: the rest is the tail of a blocking electrode. From the
    # slowest on: an arc may only be called a tail if no slower one has closed.
    closed = len(arcs)
    while closed and arcs[closed - 1].frequency < frequency[-1] and arcs[closed - 1].name in open_ones:
        closed -= 1
    reported, errors = ({}, {}) if shape is None else found.conductivities(shape.length_per_area, closed)
    warnings = _warnings(parameters, arcs, misfit)
    if closed < len(arcs) and shape is not None:
        tail = " and ".join(arc.name for arc in arcs[closed:])
        warnings.append(
            f"the arc of {tail} does not close within the data, like a blocking electrode: it is no part of 'total'"
        )
    return CircuitFit(
        circuit=circuit,
        weighting=weighting,
        parameters=parameters,
        arcs=arcs,
        conductivity=MappingProxyType(reported),
        normalised_by="" if shape is None else shape.described,
        misfit=misfit,
        chi_squared=found.squares / max(found.freedom, 1),
        frequency=_frozen(frequency),
        impedance=_frozen(z),
        model_impedance=_frozen(found.model),
        warnings=tuple(warnings),
        attrs=MappingProxyType({str(name): value for name, value in eis.attrs.items()}),
        conductivity_std=MappingProxyType(errors),
    )


def _frozen(values: np.ndarray) -> np.ndarray:
    copy = np.array(values)
    copy.flags.writeable = False
    return copy


def _warnings(parameters: tuple[CircuitParameter, ...], arcs: tuple[Arc, ...], misfit: float) -> list[str]:
    found = []
    open_ones = [parameter for parameter in parameters if parameter.undetermined]
    if open_ones:
        listed = "; ".join(f"{parameter.name}: {parameter.undetermined}" for parameter in open_ones)
        found.append(f"the spectrum does not determine {listed}")
    for arc in arcs:
        if not arc.inside and arc.determined:
            found.append(
                f"arc {arc.name[1:]} has its top at {format_value(arc.frequency, 'Hz')}, outside the data: its "
                f"{format_value(arc.resistance, 'ohm')} are extrapolated"
            )
    if misfit > MISFIT:
        found.append(f"the circuit does not describe the spectrum: it misses it by {misfit:.1%} of |Z| on average")
    return found
