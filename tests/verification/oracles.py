"""Independent truths that the solvers are checked against: closed forms of theory.md §6, a reference solver, inverses.

Nothing here uses the code under test. Everything is per area, with s the Laplace variable (i*omega for a spectrum), and
broadcasts over its arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import mpmath
import numpy as np
from numpy.typing import ArrayLike, NDArray

FARADAY = 96485.33212
GAS_CONSTANT = 8.314462618
VACUUM_PERMITTIVITY = 8.8541878128e-12


# -- closed forms 1-4: one mixed conductor between two electrodes --------------------------------------------------
def tanhc(z: ArrayLike) -> NDArray[np.complex128]:
    """``tanh(z)/z``, 1 at z = 0."""
    z = np.asarray(z, dtype=complex)
    nonzero = np.where(z == 0, 1, z)
    return np.where(z == 0, 1, np.tanh(nonzero) / nonzero)


def _argument(s: Any, thickness: Any, ionic: Any, electronic: Any, storage: Any) -> Any:
    """``sqrt(s L^2/(4 D))`` with the chemical diffusivity D = sigma_amb/c_chem."""
    return np.sqrt(np.asarray(s, dtype=complex) * storage * (1 / ionic + 1 / electronic)) * thickness / 2


def ion_blocking(s: Any, thickness: Any, ionic: Any, electronic: Any, storage: Any) -> NDArray[np.complex128]:
    """Form 1: ion-blocking, electron-reversible on both sides [ohm m2]."""
    argument = _argument(s, thickness, ionic, electronic, storage)
    total = ionic + electronic
    return thickness / total * (1 + ionic / electronic * tanhc(argument))


def electron_blocking(s: Any, thickness: Any, ionic: Any, electronic: Any, storage: Any) -> NDArray[np.complex128]:
    """Form 2: electron-blocking, ideal ionic contacts on both sides [ohm m2]."""
    return ion_blocking(s, thickness, electronic, ionic, storage)


def reversible(s: Any, thickness: Any, ionic: Any, electronic: Any, storage: Any) -> NDArray[np.complex128]:
    """Form 3: reversible for both carriers on both sides [ohm m2]."""
    resistance = np.broadcast_arrays(thickness / (ionic + electronic), s)[0]
    return np.array(resistance, dtype=complex)


def half_blocking(s: Any, thickness: Any, ionic: Any, electronic: Any, storage: Any) -> NDArray[np.complex128]:
    """Form 4: ion-blocking on one side, reversible on the other [ohm m2]."""
    argument = 2 * _argument(s, thickness, ionic, electronic, storage)
    return thickness / (ionic + electronic) * (1 + ionic / electronic * tanhc(argument))


# -- closed form 7: a salt solution between faces that only the ion passes ------------------------------------------
def salt_impedance(
    s: Any, thickness: Any, conductivity: Any, diffusivity: Any, concentration: Any, ions: Any,
    factor: Any = 1.0, porosity: Any = 1.0, charge: int = 2, temperature: Any = 298.15,
) -> NDArray[np.complex128]:  # fmt: skip
    """Form 7: ``L/kappa + Z_diff`` [ohm m2] of a solution of MX_z, D being that of the flux through the layer."""
    argument = np.sqrt(np.asarray(s, dtype=complex) * porosity * thickness**2 / (4 * diffusivity))
    ions_per_salt = 1 + charge
    at_rest = ions_per_salt * GAS_CONSTANT * temperature * (1 - ions) ** 2 * factor * thickness
    at_rest = at_rest / ((charge * FARADAY) ** 2 * diffusivity * concentration)
    return thickness / conductivity + at_rest * tanhc(argument)


def sand(current: Any, diffusivity: Any, concentration: Any, ions: Any, porosity: Any = 1.0, charge: int = 2) -> Any:
    """Form 7: Sand's time [s] of a current density [A/m2]."""
    return np.pi * porosity * diffusivity * (charge * FARADAY * concentration / (2 * current * (1 - ions))) ** 2


def limiting_current(thickness: Any, diffusivity: Any, concentration: Any, ions: Any, charge: int = 2) -> Any:
    """Form 7: limiting current density [A/m2]."""
    return 2 * charge * FARADAY * diffusivity * concentration / ((1 - ions) * thickness)


