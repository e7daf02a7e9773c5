"""Names of the PyBaMM variables, generated here and typed nowhere else.

PyBaMM identifies a variable by a string ``"Name [unit]"``. Every module that needs one asks this file for it, so
that a name is spelled once.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from itertools import count

TIME = "Time [s]"
VOLTAGE = "Voltage [V]"
NEGATIVE_VOLTAGE = "Voltage of the reference against the negative electrode [V]"
TIME_IN_MINUTES, TIME_IN_HOURS = "Time [min]", "Time [h]"
BATTERY_VOLTAGE = "Battery voltage [V]"
TERMINAL_VOLTAGE = "Terminal voltage [V]"
POWER, TERMINAL_POWER = "Power [W]", "Terminal power [W]"
DISCHARGE_CAPACITY, THROUGHPUT_CAPACITY = "Discharge capacity [A.h]", "Throughput capacity [A.h]"
DISCHARGE_ENERGY, THROUGHPUT_ENERGY = "Discharge energy [W.h]", "Throughput energy [W.h]"
AMBIENT_TEMPERATURE = "Ambient temperature [K]"
CURRENT = "Current [A]"
CURRENT_VARIABLE = "Current variable [A]"
CURRENT_FUNCTION = "Current function [A]"
CURRENT_DENSITY = "Current density [A.m-2]"
#: Current through the layers, where a shunt passes them by.
CELL_CURRENT = "Cell current [A]"
#: The same of some of the layers, beside a filament.
BRIDGED_CURRENT = "Current beside the filament [A]"
SHUNT_CURRENT = "Shunt current [A]"
SERIES = "series"
_CONSTANT_PHASE_BRANCH = "constant phase branch"
_DIELECTRIC_DROP = " dielectric drop [V]"
_IONIC_FIELD = " ionic field [V.m-1]"
_ELECTRONIC_CURRENT = " electronic current density [A.m-2]"
_MODAL_FIELD = " ionic field potential"
_MODES = ", modes "
_RELATIVE_CONCENTRATION = " relative salt concentration"
_EXHAUSTED = "the host is full or empty (voltage limits end a run before)"
_USED_UP = "used up"
_LOG_CONCENTRATION = " logarithm of relative salt concentration"
_DEPLETION = "salt depleted"
_UNCRACKED_FRACTION = " uncracked contact fraction"
_GROWN_FILM = " grown film resistance [Ohm.m2]"


def current_scale(area: float) -> float:
    """Unit [A] of the unknown current of cells of an area [m^2]: one for all in a decade, which share a model."""
    return float(1e-2 * 10.0 ** round(math.log10(area)))


def is_fast(name: str) -> bool:
    """Whether a state only exists in some discretisations: dielectric charges, branches of constant-phase ladders,
    salt at faces, electronic currents that are unknowns."""
    ends = (_DIELECTRIC_DROP, _IONIC_FIELD, _LOG_CONCENTRATION, _ELECTRONIC_CURRENT)
    currents = (CELL_CURRENT, BRIDGED_CURRENT)
    return name.endswith(ends) or _CONSTANT_PHASE_BRANCH in name or _MODAL_FIELD in name or name in currents


def at_rest(place: str) -> str:
    """Potential at rest of a layer or an electrode, as an input of a model that several cells share."""
    return f"{place} potential at rest [V]"


def modal_potential(layer: str, density: float, decades: int) -> str:
    """Amplitudes of the modes of a layer's local electrode potential (a state); the table says which modes."""
    return _modal(local_potential(layer), density, decades)


def static_potential(layer: str, parity: str) -> str:
    """What the fastest ``"even"`` or ``"odd"`` mode, which is no state, adds to the local electrode potential."""
    return f"{layer} local electrode potential of the fastest {parity} mode [V]"


def modal_field(layer: str, density: float, decades: int) -> str:
    """Amplitudes of the modes of the drop that makes the field (a state where the dielectric is resolved)."""
    return _modal(f"{layer}{_MODAL_FIELD} [V]", density, decades)


def static_field(layer: str, parity: str) -> str:
    """The same of the fastest ``"even"`` or ``"odd"`` mode."""
    return f"{layer}{_MODAL_FIELD} of the fastest {parity} mode [V]"


