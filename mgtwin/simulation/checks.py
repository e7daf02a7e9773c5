"""What is refused before a long computation starts, and what a result has to warn of."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache

import numpy as np

from ..cells import Cell, Fixture, Layer, has_electrons
from ..cells.carriers import Carrier
from ..cells.effective import electronic_conductivity, ionic_conductivity, permittivity
from ..cells.ion import samples
from ..cells.questions import contact_resistance, passes
from ..cells.questions import electronic_conductivity as electronic_through
from ..cells.questions import ionic_conductivity as ionic_through
from ..cells.reader import Reader
from ..cells.rest import discharges_itself, starting_potentials
from ..errors import InputError
from ..impedance.exact import exact_laplace
from ..kinds.kind import check_bounds
from ..kinds.noun import Same
from ..kinds.numbers import VACUUM_PERMITTIVITY, Number
from ..protocols import Limits, Segment
from ..quantities import format_value
from .filling import filling_warnings
from .resolving import uniformity_warnings

#: A layer stores dielectric charge where it relaxes more slowly than this fraction of the first output time: what it
#: stores competes with the double layers', and an error of its time constant grows with the decay that it delays.
FAST = 1e-3
#: Where that would leave no resistance in series under an imposed voltage: only layers this slow store charge.
TOO_SLOW = 0.1
#: A charge transfer that is less than this part of the layers' resistance, which all store charge, is none: what it
#: limits is over long before the first output, and a solver finds no first step through its exponentials.
NEGLIGIBLE = 1e-8
#: A transient may leave the fixture out where it relaxes within this fraction of the first output time.
FIXTURE_OVER = 0.1


def first_output(segments: tuple[Segment, ...]) -> float:
    """The shortest time [s] after the start of a segment at which anything is asked for."""
    return min(t for segment in segments for t in segment.times[:2] if t > 0)  # they increase


def asked_voltage(cell: Cell, segments: Sequence[Segment]) -> float | None:
    """Least voltage [V] over that at rest that a stretch asks for, about; None where a cell at rest does not tell.

    A stretch without current asks for none.
    """
    told = not any(layer.material.mesh_only for layer in cell.layers) and not discharges_itself(cell)
    if not told or any(segment.against_reference for segment in segments):
        return None
    at_rest = starting_potentials(cell)
    try:
        ohms = abs(complex(exact_laplace(cell, 1 / max(segment.duration for segment in segments))))
    except InputError:  # nothing passes: the model refuses the cell, and knows which of its elements
        return None
    found = []
    for control, duration in ((segment.control, segment.duration) for segment in segments):
        ends = np.array([control.start, control.start + control.rate * duration])
        ends = ends + float(at_rest.negative + at_rest.positive) if control.imposes_voltage else ohms * ends
        found.append(float(np.max(np.abs(ends))))
    return min((size for size in found if size > 0), default=None)


def check_feasible(cell: Cell, segments: tuple[Segment, ...], at_rest: bool = True) -> tuple[str, ...]:
    """Refuse what cannot work before anything is computed; returns the layers that have to store dielectric charge.

    Raises
    ------
    InputError
        For a current that nothing can carry through the cell, a voltage imposed on capacitors alone, or a fixture that
        would still act at the first output.
    """
    if cell.reference is None and any(segment.against_reference for segment in segments):
        raise InputError(
            f"{cell.name} has no reference electrode against which a voltage could be imposed: "
            f"cell.with_({{'reference': mt.Reference(at=..., kind=mt.IonProbe())}})."
        )
    check_current_can_flow(cell, segments)
    if at_rest:
        check_cut_offs(cell, segments)
    fixture_warnings(cell, segments)
    first = first_output(segments)
    dielectric = slow_dielectrics(cell, FAST * first)
    if _imposes_voltage(segments) and not _ohmic(cell, dielectric):
        dielectric = slow_dielectrics(cell, TOO_SLOW * first)  # the fast ones as resistances, or nothing is ohmic
    check_voltage_control(cell, segments, dielectric)
    return dielectric


def check_current_can_flow(cell: Cell, segments: tuple[Segment, ...]) -> None:
    """Refuse a lasting current that no single carrier can take from end to end, unless a voltage limit ends it."""
    imposed = [segment for segment in segments if not segment.control.imposes_voltage]
    driven = [segment for segment in imposed if disturbs(segment)]
    if not driven or passes(cell, Carrier.IONS) or passes(cell, Carrier.ELECTRONS):
        return
    # a limit on the side to which it charges ends that; a ramp may charge to both
    ends = [
        (segment.limits, segment.control.start, segment.control.start + segment.control.rate * segment.duration)
        for segment in driven
    ]
    if all(
        (np.isfinite(limits.low) or min(currents) >= 0) and (np.isfinite(limits.high) or max(currents) <= 0)
        for limits, *currents in ends
    ):
        return
    raise InputError(
        f"{cell.name}: no single carrier conducts from electrode to electrode (ions are stopped by an electrode or "
        f"junction that blocks them, electrons by a layer or contact that has none), so a constant current would "
        f"only charge it without end. Set voltage limits (in Python limits=('-2 V', '2 V'), in a file limits: "
        f"[-2 V, 2 V]), impose a voltage (Polarization), or change what blocks."
    )


def check_cut_offs(cell: Cell, segments: Sequence[Segment]) -> None:
    """Refuse voltage limits that a cell at rest violates before any current flows."""
    first = next((segment for segment in segments if disturbs(segment)), None)
    limits = Limits() if first is None else first.limits
    if first is None or not np.isfinite([limits.low, limits.high]).any():
        return
    rest = starting_potentials(cell)
    voltage = 0.0 - float(rest.negative + rest.positive)
    if first.against_reference and cell.reference is not None:
        E = rest.layers[cell.reference.place({layer.name: layer.material.carriers for layer in cell.layers}).layer]
        voltage -= float(cell.reference.kind.reads(-float(rest.negative), float(E or 0.0)))
    if limits.low - 1e-9 <= voltage <= limits.high + 1e-9:  # a rest potential is known to a rounding
        return
    shown = " to ".join(format_value(limit, "V") for limit in (limits.low, limits.high) if np.isfinite(limit))
    raise InputError(
        f"{cell.name}: at rest the cell stands at {format_value(voltage, 'V')}, outside the voltage limits ({shown}): "
        f"nothing would flow. Change the limits, or the state of charge (filling) from which it starts."
    )


def disturbs(segment: Segment) -> bool:
    """Whether a stretch takes a cell away from rest: all but open circuit, and a voltage always."""
    return segment.control.imposes_voltage or segment.control.start != 0.0 or segment.control.rate != 0.0


def fixture_warnings(cell: Cell, segments: tuple[Segment, ...]) -> list[str]:
    """Says that a transient leaves the fixture out, where that is over before the first output.

    Raises
    ------
    InputError
        Where it is not: RC or L/R above `FIXTURE_OVER` of the time t of the first output, R being the size of Z(1/t).
    """
    inductance, capacitance = float(cell.fixture.inductance), float(cell.fixture.capacitance)
    if inductance == 0 and capacitance == 0:
        return []
    first = first_output(segments)
    alone = cell.with_({"fixture": Fixture()})
    if discharges_itself(cell):  # a leak has no rest to be linearised at, and counts for nothing so early
        alone = alone.with_({"negative.electronic_resistance": np.inf, "shunt": None})
    if any(layer.material.mesh_only for layer in cell.layers):
        from ..impedance.linearise import LinearisedStack

        frequency = 1 / (2 * np.pi * first)
        resistance = float(np.abs(LinearisedStack(alone, f_max=frequency).impedance(frequency)))
    else:
        resistance = float(np.abs(exact_laplace(alone, 1 / first)))  # what a step of current meets after this time
    slowest, what = max((resistance * capacitance, "RC"), (inductance / resistance, "L/R"))
    shown = f"{what} = {format_value(slowest, 's')} with the cell's R = {format_value(resistance, 'ohm')}"
    if slowest <= FIXTURE_OVER * first:
        return [f"the fixture is left out of this run in time: {shown}, over before the first sample"]
    later = format_value(slowest / FIXTURE_OVER, "s")
    raise InputError(
        f"{cell.name}: the fixture would still act at the first sample, {format_value(first, 's')} after a step "
        f"({shown}), and transients have no equations for it. Begin later, at {later} (first_time, or fewer points), "
        f"or take the fixture away: cell.with_({{'fixture': mt.Fixture()}})."
    )


def slow_dielectrics(cell: Cell, shortest: float) -> tuple[str, ...]:
    """Layers whose dielectric relaxation time eps/sigma exceeds a time [s]."""
    names = []
    for layer in cell.layers:
        time = relaxation_time(cell, layer)
        if time is not None and time > shortest:
            names.append(layer.name)
    return tuple(names)


def relaxation_time(cell: Cell, layer: Layer, reader: Reader | None = None) -> Number | None:
    """Longest dielectric relaxation time eps_0 eps_r/sigma [s] in a layer at rest, or None without a permittivity.

    A reader that returns arrays over parameter sets gives an array over these.
    """
    material, reader = layer.material, reader or Reader(cell)
    path, T = f"layers.{layer.name}.material", reader.temperature
    positions = np.array(material.positions)
    dielectric = permittivity(reader, path, material, positions)
    if dielectric is None:
        return None
    sigma = ionic_conductivity(reader, path, material, T, positions)
    if Carrier.ELECTRONS in material.carriers:
        rest = starting_potentials(cell, reader).layers[cell.layers.index(layer)]
        sigma = sigma + electronic_conductivity(reader, path, material, T, rest, positions)
    if isinstance(dielectric, (float, np.ndarray)):
        return np.max(np.atleast_1d(VACUUM_PERMITTIVITY * dielectric / sigma), axis=-1)
    # a constant-phase element relaxes where q omega^n equals sigma
    place = f"{path}.relative_permittivity"
    coefficient, order = (reader.property(f"{place}.{name}", T) for name in (dielectric.coefficient, dielectric.order))
    return np.max(np.atleast_1d((coefficient / sigma) ** (1 / order)), axis=-1)


def check_voltage_control(cell: Cell, segments: tuple[Segment, ...], dielectric: Collection[str]) -> None:
    """Refuse an imposed voltage where every element in series is a capacitor: its current would be infinite."""
    against = tuple(segment for segment in segments if segment.against_reference)
    if _imposes_voltage(against) and cell.reference is not None:
        place = cell.reference.place({layer.name: layer.material.carriers for layer in cell.layers})
        between = [layer.name for layer in cell.layers[place.layer + (place.side == "right") :]]
        bare = cell.positive.double_layer is None or float(cell.series_resistance) > 0
        if not bare and not set(between) - set(dielectric):
            raise InputError(
                f"{cell.name}: between the reference and the positive electrode there are only capacitors, so an "
                f"imposed voltage would draw an infinite current. Put the reference further away (reference.at), or "
                f"give the cell a series_resistance (for example '0.1 ohm*cm^2')."
            )
    if _imposes_voltage(segments) and not _ohmic(cell, dielectric):
        raise InputError(
            f"{cell.name}: every element in series is a capacitor at the first output time (the layers "
            f"{', '.join(dielectric)} relax more slowly; a charge transfer below {NEGLIGIBLE:g} of their resistance is "
            f"none), so an imposed voltage would draw an infinite current. Give the cell a series_resistance (for "
            f"example '0.1 ohm*cm^2') or start later (first_time)."
        )


def _imposes_voltage(segments: tuple[Segment, ...]) -> bool:
    return any(segment.control.imposes_voltage for segment in segments)


def _ohmic(cell: Cell, dielectric: Collection[str]) -> bool:
    """Whether some element in series is a resistance that counts where these layers store charge."""
    if any(layer.name not in dielectric for layer in cell.layers):
        return True
    bare = [key for key, junction in cell.interfaces.items() if junction.capacitance is None]
    if float(cell.series_resistance) + sum(contact_resistance(cell, face, Carrier.IONS) for face in bare) > 0:
        return True
    bare = [side for side in ("negative", "positive") if cell.get(side).double_layer is None]
    resistance = sum(contact_resistance(cell, face, Carrier.IONS) for face in bare)
    conductivities = [ionic_through(cell, layer.name) + electronic_through(cell, layer.name) for layer in cell.layers]
    within = sum(layer.thickness / sigma for layer, sigma in zip(cell.layers, conductivities, strict=True))
    return bool(resistance > NEGLIGIBLE * within)


def assembly_warnings(cell: Cell) -> list[str]:
    """What a run without a start says of a cell that has no rest to start from."""
    if not discharges_itself(cell):
        return []
    return [
        f"{cell.name} discharges itself through the stack and has no state of rest: the run begins with the cell as "
        f"assembled, its mixed conductors with the composition that they were made with (rest_potential)"
    ]


def depletion_warnings(cell: Cell, segments: tuple[Segment, ...]) -> list[str]:
    """Constant currents above what the salt of the cell can carry for ever, each with the time that it can.

    So are those that an insertion electrode does not take uniformly over its thickness, and those that deposit metal
    inside a mixed conductor.
    """
    from ..analysis.salt import depletion, limiting_current

    uneven = [*uniformity_warnings(cell, segments), *deposition_warnings(cell, segments)]
    uneven += [*electrode_warnings(cell, segments), *sample_warnings(cell, steady=True)]
    if not any(Carrier.ANIONS in layer.material.carriers for layer in cell.layers):
        return uneven
    found: dict[float, str] = {}
    for segment in segments:
        current = segment.control.start
        if segment.control.imposes_voltage or segment.control.rate != 0 or current in found:
            continue
        end = depletion(cell, current)
        if np.isfinite(end.time):
            limit = limiting_current(cell)
            largest = limit.deposition if current < 0 else limit.dissolution
            found[current] = (
                f"step {segment.step}: {format_value(current, 'A')} is above the limiting current "
                f"({format_value(largest, 'A')}): from rest it uses up the salt in {end.layer} at the {end.side} face "
                f"{'not before' if end.lower_limit else 'after about'} {format_value(end.time, 's')}"
                f"{'' if cell.shunt is None else ' (if the shunt took nothing of it)'}"
            )
    return [*uneven, *found.values()]


def electrode_warnings(cell: Cell, segments: Sequence[Segment]) -> list[str]:
    """What the electrodes themselves doubt of currents and voltages as large as these."""
    largest = {False: 0.0, True: 0.0}  # by whether it is a voltage that is imposed
    for control, duration in ((segment.control, segment.duration) for segment in segments):
        ends = abs(control.start), abs(control.start + control.rate * duration)
        largest[control.imposes_voltage] = max(largest[control.imposes_voltage], *ends)
    density, temperature = largest[False] / float(cell.area), float(cell.temperature)
    said = {side: getattr(cell, side).doubts(density, largest[True], temperature) for side in ("negative", "positive")}
    return [f"{side}: {text}" for side, text in said.items() if text]


def deposition_warnings(cell: Cell, segments: Sequence[Segment]) -> list[str]:
    """Currents that deposit metal inside a mixed conductor before they end, from rest."""
    from ..analysis.deposition import internal_deposition

    if not any(has_electrons(layer.material) for layer in cell.layers):
        return []
    # what flows in one direction without a break counts together: of each direction the longest and largest
    driven = [segment for segment in segments if not segment.control.imposes_voltage]
    worst: dict[bool, tuple[float, float, float, int]] = {}
    duration, before = 0.0, 0.0
    for segment in driven:
        start = segment.control.start
        current = max(start, start + segment.control.rate * segment.duration, key=abs)
        duration = segment.duration + (duration if current * before > 0 else 0.0)
        before = current
        # the onset comes with the inverse square of the current
        entry = (current * current * duration, current, duration, segment.step)
        worst[current > 0] = max(worst.get(current > 0, entry), entry)
    said = []
    for _, current, length, step in worst.values():
        if current != 0:
            try:
                found = internal_deposition(cell, current)
            except InputError:  # a layer that only the mesh knows: the run itself says how far E falls
                continue
            if found.time < length:
                said.append(f"step {step}: {format_value(current, 'A')} is {found}, without which the run goes on")
    return said


def validity_warnings(cell: Cell) -> list[str]:
    """Laws and tables used outside the temperatures or fillings that they were measured for, each with its path.

    Raises
    ------
    InputError
        A law gives a property at this temperature what no number may give it.
    """
    T, found = float(cell.temperature), sample_warnings(cell, steady=False)
    for path, law in cell.laws:
        if message := _checked(Same(type(cell.get(path.rpartition(".")[0]))), path, Same(law), T):
            found.append(f"{path}: {message}")
    return [*found, *filling_warnings(cell)]


def sample_warnings(cell: Cell, steady: bool) -> list[str]:
    """What published materials have to warn of, of any result or (`steady`) of one of a lasting current."""
    found = [(layer.name, sample) for layer in cell.layers for _, sample in samples(Same(layer))]
    said = [(name, sample.direct_current(cell.ion.name) if steady else sample.surroundings()) for name, sample in found]
    return [f"{name}: {text}" for name, text in said if text]


@lru_cache(maxsize=1024)
def _checked(owner: Same, path: str, law: Same, T: float) -> str | None:
    """What a law of a field of a kind says of a temperature: cells that share a law share the answer."""
    try:
        check_bounds(owner.noun, path.rpartition(".")[2], path, np.atleast_1d(law.noun(T)))
    except InputError as error:
        raise InputError(str(error) if path in str(error) else f"{path}: {error}") from None
    return law.noun.validity_warning(T)