def salt_profile(position: Any, share: Any) -> Any:
    """c/c_0 of the steady state at x/L with a share of the limiting current along +x."""
    return 1 + share * (1 - 2 * np.asarray(position))


# -- direct current -----------------------------------------------------------------------------------------------
def hebb_wagner(voltage: Any, thickness: Any, n: Any, p: Any, constant: Any = 0.0, temperature: Any = 298.15) -> Any:
    """Form 5: steady current density [A/m2] of reversible | mixed conductor | blocking, laboratory sign."""
    thermal = GAS_CONSTANT * temperature / FARADAY
    reduced = np.asarray(voltage) / thermal
    return (thermal * (-n * np.expm1(-reduced) + p * np.expm1(reduced)) + constant * voltage) / thickness


class Plateaus(NamedTuple):
    """Form 6: V/i [ohm m2] of Au | mixed conductor | Au in the course of a polarisation."""

    shorted: Any  # double layers still short
    charged: Any  # double layers charged, composition still uniform
    steady: Any  # steady state

    @property
    def apparent(self) -> Any:
        """Apparent transport number ``(I_0 - I_inf)/I_0`` with I_0 sampled on the second plateau."""
        return (self.steady - self.charged) / self.steady

    @property
    def apparent_early(self) -> Any:
        """The same with I_0 sampled on the first plateau."""
        return (self.steady - self.shorted) / self.steady


def plateaus(thickness: Any, ionic: Any, electronic: Any, contact: Any = 0.0, series: Any = 0.0) -> Plateaus:
    """Form 6 for an electronic contact resistance at each electrode and a series resistance [ohm m2]."""
    bulk = thickness / (ionic + electronic)
    return Plateaus(bulk + series, bulk + 2 * contact + series, thickness / electronic + 2 * contact + series)


def butler_volmer_overpotential(current: Any, exchange: Any, charge: int = 2, temperature: Any = 298.15) -> Any:
    """Form 8: overpotential [V] of a symmetric Butler-Volmer reaction at a current density [A/m2]."""
    return 2 * GAS_CONSTANT * temperature / (charge * FARADAY) * np.arcsinh(np.asarray(current) / (2 * exchange))


# -- numerical inverse Laplace transform --------------------------------------------------------------------------
def inverse_laplace(
    transform: Callable[[NDArray[np.complex128]], NDArray[np.complex128]], t: ArrayLike, nodes: int = 28
) -> NDArray[np.float64]:
    """Invert a Laplace transform whose singularities all lie on the negative real axis, 0 included.

    Midpoint rule on the modified Talbot contour of Weideman (as given by Trefethen, Weideman & Schmelzer, BIT 46
    (2006) 653); the error falls like 3.89**-nodes down to about 1e-12 of the largest value along the contour.

    Parameters
    ----------
    transform : callable
        F(s) for a complex array of any shape, real on the positive real axis.
    t : array_like
        Times [s], positive.
    nodes : int
        Even number of points on the contour.
    """
    times = np.asarray(t, dtype=float)[..., np.newaxis]
    theta = np.pi * np.arange(1, nodes, 2) / nodes  # upper half; the lower one is its conjugate
    a, b = 0.5017, 0.6407
    z = nodes * (a * theta / np.tan(b * theta) - 0.6122 + 0.2645j * theta)
    slope = nodes * (a / np.tan(b * theta) - a * b * theta / np.sin(b * theta) ** 2 + 0.2645j)
    return np.sum((np.exp(z) * slope * transform(z / times)).imag, axis=-1) * 2 / (nodes * times[..., 0])


def step_response_current(impedance: Callable[[Any], Any], i0: float, t: ArrayLike) -> NDArray[np.float64]:
    """Form 9: voltage [V] after a current step from 0 to `i0` [A] at t = 0, from Z(s) [ohm] (laboratory sign)."""
    return inverse_laplace(lambda s: i0 * impedance(s) / s, t)


def step_response_voltage(impedance: Callable[[Any], Any], v0: float, t: ArrayLike) -> NDArray[np.float64]:
    """Form 9: current [A] after a voltage step from 0 to `v0` [V] at t = 0, from Z(s) [ohm] (laboratory sign)."""
    return inverse_laplace(lambda s: v0 / (s * impedance(s)), t)