def _modal(name: str, density: float, decades: int) -> str:
    return f"{name.removesuffix(' [V]')}{_MODES}{density:g}/{decades} [V]"


def modes_of(name: str) -> tuple[str, float, int] | None:
    """What the amplitudes of a state make, and the density and decades of their modes; None for any other state.

    Examples
    --------
    >>> modes_of(modal_potential("layer", 2.5, 12))
    ('layer local electrode potential [V]', 2.5, 12)
    """
    if is_constant_phase_branch(name):
        return None
    plain, found, table = name.removesuffix(" [V]").partition(_MODES)
    density, _, decades = table.partition("/")
    return (f"{plain} [V]", float(density), int(decades)) if found else None


def is_voltage(name: str) -> bool:
    """Whether a state is a potential or a drop of it [V]."""
    return name.endswith("[V]")


def potential_drop(element: str) -> str:
    """Drop of potential in +x over an element (layer, interface or ``series``)."""
    return f"{element} potential drop [V]"


def slice_of(electrode: str, number: int) -> str:
    """Slice of an electrode whose thickness is resolved, counted from the separator."""
    return f"{electrode} slice {number}"


def slices_among(labels: Collection[str], electrode: str) -> int:
    """Number of slices of an electrode in the variables of a state.

    Examples
    --------
    >>> slices_among([potential_drop(slice_of("positive", k)) for k in range(3)], "positive")
    3
    """
    return next(k for k in count() if potential_drop(slice_of(electrode, k)) not in labels)


def electronic_current_density(interface: str) -> str:
    """Electronic current density through an interface, PyBaMM sign (+x)."""
    return f"{interface}{_ELECTRONIC_CURRENT}"


def faradaic_current_density(electrode: str) -> str:
    """Charge-transfer current density of an electrode, PyBaMM sign (+x)."""
    return f"{electrode} faradaic current density [A.m-2]"


def local_potential(layer: str) -> str:
    """Local electrode potential E(x, t) of a mixed conductor against Mg/Mg2+."""
    return f"{layer} local electrode potential [V]"


def ionic_field(layer: str) -> str:
    """Gradient of the ionic electrochemical potential, -d(phi_ion)/dx (a state where the dielectric is resolved)."""
    return f"{layer}{_IONIC_FIELD}"


def stored_charge(layer: str) -> str:
    """Charge stored in the chemical capacitance per volume since rest, the integral of c_chem dE (a mean over x)."""
    return f"{layer} stored charge density [C.m-3]"


def concentration(layer: str) -> str:
    """Concentration c(x, t) of the salt in a layer."""
    return f"{layer} salt concentration [mol.m-3]"


def surface_concentration(layer: str, side: str) -> str:
    """Concentration of the salt at a face of a layer."""
    return f"{layer} {side} surface salt concentration [mol.m-3]"


def relative_concentration(layer: str) -> str:
    """Concentration of the salt over that at rest (the state)."""
    return f"{layer}{_RELATIVE_CONCENTRATION}"


def is_amount(name: str) -> bool:
    """Whether a state is a profile whose integral is an amount of something, which must be kept."""
    return name.endswith(_RELATIVE_CONCENTRATION) and not name.endswith(f" face{_RELATIVE_CONCENTRATION}")


def face_concentration(layer: str, side: str) -> str:
    """Relative concentration at a face between solutions of different thermodynamic factors (an algebraic unknown)."""
    return f"{layer} {side} face{_RELATIVE_CONCENTRATION}"


def log_concentration(layer: str, side: str) -> str:
    """Logarithm of the relative concentration at a face that only the ion passes (an unknown of controlled models)."""
    return f"{layer} {side} face{_LOG_CONCENTRATION}"


def depletion(layer: str, side: str) -> str:
    """Event that ends a run where the salt is used up."""
    return f"{_DEPLETION} in {layer} at the {side} face"


def is_depletion(ended_by: str) -> bool:
    """Whether a stretch ended because salt was used up."""
    return _DEPLETION in ended_by


def exhausted(surface: str) -> str:
    """Event that ends a run where a host is full or empty at its surface."""
    return f"{surface}: {_EXHAUSTED}"


