"""The circuit of the paper: arcs in series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mgtwin.circuits import Circuit
from mgtwin.errors import InputError, did_you_mean

__all__ = ["PaperCircuit"]


@dataclass(frozen=True)
class PaperCircuit:
    r"""Resistances with constant-phase elements in parallel, in series: R-(R||CPE)-(R||CPE), as fitted in ZView.

    .. math:: Z(\omega) = R_0 + \sum_{k=1}^{2} \frac{R_k}{1 + R_k Q_k (i\omega)^{n_k}}

    The paper (Mater. Horiz. 2025, 12, 9026, §2.4.1 and Fig. 3e) names three resistances, those of the MOFsSE, of the
    antiperovskite and of the interface, and the program; that the last two have a CPE each is the usual reading of
    such a figure, for the drawing itself is not in the text.

    Parameters
    ----------
    arcs : int
        Number of R||CPE, 1 to 4; the paper's circuit has 2.
    smallest_exponent : float
        Lower limit of n; above it and up to 1 n is free. Below 0.5 an arc is no longer one of charge storage.

    Raises
    ------
    InputError
        A number of arcs that is not 1 to 4, or a smallest exponent that is not at least 0 and below 1.

    Examples
    --------
    >>> PaperCircuit().names
    ('R0', 'R1', 'Q1', 'n1', 'R2', 'Q2', 'n2')
    >>> z = PaperCircuit(arcs=1).impedance([1e6, 1e-3], {"R0": 10, "R1": 90, "Q1": 1e-6, "n1": 1.0})
    >>> z.real.round(3).tolist()
    [10.0, 100.0]
    """

    arcs: int = 2
    smallest_exponent: float = 0.5

    def __post_init__(self) -> None:
        # True equals 1 in Python, but is no number of arcs
        if self.arcs is True or self.arcs not in (1, 2, 3, 4):
            raise InputError(f"arcs is {self.arcs!r}, but a circuit has 1, 2, 3 or 4 arcs.")
        if not 0 <= self.smallest_exponent < 1:
            raise InputError(
                f"smallest_exponent is {self.smallest_exponent!r}, but must be at least 0 and below 1, usually 0.5."
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters in their order."""
        return ("R0", *(f"{letter}{k}" for k in range(1, self.arcs + 1) for letter in "RQn"))

    @property
    def units(self) -> tuple[str, ...]:
        """Units of the parameters in their order."""
        return ("ohm", *("ohm", "s^n/ohm", "1") * self.arcs)

    def __str__(self) -> str:
        return "-".join(["R", *["(R||CPE)"] * self.arcs])

    def impedance(self, frequency: ArrayLike, values: Mapping[str, float]) -> np.ndarray:
        """Return Z [ohm] at frequencies [Hz] for values by name, in ohm, s^n/ohm and 1.

        Raises
        ------
        InputError
            A name is missing or unknown, or a frequency is not positive.

        Examples
        --------
        >>> PaperCircuit(arcs=1).impedance([1.0], {"R0": 10, "R1": 90, "Q1": 1e-9})
        Traceback (most recent call last):
        ...
        mgtwin.errors.InputError: R-(R||CPE) has the parameters R0, R1, Q1, n1: n1 is missing.
        """
        missing = [name for name in self.names if name not in values]
        unknown = [name for name in values if name not in self.names]
        if missing or unknown:
            wrong = f"{' and '.join(missing)} is missing" if missing else f"{unknown[0]!r} is not one of them"
            hint = did_you_mean(unknown[0], self.names) if unknown else ""
            raise InputError(f"{self} has the parameters {', '.join(self.names)}: {wrong}.{hint}")
        # names of the paper to those of circuits
        known = {name: values[name] for name in self.names if name[0] == "R"}
        known |= {f"CPE{name[1:]}.{name[0].lower()}": values[name] for name in self.names if name[0] != "R"}
        return self.circuit.with_(known).impedance(frequency)  # type: ignore[arg-type]

    @property
    def circuit(self) -> Circuit:
        """The same as a circuit of elements, ``R0-p(R1,CPE1)-p(R2,CPE2)``."""
        return Circuit("-".join(["R0", *(f"p(R{k},CPE{k})" for k in range(1, self.arcs + 1))]))