# -- reference solver ---------------------------------------------------------------------------------------------
def reference_impedance(cell: Any, s: complex, *, lumped: bool = False, digits: int = 80) -> complex:
    """Impedance [ohm] of a cell at rest by brute force in many digits.

    Unknown are the two amplitudes of E and the faradaic current of every mixed conductor, the two amplitudes of
    c/c_0 in every salt solution, and the electronic (between solutions: anionic) current through every interface, for a
    unit total current; all boundary conditions of theory.md §2-3 are written down as they stand and solved as one dense
    system. Plain numbers only: no laws, no defect electrons, no grain boundaries.

    Parameters
    ----------
    cell : mgtwin.cells.Cell
    s : complex
        Laplace variable [1/s], not zero.
    lumped : bool
        Dielectric as one capacitor per layer, ``i = i_f + C_g dV/dt``, instead of its local form.
    digits : int
        Decimal digits to calculate with.
    """
    with mpmath.workdps(digits):
        return complex(_Reference(cell, mpmath.mpc(s), lumped).solve())


class _Reference:
    """Dense system of `reference_impedance`; columns: j of each interface, (A, B, i_f) or (A, B) of each profile."""

    def __init__(self, cell: Any, s: Any, lumped: bool) -> None:
        self.cell, self.s, self.lumped = cell, s, lumped
        self.count = len(cell.layers)
        self.mixed = [hasattr(layer.material, "electronic_conductivity") for layer in cell.layers]
        self.salt = [hasattr(layer.material, "salt_diffusivity") for layer in cell.layers]
        self.column: dict[int, int] = {}
        size = self.count + 1
        for k in range(self.count):
            if self.mixed[k] or self.salt[k]:
                self.column[k] = size
                size += 3 if self.mixed[k] else 2
        self.matrix, self.right = mpmath.zeros(size), mpmath.zeros(size, 1)
        self.row = 0

    def solve(self) -> Any:
        """Return Z [ohm]."""
        drops: list[tuple[dict[int, Any], Any]] = []  # (coefficients, constant) of every drop of potential
        for k, layer in enumerate(self.cell.layers):
            if self.mixed[k]:
                drops.append(self._mixed_layer(k, layer))
            else:
                drops.append(self._salt_layer(k, layer) if self.salt[k] else ({}, self._ohmic_layer(layer)))
        drops += [self._interface(k) for k in range(self.count + 1)]
        x = mpmath.lu_solve(self.matrix, self.right)
        total = mpmath.mpf(float(self.cell.series_resistance))
        for coefficients, constant in drops:
            total += constant + sum(value * x[column] for column, value in coefficients.items())
        return total / float(self.cell.area)

    def _write(self, coefficients: dict[int, Any], right: Any) -> None:
        for column, value in coefficients.items():
            self.matrix[self.row, column] += value
        self.right[self.row] = right
        self.row += 1

    def _scale(self, layer: Any) -> Any:
        return mpmath.mpf(1) if layer.area is None else mpmath.mpf(float(layer.area)) / float(self.cell.area)

    def _permittivity(self, layer: Any) -> Any:
        relative = layer.material.relative_permittivity
        return self._scale(layer) * VACUUM_PERMITTIVITY * float(relative or 0.0)

    def _ohmic_layer(self, layer: Any) -> Any:
        sigma = self._scale(layer) * float(layer.material.ionic_conductivity)
        return float(layer.thickness) / (sigma + self.s * self._permittivity(layer))

    def _mixed_numbers(self, layer: Any) -> tuple[Any, Any, Any, Any]:
        scale, material = self._scale(layer), layer.material
        ionic = scale * float(material.ionic_conductivity)
        if not self.lumped:
            ionic = ionic + self.s * self._permittivity(layer)
        electronic = scale * float(material.electronic_conductivity)
        ambipolar = ionic * electronic / (ionic + electronic)
        kappa = mpmath.sqrt(self.s * scale * float(material.chemical_capacitance) / ambipolar)
        return ionic, electronic, ambipolar, kappa

    def _salt_numbers(self, layer: Any) -> Any:
        """kappa, permittivity, t_-, volts per unit of d(c/c_0), zF D c_0 and the decay constant, per electrode area."""
        scale, material, z = self._scale(layer), layer.material, self.cell.ion.charge
        kappa, permittivity = scale * float(material.ionic_conductivity), self._permittivity(layer)
        anions = 1 - mpmath.mpf(float(material.transference_number))
        thermal = mpmath.mpf(GAS_CONSTANT) * float(self.cell.temperature) / FARADAY
        volts = (1 + z) / mpmath.mpf(z) * thermal * float(material.thermodynamic_factor)
        amount = scale * z * FARADAY * mpmath.mpf(float(material.concentration))
        flux = amount * float(material.salt_diffusivity)
        # zF eps dc/dt = d/dx(t_- i_f + zF D dc/dx), i_f = kappa (g + volts t_- dc/dx), i_f + s permittivity g = 1
        displaced = self.s * permittivity
        stiffness = flux + anions**2 * volts * kappa * displaced / (kappa + displaced)
        decay = mpmath.sqrt(self.s * amount * float(material.porosity) / stiffness)
        return kappa, displaced, anions, volts, flux, decay

    def _salt_layer(self, k: int, layer: Any) -> tuple[dict[int, Any], Any]:
        kappa, displaced, anions, volts, flux, decay = self._salt_numbers(layer)
        a, total = self.column[k], kappa + displaced
        left, right = self._face_value(k, False), self._face_value(k, True)
        for interface, face in ((k, left), (k + 1, right)):
            # j = t_- i_f + zF D dc/dx with i_f = kappa (1 + s permittivity volts t_- dc/dx)/total
            share = flux + anions**2 * kappa * displaced * volts / total
            slope = {a: -decay * face[a], a + 1: decay * face[a + 1]}
            self._write({interface: 1} | {c: -share * v for c, v in slope.items()}, anions * kappa / total)
        drop = {c: -kappa * volts * anions / total * (right[c] - left[c]) for c in (a, a + 1)}
        return drop, float(layer.thickness) / total

    def _face_value(self, k: int, right: bool) -> dict[int, Any]:
        """E, or c/c_0, at a face of layer k from its amplitudes: A exp(-kappa x) + B exp(-kappa (L - x))."""
        layer = self.cell.layers[k]
        kappa = self._mixed_numbers(layer)[3] if self.mixed[k] else self._salt_numbers(layer)[-1]
        decay = mpmath.exp(-kappa * float(layer.thickness))
        a = self.column[k]
        return {a: decay if right else mpmath.mpf(1), a + 1: mpmath.mpf(1) if right else decay}

    def _mixed_layer(self, k: int, layer: Any) -> tuple[dict[int, Any], Any]:
        ionic, electronic, ambipolar, kappa = self._mixed_numbers(layer)
        a, thickness = self.column[k], float(layer.thickness)
        total, share = ionic + electronic, electronic / (ionic + electronic)
        left, right = self._face_value(k, False), self._face_value(k, True)
        # i_eon = t_eon i_f - sigma_amb dE/dx at both faces
        for interface, face in ((k, left), (k + 1, right)):
            slope = {a: -kappa * face[a], a + 1: kappa * face[a + 1]}
            self._write({interface: 1, a: ambipolar * slope[a], a + 1: ambipolar * slope[a + 1], a + 2: -share}, 0)
        drop = {c: share * (right[c] - left[c]) for c in (a, a + 1)} | {a + 2: thickness / total}
        capacitance = self._permittivity(layer) / thickness if self.lumped else 0
        self._write({a + 2: 1} | {c: self.s * capacitance * v + (c == a + 2) for c, v in drop.items()}, 1)
        return drop, mpmath.mpf(0)

    def _interface(self, k: int) -> tuple[dict[int, Any], Any]:
        """Electronic current of interface k and its ionic drop ``z (1 - j)``, or ``R_e j - dE`` if z is infinite."""
        y, resistance = self._branches(k)
        if 0 < k < self.count and self.salt[k - 1] and self.salt[k]:
            # all of the current passes the resistance, and Theta d(ln c) is the same on both sides
            left, right = (float(self.cell.layers[n].material.thermodynamic_factor) for n in (k - 1, k))
            here, there = self._face_value(k - 1, True), self._face_value(k, False)
            self._write({c: left * v for c, v in here.items()} | {c: -right * v for c, v in there.items()}, 0)
            return {}, mpmath.mpf(0) if mpmath.isinf(y) else 1 / y
        electrons = not mpmath.isinf(resistance)
        difference: dict[int, Any] = {}  # E_left - E_right, a metal's being -0 (its eta is the drop)
        if electrons and k > 0:
            difference |= self._face_value(k - 1, True)
        if electrons and k < self.count:
            difference |= {c: -v for c, v in self._face_value(k, False).items()}
        if not electrons:
            self._write({k: 1}, 0)
        elif y == 0:
            self._write({k: 1}, 1)
        elif mpmath.isinf(y):
            self._write({k: resistance} | {c: -v for c, v in difference.items()}, 0)
        else:
            self._write({k: resistance + 1 / y} | {c: -v for c, v in difference.items()}, 1 / y)
        if mpmath.isinf(y):
            return {}, mpmath.mpf(0)
        if y == 0:  # all current is electronic: drop = R_e j - (E_left - E_right)
            return {k: resistance} | {c: -v for c, v in difference.items()}, mpmath.mpf(0)
        return {k: -1 / y}, 1 / y

    def _branches(self, k: int) -> tuple[Any, Any]:
        """Ionic admittance and electronic resistance of interface k (0 and n: the electrodes)."""
        blocked = (k > 0 and not self.mixed[k - 1]) or (k < self.count and not self.mixed[k])
        if k in (0, self.count):
            electrode = self.cell.negative if k == 0 else self.cell.positive
            y, store = mpmath.mpf(0), electrode.double_layer
            if hasattr(electrode, "exchange_current_density"):
                exchange = mpmath.mpf(float(electrode.exchange_current_density))
                thermal = mpmath.mpf(GAS_CONSTANT) * float(self.cell.temperature) / (self.cell.ion.charge * FARADAY)
                y = 1 / (thermal / exchange + float(electrode.film_resistance))
            resistance, contact = electrode.electronic_resistance, electrode.contact
        else:
            key = f"{self.cell.layers[k - 1].name}-{self.cell.layers[k].name}"
            junction = self.cell.interfaces.get(key)
            if junction is None:
                return mpmath.inf, mpmath.inf if blocked else mpmath.mpf(0)
            store, resistance, contact = junction.capacitance, junction.electronic_resistance, junction.contact
            ionic = float(junction.resistance)
            y = mpmath.inf if ionic == 0 else mpmath.mpf(0) if np.isinf(ionic) else 1 / mpmath.mpf(ionic)
        store = mpmath.mpf(0) if store is None else self.s * float(store.c)
        resistance = mpmath.inf if blocked else mpmath.mpf(float(resistance))
        if contact is None:
            return (y if mpmath.isinf(y) else y + store), resistance
        return self._through_spots(k, contact, y, store, resistance)

    def _through_spots(self, k: int, contact: Any, y: Any, store: Any, resistance: Any) -> tuple[Any, Any]:
        """Both branches of an interface that touches in circular spots, theory.md §3.4."""
        a, b = mpmath.mpf(float(contact.fraction)), float(contact.spacing)
        e = mpmath.sqrt(a)
        powers = (1, 0.5984, 0.0891, 0.4705, -0.5343, 0.3747)
        length = mpmath.pi * b * (1 - e) ** 2 * sum(c * e**n for n, c in enumerate(powers)) / (4 * e)
        beside = [self.cell.layers[n] for n in (k - 1, k) if 0 <= n < self.count]
        ions = sum(length / (self._scale(layer) * float(layer.material.ionic_conductivity)) for layer in beside)
        if not mpmath.isinf(y):
            y = a * y + a * store + (1 - a) * float(contact.gap_capacitance) * self.s
        z = mpmath.mpf(0) if mpmath.isinf(y) else mpmath.inf if y == 0 else 1 / y
        if not mpmath.isinf(resistance):
            electrons = (self._scale(layer) * float(layer.material.electronic_conductivity) for layer in beside)
            resistance = resistance / a + sum(length / sigma for sigma in electrons)
        total = z + ions
        return mpmath.mpf(0) if mpmath.isinf(total) else mpmath.inf if total == 0 else 1 / total, resistance