def used_up(store: str) -> str:
    """Event that ends a run where a store is empty."""
    return f"{store} {_USED_UP}"


def is_exhausted(event: str) -> bool:
    """Whether a stretch ended because salt, sites or what a store holds were used up."""
    return is_depletion(event) or _EXHAUSTED in event or _USED_UP in event


def dielectric_drop(layer: str) -> str:
    """Drop over the bulk of an ionic conductor that stores dielectric charge (a state)."""
    return f"{layer}{_DIELECTRIC_DROP}"


def grain_boundary_drop(layer: str) -> str:
    """Drop over all grain boundaries of a layer (a state)."""
    return f"{layer} grain boundary drop [V]"


def constant_phase_branch(voltage: str, label: str) -> str:
    """Voltage of a capacitor in the ladder of a constant-phase element."""
    return f"{voltage.partition(' [')[0]} {_CONSTANT_PHASE_BRANCH} {label} [V]"


def constant_phase_pole(branch: str) -> tuple[str, int | None, int | None]:
    """What the name of a branch says: its own prefix, its pole's number, and where the poles begin if it is below them.

    Examples
    --------
    >>> constant_phase_pole(constant_phase_branch("positive potential drop [V]", "-7"))
    ('positive potential drop constant phase branch', -7, None)
    >>> constant_phase_pole(constant_phase_branch("positive potential drop [V]", "below -9"))[1:]
    (None, -9)
    """
    prefix, _, label = branch.removesuffix(" [V]").rpartition(f"{_CONSTANT_PHASE_BRANCH} ")
    prefix = f"{prefix}{_CONSTANT_PHASE_BRANCH}"
    if label.startswith("below "):
        return prefix, None, int(label.removeprefix("below "))
    return prefix, int(label), None


def branched(name: str) -> str:
    """State that a branch of a ladder follows; any other name is its own.

    Examples
    --------
    >>> branched(constant_phase_branch("positive potential drop [V]", "-7"))
    'positive potential drop [V]'
    """
    source, branch, _ = name.partition(f" {_CONSTANT_PHASE_BRANCH}")
    if not branch:
        return name
    return f"{source} [V.m-1]" if f"{source} [V.m-1]".endswith(_IONIC_FIELD) else f"{source} [V]"


def branch_of(name: str) -> str:
    """Label of a branch of a ladder, ``""`` of any other state.

    Examples
    --------
    >>> branch_of(constant_phase_branch("positive potential drop [V]", "below -9"))
    'below -9'
    """
    return name.partition(f" {_CONSTANT_PHASE_BRANCH} ")[2].removesuffix(" [V]")


def is_constant_phase_branch(name: str) -> bool:
    """Whether a state is a branch of the ladder of a constant-phase element."""
    return _CONSTANT_PHASE_BRANCH in name


def face_potential(layer: str, side: str) -> str:
    """Local electrode potential at a face of a mixed conductor with a nonlinear electronic conductivity."""
    return f"{layer} {side} face potential [V]"


def charge_transfer_overpotential(electrode: str) -> str:
    """Overpotential across the charge-transfer step alone, behind a resistive film."""
    return f"{electrode} charge transfer overpotential [V]"


def through_contact_drop(interface: str) -> str:
    """Drop over an interface without the constriction in the layers beside it (a state where there is a contact)."""
    return f"{interface} through-contact drop [V]"


def contact_fraction(interface: str) -> str:
    """Part of an interface's area that is in contact."""
    return f"{interface} contact fraction"


def film_resistance(interface: str) -> str:
    """Film resistance of the area in contact."""
    return f"{interface} film resistance [Ohm.m2]"


def own_state(interface: str, what: str) -> str:
    """State that only its kind knows: a coverage, the filling at a particle's surface, a relative crack length."""
    return f"{interface} {what}"


def uncracked_fraction(interface: str) -> str:
    """Contact fraction that fatigue and voids leave (a state)."""
    return f"{interface}{_UNCRACKED_FRACTION}"


def grown_film(interface: str) -> str:
    """Film resistance of the area in contact where it grows (a state)."""
    return f"{interface}{_GROWN_FILM}"
