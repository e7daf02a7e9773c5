"""The library of materials: every file as a row of a table, published samples at the temperature that is asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from .. import library, yamlfile
from ..errors import InputError, UnknownNameError
from ..kinds.carriers import ANIONS, has_electrons
from ..kinds.laws import Isothermal
from ..kinds.materials import Material
from ..kinds.numbers import FARADAY, GAS_CONSTANT
from ..kinds.own import alone
from ..kinds.salt import salt_voltage
from ..plain import listed
from ..quantities import AmbientTemperature, Quantity, Value
from .materialtable import MaterialRow, MaterialTable
from .parts import load_part
from .paths import Node, walk
from .published import Published, Reported, is_published, read_published

__all__ = ["materials"]

_SIGMA = Quantity("S/m", gt=0)


def materials(
    T: float | str | None = None,
    sigma: tuple[float | str | None, float | str | None] | None = None,
    *,
    ion: str | None = None,
    grade: str | Sequence[str] | None = None,
    family: str | None = None,
    sealed: bool = False,
    extrapolate: bool = False,
) -> MaterialTable:
    r"""Return the materials of the library as a table, those of `MGTWIN_PATH` first.

    Parameters
    ----------
    T : quantity, optional
        Temperature [K] at which they are compared. Without it each stands at the temperature nearest to 25 degC at
        which it is known.
    sigma : (quantity or None, quantity or None), optional
        Lowest and highest ionic conductivity [S/m].
    ion : str, optional
        Symbol of the element; materials that name none are kept.
    grade : str or sequence of str, optional
        ``"A"``, ``"A-"``, ``"B"``, ``"C"`` of published materials.
    family : str, optional
        Of published materials, for example ``"borohydride"``.
    sealed : bool
        Leave out what holds in a vapour only.
    extrapolate : bool
        Keep, marked, what was measured at other temperatures and has a law.

    Returns
    -------
    MaterialTable

    Raises
    ------
    InputError
        For a temperature without a unit that no cell has, a range of conductivities that is none, an unknown grade,
        family or ion.

    Examples
    --------
    >>> import mgtwin as mt
    >>> [row.name for row in mt.materials("60 degC", ("1e-5 S/cm", None), family="borohydride")]
    ['mg_en_bh4']
    """
    at = None if T is None else AmbientTemperature().read(T)
    low, high = _range(sigma)
    found: list[tuple[str, MaterialRow]] = []
    families, ions, left_out = set(), set(), []
    for path in library.files("materials"):
        try:
            document = yamlfile.load(path)
            if is_published(document.data):
                published = read_published(document.with_data({"name": path.stem, **document.data}))
                families.add(published.family)
                ions.add(published.ion)
                samples = (_published(published, sample, at, extrapolate) for sample in published.samples)
                found += [(published.family, row) for row in samples if row]
            else:
                found += [("", row) for row in _own(path.stem, at, extrapolate)]
        except InputError as error:
            left_out.append(str(error).splitlines()[0])
    grades = None if grade is None else listed(grade)
    for what, given, known in (
        ("grade", grades or (), ("A", "A-", "B", "C")),
        ("family of materials", () if family is None else (family,), families),
        ("ion of a material", () if ion is None else (ion,), ions),
    ):
        if wrong := [name for name in given if name not in known]:
            raise UnknownNameError(str(wrong[0]), sorted(filter(None, known)), what)
    rows = [
        row
        for kind, row in found
        if (grades is None or row.grade in grades)
        and (family is None or kind == family)
        and (ion is None or row.ion in ("", ion))
        and not (sealed and row.ambient)
    ]
    if sigma is not None:
        bounds = [row.label for row in rows if row.bounds is not None]
        left_out += [f"{', '.join(bounds)}: only bounds are published"] if bounds else []
        rows = [row for row in rows if low <= row.ionic_conductivity <= high]
    return MaterialTable(tuple(rows), tuple(left_out))


def _range(sigma: Node) -> tuple[float, float]:
    """Lowest and highest conductivity [S/m] of what a user gives."""
    match sigma:
        case None:
            return 0.0, math.inf
        case (first, last):
            low = 0.0 if first is None else float(_SIGMA.read(first))
            high = math.inf if last is None else float(_SIGMA.read(last))
            if low <= high:
                return low, high
            raise InputError(f"sigma must be (lowest, highest), but {first!r} is more than {last!r}: exchange them.")
    raise InputError(f"sigma must be (lowest, highest), each a conductivity or None, not {sigma!r}.")


def _where(T: float | None, limits: tuple[float, float] | None, extrapolate: bool) -> tuple[float, bool] | None:
    """Temperature of a row and whether that is an extrapolation; None where it is left out."""
    low, high = limits or (0.0, math.inf)
    if T is None:
        # of a single point its own temperature, and not the end of what it stands for
        return ((low + high) / 2 if high - low < 7 else min(max(298.15, low), high)), False
    outside = not low - 1e-6 <= T <= high + 1e-6
    return None if outside and not extrapolate else (T, outside)


def _published(published: Published, sample: Reported, T: float | None, extrapolate: bool) -> MaterialRow | None:
    """The row of a sample."""
    law = sample.law("ionic_conductivity")
    electronic = sample.law("electronic_conductivity")
    known = law or electronic
    if known is None and T is not None:
        return None
    # a single point has nothing to extrapolate with
    place = _where(T, known.limits() if known else None, extrapolate and type(known) is not Isothermal)
    if place is None:
        return None
    at, outside = place
    bounds = [] if law else sample.of("ionic_conductivity")
    if known is None:
        at = float(bounds[0].temperature or math.nan) if bounds else math.nan
    fractions = sample.bounds("transference_number")
    exact = [item for item in sample.of("transference_number") if item.means in ("exact", "about")]
    if exact:
        fractions = (float(exact[0].value), float(exact[0].value))
    printed = sample.of("activation_energy")
    energy = vars(law).get("activation_energy") if law else printed[0].value if printed else None
    return MaterialRow(
        published.name,
        sample.name if len(published.samples) > 1 else "",
        at,
        float(law(at)) if law else math.nan,
        float(electronic(at)) if electronic else math.nan,
        sample.bounds("ionic_conductivity", at) if bounds else None,
        fractions,
        math.nan if energy is None else float(energy),
        known.limits() if known else None,
        sample.grade,
        published.ion,
        sample.ambient,
        outside,
        tuple(dict.fromkeys(key for item in sample.values if (key := item.number.source))),
        None if fractions is None else (1 / min(fractions[1], 1.0), 1 / fractions[0] if fractions[0] > 0 else math.inf),
    )


def _own(name: str, T: float | None, extrapolate: bool) -> Iterator[MaterialRow]:
    """The row of a material that is no published one."""
    material: Material = load_part("materials", name)
    parts = dict(walk(material))
    laws = [node for path, node in parts.items() if path.endswith("ionic_conductivity") and callable(node)]
    limits = [ends for law in laws if (ends := law.limits())]
    valid = (max(low for low, _ in limits), min(high for _, high in limits)) if limits else None
    place = _where(T, valid, extrapolate)
    if place is None:
        return
    at, outside = place
    own = alone(material, at)
    ionic = float(material.ionic(own))
    fraction, direct = None, None
    if material.carriers == ANIONS:
        salt = material.salt(own)
        t = float(salt.transference_number)
        fraction = (t, t)
        thermal = GAS_CONSTANT * at / FARADAY
        share = salt_voltage(2, thermal, salt.thermodynamic_factor) * (1 - t) ** 2
        loss = 1 + ionic * float(share) / (2 * FARADAY * float(salt.diffusivity) * float(salt.concentration))
        direct = (loss, loss)
    numbers = [node for node in parts.values() if type(node) is Value]
    energies = [vars(law)["activation_energy"] for law in laws if "activation_energy" in vars(law)]
    yield MaterialRow(
        name,
        "",
        at,
        ionic,
        float(material.electronic(own).conductivity(0.0, 0.5)) if has_electrons(material) else 0.0,
        None,
        fraction,
        float(energies[0]) if len(energies) == 1 else math.nan,
        valid,
        "",
        material.sample.ion if material.sample else "",
        material.sample.ambient if material.sample else "",
        outside,
        tuple(dict.fromkeys(number.source for number in numbers if number.source)),
        direct,
    )
